"""``tart completion``: prints the script with which a shell completes tart's command line."""

from __future__ import annotations

import argparse

from tart.cli.command_parser import parser_of
from tart.cli.command_table import COMMANDS, PACKAGING
from tart.cli.render.completion import SCRIPTS
from tart.cli.render.syntax import Syntax, read_syntax


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "shell", metavar="SHELL", choices=tuple(SCRIPTS), help="one of bash, zsh and fish"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the script and return the exit code."""
    print(script(arguments.shell), end="")
    return 0


def script(shell: str) -> str:
    """Return the script for one of ``SCRIPTS``."""
    return SCRIPTS[shell]([syntax for syntax in syntaxes() if syntax.words[0] not in _hidden()])


def syntaxes() -> list[Syntax]:
    """Return the arguments of every command, which imports the modules of all."""
    return [read_syntax(parser_of(each), each.summary) for each in COMMANDS.values()]


def _hidden() -> set[str]:
    return {command.name for command in COMMANDS.values() if command.group == PACKAGING}
