"""Frames as a conformant node writes them, and what the encoder refuses."""

from __future__ import annotations

import contextlib
import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.errors import EncodeError
from tart.protocol.byte_reader import Reader
from tart.protocol.decoding import decode_event
from tart.protocol.encoding import encode_event, encode_first_message
from tart.protocol.events import EVENTS
from tart.protocol.framing import LENGTH_BYTES, frame
from tart.protocol.node_information import encode_node_information
from tart.testing import FakeNode
from tests.cases import all_cases
from tests.protocol.strategies import LAYOUTS, U64, anything, events
from tests.vectors import event_vectors

HASH = bytes(range(32))


@st.composite
def spoilt(draw: st.DrawFn, value):
    """The same fields with one thing in them replaced by anything."""
    if isinstance(value, dict) and value and draw(st.booleans()):
        name = draw(st.sampled_from(sorted(value)))
        return {**value, name: draw(spoilt(value[name]))}
    if isinstance(value, list) and value and draw(st.booleans()):
        at = draw(st.integers(0, len(value) - 1))
        return [*value[:at], draw(spoilt(value[at])), *value[at + 1 :]]
    return draw(anything)


def test_an_event_is_framed_with_timestamp_and_number():
    encoded = encode_event("BestBlockChanged", 5, {"slot": 7, "hash": HASH})
    content = (5).to_bytes(8, "little") + b"\x0b" + (7).to_bytes(4, "little") + HASH
    assert encoded == frame(content)


@pytest.mark.parametrize("version", [0, 1])
def test_the_protocol_version_selects_the_layout_of_event_61(version):
    fields = {"closer": "Local", "reason": ""}
    first = {0: {"peer": HASH}, 1: {"opened_id": 3}}
    variant = "BlockAnnouncementStreamClosed"
    encoded = encode_event(variant, 0, first[version] | fields, version=version)
    assert len(encoded) == LENGTH_BYTES + 9 + (8 if version else 32) + 2
    with pytest.raises(EncodeError):
        encode_event(variant, 0, first[1 - version] | fields, version=version)


@all_cases(("event", "version"), LAYOUTS, ids=lambda x: getattr(x, "variant", x))
def test_every_event_can_be_encoded(event, version):
    zeros = Reader(bytes(1000), core_bytes=2, core_bits=1)
    fields = event.layout(version).read(zeros)
    encoded = encode_event(event.variant, 0, fields, version=version)
    assert encoded == frame(bytes(8) + bytes([event.number]) + bytes(zeros.offset))


def test_a_first_message_is_the_framed_node_information():
    information = FakeNode(HASH).information
    assert encode_first_message(information) == frame(encode_node_information(information))


@all_cases("vector", event_vectors(), ids=str)
def test_vector_frames_are_reproduced_from_their_fields(vector):
    version = vector.protocol_version
    decoded = decode_event(vector.number, vector.payload, version=version, cores=vector.cores)
    variant = EVENTS[vector.number].variant
    encoded = encode_event(variant, vector.timestamp, decoded.fields, version=version)
    assert encoded == frame(vector.content)


@pytest.mark.parametrize("variant", ["", "Nothing", "best_block_changed", None, 11])
def test_an_event_that_jip_3_lacks_cannot_be_encoded(variant):
    with pytest.raises(EncodeError, match="an event of JIP-3"):
        encode_event(variant, 0, {})


@pytest.mark.parametrize("timestamp", [-1, 2**64, 1.5, None])
def test_a_timestamp_is_an_integer_of_eight_bytes(timestamp):
    with pytest.raises(EncodeError):
        encode_event("SyncStatusChanged", timestamp, {"synced": True})


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, ""),
        ({"slot": 1}, ""),
        ({"slot": 1, "hash": HASH, "more": 1}, ""),
        ({"slot": 2**32, "hash": HASH}, "slot"),
        ({"slot": 1, "hash": HASH.hex()}, "hash"),
    ],
)
def test_fields_that_do_not_fit_are_refused_by_name(fields, field):
    with pytest.raises(EncodeError) as caught:
        encode_event("BestBlockChanged", 0, fields)
    assert caught.value.field == field


@given(events(), U64)
def test_encoding_does_not_change_the_fields(case, timestamp):
    event, version, fields = case
    before = copy.deepcopy(fields)
    encode_event(event.variant, timestamp, fields, version=version)
    assert fields == before


@pytest.mark.slow
@given(events(), st.data())
def test_wrong_values_are_refused_with_an_encode_error_only(case, data):
    event, version, fields = case
    # Anything else that is raised fails the test.
    with contextlib.suppress(EncodeError):
        encode_event(event.variant, 0, data.draw(spoilt(fields)), version=version)
