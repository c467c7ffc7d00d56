"""The progress of a start: the steps of a shard before it accepts connections.

The code that opens files or reads the event log again reports each step. The receiver logs or
forwards the report, or raises to end the start.
"""

from __future__ import annotations

from collections.abc import Callable

# Called with the name of the step, the amount done, and the total; 0 of 0 where unknown.
ReportProgress = Callable[[str, int, int], None]


def ignore_progress(step: str, done: int, total: int) -> None:
    """Do nothing."""
