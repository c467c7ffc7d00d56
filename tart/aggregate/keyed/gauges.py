"""What nodes say of themselves again and again: Status, best and finalized block, sync.

Pure. One entry per node and minute: the last value, the least, the greatest and the sum.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tart.aggregate.core.event_batch import Rows
from tart.aggregate.core.tables import GAUGES, SUMMED
from tart.aggregate.keyed.counters import minute

BEST, FINALIZED, SYNC = 11, 12, 13


class Gauges:
    """Entries not yet flushed."""

    def __init__(self) -> None:
        self._status: dict[tuple[int, int], list[Any]] = {}
        self._heads: dict[tuple[int, int], list[Any]] = {}

    def status(self, received_at: int, node: int, fields: Mapping[str, Any]) -> None:
        """A Status (10)."""
        values = [fields[name] for name in GAUGES]
        cores = bytes(fields["num_guarantees"])
        key = (minute(received_at), node)
        entry = self._status.get(key)
        if entry is None:
            entry = self._status[key] = [0, 0, b"", values, values, values, [0] * len(values)]
        entry[0], entry[2], entry[3] = received_at, cores, values
        entry[1] += 1
        entry[4] = list(map(min, entry[4], values))
        entry[5] = list(map(max, entry[5], values))
        entry[6] = [one + more for one, more in zip(entry[6], values, strict=True)]

    def head(self, received_at: int, node: int, number: int, value: int) -> None:
        """A best (11) or finalized (12) block's slot, or whether it is in sync (13)."""
        entry = self._heads.setdefault((minute(received_at), node), [None, None, None, None])
        if number == SYNC:
            entry[2:] = received_at, value
        else:
            at = number - BEST
            entry[at] = value if entry[at] is None else max(entry[at], value)

    def rows(self, table: str) -> Rows:
        """As rows of ``status`` or ``heads``."""
        if table == "heads":
            found = [(*key, *entry) for key, entry in self._heads.items()]
        else:
            found = [
                (*key, at, samples, cores, *last, *least, *most, *total)
                for key, (at, samples, cores, last, least, most, total) in self._status.items()
            ]
        names = list(SUMMED[table])
        columns = zip(*found, strict=True) if found else [()] * len(names)
        return {name: list(column) for name, column in zip(names, columns, strict=True)}

    def clear(self) -> None:
        """Begin anew."""
        self._status.clear()
        self._heads.clear()
