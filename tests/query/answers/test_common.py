"""``tart/query/answers/common.py``: which values the shared types admit."""

from __future__ import annotations

import msgspec
import pytest

from tart.query.answers.common import Bytes, Counters, Fraction, Hex64, Total


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Total, 0),
        (Total, str(1 << 80)),
        (Hex64, "0f" * 32),
        (Bytes, "0x0f"),
        (Bytes, [0, 255]),
        (Fraction, None),
        (Fraction, 1),
        (Counters, {"a": 1}),
    ],
)
def test_a_value_of_the_type_is_valid(kind, value):
    assert msgspec.convert(value, kind) == value


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Total, -1),
        (Total, "1.5"),
        (Hex64, "0F" * 32),
        (Hex64, "0f" * 31),
        (Bytes, "0f"),
        (Bytes, [256]),
        (Fraction, 1.1),
        (Counters, {"a": -1}),
    ],
)
def test_another_value_is_invalid(kind, value):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(value, kind)
