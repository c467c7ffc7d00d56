import tomllib

import pytest

from tart.config.toml_tables import parse_tables

NAMES = ("rule", "channel")

DOCUMENT = """\
wait = "30s"

[[channel]]
name = "ops"
to = [
  "a", "b",
]

[[rule]]
alert = "A"
labels = {team = "x"}

[[rule]] # the second
alert = "B"
labels.team = "y"
[rule.annotations]
summary = "of B"
"""


def test_a_document_is_read_as_tomllib_reads_it():
    tables = parse_tables(DOCUMENT, NAMES)
    assert tables.errors == []
    expected = tomllib.loads(DOCUMENT)
    assert tables.top.values == {"wait": "30s"}
    by_name = {name: [t.values for t in tables.lists if t.name == name] for name in NAMES}
    assert by_name == {name: expected[name] for name in NAMES}


def test_each_key_and_each_table_has_its_line():
    tables = parse_tables(DOCUMENT, NAMES)
    assert tables.top.lines == {"wait": 1}
    assert [table.line for table in tables.lists] == [3, 9, 13]
    assert tables.lists[0].lines == {"name": 4, "to": 5}
    assert tables.lists[2].lines == {"alert": 14, "labels": 15, "annotations": 16}
    assert tables.lists[2].line_of("alert") == 14
    assert tables.lists[2].line_of("absent") == 13


@pytest.mark.parametrize(
    ("document", "errors"),
    [
        ("[[rules]]\nalert = 'A'", [(1, "unknown section [rules]; did you mean [[rule]]?")]),
        ("[zzz]\na = 1\n", [(1, "unknown section [zzz]; there are [[rule]] and [[channel]]")]),
        ("[rule]\nalert = 'A'", [(1, "each rule has double brackets, as in [[rule]]")]),
        ("[rule.labels]\na = 'b'", [(1, "[rule.labels] stands below its [[rule]]")]),
        ("[[rule]]\n[[rule.labels]]", [(2, "[rule.labels] stands below its [[rule]]")]),
        ("[[rule]]\na = 1\na = 2\n", [(3, "a is set on line 2 already")]),
        ("[[rule]]\nl.a = 1\nl.a = 2\n", [(3, "l.a is set on line 2 already")]),
        ("[[rule]]\nl = 1\nl.a = 2\n", [(3, "l.a is set on line 2 already")]),
        ("[[rule]]\nl = 1\n[rule.l]\n", [(3, "l is declared already")]),
        ("[[rule]\nalert = 'A'", [(1, "not valid TOML at column 7: the name of the section")]),
        ("a = b\nc = 'd\n", [(1, "not valid TOML at column 5"), (2, "not valid TOML")]),
        ("a = [\n", [(1, "not valid TOML: a bracket or triple quote is not closed")]),
        ("a = " + "[" * 9000 + "]" * 9000, [(1, "not valid TOML: its lists are nested too")]),
    ],
)
def test_all_mistakes_are_found_with_their_lines(document, errors):
    found = parse_tables(document, NAMES).errors
    assert [line for line, _ in found] == [line for line, _ in errors]
    for (_, sentence), (_, expected) in zip(found, errors, strict=True):
        assert sentence.startswith(expected)


def test_a_section_with_a_wrong_name_is_read_as_the_one_that_was_meant():
    tables = parse_tables("[[chanel]]\nname = 'ops'\n", NAMES)
    assert len(tables.errors) == 1
    assert [(table.name, table.values) for table in tables.lists] == [("channel", {"name": "ops"})]


def test_keys_below_a_section_that_cannot_be_read_are_left_out():
    tables = parse_tables("[[rule]\nx = y\n[[rule]]\nalert = 'A'\n", NAMES)
    assert len(tables.errors) == 1
    assert [table.values for table in tables.lists] == [{"alert": "A"}]
