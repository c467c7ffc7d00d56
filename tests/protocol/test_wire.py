"""Wire types as tables: bytes and values, both ways; then what neither may be."""

from __future__ import annotations

import random
import tracemalloc
from functools import partial

import pytest

from tart.errors import DecodeError, EncodeError
from tart.protocol.byte_reader import MAX_DEVIATIONS, Reader, encode_natural, read_natural
from tart.protocol.decoding import HEADER_BYTES
from tart.protocol.events import EVENTS
from tart.protocol.wire import (
    Address,
    Boolean,
    Bytes,
    CoreBits,
    CoreBytes,
    Enumeration,
    EventId,
    Integer,
    List,
    Option,
    String,
    Struct,
    Tuple,
    Type,
)
from tests.cases import all_cases
from tests.protocol.test_byte_reader import found, reader_of
from tests.vectors import event_vectors

U8, U16, U32 = Integer(1), Integer(2), Integer(4)
SIDE = Enumeration("Side", ("Local", "Remote"))
PAIR = Struct("Pair", (("left", U8), ("right", SIDE)))
NEST = Struct("Nest", (("head", U16), ("pair", PAIR), ("tail", Boolean())))
LOOSE = Struct("Loose", (("name", String(4)), ("pair", PAIR), ("last", U8)))


def written(layout, value) -> str:
    out = bytearray()
    layout.write(value, out)
    return out.hex()


# --- Types -----------------------------------------------------------------------

BOTH_WAYS = [
    (U8, 255, "ff"),
    (U16, 0x1234, "3412"),
    (U32, 1, "01000000"),
    (Integer(8), 2**64 - 1, "ff" * 8),
    (EventId(), 7, "07" + "00" * 7),
    (Boolean(), False, "00"),
    (Boolean(), True, "01"),
    (SIDE, "Local", "00"),
    (SIDE, "Remote", "01"),
    (Bytes(3), b"\x01\x02\x03", "010203"),
    (Address(), "127.0.0.1", "00000000000000000000ffff7f000001"),
    (Address(), "0.0.0.0", "00000000000000000000ffff00000000"),
    (Address(), "::", "00" * 16),
    (Address(), "2001:db8::ff00:42:8329", "20010db8000000000000ff0000428329"),
    (CoreBytes(), [0, 7, 255], "0007ff"),
    (CoreBits(), [1, 2], "0102"),
    (String(8), "", "00"),
    (String(8), "né✓", "066ec3a9e29c93"),
    (String(128), "r" * 128, "8080" + "72" * 128),
    (Option(U16), None, "00"),
    (Option(U16), 5, "010500"),
    (Option(SIDE), "Remote", "0101"),
    (List(U8), [], "00"),
    (List(U8), [9], "0109"),
    (List(U16), [1, 2, 0xFFFF], "0301000200ffff"),
    (List(U32), [2**32 - 1], "01ffffffff"),
    (List(Integer(8)), [1, 2**64 - 1], "02" + "01" + "00" * 7 + "ff" * 8),
    (List(Bytes(1)), [b"\0", b"\1"], "020001"),
    (List(List(U8)), [[], [1]], "02000101"),
    (Tuple((U8, Boolean())), [3, True], "0301"),
    (PAIR, {"left": 1, "right": "Remote"}, "0101"),
    (NEST, {"head": 1, "pair": {"left": 2, "right": "Local"}, "tail": True}, "0100020001"),
]


@all_cases(("layout", "value", "data"), BOTH_WAYS)
def test_values_round_trip_through_their_bytes(layout, value, data):
    reader = reader_of(data, core_bytes=3, core_bits=2)
    assert layout.read(reader) == value
    assert (reader.remaining, reader.deviations) == (0, [])
    assert written(layout, value) == data


@all_cases(("layout", "value", "data"), BOTH_WAYS)
def test_a_truncated_value_fails_at_an_offset_within_the_data(layout, value, data):
    whole = bytes.fromhex(data)
    for size in range(len(whole)):
        with pytest.raises(DecodeError) as caught:
            layout.read(Reader(whole[:size], core_bytes=3, core_bits=2))
        assert caught.value.rule == "truncated"
        assert caught.value.offset <= size


@pytest.mark.parametrize(
    ("layout", "data", "rule", "offset", "field"),
    [
        (Boolean(), "02", "bool_out_of_range", 0, ""),
        (Option(U8), "0201", "option_out_of_range", 0, ""),
        (NEST, "010002000b", "bool_out_of_range", 4, "tail"),
        (NEST, "010002", "truncated", 3, "pair.right"),
        (String(8), "056162", "truncated", 1, ""),
        (List(U16), "020100", "truncated", 0, ""),
        (List(Boolean()), "0300ff00", "bool_out_of_range", 2, ""),
        (LOOSE, "0161", "truncated", 2, "pair.left"),
    ],
)
def test_invalid_bytes_name_rule_and_offset(layout, data, rule, offset, field):
    with pytest.raises(DecodeError) as caught:
        layout.read(reader_of(data))
    error = caught.value
    assert (error.rule, error.offset, error.field) == (rule, offset, field)


@pytest.mark.parametrize(
    ("layout", "data", "value", "deviations"),
    [
        (SIDE, "02", 2, [("unknown_enum_value", 0, "")]),
        (String(2), "03616263", "abc", [("string_too_long", 0, "")]),
        (String(4), "0361ff62", "a\ufffdb", [("invalid_utf8", 2, "")]),
        (
            String(2),
            "0361c328",
            "a\ufffd(",
            [("string_too_long", 0, ""), ("invalid_utf8", 2, "")],
        ),
        (String(4), "800161", "a", [("non_canonical_natural", 0, "")]),
        (
            NEST,
            "0100020900",
            {"head": 1, "pair": {"left": 2, "right": 9}, "tail": False},
            [("unknown_enum_value", 3, "pair.right")],
        ),
        (
            LOOSE,
            "80000102ff",
            {"name": "", "pair": {"left": 1, "right": 2}, "last": 255},
            [("non_canonical_natural", 0, "name"), ("unknown_enum_value", 3, "pair.right")],
        ),
        (
            List(PAIR),
            "0201020103",
            [{"left": 1, "right": 2}, {"left": 1, "right": 3}],
            [("unknown_enum_value", 2, "right"), ("unknown_enum_value", 4, "right")],
        ),
    ],
)
def test_deviations_are_recorded(layout, data, value, deviations):
    reader = reader_of(data)
    assert layout.read(reader) == value
    assert found(reader) == deviations


def test_an_unknown_enumeration_value_round_trips():
    assert written(SIDE, 9) == "09"


def test_only_the_first_deviations_are_recorded():
    count = MAX_DEVIATIONS + 50
    reader = Reader(encode_natural(count) + b"\x07" * count)
    assert List(SIDE).read(reader) == [7] * count
    assert len(reader.deviations) == MAX_DEVIATIONS


@all_cases("inner", [U8, U16, Bytes(32), PAIR, Option(U8), String(4), List(U8)])
@all_cases("count", [2**20, 2**32, 2**64 - 1])
def test_a_count_alone_allocates_nothing(inner, count):
    data = encode_natural(count) + b"\0" * 100
    tracemalloc.start()
    try:
        with pytest.raises(DecodeError) as caught:
            List(inner).read(Reader(data))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert caught.value.rule == "truncated"
    assert peak < 50_000


@pytest.mark.parametrize(
    ("layout", "wrong"),
    [
        (U8, [-1, 256, 1.0, "1", None, True]),
        (Boolean(), [0, 1, None, "true"]),
        (SIDE, ["local", -1, 256, None, True, 1.0, []]),
        (Bytes(2), [b"\0", b"\0\0\0", "ab", bytearray(2), None]),
        (Address(), ["", "localhost", "1.2.3", "::g", "fe80::1%eth0", 5, b"\0" * 16, None]),
        (CoreBytes(), [5, 2**62, None, "ab", [256], [-1], ["a"], [None], {1: 2}]),
        (CoreBits(), [5, None, [256]]),
        (String(4), [None, b"ab", "abcde", "ééé", "\ud800"]),
        (Option(U8), [256, "x"]),
        (List(U8), [None, "ab", {1: 2}, [256], 3]),
        (Tuple((U8, U8)), [None, [1], [1, 2, 3], [1, 256], "ab"]),
        (PAIR, [None, [1, "Local"], {}, {"left": 1}, {"left": 1, "right": "Local", "more": 0}]),
        (Struct("Nothing", ()), [{"more": 0}]),
    ],
)
def test_a_value_that_does_not_fit_is_refused(layout, wrong):
    for value in wrong:
        with pytest.raises(EncodeError):
            written(layout, value)


def test_a_refused_value_is_named_by_its_path():
    value = {"head": 1, "pair": {"left": 256, "right": "Local"}, "tail": True}
    with pytest.raises(EncodeError) as caught:
        written(NEST, value)
    assert caught.value.field == "pair.left"


@pytest.mark.parametrize(
    ("layout", "size", "minimum"),
    [
        (U16, 2, 2),
        (Bytes(32), 32, 32),
        (Address(), 16, 16),
        (Boolean(), 1, 1),
        (SIDE, 1, 1),
        (EventId(), 8, 8),
        (NEST, 5, 5),
        (LOOSE, None, 4),
        (String(4), None, 1),
        (Option(U16), None, 1),
        (List(U16), None, 1),
        (Tuple((U8, String(4))), None, 2),
        (CoreBytes(), None, 0),
    ],
)
def test_a_type_has_a_size_or_a_minimum(layout, size, minimum):
    assert (layout.size, layout.minimum) == (size, minimum)


def test_bounded_bytes_end_at_the_first_variable_field():
    assert NEST.bounded_bytes() == (
        (3, 1, "unknown_enum_value"),
        (4, 1, "bool_out_of_range"),
    )
    assert LOOSE.bounded_bytes() == ()


def test_field_offsets_end_at_the_first_variable_field():
    assert [NEST.offset_of(name) for name in ("head", "left", "right", "tail")] == [0, 2, 3, 4]
    assert [LOOSE.offset_of(name) for name in ("name", "left", "last")] == [0, None, None]
    assert NEST.offset_of("nothing") is None


def test_the_base_type_is_abstract():
    with pytest.raises(NotImplementedError):
        Type().read(Reader(b""))
    with pytest.raises(NotImplementedError):
        Type().write(0, bytearray())


def one_by_one(kind, reader):
    """A value read field by field and element by element."""
    if isinstance(kind, Struct):
        return kind.value({name: one_by_one(each, reader) for name, each in kind.fields})
    if isinstance(kind, Tuple):
        return [one_by_one(each, reader) for each in kind.inner]
    if isinstance(kind, List):
        start, count = reader.offset, read_natural(reader)
        if count * kind.inner.minimum > reader.remaining:
            raise DecodeError("truncated", start, "")
        return [one_by_one(kind.inner, reader) for _ in range(count)]
    return kind.read(reader)


def outcome(read, data, core_bytes):
    reader = Reader(data, core_bytes=core_bytes, core_bits=core_bytes)
    try:
        return read(reader), reader.offset, len(reader.deviations)
    except DecodeError as error:
        return error.rule, error.offset


def test_values_read_at_once_are_those_read_one_by_one():
    rng = random.Random(7)
    for vector in event_vectors():
        payload = vector.content[HEADER_BYTES:]
        layout = EVENTS[vector.content[HEADER_BYTES - 1]].fields
        cut = payload[: rng.randrange(len(payload) + 1)]
        changed = bytearray(payload or b"\0")
        changed[rng.randrange(len(changed))] = rng.randrange(256)
        for data in (payload, cut, bytes(changed)):
            for cores in (1, 2):
                whole = outcome(layout.read, data, cores)
                assert whole == outcome(partial(one_by_one, layout), data, cores)
