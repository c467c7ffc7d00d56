"""``tart man``: writes the manual pages, for those who package tart."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from tart import __date__, __version__
from tart.cli.command_table import COMMANDS, EXAMPLES, EXIT_CODES, GROUPS, PACKAGING
from tart.cli.completion import syntaxes
from tart.cli.render.man_page import Manual
from tart.config.schema import settings
from tart.errors import StartupError
from tart.os_errors import reason


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("directory", type=Path, metavar="DIR", help="directory, created if need be")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the pages and return the exit code.

    Raises:
        StartupError: A file cannot be written.
    """
    for name, text in pages().items():
        path = arguments.directory / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "ascii")
        except OSError as error:
            raise StartupError(f"{path}: cannot be written: {reason(error)}") from None
        print(path)
    return 0


def pages() -> Mapping[str, str]:
    """Return every page by its path below a directory of manual pages."""
    manual = Manual(__version__, __date__, EXIT_CODES)
    shown = [command for command in COMMANDS.values() if command.group != PACKAGING]
    texts = {"man1/tart.1": manual.overview(shown, GROUPS, EXAMPLES)}
    for syntax in syntaxes():
        command = COMMANDS[syntax.words[0]]
        texts[f"man1/tart-{command.name}.1"] = manual.command(command, syntax)
    return texts | {"man5/tart-config.5": manual.settings(settings())}
