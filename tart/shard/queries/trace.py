"""Trees of events that refer to one another: from an event up to its root, then all descendants.

A reference names an event id of the same session and points backwards, mostly by seconds. The
event log is therefore read in ranges of ``seq`` that begin at the known event and grow, and that
DuckDB prunes by the statistics of row groups: backwards until the parent is found or the session
begins, forwards until no descendant was found for ``HORIZON_US``. An event has no parent if it
refers to itself or to a later event, or if JIP-3 has no event for the id that it names
(``audit_id``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import duckdb

from tart.protocol.references import PARENT_TYPES, resolve_reference
from tart.storage.core.files import LogFile
from tart.storage.core.log_columns import LogRow
from tart.storage.core.seq_ranges import SeqRange, scan_backward, scan_forward
from tart.storage.log.file_ranges import read_file_ranges
from tart.storage.log.log_rows import read_rows

Cursor = duckdb.DuckDBPyConnection

MAX_NODES = 1000
MAX_DEPTH = 64
# A descendant that arrives later than this after all others is not found.
HORIZON_US = 600_000_000
FIRST_RANGE = 1 << 15
LONGEST_RANGE = 1 << 21
REFERRING_TYPES = ", ".join(str(number) for number, parents in PARENT_TYPES.items() if parents)


@dataclass(frozen=True)
class Trace:
    """A tree of events.

    Attributes:
        rows: In order of arrival, the root first.
        missing: The event id that the root refers to, if the event log does not have it.
        truncated: Whether the tree may have more events.
        searched_until: The last ``received_at`` that was searched, Unix microseconds.
    """

    rows: list[LogRow]
    missing: int | None
    truncated: bool
    searched_until: int


def trace(
    cursor: Cursor, files: Sequence[LogFile], start: LogRow, *, nodes: int, depth: int
) -> Trace:
    """Return the tree that an event belongs to.

    Args:
        files: Of the event's directory.
        start: The row of the event.
        nodes: Limit of events.
        depth: Limit of levels.
    """
    log = SessionLog(cursor, files, start.session)
    root, missing, cut = _root(log, start, depth)
    tree = {root.event_id: root}
    levels = {root.event_id: 0}
    until = root.received_at
    for seq_range, first_at, last_at in log.after(root.seq):
        if first_at > max(row.received_at for row in tree.values()) + HORIZON_US:
            break
        until = max(until, last_at)
        while len(tree) < nodes and (children := _children(log, seq_range, tree, levels, depth)):
            for row in children[: nodes - len(tree)]:
                levels[row.event_id] = levels[row.ref or 0] + 1
                tree[row.event_id] = row
        if len(tree) >= nodes:
            break
    cut |= len(tree) >= nodes or max(levels.values()) >= depth
    rows = sorted(tree.values(), key=lambda row: row.seq)
    return Trace(rows, missing, cut, until)


def _root(log: SessionLog, row: LogRow, depth: int) -> tuple[LogRow, int | None, bool]:
    """Return the highest ancestor, the missing id it refers to, and whether ``depth`` ended it."""
    for _ in range(depth):
        ref = resolve_reference(row.type, row.event_id, row.ref)
        if ref is None:
            return row, None, False
        parent = log.find(ref, row.seq)
        if parent is None:
            return row, ref, False
        row = parent
    ref = resolve_reference(row.type, row.event_id, row.ref)
    return row, ref, ref is not None


def _children(
    log: SessionLog,
    seq_range: SeqRange,
    tree: dict[int, LogRow],
    levels: dict[int, int],
    depth: int,
) -> list[LogRow]:
    """Return events of a range that refer to events of the tree and are not in it yet."""
    parents = [event_id for event_id in tree if levels[event_id] < depth]
    listed = ", ".join(map(str, parents)) or "NULL"
    rows = log.rows(
        seq_range, f"ref IN ({listed}) AND ref < event_id AND type IN ({REFERRING_TYPES})"
    )
    return [row for row in rows if row.event_id not in tree]


class SessionLog:
    """The events of one session in a directory's event log."""

    def __init__(self, cursor: Cursor, files: Sequence[LogFile], session: int) -> None:
        self._cursor = cursor
        self._session = session
        self._ranges = read_file_ranges(cursor, [file for file in files if self._has_session(file)])

    def rows(self, seq_range: SeqRange, condition: str) -> list[LogRow]:
        """Return the session's rows of a range that meet a condition, in order."""
        where = (
            f"session = {self._session} AND seq >= {seq_range.first} "
            f"AND seq < {seq_range.end} AND {condition}"
        )
        rows = [row for file in seq_range.files for row in read_rows(self._cursor, file, where)]
        return sorted(rows, key=lambda row: row.seq)

    def find(self, event_id: int, before: int) -> LogRow | None:
        """Return the newest event of an id below a sequence."""
        for seq_range in scan_backward(self._ranges, before, FIRST_RANGE, LONGEST_RANGE):
            rows = self.rows(seq_range, f"event_id = {event_id}")
            if rows:
                return rows[-1]
        return None

    def after(self, sequence: int) -> Iterator[tuple[SeqRange, int, int]]:
        """Yield ranges from a sequence on, with the first and last arrival in each."""
        for seq_range in scan_forward(self._ranges, sequence + 1, FIRST_RANGE, LONGEST_RANGE):
            yield seq_range, *self._times(seq_range)

    def _has_session(self, file: LogFile) -> bool:
        """Return whether a file has rows of the session: a file lists all of its sessions."""
        statement = f"SELECT count(*) FROM {file.alias}.sessions WHERE session = {self._session}"
        ((count,),) = self._cursor.execute(statement).fetchall()
        return bool(count)

    def _times(self, seq_range: SeqRange) -> tuple[int, int]:
        rows = " UNION ALL ".join(
            f"SELECT received_at FROM {file.alias}.log "
            f"WHERE seq >= {seq_range.first} AND seq < {seq_range.end}"
            for file in seq_range.files
        )
        statement = (
            "SELECT coalesce(epoch_us(min(received_at)), 0), "
            f"coalesce(epoch_us(max(received_at)), 0) FROM ({rows})"
        )
        ((first_at, last_at),) = self._cursor.execute(statement).fetchall()
        return first_at, last_at
