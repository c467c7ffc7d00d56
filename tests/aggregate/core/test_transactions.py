"""``tart/aggregate/core/transactions.py``: calls are made when the batch is complete, or never."""

from __future__ import annotations

from tart.aggregate.core.isolation import Isolation
from tart.aggregate.core.transactions import STAGE, Pending


def test_calls_are_made_in_order_and_once():
    pending, made = Pending(), []
    pending.add(made.append, 1)
    pending.add(made.append, 2)
    assert made == []
    pending.apply(Isolation())
    pending.apply(Isolation())
    assert made == [1, 2]


def test_what_is_taken_back_is_not_called():
    pending, made = Pending(), []
    pending.add(made.append, 1)
    mark = len(pending)
    pending.add(made.append, 2)
    pending.undo(mark)
    pending.add(made.append, 3)
    pending.apply(Isolation())
    assert made == [1, 3]
    pending.add(made.append, 4)
    pending.undo()
    pending.apply(Isolation())
    assert made == [1, 3]


def test_a_call_that_fails_costs_only_itself():
    pending, made, isolation = Pending(), [], Isolation()
    pending.add(made.append, 1)
    pending.add(made.remove, 7)
    pending.add(made.append, 2)
    pending.apply(isolation)
    assert made == [1, 2]
    assert isolation.failures == {STAGE: 1}
