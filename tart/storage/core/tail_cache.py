"""A cache of the newest events in memory: the tail of the event log.

Pure, without locks. The writer's thread replaces the cached parts, readers take them as they are;
so each reader sees every event up to some commit. The cache has no gap: all events of the
directory from the first cached one on are there. Beyond ``LIMIT_BYTES`` the oldest are evicted.

Of evicted events those that can be links of chains, a quarter of a full network's, stay up to
``LINK_BYTES``: the context of a new event needs events of many seconds before it, and reading
these from the files takes ten times as long as the rest of a page.

A commit of a quiet network has a handful of events, and a search of columns costs the same tenth
of a millisecond however few rows they have. So adjacent parts are merged, as in a log-structured
merge tree: each part is twice as large as the next, up to a sixteenth of the limit. There are
never more than some fifty, and an event is copied a dozen times at most.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from tart.protocol.references import LINK_TYPES
from tart.query.core.filters import Selection
from tart.storage.core.arrow import Array
from tart.storage.core.links import LinkColumns, LinkIndex
from tart.storage.core.log_columns import LogColumns, LogRow, concatenate

# Nearly two seconds of a shard at line rate: enough for a page of most nodes.
LIMIT_BYTES = 8 << 20
# Ten seconds more: with 1,024 nodes one reference in two thousand goes back further than eleven.
LINK_BYTES = 12 << 20
# The largest part is this share of the limit: parts are evicted as a whole.
_LARGEST_SHARE = 16
_LINK_TYPES = np.array(sorted(LINK_TYPES), np.uint8)


class _Part(NamedTuple):
    """Consecutive events, or those of them that can be links.

    Attributes:
        columns: The events.
        size: The memory that they take, bytes.
        first: The ``seq`` of the first of the consecutive events.
    """

    columns: LogColumns
    size: int
    first: int


class _Parts(NamedTuple):
    """The cached parts, the oldest first: links of evicted events, then all events."""

    links: tuple[_Part, ...] = ()
    events: tuple[_Part, ...] = ()


class TailCache:
    """The newest events of one directory.

    Args:
        limit_bytes: The limit of the memory of columns; the newest batch is cached in any case.
        link_bytes: The limit of the memory of links of evicted events.
    """

    def __init__(self, limit_bytes: int = LIMIT_BYTES, link_bytes: int = LINK_BYTES) -> None:
        self._limit = limit_bytes
        self._link_limit = link_bytes
        self._parts = _Parts()

    @property
    def size(self) -> int:
        """Return the memory of events and links in bytes."""
        return sum(part.size for parts in self._parts for part in parts)

    def add(self, log: Sequence[LogColumns], size: int) -> None:
        """Add a committed batch.

        If this raises, the cache is empty: it must have no gap.

        Args:
            log: The events.
            size: The memory that they take.
        """
        parts = _Parts()
        try:
            new = (_Part(each, size // len(log), int(each.seq[0])) for each in log if len(each))
            evicted, events = _evict([*self._parts.events, *new], self._limit)
            _, links = _evict([*self._parts.links, *map(_links_of, evicted)], self._link_limit)
            parts = _Parts(
                tuple(_merge(links, self._link_limit // _LARGEST_SHARE)),
                tuple(_merge(events, self._limit // _LARGEST_SHARE)),
            )
        finally:
            # Readers have the parts of the last batch until then: without any they would read
            # the files.
            self._parts = parts

    def rows(
        self, selection: Selection, node: int | None, limit: int, before: int | None = None
    ) -> tuple[list[LogRow], int | None]:
        """Return the newest rows that match, newest first, at most ``limit``.

        Args:
            selection: The condition.
            node: The directory's number of the selection's node.
            limit: The greatest number of rows.
            before: Only rows with a smaller ``seq``.

        Returns:
            The rows, and the ``seq`` below which others may be; ``before`` if the cache is empty.
        """
        rows: list[LogRow] = []
        below = before
        # Hashes inside of bodies are searched as text, in the files.
        for columns, _, _ in reversed(self._parts.events if selection.hash is None else ()):
            if len(rows) >= limit:
                break
            indices = np.flatnonzero(_matches(columns, selection, node, before))[::-1]
            if len(indices):
                rows += columns.take(indices[: limit - len(rows)]).rows()
            first = rows[-1].seq if len(rows) >= limit else int(columns.seq[0])
            below = first if below is None else min(below, first)
        return rows, below

    def links_of(self, sessions: Iterable[int]) -> TailLinks:
        """Return the cached events of some sessions that can be links of chains.

        Other events of these sessions may be among them.
        """
        parts = (*self._parts.links, *self._parts.events)
        wanted = np.array(sorted(set(sessions)), np.int64)
        table = np.zeros(int(wanted[-1]) + 2 if len(wanted) else 1, np.bool_)
        table[wanted] = True
        # Sessions beyond the table share its last place, which is false.
        last = len(table) - 1
        indices = [np.flatnonzero(table[np.minimum(part.columns.session, last)]) for part in parts]
        return TailLinks(parts, indices)


class TailLinks:
    """The cached events of some sessions, in order, as they were at one moment.

    Args:
        parts: The parts of the cache.
        indices: For each part those of its events.

    Attributes:
        first: The ``seq`` of the first event whose links are cached; ``None`` if the cache is
            empty.
        index: The events.
    """

    def __init__(self, parts: Sequence[_Part], indices: Sequence[Array]) -> None:
        self._parts = parts
        self._indices = indices
        self.first = parts[0].first if parts else None
        columns = [
            LinkColumns.of(part.columns, taken)
            for part, taken in zip(parts, indices, strict=True)
            if len(taken)
        ] or [LinkColumns.of(LogColumns.empty())]
        self.index = LinkIndex(LinkColumns(*map(np.concatenate, zip(*columns, strict=True))))

    @cached_property
    def seq(self) -> Array:
        """The ``seq`` of the events."""
        return np.concatenate(
            [
                np.zeros(0, np.int64),
                *(
                    part.columns.seq[taken]
                    for part, taken in zip(self._parts, self._indices, strict=True)
                ),
            ]
        )

    def rows(self, seqs: Iterable[int]) -> list[LogRow]:
        """Return the events among them with these ``seq``."""
        wanted = np.array(sorted(seqs), np.int64)
        rows: list[LogRow] = []
        for part in self._parts:
            if not len(part.columns) or not len(wanted):
                continue
            own = part.columns.seq
            places = np.searchsorted(own, wanted)
            places = places[places < len(own)]
            places = places[np.isin(own[places], wanted)]
            if len(places):
                rows += part.columns.take(np.unique(places)).rows()
        return rows


def _evict(parts: list[_Part], limit: int) -> tuple[list[_Part], list[_Part]]:
    """Return the oldest parts that exceed a limit of bytes, and the others: at least the newest."""
    total, evicted = sum(part.size for part in parts), 0
    while total > limit and evicted < len(parts) - 1:
        total -= parts[evicted].size
        evicted += 1
    return parts[:evicted], parts[evicted:]


def _links_of(part: _Part) -> _Part:
    """Return a part with only the events that can be links, and the first of connections.

    Without these a reference to an event that is not stored would be sought in the files.
    """
    log = part.columns
    indices = np.flatnonzero(np.isin(log.type, _LINK_TYPES) | (log.event_id == 0))
    columns = concatenate([part.columns.take(indices)])
    return _Part(columns, columns.memory_bytes, part.first)


def _merge(parts: list[_Part], largest: int) -> list[_Part]:
    """Merge the newest parts until each has twice the bytes of the next, or is the largest."""
    first, size = len(parts), 0
    while first and (merged := size + parts[first - 1].size) <= largest:
        if size and parts[first - 1].size >= 2 * size:
            break
        first, size = first - 1, merged
    if len(parts) - first < 2:
        return parts
    columns = concatenate([part.columns for part in parts[first:]])
    return [*parts[:first], _Part(columns, size, parts[first].first)]


def _matches(
    columns: LogColumns, selection: Selection, node: int | None, before: int | None
) -> Array:
    matches: Array = np.ones(len(columns), np.bool_)
    if before is not None:
        matches &= columns.seq < before
    if node is not None:
        matches &= columns.node == node
    if selection.types is not None:
        matches &= np.isin(columns.type, selection.types)
    if selection.start_us is not None:
        matches &= columns.received_at >= selection.start_us
    if selection.end_us is not None:
        matches &= columns.received_at <= selection.end_us
    if selection.slot is not None:
        matches &= columns.has_slot & (columns.slot == selection.slot)
    if selection.core is not None:
        matches &= columns.has_core & (columns.core == selection.core)
    return matches
