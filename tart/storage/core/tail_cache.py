"""The events committed last, in memory: what people look at most costs no look at a file.

Pure, without locks. The writer's thread replaces what is held, readers take it as it is; so
each of them sees every event up to some commit. What is held has no gap: all events of the
directory from the first one held on are there. Beyond ``LIMIT_BYTES`` the oldest leave.

A commit of a quiet network has a handful of events, and looking at columns costs the same
tenth of a millisecond however few rows they have. So neighbours are joined, as in a
log-structured merge tree: each part is twice as large as the next, up to a sixteenth of the
limit. There are never more than some fifty, and an event is copied a dozen times at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tart.query.core.filters import Selection
from tart.storage.core.arrow import Array
from tart.storage.core.log_columns import LogColumns, LogRow, concatenate

# About a second of a shard at line rate; one more node's page is in there than not.
LIMIT_BYTES = 12 << 20
# Parts are joined up to this share of the limit, for what leaves is a part.
_LARGEST = 16


class _Part(NamedTuple):
    columns: LogColumns
    size: int


class TailCache:
    """The newest events of one directory.

    Args:
        limit_bytes: as ``Batch.bytes`` estimates them; the newest batch is held in any case.
    """

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self._limit = limit_bytes
        self._parts: tuple[_Part, ...] = ()

    def add(self, log: Sequence[LogColumns], size: int) -> None:
        """A batch was committed; ``size`` in bytes.

        If this raises, nothing is held any more: what is held must have no gap.
        """
        before, self._parts = self._parts, ()
        parts = [*before, *(_Part(each, size // len(log)) for each in log if len(each))]
        held = sum(each.size for each in parts)
        leave = 0
        while held > self._limit and leave < len(parts) - 1:
            held -= parts[leave].size
            leave += 1
        self._parts = tuple(self._joined(parts[leave:]))

    def _joined(self, parts: list[_Part]) -> list[_Part]:
        """The same rows in parts each of which has twice the bytes of the next, or is full."""
        first, size = len(parts), 0
        while first and (joint := size + parts[first - 1].size) <= self._limit // _LARGEST:
            if size and parts[first - 1].size >= 2 * size:
                break
            first, size = first - 1, joint
        if len(parts) - first < 2:
            return parts
        return [*parts[:first], _Part(concatenate([each.columns for each in parts[first:]]), size)]

    def rows(
        self, selection: Selection, node: int | None, limit: int, before: int | None = None
    ) -> tuple[list[LogRow], int | None]:
        """The newest rows that were selected, newest first, at most ``limit``.

        Args:
            node: the number the directory gave to the selection's node.
            before: only rows whose ``seq`` is below it.

        Returns:
            The rows, and the ``seq`` below which others may be; ``before`` if none is held.
        """
        found: list[LogRow] = []
        below = before
        # What is inside a body is found by text search, in the files.
        for columns, _ in reversed(self._parts if selection.hash is None else ()):
            if len(found) >= limit:
                break
            places = np.flatnonzero(_chosen(columns, selection, node, before))[::-1]
            if len(places):
                found += columns.take(places[: limit - len(found)]).rows()
            first = found[-1].seq if len(found) >= limit else int(columns.seq[0])
            below = first if below is None else min(below, first)
        return found, below


def _chosen(
    columns: LogColumns, selection: Selection, node: int | None, before: int | None
) -> Array:
    chosen: Array = np.ones(len(columns), np.bool_)
    if before is not None:
        chosen &= columns.seq < before
    if node is not None:
        chosen &= columns.node == node
    if selection.types is not None:
        chosen &= np.isin(columns.type, selection.types)
    if selection.start_us is not None:
        chosen &= columns.received_at >= selection.start_us
    if selection.end_us is not None:
        chosen &= columns.received_at <= selection.end_us
    if selection.slot is not None:
        chosen &= columns.has_slot & (columns.slot == selection.slot)
    if selection.core is not None:
        chosen &= columns.has_core & (columns.core == selection.core)
    return chosen
