"""``tart/aggregate/core/isolation.py``: a failure costs only the failing part of a batch."""

from __future__ import annotations

from functools import cache
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tart.aggregate.aggregates import Aggregates
from tart.aggregate.columnar.counters import ClockOffsets, LatencyHistograms
from tart.aggregate.core.event_batch import EventBatch
from tart.aggregate.core.event_columns import EventColumns, array_types
from tart.aggregate.core.isolation import ATTEMPT_EVENTS, MAX_ATTEMPTS, Isolation
from tart.aggregate.core.tables import TABLES
from tart.aggregate.core.waiting_events import WaitingEvents
from tart.aggregate.keyed.deliveries import Deliveries
from tart.aggregate.references import reducers
from tart.aggregate.references.audits import Audits
from tart.aggregate.references.batch_reducers import BatchReducers
from tart.aggregate.references.finalizations import Finalizations
from tart.aggregate.references.reducers import Reducers
from tart.aggregate.references.tracker import ReferenceTracker
from tart.aggregate.rules.conformance_checks import ConformanceChecker
from tart.protocol.frames import Frames
from tart.simulate.model.in_memory import play_troubled
from tests.aggregate.batches import decode_contexts, event_batches, rows, session_summary

SECONDS = 12


class Broken(Exception):
    """A fault of tart."""


@cache
def played():
    return play_troubled(SECONDS, seed=3)


def aggregate_network(size=2_000, isolation=None):
    """Return the sorted rows of all tables, and the aggregates."""
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
    tables, aggregates = aggregate_network()
    assert not aggregates.isolation.failures
    return tables


def batch_of(sessions):
    """Return events of these sessions, numbered by ``seq``; other columns are empty."""
    count = len(sessions)
    columns = {name: np.zeros(count, kind) for name, kind in array_types(EventColumns).items()}
    columns.update(seq=np.arange(count), session=np.array(sessions, np.int32))
    return EventBatch(EventColumns(**columns), Frames.of([b""] * count), np.zeros(count, np.bool_))


@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=60),
    st.sets(st.integers(0, 59), max_size=4),
)
def test_only_the_failing_events_of_a_batch_are_lost(sessions, bad):
    failures, taken = [], []
    batch, isolation = batch_of(sessions), Isolation(failures.append)

    def work(part):
        if bad & set(part.columns.seq.tolist()):
            raise Broken
        taken.extend(part.columns.seq.tolist())
        part.inherit_slots(list(range(len(part))), part.columns.seq.tolist())
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


def test_the_attempts_of_one_connection_are_limited_and_cost_no_other():
    sessions = [0] * 5_000 + [1, 2, 3]
    isolation, attempts, taken = Isolation(), 0, []

    def work(part):
        nonlocal attempts
        attempts += 1
        if 0 in part.columns.session:
            raise Broken
        taken.extend(part.columns.session.tolist())

    isolation.run("stage", batch_of(sessions), work)
    assert sorted(taken) == [1, 2, 3]
    assert attempts < 3 * MAX_ATTEMPTS * (1 + 5_000 // ATTEMPT_EVENTS)
    assert isolation.events_lost["stage"] == 5_000


def test_a_guard_counts_a_failure_and_suppresses_it():
    failures = []
    isolation = Isolation(failures.append)
    with isolation.guard("stage", events=3, session=7):
        raise Broken
    with isolation.guard("stage"):
        pass
    assert [(each.stage, each.events, each.session) for each in failures] == [("stage", 3, 7)]
    assert (isolation.failures, isolation.events_lost) == ({"stage": 1}, {"stage": 3})


def fail_once(monkeypatch, owner, name):
    """Let a method raise once, at its end."""
    method, failed = getattr(owner, name), []

    def failing(*arguments, **more):
        result = method(*arguments, **more)
        if not failed:
            failed.append(name)
            raise Broken
        return result

    monkeypatch.setattr(owner, name, failing)
    return failed


@pytest.mark.no_cover
@pytest.mark.slow
@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (ConformanceChecker, "_check_references"),
        (ConformanceChecker, "_check_order"),
        (ConformanceChecker, "_check_regularity"),
        (ConformanceChecker, "_check_slots"),
        (ClockOffsets, "_add"),
        (LatencyHistograms, "_bucket"),
        (ReferenceTracker, "_resolve"),
        (ReferenceTracker, "_reduce_each"),
        (BatchReducers, "set_subjects"),
        (BatchReducers, "count"),
        (BatchReducers, "known_subjects"),
        (Reducers, "begin"),
        (Reducers, "finish"),
    ],
    ids=lambda each: getattr(each, "__name__", each),
)
def test_a_batch_that_failed_once_is_counted_once(monkeypatch, owner, name):
    failed = fail_once(monkeypatch, owner, name)
    tables, aggregates = aggregate_network()
    assert failed
    if owner is LatencyHistograms:  # The batch was committed, so it is not tried again.
        assert aggregates.isolation.failures == {"latencies": 1}
        return
    assert tables == expected()
    assert aggregates.isolation.retries.total() + aggregates.isolation.failures.total() == 1


@pytest.mark.no_cover
@pytest.mark.slow
@pytest.mark.parametrize(
    "reducer",
    [
        pytest.param(each, marks=pytest.mark.soak if number % 3 else ())
        for number, each in enumerate(dict.fromkeys(reducers.BY_TYPE))
    ],
    ids=lambda each: each.__qualname__,
)
def test_an_event_whose_reducer_fails_changes_nothing(monkeypatch, reducer):
    def failing(*arguments):
        reducer(*arguments)
        raise Broken

    by_type = reducers.BY_TYPE

    def replace_reducer(replacement):
        replaced = [replacement if each is reducer else each for each in by_type]
        monkeypatch.setattr(reducers, "BY_TYPE", replaced)

    replace_reducer(lambda *arguments: None)
    without, _ = aggregate_network(size=301)
    replace_reducer(failing)
    with_failures, aggregates = aggregate_network(size=301)
    assert with_failures == without
    assert aggregates.isolation.events_lost.keys() <= {"events"}


@pytest.mark.no_cover
@pytest.mark.slow
@pytest.mark.parametrize(
    ("owner", "name", "stage", "table"),
    [
        (Deliveries, "add_start", "counters", "deliveries"),
        (Deliveries, "add_arrivals", "counters", "deliveries"),
        (Deliveries, "add_first_arrivals", "counters", "deliveries"),
        (Audits, "add", "audits", "latency"),
        (Finalizations, "add", "finality", "latency"),
    ],
)
def test_a_figure_that_always_fails_costs_only_its_own_table(
    monkeypatch, owner, name, stage, table
):
    whole = expected()

    def failing(*arguments):
        raise Broken

    monkeypatch.setattr(owner, name, failing)
    tables, aggregates = aggregate_network()
    assert {each for each in TABLES if tables[each] != whole[each]} <= {table}
    assert aggregates.isolation.failures.keys() == {stage}


def follow_network(isolation=None, size=300):
    """Tell a network with subscribers: batches are followed at once, and counted with others.

    Returns the sorted rows of all tables, the contexts by ``seq``, and figures of references.
    """
    network, waiting, found = played(), WaitingEvents(), {}
    aggregates = Aggregates(decode_contexts(network).__getitem__, isolation=isolation)
    for number, batch in enumerate(event_batches(network, size)):
        waiting.add(batch)
        contexts = aggregates.follow(batch, contexts=True)
        found |= {int(batch.columns.seq[index]): each for index, each in contexts.items()}
        if number % 5 == 0:
            aggregates.count(waiting.take())
    if waiting:
        aggregates.count(waiting.take())
    figures = aggregates.statistics()
    aggregates.end_all_sessions()
    for at, each in enumerate(network.sessions):
        aggregates.record_session(session_summary(at, each))
    tables = {table: sorted(rows(aggregates, table), key=repr) for table in TABLES}
    return tables, found, figures


@cache
def followed():
    return follow_network()


def failing_for(session, stage="references"):
    """An isolation in which a stage fails on every part with events of a connection."""
    isolation = Isolation()
    plain = isolation.run

    def run(name, batch, work):
        def failing(part):
            if name == stage and session in part.columns.session:
                raise Broken
            return work(part)

        return plain(name, batch, failing)

    isolation.run = run
    return isolation


@pytest.mark.no_cover
@pytest.mark.parametrize("stage", ["references", "conformance", "counts", "clocks"])
def test_with_subscribers_a_batch_that_failed_once_is_followed_and_counted_once(stage):
    failed = []

    def inject(name):
        if name == stage and len(failed) < 3:
            failed.append(name)
            raise Broken

    isolation = Isolation(inject=inject)
    # Of these batches the first fails, then its first half, and then that one's.
    assert follow_network(isolation) == followed()
    assert failed == [stage] * 3
    assert not isolation.failures


@pytest.mark.no_cover
@pytest.mark.slow
@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (ReferenceTracker, "_resolve"),
        (ReferenceTracker, "_reduce_each"),
        (BatchReducers, "set_subjects"),
        (BatchReducers, "count"),
        (BatchReducers, "known_subjects"),
        (Reducers, "begin"),
        (Reducers, "finish"),
        (Reducers, "add_contexts"),
    ],
    ids=lambda each: getattr(each, "__name__", each),
)
def test_subscribers_get_the_contexts_of_a_batch_that_failed_once(monkeypatch, owner, name):
    expected = followed()
    failed = fail_once(monkeypatch, owner, name)
    assert follow_network() == expected
    assert failed


@pytest.mark.no_cover
def test_a_connection_that_cannot_be_followed_costs_no_other_its_contexts():
    session = 3
    isolation = failing_for(session)
    _, found, _ = follow_network(isolation)
    owner = {
        seq: number
        for batch in event_batches(played(), 300)
        for seq, number in zip(
            batch.columns.seq.tolist(), batch.columns.session.tolist(), strict=True
        )
    }
    others = {seq: each for seq, each in followed()[1].items() if owner[seq] != session}
    assert found == others
    assert len(others) < len(followed()[1])
    assert isolation.events_lost["references"] == list(owner.values()).count(session)


@pytest.mark.no_cover
def test_a_connection_that_fails_midway_leaves_as_little_as_one_that_was_never_followed(
    monkeypatch,
):
    session = 3
    expected = follow_network(failing_for(session))
    plain = BatchReducers.set_subjects

    def failing(self, batch, *more):
        plain(self, batch, *more)
        if session in batch.columns.session:
            raise Broken

    monkeypatch.setattr(BatchReducers, "set_subjects", failing)
    assert follow_network() == expected


@pytest.mark.no_cover
@pytest.mark.slow
@settings(max_examples=5, deadline=None)
@given(st.integers(0, 2**32))
def test_random_failures_of_stages_do_not_change_the_events(seed):
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
