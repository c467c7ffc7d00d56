"""Recent events that a subscriber missed, from the event log.

The filter is that of the live stream. It also matches what an event inherits: slot and core
from the event log, the hash from the events that it refers to.

One answer reads a bounded number of rows, upwards from the client's position, and gives the last
sequence that it read. So the client gets its first events soon and continues there after an
interruption, and a client that leaves wastes little work. The rows committed last are in memory.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import duckdb

from tart.query.core import merge
from tart.query.core.filters import FilterInput, Matches, Selection, parse
from tart.query.shard_queries.events import Backfill as BackfillQuery
from tart.query.shard_queries.events import BackfillPart
from tart.shard.encoding.event_json import to_json
from tart.shard.ingest.aggregator import decode_context_for
from tart.shard.state.nodes import Nodes
from tart.storage.core.files import LogFile
from tart.storage.core.log_columns import LogRow
from tart.storage.log.contexts import read_contexts
from tart.storage.log.query_threads import raise_if_cancelled
from tart.storage.log.tail_scan import scan_newest
from tart.storage.store import Store

# Rows of a directory that count as recent.
RECENT = 10_000
# Rows of a directory that one answer reads, and the bytes of events after which it ends.
PART_ROWS = 1_024
PART_BYTES = 1 << 20

Cursor = duckdb.DuckDBPyConnection


class _Part(NamedTuple):
    """The events of one directory.

    Attributes:
        events: Those that pass the filter, oldest first.
        cut: Whether events may be missing that are not stored any more.
        last: The last sequence that was read; ``None`` if no sequence was.
        more: Whether later rows follow.
    """

    events: list[Any]
    cut: bool
    last: int | None
    more: bool


class Backfill:
    """Answers the query ``backfill`` for one shard.

    Args:
        sequences: Returns the ``seq`` after the last committed, and the next to be assigned.
    """

    def __init__(
        self, store: Store, nodes: Nodes, sequences: Callable[[], tuple[int, int]]
    ) -> None:
        self._store = store
        self._nodes = nodes
        self._sequences = sequences

    def backfill(self, cursor: Cursor, query: BackfillQuery) -> BackfillPart:
        """Return events of all directories that are newer than the positions given."""
        committed, following = self._sequences()
        matches = parse(query.filter).matches
        limit = max(1, min(query.limit, PART_ROWS))
        parts: dict[int, _Part] = {}
        for directory in self._store.directories:
            # The own directory ends with the last committed row; the others are not written to.
            own = directory == self._store.directory
            end = committed if own else self._end(cursor, directory)
            # A sequence that is not assigned yet belongs to another event log.
            after = query.after.get(directory)
            unknown = after is not None and after >= (following if own else end)
            start, cut = self._start(
                cursor, directory, None if unknown else after, end, query.since_us
            )
            part = self._part(cursor, directory, start, min(end, start + limit), matches)
            parts[directory] = part._replace(
                cut=cut or unknown, more=part.last is not None and part.last + 1 < end
            )
        return BackfillPart(
            events=merge.oldest_first([part.events for part in parts.values()]),
            at={directory: part.last for directory, part in parts.items() if part.last is not None},
            cut=any(part.cut for part in parts.values()),
            more=[directory for directory, part in parts.items() if part.more],
            committed=committed,
            next=following,
        )

    def _start(
        self, cursor: Cursor, directory: int, after: int | None, end: int, since_us: int
    ) -> tuple[int, bool]:
        """Return the first new sequence, and whether events before it may be missing."""
        oldest = max(0, end - RECENT)
        if after is not None:
            return max(after + 1, oldest), after + 1 < oldest
        first = min(
            (
                seq
                for file in self._store.files(directory)
                if (seq := _first_since(cursor, file, oldest, end, since_us)) is not None
            ),
            default=end,
        )
        return first, first == oldest > 0

    def _part(
        self, cursor: Cursor, directory: int, start: int, stop: int, matches: Matches
    ) -> _Part:
        """Return the events of these sequences that pass, until ``PART_BYTES`` are reached."""
        events: list[Any] = []
        size = 0
        rows = self._rows(cursor, directory, start, stop)
        # The filter needs the contexts of all rows, not only of those that pass.
        files = self._store.files(directory)
        decode_context = decode_context_for(self._nodes, directory)
        contexts = read_contexts(cursor, files, rows, decode_context) if rows else {}
        for row in rows:
            raise_if_cancelled()
            owner = self._nodes.session_owners[directory, row.session]
            payload = row.payload
            context = contexts[row.seq]
            candidate = FilterInput(
                owner.node_id, row.type, row.slot, row.core, payload, context.chain_hash
            )
            if matches(candidate):
                events.append(to_json(row, directory, owner, context))
                size += len(payload)
                if size >= PART_BYTES:
                    return _Part(events, cut=False, last=row.seq, more=False)
        # A client that was sent events before they were committed is ahead of the event log.
        last = max(start, stop) - 1
        return _Part(events, cut=False, last=None if last < 0 else last, more=False)

    def _rows(self, cursor: Cursor, directory: int, start: int, stop: int) -> list[LogRow]:
        """Return the rows of these sequences, in order."""
        if start >= stop:
            return []
        rows: list[LogRow] = []
        below: int | None = stop
        if directory == self._store.directory:
            tail = self._store.writer.tail
            rows, below = tail.rows(Selection(), None, stop - start, stop)
        if below is None or below > start:
            files = self._store.files(directory)
            left = stop - start - len(rows)
            rows += scan_newest(cursor, files, lambda _: ("true", []), left, below, start)
        return [row for row in reversed(rows) if row.seq >= start]

    def _end(self, cursor: Cursor, directory: int) -> int:
        """Return the sequence after the last of a directory that is not written to."""
        newest = scan_newest(cursor, self._store.files(directory), lambda _: ("true", []), limit=1)
        return newest[0].seq + 1 if newest else 0


def _first_since(cursor: Cursor, file: LogFile, oldest: int, end: int, since_us: int) -> int | None:
    """Return a file's first sequence in a range that was received at ``since_us`` or later."""
    ((first,),) = cursor.execute(
        f"SELECT min(seq) FROM {file.alias}.log WHERE seq >= {oldest} AND seq < {end} "
        f"AND received_at >= make_timestamp({since_us})"
    ).fetchall()
    return None if first is None else int(first)
