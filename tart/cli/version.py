"""``tart version``: prints the version."""

from __future__ import annotations

import argparse

from tart import __version__


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add nothing: the command has no arguments."""
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the version and return the exit code."""
    print(f"tart {__version__}")
    return 0
