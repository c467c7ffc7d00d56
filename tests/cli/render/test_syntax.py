import argparse

import pytest

from tart.cli.command_parser import CommandParser
from tart.cli.render.syntax import DIRECTORY, FILE, OTHER, read_syntax


@pytest.fixture
def syntax():
    parser = CommandParser(prog="tart toy")
    parser.add_argument("--config", "-c", metavar="FILE", help="read FILE")
    parser.add_argument("--secret", help=argparse.SUPPRESS)
    parser.add_argument("--rows", type=int, default=7, help="rows (default %(default)s)")
    parser.add_argument("--role", choices=("a", "b"), required=True)
    parser.add_argument("--fast", action="store_true")
    parser.add_argument("source", metavar="BACKUP")
    parser.add_argument("rest", metavar="NAME", nargs="*")
    return read_syntax(parser, "make toys")


def test_flags_have_their_names_values_and_choices(syntax):
    flags = {argument.flags[-1]: argument for argument in syntax.flags}
    assert list(flags) == ["--help", "--config", "--rows", "--role", "--fast"]
    assert flags["--help"].help == "print the help"
    assert flags["--config"].flags == ("-c", "--config")
    assert (flags["--config"].kind, flags["--config"].help) == (FILE, "read FILE")
    assert (flags["--rows"].placeholder, flags["--rows"].kind) == ("ROWS", OTHER)
    assert flags["--rows"].help == "rows (default 7)"
    assert (flags["--role"].placeholder, flags["--role"].choices) == ("a|b", ("a", "b"))
    assert flags["--role"].required
    assert not flags["--fast"].takes_value


def test_positional_arguments_may_be_several(syntax):
    source, rest = syntax.positionals
    assert (source.placeholder, source.kind, source.required) == ("BACKUP", DIRECTORY, True)
    assert (source.several, rest.several) == (False, True)


def test_the_usage_is_one_line(syntax):
    assert syntax.words == ("toy",)
    assert syntax.usage.startswith("tart toy [-h] ")
    assert "\n" not in syntax.usage


def test_verbs_are_syntaxes_of_their_own():
    parser = CommandParser(prog="tart toy")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    verbs.add_parser("make", help="make one").add_argument("name")
    syntax = read_syntax(parser, "toys")
    assert syntax.positionals == ()
    (verb,) = syntax.verbs
    assert (verb.words, verb.summary) == (("toy", "make"), "make one")
    assert [argument.placeholder for argument in verb.positionals] == ["NAME"]
