"""``tart version``: prints the version, and which kernel runs."""

from __future__ import annotations

import argparse

from tart import __version__
from tart.native.library import NATIVE, kernel_name, reason


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add nothing: the command has no arguments."""
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the version and return the exit code."""
    print(version_line())
    return 0


def version_line() -> str:
    """Return the version and the kernel in one line."""
    running = "native kernel" if kernel_name() == NATIVE else f"Python kernel: {reason()}"
    return f"tart {__version__} ({running})"
