"""Prints what is loaded when ``tart serve`` forks."""

from __future__ import annotations

import sys

import tart.cli.main
import tart.cli.serve  # noqa: F401

if __name__ == "__main__":
    sys.stdout.write(" ".join(sys.modules) + "\n")
