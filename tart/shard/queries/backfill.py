"""What a subscriber missed: recent events that pass a live filter, from the log.

The same filter as the live stream's, with what events inherited: slot and core from the log,
the hash from the events they lead back to.

One answer looks at so many rows and no more, upwards from where the asker is, and says how
far it got: whoever asks has something to pass on at once, goes on from there after a break,
and leaves little behind that nobody wants. What was committed last is in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import duckdb

from tart.query.core import merge
from tart.query.core.filters import FilterInput, Matches, Selection, parse
from tart.shard.encoding.event_json import to_json
from tart.shard.encoding.json_bytes import replace_bytes
from tart.shard.ingest.aggregator import decode_context_for
from tart.shard.state.nodes import Nodes
from tart.storage.core.files import LogFile
from tart.storage.core.log_columns import LogRow
from tart.storage.log.contexts import read_contexts
from tart.storage.log.query_threads import raise_if_cancelled
from tart.storage.log.tail_scan import scan_newest
from tart.storage.store import Store

# Of each directory: what counts as recent, and what one answer looks at and has room for.
RECENT = 10_000
PART_ROWS = 1_024
PART_BYTES = 1 << 20

Cursor = duckdb.DuckDBPyConnection


class _Part(NamedTuple):
    """What one directory has.

    Attributes:
        found: events that passed, oldest first.
        cut: whether there may be older ones that nobody gets any more.
        at: the last sequence that was looked at; ``None`` where there is none.
        more: whether there are rows behind it.
    """

    found: list[Any]
    cut: bool
    at: int | None
    more: bool


class MissedEvents:
    """Answers ``missed`` of ``query.core.catalog``.

    Args:
        numbers: the ``seq`` after the last committed, and that after the last given.
    """

    def __init__(self, store: Store, nodes: Nodes, numbers: Callable[[], tuple[int, int]]) -> None:
        self._store = store
        self._nodes = nodes
        self._numbers = numbers

    def missed(self, cursor: Cursor, parameters: Mapping[str, Any]) -> Any:
        """Events of all directories that are newer than the positions given."""
        committed, following = self._numbers()
        matches = parse(parameters["filter"])
        after = {int(key): int(value) for key, value in (parameters.get("after") or {}).items()}
        since_us = int(parameters["since_us"])
        limit = max(1, min(int(parameters.get("limit") or PART_ROWS), PART_ROWS))
        parts: dict[int, _Part] = {}
        for directory in self._store.directories:
            # Of our own what is committed now; nothing comes to the others any more.
            own = directory == self._store.directory
            end = committed if own else self._end(cursor, directory)
            # Where events have numbers that were not given yet, this is another log.
            known = after.get(directory)
            other = known is not None and known >= (following if own else end)
            start, cut = self._start(cursor, directory, None if other else known, end, since_us)
            part = self._part(cursor, directory, start, min(end, start + limit), matches)
            parts[directory] = part._replace(
                cut=cut or other, more=part.at is not None and part.at + 1 < end
            )
        events = merge.oldest_first([each.found for each in parts.values()])
        return {
            "events": replace_bytes(events, str(parameters.get("bytes") or "hex")),
            "at": {str(key): each.at for key, each in parts.items() if each.at is not None},
            "cut": any(each.cut for each in parts.values()),
            "more": [key for key, each in parts.items() if each.more],
            "committed": committed,
            "next": following,
        }

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
