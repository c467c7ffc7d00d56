"""How far a start is: what a shard does before it accepts, step by step.

Whoever opens files or reads the log again says so in between; whoever listens writes it down,
tells it on, or stops the work by raising.
"""

from __future__ import annotations

from collections.abc import Callable

# What is being done, how much of it is done, and how much there is.
ReportProgress = Callable[[str, int, int], None]


def ignore_progress(what: str, done: int, total: int) -> None:
    """Nobody wants to know."""
