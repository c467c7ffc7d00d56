"""``tart/aggregate/core/transactions.py``: calls are made on commit, or never."""

from __future__ import annotations

from tart.aggregate.core.isolation import Isolation
from tart.aggregate.core.transactions import STAGE, BatchTransaction


def test_deferred_calls_are_made_in_order_and_once():
    transaction, made = BatchTransaction(), []
    transaction.defer(made.append, 1)
    transaction.defer(made.append, 2)
    assert made == []
    transaction.commit(Isolation())
    transaction.commit(Isolation())
    assert made == [1, 2]


def test_calls_after_a_savepoint_are_rolled_back():
    transaction, made = BatchTransaction(), []
    transaction.defer(made.append, 1)
    savepoint = transaction.savepoint()
    transaction.defer(made.append, 2)
    transaction.rollback(savepoint)
    transaction.defer(made.append, 3)
    transaction.commit(Isolation())
    assert made == [1, 3]
    transaction.defer(made.append, 4)
    transaction.rollback()
    transaction.commit(Isolation())
    assert made == [1, 3]


def test_a_failing_call_does_not_prevent_the_others():
    transaction, made, isolation = BatchTransaction(), [], Isolation()
    transaction.defer(made.append, 1)
    transaction.defer(made.remove, 7)
    transaction.defer(made.append, 2)
    transaction.commit(isolation)
    assert made == [1, 2]
    assert isolation.failures == {STAGE: 1}
