"""The ranges of sequences that files have, without the gaps that no frame can fill.

Numbers leap by 2^32 where a file was lost, and a file that goes on after such a leap has
numbers on both sides of it. Scans of sequences (``core.seq_ranges``) go over these ranges.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tart.storage.core.files import LogFile
from tart.storage.core.seq_ranges import FileRange

if TYPE_CHECKING:
    import duckdb

# A gap longer than this separates two ranges. The other segment of a period and lost frames
# leave shorter gaps, which cost next to nothing.
GAP = 1 << 31
FRAME_TABLES = ("log", "undecodable")


def read_file_ranges(
    cursor: duckdb.DuckDBPyConnection,
    files: Iterable[LogFile],
    tables: tuple[str, ...] = ("log",),
) -> list[FileRange]:
    """Return the ranges of sequences in some tables of files, in the order of the files.

    DuckDB answers from its statistics without reading the tables, except where there is a gap.

    Raises:
        duckdb.Error: A file cannot be read.
    """
    ranges: list[FileRange] = []
    for file in files:
        parts = [part for table in tables for part in _parts(cursor, f"{file.alias}.{table}")]
        ranges += (FileRange(file, first, last) for first, last in _join(sorted(parts)))
    return ranges


def _parts(cursor: duckdb.DuckDBPyConnection, table: str) -> list[tuple[int, int]]:
    ((first, last, count),) = cursor.execute(
        f"SELECT min(seq), max(seq), count(*) FROM {table}"
    ).fetchall()
    if first is None:
        return []
    if last - first - count < GAP:
        return [(first, last)]
    return cursor.execute(
        f"SELECT min(seq), max(seq) FROM {table} GROUP BY seq // {GAP} ORDER BY 1"
    ).fetchall()


def _join(parts: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join sorted parts that have no gap between them."""
    joined: list[tuple[int, int]] = []
    for first, last in parts:
        if joined and first - joined[-1][1] <= GAP:
            joined[-1] = joined[-1][0], max(last, joined[-1][1])
        else:
            joined.append((first, last))
    return joined
