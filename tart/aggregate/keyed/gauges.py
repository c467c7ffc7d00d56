"""Gauges that nodes report repeatedly: Status, best and finalized block, sync status.

Pure. Each table has one row per node and minute. ``status`` has the last value, minimum, maximum
and sum of each gauge of Status; ``heads`` has the highest best and finalized slot and the last sync
status.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tart.aggregate.core.event_batch import Rows
from tart.aggregate.core.tables import GAUGES, columns
from tart.aggregate.keyed.counters import minute_start
from tart.protocol.events import EventKind
from tart.query.core.wall_clock import is_ahead


@dataclass
class _StatusRow:
    """Values of the Status events of one node in one minute, in the order of ``GAUGES``."""

    last: Sequence[int]
    minimum: Sequence[int]
    maximum: Sequence[int]
    total: Sequence[int] = (0,) * len(GAUGES)
    received_at: int = 0
    samples: int = 0
    guarantees: bytes = b""

    def add(self, received_at: int, guarantees: bytes, values: Sequence[int]) -> None:
        """Add the values of a Status event."""
        self.received_at, self.guarantees, self.last = received_at, guarantees, values
        self.samples += 1
        self.minimum = list(map(min, self.minimum, values))
        self.maximum = list(map(max, self.maximum, values))
        self.total = list(map(operator.add, self.total, values))

    def columns(self) -> tuple[Any, ...]:
        """Return the columns of ``status`` after the key."""
        gauges = (*self.last, *self.minimum, *self.maximum, *self.total)
        return (self.received_at, self.samples, self.guarantees, *gauges)


@dataclass
class _HeadRow:
    """The highest slots and the last sync status of one node in one minute."""

    best: int | None = None
    finalized: int | None = None
    synced_at: int | None = None
    synced: int | None = None


def _higher(known: int | None, slot: int, received_at: int) -> int:
    """Return the higher of two slots, unless one alone is ahead of the wall clock."""
    if known is None:
        return slot
    if is_ahead(known, received_at) != is_ahead(slot, received_at):
        return min(known, slot)
    return max(known, slot)


class Gauges:
    """The gauges since the last flush."""

    def __init__(self) -> None:
        self._status: dict[tuple[int, int], _StatusRow] = {}
        self._heads: dict[tuple[int, int], _HeadRow] = {}

    def add_status(self, received_at: int, node: int, fields: Mapping[str, Any]) -> None:
        """Add the fields of a Status."""
        values = [fields[name] for name in GAUGES]
        key = minute_start(received_at), node
        row = self._status.get(key)
        if row is None:
            row = self._status[key] = _StatusRow(last=values, minimum=values, maximum=values)
        row.add(received_at, bytes(fields["num_guarantees"]), values)

    def add_chain_statement(self, received_at: int, node: int, number: int, value: int) -> None:
        """Add the slot of a best or finalized block, or the sync status (0 or 1).

        The event's type, ``number``, distinguishes the three.
        """
        row = self._heads.setdefault((minute_start(received_at), node), _HeadRow())
        if number == EventKind.SYNC_STATUS_CHANGED:
            row.synced_at, row.synced = received_at, value
        elif number == EventKind.BEST_BLOCK_CHANGED:
            row.best = _higher(row.best, value, received_at)
        else:
            row.finalized = _higher(row.finalized, value, received_at)

    def rows(self, table: str) -> Rows:
        """Return the rows of ``status`` or ``heads``."""
        if table == "heads":
            return columns(
                table,
                [
                    (*key, row.best, row.finalized, row.synced_at, row.synced)
                    for key, row in self._heads.items()
                ],
            )
        return columns(table, [(*key, *row.columns()) for key, row in self._status.items()])

    def clear(self) -> None:
        """Remove all rows."""
        self._status.clear()
        self._heads.clear()
