"""The rows that a damaged block makes unreadable, and views of all others.

DuckDB knows for each table in which block each column segment (DuckDB's term) lies
(``pragma_storage_info``), and each block has a checksum. So reading the blocks finds the damaged
ones, and what lies in them is known: some columns of some rows. Measured with 2.0.0:

- A wrong checksum is an error of the statement that reads the block, and of no other: the
  file stays attached, is written to and checkpointed.
- A statement that excludes such rows by ``rowid`` does not read the block. DuckDB reads 2,048
  rows at a time, so the rows of a block are rounded to that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import NamedTuple

import duckdb

from tart.storage.core.files import LogFile
from tart.storage.log.block_checksums import find_damaged_blocks

# The rows that DuckDB reads at a time.
VECTOR_ROWS = 2048
# Derived by tart; the payload of an event does not need them.
_OPTIONAL_COLUMNS = frozenset({"last_slot", "last_core"})


class UnreadableRows(NamedTuple):
    """Rows of a table, from ``first`` to before ``end`` by ``rowid``, with unreadable columns."""

    first: int
    end: int
    columns: frozenset[str]

    @property
    def row_is_lost(self) -> bool:
        """True if the rows are of no use without these columns."""
        return not self.columns <= _OPTIONAL_COLUMNS


class _ReadableRows(NamedTuple):
    """Rows of a table by ``rowid``, with unreadable columns ``missing``; ``end`` may be open."""

    first: int
    end: int | None
    missing: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Damage:
    """The damage of a file.

    Attributes:
        blocks: The damaged blocks.
        unreadable: The unreadable rows of each table, in order, without overlap.
    """

    blocks: frozenset[int]
    unreadable: dict[str, list[UnreadableRows]]


NO_DAMAGE = Damage(frozenset(), {})


class _ColumnSegment(NamedTuple):
    """Rows of one column that lie together in these blocks, in the row group ``group``."""

    column: str
    group: int
    first: int
    end: int
    blocks: tuple[int, ...]


def find_by_checksum(cursor: duckdb.DuckDBPyConnection, file: LogFile) -> Damage:
    """Find damage by the checksum of every block of a file's tables.

    Args:
        cursor: The cursor to read with.
        file: The file, attached.

    Raises:
        duckdb.Error: The positions of the blocks cannot be read.
        OSError: The file cannot be read.
    """
    ((block_bytes,),) = cursor.execute(
        f"SELECT block_size FROM pragma_database_size() WHERE database_name = '{file.catalog}'"
    ).fetchall()
    tables = {table: _column_segments(cursor, file, table) for table in list_tables(cursor, file)}
    blocks = {
        block for segments in tables.values() for segment in segments for block in segment.blocks
    }
    damaged = frozenset(find_damaged_blocks(file.path, blocks, block_bytes))
    unreadable = {table: _rows_in(segments, damaged) for table, segments in tables.items()}
    return Damage(damaged, {table: rows for table, rows in unreadable.items() if rows})


def find_by_reading(cursor: duckdb.DuckDBPyConnection, file: LogFile) -> Damage:
    """Find damage that no checksum shows, by reading every row of a file.

    Raises:
        duckdb.Error: Not even the number of rows can be read.
    """
    unreadable: dict[str, list[UnreadableRows]] = {}
    for table in list_tables(cursor, file):
        name = f"{file.catalog}.{table}"
        ((count,),) = cursor.execute(f"SELECT count(*) FROM {name}").fetchall()
        columns = frozenset(_column_types(cursor, file, table))
        ranges: list[UnreadableRows] = []
        for first, end in _bisect_unreadable(cursor, name, 0, count):
            if ranges and ranges[-1].end == first:
                ranges[-1] = ranges[-1]._replace(end=end)
            else:
                ranges.append(UnreadableRows(first, end, columns))
        if ranges:
            unreadable[table] = ranges
    return Damage(frozenset(), unreadable)


def list_tables(cursor: duckdb.DuckDBPyConnection, file: LogFile) -> list[str]:
    """Return the names of a file's tables; none if it is not attached."""
    rows = cursor.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = ? ORDER BY table_oid",
        [file.catalog],
    ).fetchall()
    return [name for (name,) in rows]


def salvage_views(
    cursor: duckdb.DuckDBPyConnection,
    file: LogFile,
    damage: Damage = NO_DAMAGE,
    conversion: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[str]:
    """Yield the statements that create, for each table, a view of its readable rows.

    Args:
        cursor: The cursor to read with.
        file: The file, attached.
        damage: Its damage.
        conversion: What the views select from tables of an earlier version.
    """
    for table in list_tables(cursor, file):
        source = f"{file.catalog}.{table}"
        unreadable = damage.unreadable.get(table, [])
        parts = [
            f"SELECT {_select_list(cursor, file, table, rows)} FROM {source} "
            f"WHERE rowid >= {rows.first}"
            + ("" if rows.end is None else f" AND rowid < {rows.end}")
            for rows in _readable_between(unreadable)
        ]
        text = " UNION ALL ".join(parts) if unreadable else f"SELECT * FROM {source}"
        if table in conversion:
            text = f"SELECT {conversion[table]} FROM ({text})"
        yield f"CREATE OR REPLACE VIEW {file.salvage_catalog}.{table} AS {text}"


def _select_list(
    cursor: duckdb.DuckDBPyConnection, file: LogFile, table: str, rows: _ReadableRows
) -> str:
    if not rows.missing:
        return "*"
    kinds = _column_types(cursor, file, table)
    missing = ", ".join(f"NULL::{kinds[name]} AS {name}" for name in sorted(rows.missing))
    return f"* REPLACE ({missing})"


def _readable_between(unreadable: Sequence[UnreadableRows]) -> Iterator[_ReadableRows]:
    """Yield the readable rows in order; the last have no end, because rows may be appended."""
    position = 0
    for rows in unreadable:
        if rows.first > position:
            yield _ReadableRows(position, rows.first)
        if not rows.row_is_lost:
            yield _ReadableRows(*rows)
        position = rows.end
    yield _ReadableRows(position, None)


def _column_types(cursor: duckdb.DuckDBPyConnection, file: LogFile, table: str) -> dict[str, str]:
    return dict(
        cursor.execute(
            "SELECT column_name, data_type FROM duckdb_columns() "
            "WHERE database_name = ? AND table_name = ? ORDER BY column_index",
            [file.catalog, table],
        ).fetchall()
    )


def _column_segments(
    cursor: duckdb.DuckDBPyConnection, file: LogFile, table: str
) -> list[_ColumnSegment]:
    rows = cursor.execute(
        "SELECT column_name, row_group_id, start, count, block_id, additional_block_ids "
        f"FROM pragma_storage_info('{file.catalog}.{table}')"
    ).fetchall()
    ends: dict[int, int] = defaultdict(int)
    begins: dict[int, int] = {}
    for _, group, start, count, _, _ in rows:
        begins[group] = min(begins.get(group, start), start)
        ends[group] = max(ends[group], start + count)
    base: dict[int, int] = {}
    total = 0
    for group in sorted(ends):
        base[group] = total
        total += ends[group] - begins[group]
    return [
        _ColumnSegment(
            column,
            base[group],
            base[group] + start - begins[group],
            base[group] + start - begins[group] + count,
            tuple(each for each in (block, *(more or ())) if each is not None and each >= 0),
        )
        for column, group, start, count, block, more in rows
    ]


def _rows_in(segments: Sequence[_ColumnSegment], damaged: frozenset[int]) -> list[UnreadableRows]:
    """Return the rows that lie in damaged blocks, in ranges that do not overlap."""
    group_ends: dict[int, int] = defaultdict(int)
    for segment in segments:
        group_ends[segment.group] = max(group_ends[segment.group], segment.end)
    ranges = []
    for segment in segments:
        if damaged.isdisjoint(segment.blocks):
            continue
        # Vectors are counted from the beginning of a row group.
        group = segment.group
        first = group + (segment.first - group) // VECTOR_ROWS * VECTOR_ROWS
        end = group - (group - segment.end) // VECTOR_ROWS * VECTOR_ROWS
        ranges.append(
            UnreadableRows(first, min(end, group_ends[group]), frozenset({segment.column}))
        )
    bounds = sorted({bound for rows in ranges for bound in (rows.first, rows.end)})
    disjoint: list[UnreadableRows] = []
    for first, end in pairwise(bounds):
        columns = frozenset().union(
            *(rows.columns for rows in ranges if rows.first <= first and rows.end >= end)
        )
        if not columns:
            continue
        if disjoint and disjoint[-1].end == first and disjoint[-1].columns == columns:
            disjoint[-1] = disjoint[-1]._replace(end=end)
        else:
            disjoint.append(UnreadableRows(first, end, columns))
    return disjoint


def _bisect_unreadable(
    cursor: duckdb.DuckDBPyConnection, table: str, first: int, end: int
) -> Iterator[tuple[int, int]]:
    """Yield the ranges of rows that cannot be read, found by bisection."""
    if first >= end:
        return
    try:
        cursor.execute(
            f"SELECT bit_xor(hash(each)) FROM {table} AS each "
            f"WHERE rowid >= {first} AND rowid < {end}"
        ).fetchall()
    except duckdb.Error:
        if end - first <= VECTOR_ROWS:
            yield first, end
            return
        middle = first + max(VECTOR_ROWS, (end - first) // 2 // VECTOR_ROWS * VECTOR_ROWS)
        yield from _bisect_unreadable(cursor, table, first, middle)
        yield from _bisect_unreadable(cursor, table, middle, end)
