"""Arguments of places."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.dash.core.arguments import (
    conditions,
    hash_argument,
    whole_number,
    write_condition,
)
from tart.dash.core.model import Place, UnknownPlace

KNOWN = ("type", "node", "core")


def test_whole_numbers_as_people_and_pages_write_them():
    for text in ("10045343", "10,045,343", "10_045_343"):
        assert whole_number(Place("slot", text), "slot", 1 << 32) == 10_045_343


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5", "٣", "²", "9" * 19, "9" * 5000, "0x10"])
def test_what_is_not_a_whole_number_is_refused(text):
    with pytest.raises(UnknownPlace, match="is not a slot"):
        whole_number(Place("slot", text), "slot", (1 << 32) - 1)


def test_hashes_with_and_without_a_prefix():
    digits = "aB" * 32
    assert hash_argument(Place("package", digits), "package") == digits.lower()
    assert hash_argument(Place("package", f"0x{digits}"), "package") == digits.lower()
    for text in (None, "", "abcd", "xy" * 32, digits + "00"):
        with pytest.raises(UnknownPlace, match="needs a hash of 64 hex digits"):
            hash_argument(Place("package", text), "package")


def test_conditions_and_values_without_a_name():
    assert conditions(None, KNOWN, "type") == {}
    assert conditions(" type=42 node=3f2a  core=3", KNOWN, "type") == {
        "type": "42",
        "node": "3f2a",
        "core": "3",
    }
    assert conditions("Authored 42,failures core=3", KNOWN, "type") == {
        "type": "Authored,42,failures",
        "core": "3",
    }


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("nod=3f2a", r"no condition is called nod; did you mean node\?"),
        ("qqqq=1", "no condition is called qqqq; there are core, node, type"),
        ("=1", "no condition is called"),
        ("node=", "the condition node needs a value: node=…"),
        ("core=1 core=2", "the condition core occurs twice"),
        ("node='3f2a", "a quotation mark has no second one"),
    ],
)
def test_conditions_that_are_refused(text, sentence):
    with pytest.raises(UnknownPlace, match=sentence):
        conditions(text, KNOWN, "type")


@given(st.text(min_size=1))
def test_a_condition_that_is_written_is_read(value):
    text = f"core=3 {write_condition('node', value)}"
    assert conditions(text, KNOWN, "type") == {"core": "3", "node": value}
