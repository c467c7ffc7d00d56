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
from tart.storage.log.skip_indexes import Candidates, SeqSpan

if TYPE_CHECKING:
    import duckdb

# A second of a busy shard; if every row matches, the window is the number of rows wanted.
WINDOW = 1 << 17
_GROWTH = 8

# Returns, for a file, a condition on the columns of ``log_subquery`` and its parameters.
Condition = Callable[[LogFile], tuple[str, list[Any]]]


# Returns, for a file, where it can have rows that meet the condition (``skip_indexes``).
FindCandidates = Callable[[LogFile], Candidates]


class _FileBounds(NamedTuple):
    """A file with the sequences that it has: from ``first`` on, below ``end``."""

    file: LogFile
    first: int
    end: int
    candidates: Candidates | None

    def spans(self, first: int, end: int) -> list[SeqSpan]:
        """Return the spans of a window that the file can have rows in, the last first."""
        first, end = max(first, self.first), min(end, self.end)
        if first >= end:
            return []
        if self.candidates is None:
            return [(first, end)]
        return self.candidates.spans(first, end)[::-1]


def scan_newest(
    cursor: duckdb.DuckDBPyConnection,
    files: Iterable[LogFile],
    condition: Condition,
    limit: int,
    before: int | None = None,
    since: int = 0,
    *,
    first_window: int = WINDOW,
    find_candidates: FindCandidates | None = None,
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
        find_candidates: Finds the rows that need not be read; ``None`` reads all.
    """
    newest: list[LogRow] = []
    first = since + 1
    for segments in group_by_period(files):
        if len(newest) >= limit or first <= since:
            break
        bounds = _read_bounds(cursor, segments, find_candidates)
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
                for row in _select_newest(cursor, each, condition, (start, end), wanted)
            ]
            rows.sort(reverse=True, key=lambda row: row.seq)
            newest += rows[:wanted]
            end, window = start, window * _GROWTH
    return newest


def _read_bounds(
    cursor: duckdb.DuckDBPyConnection,
    files: list[LogFile],
    find_candidates: FindCandidates | None,
) -> list[_FileBounds]:
    """Return the files that have rows, with their bounds."""
    bounds = []
    for file in files:
        statement = f"SELECT min(seq), max(seq) FROM {file.alias}.log"
        ((first, last),) = cursor.execute(statement).fetchall()
        if first is not None:
            candidates = None if find_candidates is None else find_candidates(file)
            bounds.append(_FileBounds(file, first, last + 1, candidates))
    return bounds


def _select_newest(
    cursor: duckdb.DuckDBPyConnection,
    bounds: _FileBounds,
    condition: Condition,
    window: SeqSpan,
    limit: int,
) -> list[LogRow]:
    """Return a file's newest rows in a window that meet the condition, newest first."""
    rows: list[LogRow] = []
    for first, end in bounds.spans(*window):
        if len(rows) >= limit:
            break
        where, values = condition(bounds.file)
        between = f"seq >= {first} AND seq < {end} AND {where}"
        rows += read_rows(cursor, bounds.file, between, values, last=limit - len(rows))
    return rows
