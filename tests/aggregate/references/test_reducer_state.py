"""``tart/aggregate/references/reducer_state.py``: one event's changes, or none of them."""

from __future__ import annotations

import pytest

from tart.aggregate.core.event_batch import DecodeContext
from tart.aggregate.core.isolation import Isolation
from tart.aggregate.core.transactions import BatchTransaction
from tart.aggregate.keyed.counters import KeyedCounters
from tart.aggregate.keyed.deliveries import Deliveries
from tart.aggregate.keyed.first_seen import FirstSeen
from tart.aggregate.keyed.gauges import Gauges
from tart.aggregate.keyed.pipelines import BlockPipeline, PackagePipeline
from tart.aggregate.references.package_reducers import count_waiting, wait
from tart.aggregate.references.reducer_state import Event, ReducerState, Reporter
from tart.protocol.events import EventKind
from tests.aggregate.batches import connection_batch

REPORTER = Reporter(0, DecodeContext(1, 2))
HASH = bytes(32)
AUTHORING = 0, EventKind.AUTHORING, (7).to_bytes(4, "little") + HASH
FAILED = 1, EventKind.AUTHORING_FAILED, bytes(8) + b"\x02no"


def state_of(*events):
    transaction = BatchTransaction()
    state = ReducerState(KeyedCounters(), FirstSeen(), Gauges(), Deliveries(), transaction)
    state.begin(connection_batch(*events))
    return state, transaction


def block_of(state):
    event = Event(0, EventKind.AUTHORING, REPORTER)
    return BlockPipeline(**state.opening_values(event), slot=7), event


def test_fields_are_those_of_the_event():
    state, _ = state_of(AUTHORING)
    fields = state.fields(Event(0, EventKind.AUTHORING, REPORTER))
    assert fields == {"slot": 7, "parent": HASH}


def test_an_undecodable_event_has_no_fields():
    state, _ = state_of((0, EventKind.AUTHORING, b"\x07"))
    assert state.fields(Event(0, EventKind.AUTHORING, REPORTER)) is None


def test_a_failure_is_counted_on_commit_with_its_reason():
    state, transaction = state_of(AUTHORING, FAILED)
    event = Event(1, EventKind.AUTHORING_FAILED, REPORTER)
    state.count_failure(event, state.fields(event))
    assert state.counters.rows("failures")["reason"] == []
    transaction.commit(Isolation())
    assert state.counters.rows("failures")["reason"] == ["no"]


def test_a_reducer_that_raises_changes_nothing():
    state, transaction = state_of(AUTHORING, FAILED)
    block, opening = block_of(state)
    state.record_event(opening, block)
    before = block.state()

    def reduce(state, event):
        block.fail(event.number, 5, "no")
        state.record_event(event, block)
        state.close_if_done(block)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        state.run(reduce, Event(1, EventKind.AUTHORING_FAILED, REPORTER, opening.number, block))
    transaction.commit(Isolation())
    assert block.state() == before
    assert state.closed["blocks"] == []
    assert state.contexts.keys() == {0}


def test_a_batch_that_is_rolled_back_restores_its_pipelines():
    state, transaction = state_of(AUTHORING, FAILED)
    block, opening = block_of(state)
    before = block.state()

    def reduce(state, event):
        block.fail(event.number, 5, "no")
        state.close_if_done(block)

    state.run(reduce, Event(1, EventKind.AUTHORING_FAILED, REPORTER, opening.number, block))
    assert block.done
    state.rollback()
    transaction.commit(Isolation())
    assert block.state() == before
    assert state.closed["blocks"] == []


def test_events_have_the_context_of_their_pipeline():
    state, _ = state_of(AUTHORING, FAILED)
    block, opening = block_of(state)
    event = Event(1, EventKind.AUTHORING_FAILED, REPORTER, opening.number, block)
    assert state.inherit(event) is block
    assert state.contexts == {1: (0, None)}


def test_a_batch_that_is_rolled_back_restores_the_state_before_its_first_event():
    state, _ = state_of(AUTHORING, FAILED, FAILED)
    block, opening = block_of(state)
    before = block.state()
    for index in (1, 2):
        event = Event(index, EventKind.AUTHORING_FAILED, REPORTER, opening.number, block)
        state.run(lambda state, event: state.record_event(event, block), event)
    state.rollback()
    assert block.state() == before


def test_an_event_whose_reducer_raises_has_no_context():
    state, _ = state_of(AUTHORING, FAILED)
    block, opening = block_of(state)

    def reduce(state, event):
        state.record_event(event, block)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        state.run(reduce, Event(1, EventKind.AUTHORING_FAILED, REPORTER, opening.number, block))
    assert 1 not in state.contexts


def test_events_that_wait_before_a_reducer_that_raises_remain_to_be_counted():
    state, _ = state_of(AUTHORING, FAILED)
    package = PackagePipeline(outcome="unfinished", root=0)
    waiting = {package: {EventKind.GUARANTEE_SENT.number: [0]}}
    wait(state, package, EventKind.GUARANTEE_SENT.number, 0)

    def reduce(state, event):
        wait(state, package, EventKind.GUARANTEE_SENT.number, 1)
        count_waiting(state)
        wait(state, package, EventKind.GUARANTEE_SENT.number, 1)
        raise ZeroDivisionError

    event = Event(1, EventKind.GUARANTEE_SEND_FAILED, REPORTER, None, package)
    with pytest.raises(ZeroDivisionError):
        state.run(reduce, event)
    assert state.waiting == waiting
    assert "sent" not in package.values
