"""``tart/protocol/byte_reader.py``: naturals as others write them, and nothing read twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.errors import DecodeError, EncodeError
from tart.protocol.byte_reader import Reader, encode_natural, read_natural
from tests.cases import all_cases
from tests.protocol.strategies import U64
from tests.vectors import natural_vectors


def reader_of(data: str, **options) -> Reader:
    return Reader(bytes.fromhex(data), **options)


def found(reader: Reader):
    return [(each.rule, each.offset, each.field) for each in reader.deviations]


@all_cases("vector", natural_vectors(), ids=str)
def test_naturals_of_the_vectors_are_decoded(vector):
    reader = Reader(vector.data, leb128=not vector.conformant)
    assert read_natural(reader) == vector.value
    assert reader.remaining == 0
    # Of one byte both look the same.
    other = not vector.conformant and len(vector.data) > 1
    assert found(reader) == ([("leb128_length", 0, "")] if other else [])


@all_cases("vector", [v for v in natural_vectors() if v.conformant], ids=str)
def test_naturals_of_the_vectors_are_encoded(vector):
    assert encode_natural(vector.value) == vector.data


@pytest.mark.parametrize("following", range(9))
def test_a_natural_grows_by_a_byte_for_each_seven_bits(following):
    lowest = 1 << 7 * following if following else 0
    highest = min((1 << 7 * (following + 1)) - 1, 2**64 - 1) if following < 8 else 2**64 - 1
    assert len(encode_natural(lowest)) == len(encode_natural(highest)) == following + 1


@given(U64)
def test_a_natural_decodes_to_what_was_encoded(value):
    reader = Reader(encode_natural(value))
    assert read_natural(reader) == value
    assert (reader.remaining, reader.deviations) == (0, [])


@given(st.binary(max_size=10))
def test_bytes_read_as_a_natural_without_deviation_are_its_only_encoding(data):
    reader = Reader(data)
    try:
        value = read_natural(reader)
    except DecodeError:
        return
    canonical = data[: reader.offset] == encode_natural(value)
    assert canonical is (not reader.deviations)


@pytest.mark.parametrize(
    ("data", "value"),
    [("8000", 0), ("807f", 127), ("c00000", 0), ("c0ff3f", 16383), ("ff" + "00" * 8, 0)],
)
def test_a_natural_longer_than_necessary_is_a_deviation(data, value):
    reader = reader_of(data)
    assert read_natural(reader) == value
    assert found(reader) == [("non_canonical_natural", 0, "")]


@pytest.mark.parametrize("data", ["", "80", "c000", "ff00000000000000"])
@pytest.mark.parametrize("leb128", [False, True])
def test_an_incomplete_natural_is_truncated(data, leb128):
    with pytest.raises(DecodeError) as caught:
        read_natural(reader_of("80" if leb128 and data else data, leb128=leb128))
    assert caught.value.rule == "truncated"


@pytest.mark.parametrize("value", [-1, 2**64])
def test_a_natural_is_below_two_to_the_64(value):
    with pytest.raises(EncodeError):
        encode_natural(value)


def test_an_endless_leb128_length_is_an_error_at_its_start():
    with pytest.raises(DecodeError) as caught:
        read_natural(reader_of("00" + "80" * 10, leb128=True, offset=1))
    assert (caught.value.rule, caught.value.offset) == ("length_out_of_range", 1)
