"""``tart/json_encoding.py``: integers are as they were, however large."""

from __future__ import annotations

import json
from fractions import Fraction

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart import json_encoding

EXTREMES = [0, 1, 2**53 - 1, 2**53, 2**53 + 1, 2**63 - 1, 2**63 + 1, 2**64 - 1]
EXTREMES += [2**64, 2**64 + 1, 2**127 - 1, 2**128 - 1, 2**200, -1, -(2**63), -(2**63) - 1]
INTEGERS = st.integers() | st.sampled_from(EXTREMES)
VALUES = st.recursive(
    st.none() | st.booleans() | INTEGERS | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)


@given(VALUES)
def test_unpack_restores_what_pack_wrote(value):
    assert json_encoding.unpack(json_encoding.pack(value)) == value
    assert json_encoding.unpack(json_encoding.pack(value).decode()) == value


@pytest.mark.parametrize("number", EXTREMES)
def test_for_clients_an_integer_beyond_64_bits_is_decimal_text(number):
    shown = json.loads(json_encoding.dumps({"sum": [number]}))["sum"][0]
    assert shown == (
        number if json_encoding.LEAST <= number <= json_encoding.GREATEST else str(number)
    )
    assert int(shown) == number
    # No reader rounds it that rounds none of 64 bits.
    assert int(orjson.loads(json_encoding.dumps(number))) == number


def test_a_packed_integer_beyond_64_bits_is_a_json_integer():
    assert json_encoding.pack([2**70, b"\1"], default=lambda value: value.hex()) == (
        b'[1180591620717411303424,"01"]'
    )


def test_a_value_without_json_is_an_error():
    with pytest.raises(TypeError):
        json_encoding.dumps({"a": object()})
    with pytest.raises(TypeError):
        json_encoding.dumps([2**64, object()])
    assert json_encoding.dumps([2**64, b"\1"], default=lambda value: value.hex()) == (
        b'["18446744073709551616","01"]'
    )


@given(st.integers(0, 2**200), st.integers(1, 2**70))
def test_a_quotient_is_the_nearest_integer(total, count):
    found = json_encoding.quotient(total, count)
    assert abs(Fraction(total, count) - found) <= Fraction(1, 2)
