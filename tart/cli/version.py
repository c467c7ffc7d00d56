"""``tart version``: prints the version, and which kernel runs."""

from __future__ import annotations

import argparse

from tart import __version__
from tart.cli.json_output import add_json, print_json
from tart.native.library import NATIVE, kernel_name, reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tart.cli.render.documents import VersionDocument


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the version and return the exit code."""
    if arguments.json:
        print_json(_document())
    else:
        print(version_line())
    return 0


def _document() -> VersionDocument:
    native = kernel_name() == NATIVE
    return {
        "version": __version__,
        "kernel": "native" if native else "python",
        "reason": None if native else str(reason()),
    }


def version_line() -> str:
    """Return the version and the kernel in one line."""
    running = "native kernel" if kernel_name() == NATIVE else f"Python kernel: {reason()}"
    return f"tart {__version__} ({running})"
