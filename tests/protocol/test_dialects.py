"""Jamixir's bytes, as it means them; the frames are of a running node."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.protocol.byte_reader import encode_natural
from tart.protocol.connection import Connection
from tart.protocol.decoding import HEADER_BYTES, check_event, decode_event
from tart.protocol.dialects import Dialect, dialect_of
from tart.protocol.events import EventKind
from tart.testing import FakeNode

# Frame, field and value, rules.
FRAMES = {
    "slot 10052000": (
        "2d000000c0998ab7be3600000be0a06199" + "ac" * 32,
        {"slot": 10_052_000, "hash": b"\xac" * 32},
        ["slot_natural"],
    ),
    "slot 5": (
        "2a000000c0998ab7be3600000b05" + "aa" * 32,
        {"slot": 5, "hash": b"\xaa" * 32},
        ["slot_natural"],
    ),
    "slot 300": (
        "2b000000c0998ab7be3600000b812c" + "ab" * 32,
        {"slot": 300, "hash": b"\xab" * 32},
        ["slot_natural"],
    ),
    "port 40000": (
        "1b000000c0998ab7be3600001400000000000000000000ffff7f0000019c40",
        {"from": {"ipv6": "127.0.0.1", "port": 40_000}},
        ["port_big_endian"],
    ),
    "ticket": (
        "4f000000c0998ab7be36000054" + "05" * 32 + "0100cc23c802" + "33" * 32,
        {
            "peer": b"\x05" * 32,
            "sender": "Remote",
            "from_proxy": False,
            "epoch": 837_667,
            "attempt": 2,
            "id": b"\x33" * 32,
        },
        ["epoch_natural"],
    ),
    # 42 bytes, as its length says.
    "status": (
        "2a000000c0998ab7be3600000a05000000060000000400000000"
        "03000000000001000000000002000000" + "01000000",
        {
            "num_peers": 5,
            "num_val_peers": 6,
            "num_sync_peers": 4,
            "num_guarantees": [0, 0],
            "num_shards": 3,
            "shards_size": 65_536,
            "num_preimages": 2,
            "preimages_size": 1,
        },
        ["core_list_packed"],
    ),
}
JAMIXIR = {"version": 0, "dialect": Dialect.JAMIXIR}
NATURAL_SLOTS = (
    EventKind.BEST_BLOCK_CHANGED,
    EventKind.FINALIZED_BLOCK_CHANGED,
    EventKind.AUTHORING,
)


def node(**changes):
    return FakeNode(bytes(32), name="Jamixir", **{"version": 0, **changes})


@pytest.mark.parametrize(("frame", "fields", "rules"), FRAMES.values(), ids=FRAMES)
def test_a_frame_is_understood_with_its_deviation(frame, fields, rules):
    connection = Connection()
    connection.receive_data(node().connect())
    (event,) = connection.receive_data(bytes.fromhex(frame))
    assert event.error is None
    assert [each.rule for each in event.deviations] == rules
    decoded = decode_event(event.number, event.payload, cores=2, **JAMIXIR)
    assert decoded.fields == fields
    assert decoded.deviations == event.deviations


@pytest.mark.parametrize("number", NATURAL_SLOTS)
@given(slot=st.integers(0, 2**32 - 1))
def test_a_slot_is_read_whether_natural_or_of_fixed_width(number, slot):
    # From 2^24 on, in 2028, some numbers have two likely readings.
    slot %= 1 << 24
    natural = decode_event(number, encode_natural(slot) + bytes(32), **JAMIXIR)
    assert natural.fields["slot"] == slot
    fixed = decode_event(number, slot.to_bytes(4, "little") + bytes(32), **JAMIXIR)
    assert fixed.fields["slot"] == slot
    assert fixed.deviations == ()


def test_a_port_of_two_equal_bytes_has_no_order():
    payload = bytes(10) + b"\xff\xff\x7f\0\0\1" + b"\x42\x42"
    assert check_event(EventKind.CONNECTING_IN, payload, **JAMIXIR) == ()


def test_a_list_of_one_byte_for_each_core_is_as_specified():
    payload = bytes(12) + b"\2\0" + bytes(20)
    assert check_event(EventKind.STATUS, payload, cores=2, **JAMIXIR) == ()


def test_bits_of_cores_that_are_not_there_are_no_packed_list():
    payload = bytes(12) + b"\4" + bytes(20)
    (deviation,) = check_event(EventKind.STATUS, payload, cores=2, **JAMIXIR)
    assert deviation.rule == "core_count_mismatch"


def test_a_reference_is_by_ids_of_its_own_count():
    payload = (7).to_bytes(8, "little") + bytes(32)
    (deviation,) = check_event(EventKind.CONNECTED_IN, payload, **JAMIXIR)
    assert (deviation.rule, deviation.field, deviation.offset) == (
        "own_event_ids",
        "connecting_id",
        HEADER_BYTES,
    )


def test_the_port_of_node_information_is_big_endian():
    connection = Connection()
    # As a node that writes ports in that order would.
    connection.receive_data(node(port=0x1234).connect())
    assert connection.node is not None
    assert connection.node.port == 0x3412
    assert [each.rule for each in connection.node.deviations] == ["port_big_endian"]


@pytest.mark.parametrize(
    ("name", "version", "dialect"),
    [
        ("Jamixir", 0, Dialect.JAMIXIR),
        ("jamixir 0.7", 0, Dialect.JAMIXIR),
        ("Jamixir", 1, Dialect.STANDARD),
        ("PolkaJam", 0, Dialect.STANDARD),
        ("", 0, Dialect.STANDARD),
    ],
)
def test_the_name_and_the_version_decide(name, version, dialect):
    assert dialect_of(name, version) is dialect


@pytest.mark.parametrize("frame", ["slot 10052000", "port 40000"])
def test_other_nodes_are_read_as_specified(frame):
    content = bytes.fromhex(FRAMES[frame][0])[4:]
    assert check_event(content[8], content[HEADER_BYTES:], version=0, cores=2) == ()
