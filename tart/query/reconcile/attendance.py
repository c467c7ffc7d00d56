"""Attendance: the times in which everything that a node's telemetry said is known.

Pure. Only then silence means something. Time is divided into steps: of ten seconds while events
are counted by these, else of a minute. A step of a node is incomplete if the node was not connected
all through it, sent nothing for half a minute around it, dropped events in it or in the minute
after, or sent events that cannot be decoded in its hour.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from tart.query.core.merge import Json
from tart.query.core.version_spans import VersionSpan
from tart.units import HOUR_US, MINUTE_US, SECOND_US

Array = npt.NDArray[Any]
# Reasons for which a step is incomplete, by code; 0 is none.
REASONS = (None, "disconnected", "silent", "dropped", "undecodable", "shards")
_DISCONNECTED, _SILENT, _DROPPED, _UNDECODABLE, _SHARDS = range(1, 6)
# Events in the buffer of a node when it drops some are received later than they were made.
_DROPPED_BEFORE_US = MINUTE_US
# After this time without events a connection may be broken; a step at least.
_SILENT_US = 30 * SECOND_US
# Events before and after a claim that the server must have, so that the claim would be there.
BEFORE_US = 30_000_000
AFTER_US = 30_000_000


@dataclass(frozen=True)
class AttendanceRows:
    """Rows about connections and events of all nodes in a window.

    Attributes:
        start_us: The window, whole minutes, Unix microseconds.
        end_us: The last moment; the present at most.
        step_us: The length of a step; a minute is a multiple of it.
        spans: Times in which nodes were connected.
        events: Node and bucket (Unix µs) of steps with events.
        dropped: Node and bucket of steps with Dropped events.
        undecodable: Node and bucket of hours with events that cannot be decoded.
        all_shards: Whether all shards answered and all rows are readable.
    """

    start_us: int
    end_us: int
    spans: Sequence[VersionSpan] = ()
    events: Sequence[Json] = ()
    dropped: Sequence[Json] = ()
    undecodable: Sequence[Json] = ()
    all_shards: bool = True
    step_us: int = MINUTE_US


@dataclass
class Attendance:
    """The steps of each node that are complete.

    Attributes:
        start_us: The first step.
        steps: Number of steps.
        step_us: Their length.
    """

    start_us: int
    steps: int
    step_us: int
    _codes: dict[str, Array] = field(default_factory=dict)
    _incomplete: dict[str, Array] = field(default_factory=dict)
    _all_shards: bool = True

    @classmethod
    def of_rows(cls, rows: AttendanceRows) -> Attendance:
        """Return the attendance that rows show."""
        steps = max(1, -(-(rows.end_us + 1 - rows.start_us) // rows.step_us))
        attendance = cls(rows.start_us, steps, rows.step_us, _all_shards=rows.all_shards)
        for span in rows.spans:
            attendance._connect(span, rows.end_us)
        attendance._find_silence(rows.events)
        attendance._mark(rows.dropped, _DROPPED, rows.step_us, _DROPPED_BEFORE_US)
        attendance._mark(rows.undecodable, _UNDECODABLE, HOUR_US, 0)
        for node, codes in attendance._codes.items():
            attendance._incomplete[node] = np.concatenate(([0], np.cumsum(codes > 0)))
        return attendance

    def _connect(self, span: VersionSpan, end_us: int) -> None:
        codes = self._codes.setdefault(span.node, np.full(self.steps, _DISCONNECTED, np.int8))
        # Whole steps; the last one ends at the present.
        first = max(0, -(-(span.start_us - self.start_us) // self.step_us))
        last = (span.end_us + 1 - self.start_us) // self.step_us
        if span.end_us >= end_us:
            last = self.steps
        codes[first : max(first, last)] = 0

    def _find_silence(self, events: Iterable[Json]) -> None:
        """Mark the steps in which nodes sent nothing, if there are enough in a row."""
        silent = {node: np.ones(self.steps, bool) for node in self._codes}
        for row in events:
            step = (row["bucket"] - self.start_us) // self.step_us
            if row["node"] in silent and 0 <= step < self.steps:
                silent[row["node"]][step] = False
        fewest = -(-_SILENT_US // self.step_us)
        for node, codes in self._codes.items():
            # The present step is not over.
            silent[node][-1] = False
            codes[_runs(silent[node], fewest) & (codes == 0)] = _SILENT

    def _mark(self, rows: Iterable[Json], code: int, length_us: int, before_us: int) -> None:
        for row in rows:
            codes = self._codes.get(row["node"])
            if codes is None:
                continue
            first = self._step(row["bucket"] - before_us)
            last = self._step(row["bucket"] + length_us - 1)
            codes[max(0, first) : max(0, last + 1)] = code

    @property
    def nodes(self) -> Sequence[str]:
        """The nodes that were connected in the window."""
        return sorted(self._codes)

    def gap(self, node: str, start_us: int, end_us: int) -> str | None:
        """Return the reason for which a time of a node is incomplete; ``None`` if it is complete.

        Args:
            node: The node.
            start_us: The first moment, Unix microseconds.
            end_us: The last moment.
        """
        if not self._all_shards:
            return REASONS[_SHARDS]
        codes = self._codes.get(node)
        first, last = self._step(start_us), self._step(end_us)
        if codes is None or first < 0 or last >= self.steps:
            return REASONS[_DISCONNECTED]
        return REASONS[int(codes[first : last + 1].max())]

    def around(self, node: str, at_us: int) -> str | None:
        """Return the reason for which the time around a moment is incomplete."""
        return self.gap(node, at_us - BEFORE_US, at_us + AFTER_US)

    def complete_at(self, node: str, times_us: Array) -> Array:
        """Return for each moment whether the time around it is complete."""
        incomplete = self._incomplete.get(node)
        if incomplete is None or not self._all_shards:
            return np.zeros(len(times_us), bool)
        first = (times_us - BEFORE_US - self.start_us) // self.step_us
        last = (times_us + AFTER_US - self.start_us) // self.step_us
        inside = (first >= 0) & (last < self.steps)
        low = np.clip(first, 0, self.steps)
        high = np.clip(last + 1, 0, self.steps)
        complete: Array = inside & (incomplete[high] == incomplete[low])
        return complete

    def main_gap(self, node: str) -> str | None:
        """Return the most frequent reason of a node's incomplete steps; ``None`` without any."""
        if not self._all_shards:
            return REASONS[_SHARDS]
        codes = self._codes.get(node)
        if codes is None:
            return REASONS[_DISCONNECTED]
        counts = np.bincount(codes, minlength=len(REASONS))[1:]
        return REASONS[int(counts.argmax()) + 1] if counts.any() else None

    def incomplete_steps(self, node: str) -> int:
        """Return the number of a node's incomplete steps."""
        codes = self._codes.get(node)
        return self.steps if codes is None else int(np.count_nonzero(codes))

    def _step(self, at_us: int) -> int:
        return (at_us - self.start_us) // self.step_us


def _runs(flags: Array, fewest: int) -> Array:
    """Return the flags that are in a row of at least ``fewest``."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False]))))
    chosen = np.zeros(len(flags), bool)
    for first, end in edges.reshape(-1, 2).tolist():
        chosen[first:end] = end - first >= fewest
    return chosen


def last_spans(spans: Iterable[VersionSpan]) -> Mapping[str, VersionSpan]:
    """Return the last span of each node, which has its implementation."""
    last: dict[str, VersionSpan] = {}
    for span in spans:
        known = last.get(span.node)
        if known is None or (span.end_us, span.start_us) > (known.end_us, known.start_us):
            last[span.node] = span
    return last
