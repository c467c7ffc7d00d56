"""``tart/aggregate/references/inherited_values.py``: what the event log stores of a pipeline."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.aggregate.core.event_batch import DecodeContext
from tart.aggregate.core.isolation import Isolation
from tart.aggregate.keyed.pipelines import PIPELINE_ROOTS
from tart.aggregate.references.inherited_values import STAGE, InheritedValues, pipeline_kinds
from tart.aggregate.rules.terminal_events import TERMINAL_KINDS
from tart.errors import DecodeError
from tart.protocol.decoding import decode_event
from tart.protocol.events import EventKind
from tart.protocol.references import PARENT_TYPES
from tests.aggregate.batches import (
    connection_batch,
    decode_contexts,
    event_batches,
    troubled_network,
)
from tests.cases import examples

CONTEXT = DecodeContext(1, 2)
NAMES = ("slot", "has_slot", "core", "has_core")


class Oracle:
    """What events inherit, one by one: a walk along the references to the pipeline's beginning."""

    def __init__(self, decode_context):
        self.decode_context = decode_context
        self.open = {}

    def values(self, events, contents, index):
        """Slot and core of the pipeline of an event, after the event."""
        number, session = int(events.type[index]), int(events.session[index])
        context = self.decode_context(session)
        try:
            fields = decode_event(
                number,
                contents[index][9:],
                version=context.version,
                cores=context.cores,
                dialect=context.dialect,
            ).fields
        except DecodeError:
            fields = None
        key, pipeline = (session, int(events.event_id[index])), None
        if number in PIPELINE_ROOTS:
            if number in (EventKind.AUTHORING, EventKind.IMPORTING):
                pipeline = fields and {"slot": fields["slot"], "core": None}
            else:
                pipeline = {"slot": None, "core": None}
        elif events.has_ref[index] and PARENT_TYPES[number]:
            before = session, int(events.ref[index])
            parent, pipeline = self.open.get(before, (None, None))
            if parent not in PARENT_TYPES[number]:
                pipeline = None
            elif number in TERMINAL_KINDS:
                del self.open[before]
        if pipeline and fields:
            if number == EventKind.WORK_PACKAGE_RECEIVED:
                pipeline["core"] = fields["core"]
            if number == EventKind.DUPLICATE_WORK_PACKAGE and pipeline["core"] is None:
                pipeline["core"] = fields["core"]
            if number == EventKind.GUARANTEE_BUILT:
                pipeline["slot"] = fields["outline"]["slot"]
        self.open[key] = number, pipeline
        return pipeline or {"slot": None, "core": None}

    def columns(self, batch):
        """The columns of a batch with what its events inherit."""
        found = {name: getattr(batch.columns, name).copy() for name in NAMES}
        for index in range(len(batch)):
            for name, value in self.values(batch.columns, batch.contents, index).items():
                if value is not None and not found[f"has_{name}"][index]:
                    found[name][index], found[f"has_{name}"][index] = value, True
        return found


def check(batches, decode_context):
    """Compare the columns with those of the oracle; return the number of values inherited."""
    oracle, isolation, inherited = Oracle(decode_context), Isolation(), 0
    values = InheritedValues(decode_context, isolation)
    for batch in batches:
        own = int(batch.columns.has_slot.sum() + batch.columns.has_core.sum())
        expected = oracle.columns(batch)
        values.fill(batch)
        for name in NAMES:
            assert (getattr(batch.columns, name) == expected[name]).all(), name
        inherited += int(batch.columns.has_slot.sum() + batch.columns.has_core.sum()) - own
    assert not isolation.failures
    return inherited


@pytest.mark.parametrize("size", [37, 10_000])
def test_events_of_a_network_inherit_what_their_chains_say(size):
    network = troubled_network()
    assert check(event_batches(network, size), decode_contexts(network).__getitem__) > 500


KINDS = sorted(PIPELINE_ROOTS | pipeline_kinds())


@cache
def payloads():
    """Payloads of the events of pipelines, by type, as a network sends them."""
    found = {number: [] for number in KINDS}
    for emission in troubled_network().emissions:
        number = emission.frame[12]
        if number in found:
            found[number].append(emission.frame[13:])
    return {number: several[:20] for number, several in found.items() if several}


@st.composite
def histories(draw):
    """Events of one connection that refer to any earlier event, most of them to one they may."""
    events = []
    for event_id in range(draw(st.integers(1, 60))):
        number = draw(st.sampled_from(sorted(payloads())))
        payload = draw(st.sampled_from(payloads()[number]))
        if PARENT_TYPES[number]:
            allowed = [at for at, event in enumerate(events) if event[1] in PARENT_TYPES[number]]
            anything = st.integers(0, event_id + 2)
            ref = draw(st.sampled_from(allowed) | anything if allowed else anything)
            payload = ref.to_bytes(8, "little") + payload[8:]
        if draw(st.integers(0, 9)) == 0:
            payload = payload[:-1]  # Not clean; most of these cannot be decoded.
        events.append((1_000_000 + event_id, number, payload))
    return events


@pytest.mark.no_cover
@examples(0.4)
@given(histories(), st.integers(1, 60))
def test_events_inherit_along_any_graph_of_references(events, size):
    parts = [(events[first : first + size], first) for first in range(0, len(events), size)]
    batches = [connection_batch(*part, first=first) for part, first in parts]
    check(batches, lambda session: CONTEXT)


def opened(count=1):
    """Events that open pipelines of work-packages, and of each one event that gives it a core."""
    submission = payloads()[EventKind.WORK_PACKAGE_SUBMISSION][0]
    received = payloads()[EventKind.WORK_PACKAGE_RECEIVED][0][8:]
    events = [(1_000_000, EventKind.WORK_PACKAGE_SUBMISSION.number, submission)] * count
    for ref in range(count):
        content = ref.to_bytes(8, "little") + received
        events.append((1_000_000, EventKind.WORK_PACKAGE_RECEIVED.number, content))
    return events


def step(ref, first):
    """A batch of one event that refers to a work-package."""
    content = ref.to_bytes(8, "little")
    number = EventKind.EXTRINSIC_DATA_RECEIVED.number
    return connection_batch((1_000_000, number, content), first=first)


@pytest.mark.parametrize("end", ["end_session", "expire_before", "clear"])
def test_nothing_is_inherited_from_what_has_ended(end):
    values = InheritedValues(lambda session: CONTEXT, Isolation())
    batch = connection_batch(*opened())
    values.fill(batch)
    values.fill(before := step(0, 2))
    assert before.columns.has_core.all()
    received_at = int(batch.columns.received_at[0])
    arguments = {"end_session": [0], "expire_before": [received_at + 1], "clear": []}[end]
    values.expire_before(received_at)
    getattr(values, end)(*arguments)
    values.fill(after := step(0, 3))
    assert not after.columns.has_core.any()


def test_the_oldest_events_of_a_connection_are_forgotten_first():
    values = InheritedValues(lambda session: CONTEXT, Isolation(), max_members=3)
    values.fill(connection_batch(*opened(4)))
    for ref, known in ((0, False), (1, True), (3, True)):
        values.fill(batch := step(ref, 8))
        assert batch.columns.has_core.all() == known
    assert values.forgotten == 1


def test_an_event_that_fails_inherits_nothing_and_the_others_do():
    network, failed = troubled_network(), []

    def inject(stage):
        failed.append(stage)
        if len(failed) == 5:
            raise ZeroDivisionError

    isolation = Isolation(inject=inject)
    values = InheritedValues(decode_contexts(network).__getitem__, isolation)
    (batch,) = event_batches(network, 1_000_000)
    own = int(batch.columns.has_slot.sum())
    values.fill(batch)
    assert int(batch.columns.has_slot.sum()) > own + 100
    assert isolation.failures == isolation.events_lost == {STAGE: 1}
