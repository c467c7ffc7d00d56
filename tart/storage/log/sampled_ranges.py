"""The parts of the event log that were sampled: how many events it left out, and when.

A batch that left out events has one row in the table ``sampled`` of its file, which only
files with such batches have (``core.schema``). Here they are added up by the minute, so that every
query knows at once whether its window is affected.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import NamedTuple

from tart.storage.core.schema import SampledRow
from tart.units import MINUTE_US

# The most minutes that are remembered: half a year; the oldest are forgotten.
MAX_MINUTES = 260_000


class SampledPart(NamedTuple):
    """Events that the log of a directory left out; times of reception, Unix microseconds."""

    events: int
    first_at: int
    last_at: int


class SampledRanges:
    """Events left out of a shard's logs, by minute; used by several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._minutes: dict[int, SampledPart] = {}

    def __bool__(self) -> bool:
        return bool(self._minutes)

    def add(self, rows: Iterable[SampledRow]) -> None:
        """Add rows of the table ``sampled``."""
        with self._lock:
            for row in rows:
                minute = row.first_at // MINUTE_US
                known = self._minutes.get(minute, SampledPart(0, row.first_at, row.last_at))
                self._minutes[minute] = SampledPart(
                    known.events + row.events,
                    min(known.first_at, row.first_at),
                    max(known.last_at, row.last_at),
                )
            while len(self._minutes) > MAX_MINUTES:
                del self._minutes[min(self._minutes)]

    def within(self, start_us: int | None, end_us: int | None) -> SampledPart | None:
        """Return the events left out in a window, whole minutes of them; ``None`` if none were.

        Args:
            start_us: The first time, ``None`` for any.
            end_us: The last time, ``None`` for any.
        """
        if not self._minutes:
            return None
        with self._lock:
            parts = [
                part
                for part in self._minutes.values()
                if (start_us is None or part.last_at >= start_us)
                and (end_us is None or part.first_at <= end_us)
            ]
        if not parts:
            return None
        return SampledPart(
            sum(part.events for part in parts),
            min(part.first_at for part in parts),
            max(part.last_at for part in parts),
        )
