"""Which sequences a file has: never those between that no frame can have.

Numbers leap by 2^32 where a file was lost, and a file that goes on after such a leap has
numbers on both sides of it. Whoever walks numbers walks what is found here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tart.storage.core.files import LogFile
from tart.storage.core.seq_ranges import FileRange

if TYPE_CHECKING:
    import duckdb

# A hole of more numbers than this parts two ranges. The other segment of a period and what was
# lost leave smaller ones, which cost nothing worth mentioning.
HOLE = 1 << 31
FRAME_TABLES = ("log", "undecodable")


def read_file_ranges(
    cursor: duckdb.DuckDBPyConnection,
    files: Iterable[LogFile],
    tables: tuple[str, ...] = ("log",),
) -> list[FileRange]:
    """The sequences that files have in some of their tables, in the order of the files.

    DuckDB answers it from what it knows of a table without reading it, but where there is
    such a hole.

    Raises:
        duckdb.Error: a file cannot be read.
    """
    found: list[FileRange] = []
    for file in files:
        parts = [part for table in tables for part in _parts(cursor, f"{file.alias}.{table}")]
        found += (FileRange(file, first, last) for first, last in _joined(sorted(parts)))
    return found


def _parts(cursor: duckdb.DuckDBPyConnection, table: str) -> list[tuple[int, int]]:
    ((first, last, count),) = cursor.execute(
        f"SELECT min(seq), max(seq), count(*) FROM {table}"
    ).fetchall()
    if first is None:
        return []
    if last - first - count < HOLE:
        return [(first, last)]
    return cursor.execute(
        f"SELECT min(seq), max(seq) FROM {table} GROUP BY seq // {HOLE} ORDER BY 1"
    ).fetchall()


def _joined(parts: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Parts that have no such hole between them as one; sorted."""
    found: list[tuple[int, int]] = []
    for first, last in parts:
        if found and first - found[-1][1] <= HOLE:
            found[-1] = found[-1][0], max(last, found[-1][1])
        else:
            found.append((first, last))
    return found
