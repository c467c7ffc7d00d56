"""Findings, counted by hour, node and rule, with a few examples of each.

Pure. Of each node and rule the first ``EXAMPLES`` findings of a day are stored as examples.
An example's frame is cut after ``EXAMPLE_BYTES``; the event log has the whole frame.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from tart.aggregate.core.event_batch import Finding, Rows
from tart.aggregate.core.tables import CONFORMANCE_BUCKET, columns
from tart.units import DAY_US, SECOND_US

EXAMPLES = 3
EXAMPLE_BYTES = 1_024
# Keys of counts and of examples until the next flush; a node has some thirty rules to break.
MAX_KEYS = 65_536


class ConformanceCounters:
    """The findings since the last flush.

    Attributes:
        overflowed: Number of findings that were not counted by node, because of ``max_keys``.
        totals: Number of findings by rule since this object was made.
    """

    def __init__(self, max_keys: int = MAX_KEYS) -> None:
        self._max_keys = max_keys
        self._counts: dict[tuple[int, int | None, str], list[int]] = {}
        self._examples: list[tuple[Any, ...]] = []
        # The number of examples of the current day, by node and rule.
        self._example_counts: dict[tuple[int | None, str], int] = {}
        self._day = 0
        self.overflowed = 0
        self.totals: Counter[str] = Counter()

    def add(self, finding: Finding) -> None:
        """Count a finding, and store it as an example if there are few."""
        self.totals[finding.rule] += 1
        received_at = finding.received_at
        bucket = received_at - received_at % (CONFORMANCE_BUCKET * SECOND_US)
        key = bucket, finding.node, finding.rule
        entry = self._counts.get(key)
        if entry is None:
            if len(self._counts) >= self._max_keys:
                self.overflowed += 1
                return
            entry = self._counts[key] = [0, received_at, received_at]
        entry[0] += 1
        entry[1], entry[2] = min(entry[1], received_at), max(entry[2], received_at)
        self._add_example(finding)

    def _add_example(self, finding: Finding) -> None:
        day = finding.received_at // DAY_US
        if day > self._day:
            self._day = day
            self._example_counts.clear()
        key = finding.node, finding.rule
        count = self._example_counts.get(key, 0)
        if count >= EXAMPLES or (not count and len(self._example_counts) >= self._max_keys):
            return
        self._example_counts[key] = count + 1
        self._examples.append(
            (
                finding.received_at,
                finding.node,
                finding.session,
                finding.seq,
                finding.event_id,
                finding.number,
                finding.rule,
                finding.offset,
                finding.field,
                finding.expectation,
                finding.frame[:EXAMPLE_BYTES],
                len(finding.frame),
            )
        )

    def rows(self, table: str) -> Rows:
        """Return the rows of ``conformance`` or ``examples``."""
        if table == "examples":
            return columns(table, self._examples)
        return columns(table, [(*key, *values) for key, values in self._counts.items()])

    def clear(self) -> None:
        """Remove all rows; the number of examples of the day remains known."""
        self._counts.clear()
        self._examples.clear()
