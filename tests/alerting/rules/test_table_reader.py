import pytest

from tart.alerting.rules.table_reader import TableReader, either
from tart.config.toml_tables import parse_tables

TEXT = """\
text = "a"
blank = " "
number = 1.5
huge = 1e999
whole = 2
truth = true
list = ["a", "b"]
mixed = ["a", 1]
table = {a = "x", b = 1}
duration = "5m"
time = 2026-01-01T00:00:00Z
local = 2026-01-01T00:00:00
day = 2026-01-01
"""


@pytest.fixture
def faults():
    return []


@pytest.fixture
def reader(faults):
    return TableReader(parse_tables(TEXT, ()).top, "f.toml", "", faults)


def test_right_values_are_returned_and_absent_ones_are_none(reader, faults):
    assert reader.text("text") == "a"
    assert reader.choice("text", ("b", "a")) == "a"
    assert reader.number("number") == 1.5
    assert reader.number("whole") == 2.0
    assert reader.boolean("truth") is True
    assert reader.texts("list") == ("a", "b")
    assert reader.texts("text") == ("a",)
    assert reader.duration("duration") == 300_000_000
    assert reader.time("time") == 1_767_225_600_000_000
    for read in (reader.text, reader.number, reader.boolean, reader.texts, reader.text_table):
        assert read("absent") is None
    assert "text" in reader
    assert "absent" not in reader
    assert faults == []


@pytest.mark.parametrize(
    ("method", "key", "sentence"),
    [
        ("text", "number", "f.toml:3: number: 1.5 is not text in quotes"),
        ("text", "blank", "f.toml:2: blank: it is empty"),
        ("number", "truth", "f.toml:6: truth: true is not a number"),
        ("number", "huge", "f.toml:4: huge: inf is not a number"),
        ("boolean", "whole", "f.toml:5: whole: 2 is not true or false"),
        ("texts", "mixed", "f.toml:8: mixed: ['a', 1] is not a list of text such as"),
        ("text_table", "list", "f.toml:7: list: ['a', 'b'] is not a table such as"),
        ("text_table", "table", "f.toml:9: table.b: 1 is not text in quotes"),
        ("duration", "text", 'f.toml:1: text: "a" is not a duration'),
        ("time", "text", 'f.toml:1: text: "a" is not a time with its offset from UTC'),
        ("time", "local", "f.toml:12: local: it has no offset from UTC; add Z"),
        ("time", "day", "f.toml:13: day: 2026-01-01 is not a time with its offset"),
    ],
)
def test_a_wrong_value_is_a_sentence_with_its_line(reader, faults, method, key, sentence):
    getattr(reader, method)(key)
    (fault,) = faults
    assert str(fault).startswith(sentence)


def test_a_default_stands_for_no_value_alone():
    assert either(None, 3) == 3
    assert either(0, 3) == 0
