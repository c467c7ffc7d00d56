"""What a damaged block of a file costs, found without reading the rest of it.

DuckDB knows for each table in which block each stretch of each column lies
(``pragma_storage_info``), and each block has a checksum. So what is damaged is found by
reading blocks, and what lies in it is known: some columns of some rows. Measured with 2.0.0:

- A wrong checksum is an error of the statement that reads the block, and of no other: the
  file stays attached, is written to and checkpointed.
- A statement that keeps away from such rows by ``rowid`` does not read the block. It reads
  2,048 rows at a time, so what lies in a block is rounded to that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import duckdb

from tart.storage.core.files import LogFile
from tart.storage.log.blocks import wrong_blocks

# DuckDB reads so many rows at a time.
VECTOR_ROWS = 2048
# What can be missing of an event: all that it said stands in other columns.
_DISPENSABLE = frozenset({"last_slot", "last_core"})


class Lost(NamedTuple):
    """Rows of a table, by ``rowid``, and the columns that cannot be read of them."""

    first: int
    end: int
    columns: frozenset[str]

    @property
    def whole(self) -> bool:
        """Whether the rows are of no use without these columns."""
        return not self.columns <= _DISPENSABLE


@dataclass(frozen=True)
class Damage:
    """What cannot be read of a file: for each table, in order, without overlap.

    Attributes:
        blocks: the damaged ones.
    """

    blocks: frozenset[int]
    lost: dict[str, list[Lost]]


class _Segment(NamedTuple):
    """Rows of one column that lie together: from ``first`` on, in these blocks."""

    column: str
    group: int
    first: int
    end: int
    blocks: tuple[int, ...]


def survey(cursor: duckdb.DuckDBPyConnection, file: LogFile) -> Damage:
    """Look at every block that a file's tables lie in.

    Args:
        file: attached.

    Raises:
        duckdb.Error: where things lie cannot be read.
        OSError: the file cannot be read.
    """
    ((block_bytes,),) = cursor.execute(
        f"SELECT block_size FROM pragma_database_size() WHERE database_name = '{file.catalog}'"
    ).fetchall()
    tables = {table: _segments(cursor, file, table) for table in tables_of(cursor, file)}
    every = {
        block for segments in tables.values() for segment in segments for block in segment.blocks
    }
    wrong = wrong_blocks(file.path, every, block_bytes)
    lost = {
        table: found
        for table, segments in tables.items()
        if (found := _lost(segments, frozenset(wrong)))
    }
    return Damage(frozenset(wrong), lost)


def probe(cursor: duckdb.DuckDBPyConnection, file: LogFile) -> Damage:
    """The same by reading everything, for damage that no checksum tells of.

    Raises:
        duckdb.Error: not even the number of rows can be read.
    """
    lost: dict[str, list[Lost]] = {}
    for table in tables_of(cursor, file):
        name = f"{file.catalog}.{table}"
        ((rows,),) = cursor.execute(f"SELECT count(*) FROM {name}").fetchall()
        columns = frozenset(_columns(cursor, file, table))
        found: list[Lost] = []
        for first, end in _unreadable(cursor, name, 0, rows):
            if found and found[-1].end == first:
                found[-1] = Lost(found[-1].first, end, columns)
            else:
                found.append(Lost(first, end, columns))
        if found:
            lost[table] = found
    return Damage(frozenset(), lost)


def tables_of(cursor: duckdb.DuckDBPyConnection, file: LogFile) -> list[str]:
    """The names of a file's tables."""
    rows = cursor.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = ? ORDER BY table_oid",
        [file.catalog],
    ).fetchall()
    return [name for (name,) in rows]


def views(cursor: duckdb.DuckDBPyConnection, file: LogFile, damage: Damage) -> Iterator[str]:
    """The statements that make, for each table, a view of what can be read of it."""
    for table in tables_of(cursor, file):
        source = f"{file.catalog}.{table}"
        lost = damage.lost.get(table, [])
        parts = [
            f"SELECT {_shown(cursor, file, table, each)} FROM {source} WHERE rowid >= {each.first}"
            + ("" if each.end < 0 else f" AND rowid < {each.end}")
            for each in _readable(lost)
        ]
        text = " UNION ALL ".join(parts) if lost else f"SELECT * FROM {source}"
        yield f"CREATE OR REPLACE VIEW {file.salvage_catalog}.{table} AS {text}"


def _shown(cursor: duckdb.DuckDBPyConnection, file: LogFile, table: str, part: Lost) -> str:
    if not part.columns:
        return "*"
    kinds = _columns(cursor, file, table)
    missing = ", ".join(f"NULL::{kinds[name]} AS {name}" for name in sorted(part.columns))
    return f"* REPLACE ({missing})"


def _readable(lost: Sequence[Lost]) -> Iterator[Lost]:
    """The stretches between; ``end`` of the last is -1, for rows are added."""
    at = 0
    for each in lost:
        if each.first > at:
            yield Lost(at, each.first, frozenset())
        if not each.whole:
            yield each
        at = each.end
    yield Lost(at, -1, frozenset())


def _columns(cursor: duckdb.DuckDBPyConnection, file: LogFile, table: str) -> dict[str, str]:
    return dict(
        cursor.execute(
            "SELECT column_name, data_type FROM duckdb_columns() "
            "WHERE database_name = ? AND table_name = ? ORDER BY column_index",
            [file.catalog, table],
        ).fetchall()
    )


def _segments(cursor: duckdb.DuckDBPyConnection, file: LogFile, table: str) -> list[_Segment]:
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
        _Segment(
            column,
            base[group],
            base[group] + start - begins[group],
            base[group] + start - begins[group] + count,
            tuple(each for each in (block, *(more or ())) if each is not None and each >= 0),
        )
        for column, group, start, count, block, more in rows
    ]


def _lost(segments: Sequence[_Segment], wrong: frozenset[int]) -> list[Lost]:
    """What lies in wrong blocks, as stretches that do not overlap."""
    ends: dict[int, int] = defaultdict(int)
    for each in segments:
        ends[each.group] = max(ends[each.group], each.end)
    found = []
    for each in segments:
        if wrong.isdisjoint(each.blocks):
            continue
        # Vectors are counted from the beginning of a row group.
        first = each.group + (each.first - each.group) // VECTOR_ROWS * VECTOR_ROWS
        end = each.group - (each.group - each.end) // VECTOR_ROWS * VECTOR_ROWS
        found.append(Lost(first, min(end, ends[each.group]), frozenset({each.column})))
    bounds = sorted({at for each in found for at in each[:2]})
    cut: list[Lost] = []
    for first, end in pairwise(bounds):
        columns = frozenset().union(
            *(each.columns for each in found if each.first <= first and each.end >= end)
        )
        if not columns:
            continue
        if cut and cut[-1].end == first and cut[-1].columns == columns:
            cut[-1] = Lost(cut[-1].first, end, columns)
        else:
            cut.append(Lost(first, end, columns))
    return cut


def _unreadable(
    cursor: duckdb.DuckDBPyConnection, table: str, first: int, end: int
) -> Iterator[tuple[int, int]]:
    """The stretches that cannot be read, by halves."""
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
        yield from _unreadable(cursor, table, first, middle)
        yield from _unreadable(cursor, table, middle, end)
