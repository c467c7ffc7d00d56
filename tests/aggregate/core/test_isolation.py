"""``tart/aggregate/core/isolation.py``: what fails costs itself alone, and leaves no trace."""

from __future__ import annotations

from functools import cache
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tart.aggregate.aggregates import Aggregates
from tart.aggregate.columnar.counters import Clocks, Latencies
from tart.aggregate.core.event_batch import EventBatch
from tart.aggregate.core.event_columns import EventColumns, array_types
from tart.aggregate.core.isolation import MAX_ATTEMPTS, Isolation
from tart.aggregate.core.tables import TABLES
from tart.aggregate.references import reducers
from tart.aggregate.references.reducers import MEANINGS, Reducers
from tart.aggregate.references.requests import Requests
from tart.aggregate.references.tracker import ReferenceTracker
from tart.aggregate.rules.conformance_checks import ConformanceChecker
from tart.simulate.model.in_memory import play_troubled
from tests.aggregate.batches import decode_contexts, event_batches, rows, session_summary

SECONDS = 12


class Broken(Exception):
    """A fault of tart."""


@cache
def played():
    return play_troubled(SECONDS, seed=3)


def told(size=2_000, isolation=None):
    """All rows of all tables, in any order, and the aggregates."""
    network = played()
    aggregates = Aggregates(decode_contexts(network).__getitem__, isolation=isolation)
    for batch in event_batches(network, size):
        aggregates.add(batch)
    aggregates.end_all_sessions()
    for at, each in enumerate(network.sessions):
        aggregates.record_session(session_summary(at, each))
    return {table: sorted(rows(aggregates, table), key=repr) for table in TABLES}, aggregates


@cache
def expected():
    found, aggregates = told()
    assert not aggregates.isolation.failures
    return found


def events(sessions):
    """Events of these sessions, numbered by ``seq``; nothing else of them matters."""
    count = len(sessions)
    columns = {name: np.zeros(count, kind) for name, kind in array_types(EventColumns).items()}
    columns.update(seq=np.arange(count), session=np.array(sessions, np.int32))
    return EventBatch(EventColumns(**columns), [b""] * count, np.zeros(count, np.bool_))


@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=60),
    st.sets(st.integers(0, 59), max_size=4),
)
def test_only_what_fails_is_lost_however_the_batch_is_mixed(sessions, bad):
    failures, taken = [], []
    batch, isolation = events(sessions), Isolation(failures.append)

    def work(part):
        if bad & set(part.columns.seq.tolist()):
            raise Broken
        taken.extend(part.columns.seq.tolist())
        part.learn_slots(list(range(len(part))), part.columns.seq.tolist())
        return {at: (int(seq), None) for at, seq in enumerate(part.columns.seq.tolist())}

    contexts = isolation.run("stage", batch, work)
    lost = {at for at in bad if at < len(sessions)}
    good = sorted(set(range(len(sessions))) - lost)
    assert sorted(taken) == good
    assert {failure.seq for failure in failures} == lost
    assert contexts == {at: (at, None) for at in good}
    assert np.flatnonzero(batch.columns.has_slot).tolist() == good
    assert batch.columns.slot[good].tolist() == good
    for number in set(sessions):
        own = [seq for seq in taken if sessions[seq] == number]
        assert own == sorted(own)
    assert isolation.failures["stage"] == isolation.events_lost["stage"] == len(lost)


def test_one_connection_cannot_buy_more_than_so_many_attempts_and_costs_no_other():
    sessions = [0] * 5_000 + [1, 2, 3]
    isolation, attempts, taken = Isolation(), 0, []

    def work(part):
        nonlocal attempts
        attempts += 1
        if 0 in part.columns.session:
            raise Broken
        taken.extend(part.columns.session.tolist())

    isolation.run("stage", events(sessions), work)
    assert sorted(taken) == [1, 2, 3]
    assert attempts < 3 * MAX_ATTEMPTS
    assert isolation.events_lost["stage"] == 5_000


def test_a_guard_counts_and_goes_on():
    failures = []
    isolation = Isolation(failures.append)
    with isolation.guard("stage", events=3, session=7):
        raise Broken
    with isolation.guard("stage"):
        pass
    assert [(each.stage, each.events, each.session) for each in failures] == [("stage", 3, 7)]
    assert (isolation.failures, isolation.events_lost) == ({"stage": 1}, {"stage": 3})


def fail_once(monkeypatch, owner, name):
    """Let a method fail once, when it has done its work."""
    method, failed = getattr(owner, name), []

    def failing(*arguments, **more):
        found = method(*arguments, **more)
        if not failed:
            failed.append(name)
            raise Broken
        return found

    monkeypatch.setattr(owner, name, failing)
    return failed


@pytest.mark.slow
@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (ConformanceChecker, "_judge_references"),
        (ConformanceChecker, "_judge_order"),
        (ConformanceChecker, "_judge_regularity"),
        (Clocks, "_add"),
        (Latencies, "_bucket"),
        (ReferenceTracker, "_find"),
        (ReferenceTracker, "_learn_each"),
        (Requests, "learn"),
        (Requests, "finish"),
        (Requests, "known"),
        (Reducers, "begin"),
        (Reducers, "finish"),
    ],
    ids=lambda each: getattr(each, "__name__", each),
)
def test_a_batch_that_fails_at_the_end_of_a_step_counts_once_when_it_is_tried_again(
    monkeypatch, owner, name
):
    failed = fail_once(monkeypatch, owner, name)
    found, aggregates = told()
    assert failed
    if owner is Latencies:  # the batch has counted already, so it is not tried again
        assert aggregates.isolation.failures == {"latencies": 1}
        return
    assert found == expected()
    assert aggregates.isolation.retries.total() + aggregates.isolation.failures.total() == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "handler", dict.fromkeys(filter(None, MEANINGS)), ids=lambda each: each.__name__
)
def test_an_event_whose_handler_fails_is_as_if_nobody_had_looked_at_it(monkeypatch, handler):
    def failing(*arguments):
        handler(*arguments)
        raise Broken

    def replaced(with_what):
        return [with_what if each is handler else each for each in MEANINGS]

    monkeypatch.setattr(reducers, "MEANINGS", replaced(lambda *arguments: None))
    without, _ = told(size=301)
    monkeypatch.setattr(reducers, "MEANINGS", replaced(failing))
    found, aggregates = told(size=301)
    assert found == without
    assert aggregates.isolation.events_lost.keys() <= {"events"}


@pytest.mark.slow
@settings(max_examples=5, deadline=None)
@given(st.integers(0, 2**32))
def test_stages_that_fail_at_random_raise_nothing_and_cost_no_event_of_the_log(seed):
    random = Random(seed)

    def inject(stage):
        if random.random() < 0.05:
            raise Broken

    network, isolation = played(), Isolation(inject=inject)
    aggregates = Aggregates(decode_contexts(network).__getitem__, isolation=isolation)
    for batch in event_batches(network, 1_000):
        before = [batch.columns.seq.copy(), batch.columns.event_id.copy(), list(batch.contents)]
        own = batch.columns.has_slot.copy()
        slots = batch.columns.slot[own].copy()
        aggregates.add(batch)
        assert (batch.columns.seq == before[0]).all()
        assert (batch.columns.event_id == before[1]).all()
        assert batch.contents == before[2]
        assert (batch.columns.slot[own] == slots).all()
    aggregates.end_all_sessions()
    for table in TABLES:
        rows(aggregates, table)
    assert isolation.failures.total() > 0
