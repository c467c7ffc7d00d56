"""``tart/protocol/columnar.py``: what it accepts, the plain decoder accepts without a word."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.native.library import kernel
from tart.protocol.columnar import (
    Columns,
    mark_dialect,
    optional_fields_by_type,
    read_columns,
    read_in_numpy,
    read_natively,
    set_dialect_columns,
)
from tart.protocol.decoding import DIALECT_TYPES, HEADER_BYTES, check_event
from tart.protocol.dialects import Dialect
from tart.protocol.events import EVENTS, EventKind
from tart.protocol.frames import Frames
from tart.protocol.optional_fields import OPTIONAL_FIELDS
from tart.protocol.types import HASH, PEER_ID
from tests.cases import examples
from tests.native.kernels import needs_kernel
from tests.protocol.strategies import CORES, events, hostile_payloads, payload
from tests.vectors import event_vectors

quick = examples(2)


def content(number, sent, timestamp=0):
    return timestamp.to_bytes(8, "little") + bytes([number]) + sent


hostile = hostile_payloads().map(lambda each: content(each[0], each[2]))


@pytest.mark.no_cover
@pytest.mark.slow
@quick
@given(st.lists(st.one_of(hostile, st.binary(max_size=60)), max_size=30))
def test_clean_frames_pass_the_plain_decoder(contents):
    columns = read_columns(Frames.of(contents))
    assert len(columns.clean) == len(contents)
    for frame, clean in zip(contents, columns.clean.tolist(), strict=True):
        if clean:
            for version in (0, 1):
                assert check_event(frame[8], frame[9:], version=version, cores=CORES) == ()


# Checked one by one, always: strings, nested lists, lists per core, and 61, which depends
# on the connection's version.
ONE_BY_ONE = {
    number
    for number, event in EVENTS.items()
    if any(name == "reason" and each.size is None for name, each in event.fields.fields)
} | {10, 61, 94, 126}
# Strings and lists of reasons aside, an enumeration called reason has one size.
SURE = sorted(EVENTS.keys() - ONE_BY_ONE)


@pytest.mark.no_cover
@pytest.mark.slow
@quick
@given(events())
def test_conformant_events_are_clean_except_variable_layouts(event):
    kind, version, fields = event
    sent = payload(kind.layout(version), fields)
    (clean,) = read_columns(Frames.of([content(kind.number, sent)])).clean.tolist()
    # A list of 128 or more has a longer length, which is left to the plain decoder, too.
    if kind.number in SURE and len(sent) < 128:
        assert clean


def test_most_event_types_are_checked_by_column():
    vectors = event_vectors()
    columns = read_columns(Frames.of([vector.content for vector in vectors]))
    clean = {vector.number for vector, each in zip(vectors, columns.clean, strict=True) if each}
    assert len(clean) >= 80


def test_columns_match_the_declared_offsets():
    for vector in event_vectors():
        columns = read_columns(Frames.of([b"", vector.content]))
        event = EVENTS[vector.number]
        assert columns.number[1] == vector.number
        assert columns.timestamp[1] == vector.timestamp
        for name, size in (("slot", 4), ("core", 2)):
            at = event.fields.offset_of(name)
            present = getattr(columns, f"has_{name}")[1]
            assert present == (at is not None)
            if at is not None:
                expected = int.from_bytes(vector.payload[at : at + size], "little")
                assert getattr(columns, name)[1] == expected
        if columns.has_ref[1]:
            assert int(columns.ref[1]).to_bytes(8, "little") == vector.payload[:8]
        assert columns.body_start[1] == HEADER_BYTES + 8 * columns.has_ref[1]
        ends_with_index = event.fields.fields[-1][0] == "shard"
        assert columns.has_shard_index[1] == ends_with_index
        assert columns.body_end[1] == len(vector.content) - 2 * ends_with_index
        if ends_with_index:
            assert columns.shard_index[1] == int.from_bytes(vector.payload[-2:], "little")


def test_frames_too_short_for_a_header_are_never_clean():
    columns = read_columns(Frames.of([b"", b"\x0d" * 8, b"\x00" * 9]))
    assert not np.any(columns.clean)


def test_no_frames_give_empty_columns():
    assert all(len(column) == 0 for column in read_columns(Frames.of([])))


def test_a_peer_id_is_first_or_follows_a_reference():
    for vector in event_vectors():
        columns = read_columns(Frames.of([vector.content]))
        fields = [each for _, each in EVENTS[vector.number].fields.fields]
        lead = fields[bool(columns.has_ref[0]) :][:1]
        # A hash has the same layout; only a peer id is one.
        expected = lead == [PEER_ID] and lead[0] is not HASH
        if EVENTS[vector.number].version_0 is None:
            assert columns.has_peer[0] == expected, vector
            assert columns.body_start[0] == HEADER_BYTES + 8 * bool(columns.has_ref[0])


def test_optional_fields_of_a_type_match_its_vectors():
    parts = optional_fields_by_type()
    for vector in event_vectors():
        event = EVENTS[vector.number]
        columns = read_columns(Frames.of([vector.content]))
        if columns.clean[0] and event.version_0 is None:
            found = sum(
                bool(getattr(columns, f"has_{each}")[0]) << at
                for at, each in enumerate(OPTIONAL_FIELDS)
            )
            assert found == parts[vector.number], vector


def test_types_that_a_dialect_reads_otherwise_are_not_clean_for_its_nodes():
    vectors = event_vectors()
    columns = read_columns(Frames.of([vector.content for vector in vectors]))
    before = columns.clean.copy()
    mark_dialect(columns, np.arange(len(vectors)), Dialect.STANDARD)
    assert np.array_equal(columns.clean, before)
    mark_dialect(columns, np.arange(len(vectors)), Dialect.JAMIXIR)
    other = np.isin(columns.number, list(DIALECT_TYPES[Dialect.JAMIXIR]))
    assert other.any()
    assert not columns.clean[other].any()
    assert np.array_equal(columns.clean[~other], before[~other])


def test_columns_of_a_dialect_have_its_slot_and_no_reference():
    vectors = [
        vector
        for vector in event_vectors()
        if vector.number in (EventKind.AUTHORED, EventKind.AUTHORING)
    ]
    columns = read_columns(Frames.of([vector.content for vector in vectors]))
    assert columns.has_ref.any()
    for index in range(len(vectors)):
        set_dialect_columns(columns, index, {"slot": 77})
    assert not columns.has_ref.any()
    assert set(columns.body_start.tolist()) == {HEADER_BYTES}
    authoring = columns.number == EventKind.AUTHORING
    assert set(columns.slot[authoring].tolist()) == {77}


def assert_same_columns(contents):
    """The kernel and its twin agree on all that ``Columns`` defines."""
    frames = Frames.of(contents)
    one, other = read_in_numpy(frames), read_natively(kernel(), frames)
    whole = frames.lengths >= HEADER_BYTES
    for name in Columns._fields:
        expected, found = getattr(one, name), getattr(other, name)
        assert found.dtype == expected.dtype, name
        if name in ("number", "timestamp"):
            defined = whole
        else:
            defined = getattr(one, f"has_{name}", np.ones(len(contents), np.bool_))
        assert np.array_equal(found[defined], expected[defined]), name


valid = events().map(
    lambda event: content(event[0].number, payload(event[0].layout(event[1]), event[2]))
)


@pytest.mark.no_cover
@pytest.mark.slow
@needs_kernel
@quick
@given(st.lists(st.one_of(valid, hostile, st.binary(max_size=60)), max_size=30))
def test_the_kernel_reads_as_its_twin(contents):
    assert_same_columns(contents)


@needs_kernel
def test_the_kernel_reads_vectors_and_all_their_beginnings_as_its_twin():
    vectors = [*event_vectors(), *event_vectors(conformant=False)]
    assert_same_columns([vector.content[:end] for vector in vectors for end in range(120)])
    assert_same_columns([])
