"""Rows of the log, newest first, whatever the length of the log.

DuckDB looks at every row when it is asked for the last ones; what is asked for is mostly
among the last. So they are looked for in windows of sequence numbers, from the end, each
larger than the one after it: the cost depends on how far back the rows are found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from tart.storage.core.files import LogFile, group_by_period
from tart.storage.core.log_columns import LogRow
from tart.storage.core.schema import log_rows_query

if TYPE_CHECKING:
    import duckdb

# A second of a busy shard; where every row will do it is as many as are wanted.
WINDOW = 1 << 17
_GROWTH = 8

# For a file: a condition on the columns of ``log_subquery``, and its parameters.
Condition = Callable[[LogFile], tuple[str, list[Any]]]


class _Held(NamedTuple):
    """A file and the numbers it has: from ``first`` on, below ``end``."""

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
) -> list[LogRow]:
    """The newest rows of a directory that meet a condition, newest first.

    Args:
        files: the directory's, newest first.
        condition: ``"true"`` if every row does.
        limit: so many at most.
        before: only rows whose ``seq`` is below it.
        since: only rows whose ``seq`` is not below it.
    """
    found: list[LogRow] = []
    first = since + 1
    for segments in group_by_period(files):
        if len(found) >= limit or first <= since:
            break
        held = _held(cursor, segments)
        first = max(since, min((each.first for each in held), default=since + 1))
        end = max((each.end for each in held), default=0)
        end = end if before is None else min(end, before)
        window = limit if condition(segments[0])[0] == "true" else WINDOW
        while first < end and len(found) < limit:
            start = max(first, end - window)
            rows = [
                row
                for each in held
                if each.first < end and each.end > start
                for row in _between(cursor, each.file, condition, start, end, limit - len(found))
            ]
            rows.sort(reverse=True, key=lambda row: row.seq)
            found += rows[: limit - len(found)]
            end, window = start, window * _GROWTH
    return found


def _held(cursor: duckdb.DuckDBPyConnection, files: list[LogFile]) -> list[_Held]:
    """The files that have rows."""
    found = []
    for file in files:
        statement = f"SELECT min(seq), max(seq) FROM {file.alias}.log"
        ((first, last),) = cursor.execute(statement).fetchall()
        if first is not None:
            found.append(_Held(file, first, last + 1))
    return found


def _between(
    cursor: duckdb.DuckDBPyConnection,
    file: LogFile,
    condition: Condition,
    start: int,
    end: int,
    limit: int,
) -> list[LogRow]:
    where, values = condition(file)
    statement = log_rows_query(
        file.alias, f"seq >= {start} AND seq < {end} AND {where}", last=limit
    )
    return [LogRow(*row) for row in cursor.execute(statement, values).fetchall()]
