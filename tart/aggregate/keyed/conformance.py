"""Findings counted by hour, node and rule, with a few examples of each.

Pure. Counts add up as those of other tables do. Of each node and rule the first
``EXAMPLES`` of a day are kept; what a frame has beyond ``EXAMPLE_BYTES`` is cut, the log
has it all.
"""

from __future__ import annotations

from typing import Any

from tart.aggregate.core.event_batch import Finding, Rows
from tart.aggregate.core.tables import CONFORMANCE_BUCKET, ROWS, SUMMED
from tart.units import DAY_US, SECOND_US

EXAMPLES = 3
EXAMPLE_BYTES = 1_024
# Of counts and of examples until the next flush; a node has some thirty rules to break.
MAX_KEYS = 65_536


class Conformance:
    """Findings not yet flushed."""

    def __init__(self) -> None:
        self._counts: dict[tuple[int, int | None, str], list[int]] = {}
        self._examples: list[tuple[Any, ...]] = []
        # How many examples there are of this day, by node and rule.
        self._kept: dict[tuple[int | None, str], int] = {}
        self._day = 0
        self.overflowed = 0

    def note(self, finding: Finding) -> None:
        """Count one."""
        at = finding.received_at
        key = (at - at % (CONFORMANCE_BUCKET * SECOND_US), finding.node, finding.rule)
        entry = self._counts.get(key)
        if entry is None:
            if len(self._counts) >= MAX_KEYS:
                self.overflowed += 1
                return
            entry = self._counts[key] = [0, at, at]
        entry[0] += 1
        entry[1], entry[2] = min(entry[1], at), max(entry[2], at)
        self._keep(finding)

    def _keep(self, finding: Finding) -> None:
        day = finding.received_at // DAY_US
        if day > self._day:
            self._day = day
            self._kept.clear()
        key = finding.node, finding.rule
        kept = self._kept.get(key, 0)
        if kept >= EXAMPLES or (not kept and len(self._kept) >= MAX_KEYS):
            return
        self._kept[key] = kept + 1
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
        """As rows of ``conformance`` or ``examples``."""
        if table == "examples":
            return _columns(list(ROWS[table]), self._examples)
        found = [(*key, *values) for key, values in self._counts.items()]
        return _columns(list(SUMMED[table]), found)

    def clear(self) -> None:
        """Begin anew; how many examples there are stays known."""
        self._counts.clear()
        self._examples.clear()


def _columns(names: list[str], rows: list[tuple[Any, ...]]) -> Rows:
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    return {name: list(column) for name, column in zip(names, columns, strict=True)}
