"""The choice of the segment that events go to. Pure.

A period has two segments: events go to one of them, the current one, while the other is
checkpointed.
"""

from __future__ import annotations

from collections.abc import Set

from tart.storage.core.files import LogFile, other_segment


def next_segment(current: LogFile | None, dirty: Set[LogFile]) -> LogFile | None:
    """Return the segment to make current before a round of checkpoints.

    Args:
        current: The segment that events go to; ``None`` before the first event.
        dirty: The segments with committed rows that no checkpoint has moved out of their WAL.

    Returns:
        The other segment of the period, or ``None`` if the current one stays: it is clean, so
        there is nothing to checkpoint; or the other one is dirty, because its checkpoint
        failed, and inserts would wait for the next try.
    """
    if current is None or current not in dirty:
        return None
    other = other_segment(current)
    return None if other in dirty else other
