"""``tart version``: prints the version, and which kernel runs."""

from __future__ import annotations

import argparse
from typing import Any

from tart import __version__


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add nothing: the command has no arguments."""
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the version and return the exit code."""
    print(version_line())
    return 0


def version_line() -> str:
    """Return the version and the kernel in one line."""
    from tart.native.library import NATIVE, kernel_name, reason

    running = "native kernel" if kernel_name() == NATIVE else f"Python kernel: {reason()}"
    return f"tart {__version__} ({running})"


class PrintVersion(argparse.Action):
    """The flag ``--version``; the kernel is loaded only if it is given."""

    def __init__(self, option_strings: Any, dest: str, **more: Any) -> None:
        super().__init__(option_strings, dest, nargs=0, help="print the version", **more)

    def __call__(self, parser: argparse.ArgumentParser, *arguments: Any) -> None:
        """Print the version and exit."""
        print(version_line())
        parser.exit()
