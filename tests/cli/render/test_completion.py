"""Scripts for arguments that tart has not; tests/cli/test_completion.py runs the real ones."""

import pytest

from tart.cli.command_parser import CommandParser
from tart.cli.render.completion import bash_script, fish_script, zsh_script
from tart.cli.render.syntax import read_syntax


@pytest.fixture
def commands():
    parser = CommandParser(prog="tart toy")
    parser.add_argument("-n", "--name", metavar="[A:]B", help="it's [a] name \\ title")
    parser.add_argument("kind", choices=("x", "y"), metavar="KIND")
    parser.add_argument("more", metavar="DIR", nargs="*")
    return [read_syntax(parser, "make a toy's toy")]


def test_without_verbs_bash_has_an_empty_pattern(commands):
    script = bash_script(commands)
    assert "    help|'') ((COMP_CWORD > 2))" in script
    assert "'toy') words='--help --name x y' kind=directory ;;" in script


def test_zsh_escapes_what_its_specifications_use(commands):
    script = zsh_script(commands)
    assert r"'(-n --name)'{-n+,--name=}'[it'\''s \[a\] name \\ title]:[A\:]B: '" in script
    assert "':KIND:(x y)'" in script
    assert "'*:DIR:_files -/'" in script
    assert r"'toy:make a toy'\''s toy'" in script


def test_fish_escapes_what_its_strings_use(commands):
    script = fish_script(commands)
    assert r"-s n -l name -x -d 'it\'s [a] name \\ title'" in script
    assert "-n '__tart_at toy' -x -a 'x y'" in script
    assert "-n '__tart_at toy' -x -a '(__fish_complete_directories)'" in script


@pytest.fixture
def with_verbs():
    parser = CommandParser(prog="tart toys")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    make = verbs.add_parser("make", help="make one")
    make.add_argument("--from", metavar="FILE")
    make.add_argument("--colour", choices=("red", "green"))
    make.add_argument("--fast", action="store_true")
    make.add_argument("-q", action="store_true", help="quiet")
    make.add_argument("name", metavar="NAME", nargs="?")
    verbs.add_parser("break", help="break one")
    return [read_syntax(parser, "toys")]


def test_verbs_come_first_and_have_flags_of_their_own(with_verbs):
    bash = bash_script(with_verbs)
    assert "    help|toys) ((COMP_CWORD > 2)) && at=" in bash
    assert "'help toys') words='make break' ;;" in bash
    assert "'toys') words='--help make break' ;;" in bash
    assert "'toys make:--from') kind=file ;;" in bash
    assert "'toys make:--colour') words='red green' ;;" in bash
    zsh = zsh_script(with_verbs)
    assert "local -a words_of=('make:make one' 'break:break one')" in zsh
    assert "'--from=''[]:FILE:_files'" in zsh
    assert "'-q''[quiet]'" in zsh
    assert "'::NAME: '" in zsh
    fish = fish_script(with_verbs)
    assert "-n '__tart_next toys' -a make -d 'make one'" in fish
    assert "-n '__tart_at toys make' -l colour -x -a 'red green' -d ''" in fish
    assert "-n '__tart_at toys make' -s q -d 'quiet'" in fish
