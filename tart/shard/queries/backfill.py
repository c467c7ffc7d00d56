"""Events that a subscriber missed: recent ones that pass a live filter, from the event log.

The filter is the live stream's, applied to what events inherit, too: slot and core from the
log, the hash from the events they refer to.

One answer reads a bounded number of rows, upwards from the client's position, and says how far
it came: the client gets its first events soon, continues there after a break, and a client
that leaves wastes little work. The rows committed last are in memory.
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

# Rows of each directory: those that count as recent, and those that one answer reads;
# and the bytes of events that it has room for.
RECENT = 10_000
PART_ROWS = 1_024
PART_BYTES = 1 << 20

Cursor = duckdb.DuckDBPyConnection


class _Part(NamedTuple):
    """The events of one directory.

    Attributes:
        events: those that passed, oldest first.
        cut: whether events may be missing that are not stored any more.
        at: the last sequence that was read; ``None`` where there is none.
        more: whether there are rows behind it.
    """

    events: list[Any]
    cut: bool
    at: int | None
    more: bool


class Backfill:
    """Answers the query ``backfill`` for one shard.

    Args:
        numbers: returns the ``seq`` after the last committed, and that after the last given.
    """

    def __init__(self, store: Store, nodes: Nodes, numbers: Callable[[], tuple[int, int]]) -> None:
        self._store = store
        self._nodes = nodes
        self._numbers = numbers

    def backfill(self, cursor: Cursor, query: BackfillQuery) -> BackfillPart:
        """Return events of all directories that are newer than the positions given."""
        committed, following = self._numbers()
        matches = parse(query.filter)
        limit = max(1, min(query.limit, PART_ROWS))
        parts: dict[int, _Part] = {}
        for directory in self._store.directories:
            # The own directory ends with the last committed row; the others get no more rows.
            own = directory == self._store.directory
            end = committed if own else self._end(cursor, directory)
            # Sequences that were not given yet belong to another event log.
            known = query.after.get(directory)
            other = known is not None and known >= (following if own else end)
            start, cut = self._start(
                cursor, directory, None if other else known, end, query.since_us
            )
            part = self._part(cursor, directory, start, min(end, start + limit), matches)
            parts[directory] = part._replace(
                cut=cut or other, more=part.at is not None and part.at + 1 < end
            )
        return BackfillPart(
            events=merge.oldest_first([part.events for part in parts.values()]),
            at={directory: part.at for directory, part in parts.items() if part.at is not None},
            cut=any(part.cut for part in parts.values()),
            more=[directory for directory, part in parts.items() if part.more],
            committed=committed,
            next=following,
        )

    def _start(
        self, cursor: Cursor, directory: int, known: int | None, end: int, since_us: int
    ) -> tuple[int, bool]:
        """The first sequence that is new, and whether there may be some before it."""
        oldest = max(0, end - RECENT)
        if known is not None:
            return max(known + 1, oldest), known + 1 < oldest
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
        """What of these sequences passes, up to what there is room for."""
        found: list[Any] = []
        size = 0
        rows = self._rows(cursor, directory, start, stop)
        # Of all of them: what an event is about may decide whether it passes.
        files, voice = self._store.files(directory), decode_context_for(self._nodes, directory)
        contexts = read_contexts(cursor, files, rows, voice) if rows else {}
        for row in rows:
            raise_if_cancelled()
            owner = self._nodes.session_owners[directory, row.session]
            payload = row.payload
            context = contexts[row.seq]
            candidate = FilterInput(
                owner.node_id, row.type, row.slot, row.core, payload, context.chain_hash
            )
            if matches(candidate):
                found.append(to_json(row, directory, owner, context))
                size += len(payload)
                if size >= PART_BYTES:
                    return _Part(found, False, row.seq, False)
        # Who was sent events that are not committed yet is ahead of the log.
        last = max(start, stop) - 1
        return _Part(found, False, None if last < 0 else last, False)

    def _rows(self, cursor: Cursor, directory: int, start: int, stop: int) -> list[LogRow]:
        """The rows of these sequences, in order."""
        if start >= stop:
            return []
        rows: list[LogRow] = []
        below: int | None = stop
        if directory == self._store.directory:
            latest = self._store.writer.tail
            rows, below = latest.rows(Selection(), None, stop - start, stop)
        if below is None or below > start:
            files = self._store.files(directory)
            left = stop - start - len(rows)
            rows += scan_newest(cursor, files, lambda _: ("true", []), left, below, start)
        return [row for row in reversed(rows) if row.seq >= start]

    def _end(self, cursor: Cursor, directory: int) -> int:
        """The sequence after the last of a directory that gets no more."""
        newest = scan_newest(cursor, self._store.files(directory), lambda _: ("true", []), limit=1)
        return newest[0].seq + 1 if newest else 0


def _first_since(cursor: Cursor, file: LogFile, oldest: int, end: int, since_us: int) -> int | None:
    """The first of a file's sequences in that range that was received since then."""
    ((first,),) = cursor.execute(
        f"SELECT min(seq) FROM {file.alias}.log WHERE seq >= {oldest} AND seq < {end} "
        f"AND received_at >= make_timestamp({since_us})"
    ).fetchall()
    return None if first is None else int(first)
