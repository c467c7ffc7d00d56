"""Syntax errors of TOML: each with its line, in plain words, and none hides another."""

import tomllib

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tart.config.toml_errors import parse_leniently
from tart.config.toml_statements import key_lines, line_of
from tests.cases import all_cases, examples


@all_cases(
    ("statement", "sentence"),
    [
        ("bind = 0.0.0.0:9000", "not valid TOML at column 11: the value ends before this; text"),
        ("level = debug", "not valid TOML at column 9: this is no value; text needs quotes"),
        ("shed = True", "not valid TOML at column 8: this is no value; text needs quotes, and tr"),
        ("shards = ", "the value is missing"),
        ("shards: 4", "not valid TOML at column 7: a key is followed by = and its value"),
        ("shards", "a key is followed by = and its value"),
        ('bind = "1', "the text is not closed by its quotes"),
        ("bind = '1", "the text is not closed by its quote"),
        ("{}", "this is neither a key"),
        ("= 1", "this is neither a key"),
        ("a. = 1", "this is no key"),
        ("  x = 1 2", "not valid TOML at column 9: the value ends before this"),
        ('path = "C:\\data"', "a \\ in double quotes begins an escape"),
    ],
)
def test_a_wrong_line_is_named_and_the_others_are_read(statement, sentence):
    text = f"first = 1\n{statement}\n[api]\nlast = 2\n"
    with pytest.raises(tomllib.TOMLDecodeError):
        tomllib.loads(text)

    parts = parse_leniently(text)

    ((line, told),) = parts.errors
    assert line == 2
    assert sentence in told
    assert parts.document == {"first": 1, "api": {"last": 2}}


def test_all_wrong_lines_are_reported_at_once():
    text = "a = x\nb = 1\n[t]\nc = = 2\nd = 3\nd = 4\n[t]\ne = 5\n"

    parts = parse_leniently(text)

    assert [line for line, _ in parts.errors] == [1, 4, 6, 7]
    assert parts.errors[2][1] == "t.d is set on line 5 already"
    assert parts.errors[3][1] == "the section [t] begins on line 3 already"
    assert parts.document == {"b": 1, "t": {"d": 3, "e": 5}}


@pytest.mark.parametrize("opened", ["[", "[{", '"""', "'''", '["""'])
def test_a_list_or_text_without_an_end_takes_the_rest_with_it(opened):
    parts = parse_leniently(f'a = 1\nallow = {opened}\n  "x",\n[api]\nb = 2\n')

    ((line, text),) = parts.errors
    assert (line, "nothing below this was read" in text) == (2, True)
    assert parts.document == {"a": 1}


def test_what_stands_below_a_header_that_cannot_be_read_is_skipped():
    parts = parse_leniently("[api\nbind = 1\n[log]\nlevel = 2\n")

    ((line, text),) = parts.errors
    assert (line, "the name of the section is not closed by ]" in text) == (1, True)
    assert parts.document == {"log": {"level": 2}}


def test_double_brackets_and_a_key_that_is_a_table_already_are_named():
    parts = parse_leniently("[[api]]\nbind = 1\n[log]\na.b = 1\na = 2\nx = y\n")

    assert [line for line, _ in parts.errors] == [1, 5, 6]
    assert "single brackets" in parts.errors[0][1]
    assert "log.a is declared otherwise" in parts.errors[1][1]


@given(st.sets(st.integers(0, 9)))
def test_each_wrong_line_and_no_other_is_reported(wrong):
    lines = [f"k{index} = {'oops' if index in wrong else index}" for index in range(10)]

    parts = parse_leniently("\n".join(lines))

    assert {line - 1 for line, _ in parts.errors} == wrong
    assert parts.document == {f"k{index}": index for index in range(10) if index not in wrong}


PIECES = [
    *("a", "b", "=", "= 1", "\n", "[a]", "[b]", '"', "'", '"""', "'''", "{", "}", "[", "]", ","),
    *("1", "true", "#", ".", " ", "\\", "a.b = 2", 'a = "y"\n', "[a.b]\n", "b = [1,\n2]\n"),
    *("c = {d = 1}\n", 'd = """\nx\n"""\n', "e = 1\n", "[f]\n", "g = x\n"),
]


@examples(4)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_of_any_document_the_same_is_read_as_by_a_parser_that_stops(text):
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        parse_leniently(text)  # without an exception
        return
    assume("[[" not in text)
    parts = parse_leniently(text)
    assert (parts.document, parts.errors) == (document, [])
    lines = key_lines(text)
    for path in paths(document):
        assert line_of(lines, path) is not None


def paths(table, prefix=()):
    """Return the paths of all tables and keys."""
    for name, value in table.items():
        yield (*prefix, name)
        if isinstance(value, dict):
            yield from paths(value, (*prefix, name))
