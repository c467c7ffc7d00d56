"""Gauges that nodes report repeatedly: Status, best and finalized block, sync status.

Pure. One entry per node and minute, with the last value, minimum, maximum and sum.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tart.aggregate.core.event_batch import Rows
from tart.aggregate.core.tables import GAUGES, columns
from tart.aggregate.keyed.counters import minute_start
from tart.protocol.events import EventKind


class Gauges:
    """The gauges since the last flush."""

    def __init__(self) -> None:
        self._status: dict[tuple[int, int], list[Any]] = {}
        self._heads: dict[tuple[int, int], list[Any]] = {}

    def add_status(self, received_at: int, node: int, fields: Mapping[str, Any]) -> None:
        """Add the fields of a Status."""
        values = [fields[name] for name in GAUGES]
        guarantees = bytes(fields["num_guarantees"])
        key = minute_start(received_at), node
        entry = self._status.get(key)
        if entry is None:
            entry = self._status[key] = [0, 0, b"", values, values, values, [0] * len(values)]
        entry[0], entry[2], entry[3] = received_at, guarantees, values
        entry[1] += 1
        entry[4] = list(map(min, entry[4], values))
        entry[5] = list(map(max, entry[5], values))
        entry[6] = [total + value for total, value in zip(entry[6], values, strict=True)]

    def add_chain_statement(self, received_at: int, node: int, number: int, value: int) -> None:
        """Add the slot of a best or finalized block, or the sync status (0 or 1).

        The event's type, ``number``, distinguishes the three.
        """
        entry = self._heads.setdefault((minute_start(received_at), node), [None, None, None, None])
        if number == EventKind.SYNC_STATUS_CHANGED:
            entry[2:] = received_at, value
        else:
            column = 0 if number == EventKind.BEST_BLOCK_CHANGED else 1
            entry[column] = value if entry[column] is None else max(entry[column], value)

    def rows(self, table: str) -> Rows:
        """Return the rows of ``status`` or ``heads``."""
        if table == "heads":
            return columns(table, [(*key, *entry) for key, entry in self._heads.items()])
        return columns(
            table,
            [
                (*key, seen_at, samples, guarantees, *last, *least, *most, *total)
                for key, (
                    seen_at,
                    samples,
                    guarantees,
                    last,
                    least,
                    most,
                    total,
                ) in self._status.items()
            ],
        )

    def clear(self) -> None:
        """Remove all rows."""
        self._status.clear()
        self._heads.clear()
