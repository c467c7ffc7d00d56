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
    assert "    '') ((COMP_CWORD > 2))" in script
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
