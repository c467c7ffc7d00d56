"""Selection of the newest rows of the event log, whatever its length.

DuckDB reads every ``seq`` when it sorts for the last rows, and the rows in question are mostly
among the last. So they are selected from windows of sequence numbers, from the end, each larger
than the one after it: the cost depends on how far back the rows lie.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from tart.storage.core.files import LogFile, group_by_period
from tart.storage.core.log_columns import LogRow
from tart.storage.log.log_rows import read_rows

if TYPE_CHECKING:
    import duckdb

# A second of a busy shard; if every row matches, the window is the number of rows wanted.
WINDOW = 1 << 17
_GROWTH = 8

# Returns, for a file, a condition on the columns of ``log_subquery`` and its parameters.
Condition = Callable[[LogFile], tuple[str, list[Any]]]


class _FileBounds(NamedTuple):
    """A file with the sequences that it has: from ``first`` on, below ``end``."""

    file: LogFile
    first: int
    end: int


def scan_newest(
    cursor: duckdb.DuckDBPyConnection,
    files: Iterable[LogFile],
    condition: Condition,
    limit: int,
    before: int | None = None,
    since: int = 0,
    *,
    first_window: int = WINDOW,
) -> list[LogRow]:
    """Return the newest rows of a directory that match a condition, newest first.

    Args:
        cursor: The cursor to read with.
        files: The directory's files, newest first.
        condition: The condition; ``"true"`` if every row matches.
        limit: The greatest number of rows.
        before: Only rows with a smaller ``seq``.
        since: Only rows with this ``seq`` or a greater one.
        first_window: The length of the first window of each period.
    """
    newest: list[LogRow] = []
    first = since + 1
    for segments in group_by_period(files):
        if len(newest) >= limit or first <= since:
            break
        bounds = _read_bounds(cursor, segments)
        first = max(since, min((each.first for each in bounds), default=since + 1))
        end = max((each.end for each in bounds), default=0)
        end = end if before is None else min(end, before)
        window = limit if condition(segments[0])[0] == "true" else first_window
        while first < end and len(newest) < limit:
            start = max(first, end - window)
            wanted = limit - len(newest)
            rows = [
                row
                for each in bounds
                if each.first < end and each.end > start
                for row in _select_between(cursor, each.file, condition, start, end, wanted)
            ]
            rows.sort(reverse=True, key=lambda row: row.seq)
            newest += rows[:wanted]
            end, window = start, window * _GROWTH
    return newest


def _read_bounds(cursor: duckdb.DuckDBPyConnection, files: list[LogFile]) -> list[_FileBounds]:
    """Return the files that have rows, with their bounds."""
    bounds = []
    for file in files:
        statement = f"SELECT min(seq), max(seq) FROM {file.alias}.log"
        ((first, last),) = cursor.execute(statement).fetchall()
        if first is not None:
            bounds.append(_FileBounds(file, first, last + 1))
    return bounds


def _select_between(
    cursor: duckdb.DuckDBPyConnection,
    file: LogFile,
    condition: Condition,
    start: int,
    end: int,
    limit: int,
) -> list[LogRow]:
    where, values = condition(file)
    between = f"seq >= {start} AND seq < {end}"
    return read_rows(cursor, file, f"{between} AND {where}", values, last=limit)
