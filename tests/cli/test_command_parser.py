import argparse

import pytest

from tart.cli.command_parser import CommandParser, sentence


@pytest.fixture
def parser():
    parser = CommandParser(prog="tart toy")
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("more", metavar="MORE", nargs="?")
    parser.add_argument("-o", "--output", metavar="FILE")
    parser.add_argument("--count", type=int)
    parser.add_argument("--ratio", type=float)
    parser.add_argument("--colour", choices=("red", "green"))
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--fast", action="store_true")
    mode.add_argument("--slow", metavar="S")
    return parser


def error_of(parser, capsys, *words):
    with pytest.raises(SystemExit) as ended:
        parser.parse_args(words)
    assert ended.value.code == 2
    first, usage, hint = capsys.readouterr().err.splitlines()
    assert usage.startswith("usage: tart toy")
    assert hint == "'tart toy --help' explains the arguments"
    return first.removeprefix("tart: ")


def test_the_usage_of_an_error_has_what_is_required(parser):
    assert parser.short_usage() == "tart toy (--fast | --slow S) [options] FILE [MORE]"
    parser.add_argument("--colour2", choices=("red", "green"), required=True)
    assert "--colour2 red|green" in parser.short_usage()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), "toy needs FILE"),
        (("f",), "toy needs --fast or --slow"),
        (("f", "--fast", "--slow", "1"), "--slow does not go with --fast"),
        (("f", "--fast", "--slow"), "--slow needs a value"),
        (("f", "--fast", "--count", "x"), "--count x: must be a whole number"),
        (("f", "--fast", "--ratio", "x"), "--ratio x: must be a number"),
        (("f", "--fast", "--output"), "-o/--output needs a value"),
        (
            ("f", "--fast", "--colour", "gren"),
            "--colour gren: must be red or green; did you mean green?",
        ),
        (
            ("--fast", "f", "m", "x", "y"),
            "toy takes no argument x y; a name with spaces needs quotes",
        ),
        (("--cuont", "1"), "toy has no flag --cuont; did you mean --count?"),
        (("-x",), "toy has no flag -x"),
        (("f", "--fast=1"), "--fast takes no value"),
    ],
)
def test_each_mistake_has_a_sentence(parser, capsys, words, expected):
    assert error_of(parser, capsys, *words) == expected


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [
        (["--fast", "-"], "file", "-"),
        (["--fast", "-- a comment\nSELECT 1"], "file", "-- a comment\nSELECT 1"),
        (["--fast", "--", "--output"], "file", "--output"),
        (["--fast", "f", "-ofile"], "output", "file"),
        (["--fast", "f", "--count", "-3"], "count", -3),
        (["--fast", "f", "--ratio=-.5"], "ratio", -0.5),
    ],
)
def test_words_that_begin_like_flags_and_are_none(parser, words, name, value):
    assert getattr(parser.parse_args(words), name) == value


def test_an_unknown_flag_of_a_verb_has_the_usage_of_the_verb(capsys):
    parser = CommandParser(prog="tart toy")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    verbs.add_parser("make").add_argument("--name", required=True)
    with pytest.raises(SystemExit):
        parser.parse_args(["make", "--nmae", "x"])
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "tart: toy make has no flag --nmae; did you mean --name?"
    assert lines[1] == "usage: tart toy make --name NAME [options]"


def test_colours_of_a_terminal_enclose_words_only(parser, capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    with pytest.raises(SystemExit):
        parser.parse_args([])
    assert capsys.readouterr().err.startswith("\x1b[1;31mtart:\x1b[0m toy needs FILE\n")


def test_a_description_has_paragraphs_and_columns_stay():
    parser = CommandParser(
        prog="tart toy", description="One. " * 30 + "\n\nTwo.", epilog="examples:\n  a     b"
    )
    text = parser.format_help()
    assert "\n\nTwo.\n" in text
    assert text.endswith("examples:\n  a     b\n")
    assert max(map(len, text.splitlines())) <= 80


def test_sentences_of_tart_stay_as_they_are():
    assert sentence("toy has no flag --x", "toy") == "toy has no flag --x"


def test_an_error_of_a_type_of_its_own_stays_an_error(capsys):
    def even(text):
        raise argparse.ArgumentTypeError(f"{text} is odd")

    parser = CommandParser(prog="tart toy")
    parser.add_argument("--even", type=even)
    assert error_of(parser, capsys, "--even", "3") == "--even: 3 is odd"


def test_an_empty_name_is_refused(parser, capsys):
    hint = "is empty; is a variable of the shell not set?"
    assert error_of(parser, capsys, "--fast", "") == f"FILE {hint}"
    assert error_of(parser, capsys, "f", "--fast", "-o", "") == f"-o/--output {hint}"


def test_an_argument_too_many_may_be_the_value_of_a_flag(capsys):
    parser = CommandParser(prog="tart toy")
    for flag in ("--url", "--config", "--data-dir"):
        parser.add_argument(flag)
    for word, flag in (
        ("127.0.0.1:8080", "--url"),
        ("https://tart.example", "--url"),
        ("other.toml", "--config"),
        ("/srv/tart", "--data-dir"),
    ):
        expected = f"toy takes no argument {word}; did you mean {flag} {word}?"
        assert error_of(parser, capsys, word) == expected
    assert error_of(parser, capsys, "word") == "toy takes no argument word"
    parser.add_argument("statement", metavar="SQL")
    assert error_of(parser, capsys, "SELECT", "1").endswith(
        " 1; put the whole statement into quotes"
    )
