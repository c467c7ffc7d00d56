"""``python -m loadtest.columns DIRECTORY``: the size of each column of stored files.

Reads all files of DuckDB below a directory that no server uses, such as ``bench --files`` leaves:
the bytes per event of each column of the event log with the compressions that DuckDB chose, of
the other tables, and what is neither: metadata, free blocks and gaps within blocks.

DuckDB tells where each part of a column begins, not where it ends: a part ends where the next one
in its block begins. The last part of a block has as many bytes per row as the column's others;
the rest of the block is a gap.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

_LOG = "log"


@dataclass
class Column:
    """A column of a table, over all files.

    Attributes:
        bytes: Its size, compressed.
        compressions: Rows by compression.
    """

    bytes: int = 0
    compressions: Counter[str] = field(default_factory=Counter)


@dataclass
class Sizes:
    """The sizes of files.

    Attributes:
        columns: By table and column.
        rows: Of each table.
        groups: Row groups of the event log.
        gaps: Bytes of blocks that no part fills.
        free: Bytes of free blocks.
        total: Bytes of the files.
    """

    columns: dict[tuple[str, str], Column] = field(default_factory=lambda: defaultdict(Column))
    rows: Counter[str] = field(default_factory=Counter)
    groups: int = 0
    gaps: int = 0
    free: int = 0
    total: int = 0

    @property
    def data(self) -> int:
        """Bytes of all columns."""
        return sum(column.bytes for column in self.columns.values())


@dataclass(frozen=True)
class _Part:
    """A part of a column in a block.

    Attributes:
        blocks: Further blocks that it fills alone.
    """

    column: tuple[str, str]
    block: int
    offset: int
    blocks: int
    compression: str
    rows: int


def measure(files: Iterable[Path]) -> Sizes:
    """Return the sizes of files of DuckDB."""
    sizes = Sizes()
    for path in files:
        with duckdb.connect(str(path), read_only=True) as connection:
            _measure_file(connection, sizes)
        sizes.total += path.stat().st_size
    return sizes


def _measure_file(connection: duckdb.DuckDBPyConnection, sizes: Sizes) -> None:
    ((size, free),) = connection.execute(
        "SELECT block_size, free_blocks FROM pragma_database_size()"
    ).fetchall()
    sizes.free += size * free
    parts: list[_Part] = []
    for (table,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall():
        ((rows,),) = connection.execute(f"SELECT count(*) FROM {table}").fetchall()
        sizes.rows[table] += rows
        info = connection.execute(
            "SELECT column_name, block_id, block_offset, len(additional_block_ids), compression, "
            "CASE WHEN segment_type = 'VALIDITY' THEN 0 ELSE count END, row_group_id "
            f"FROM pragma_storage_info('{table}') WHERE persistent"
        ).fetchall()
        parts += [_Part((table, column), *rest) for column, *rest, _ in info]
        if table == _LOG:
            sizes.groups += len({group for *_, group in info})
    _add_parts(parts, size, sizes)


def _add_parts(parts: list[_Part], block_size: int, sizes: Sizes) -> None:
    """Add the sizes of parts of one file."""
    parts.sort(key=lambda part: (part.block, part.offset))
    last: list[tuple[_Part, int]] = []
    known: Counter[tuple[str, str]] = Counter()
    rows: Counter[tuple[str, str]] = Counter()
    for part, following in zip(parts, [*parts[1:], None], strict=True):
        column = sizes.columns[part.column]
        column.compressions[part.compression] += part.rows
        column.bytes += part.blocks * block_size
        if part.block < 0:  # a constant, which is in the metadata
            continue
        if following is None or following.block != part.block:
            last.append((part, block_size - part.offset))
            continue
        column.bytes += following.offset - part.offset
        known[part.column] += following.offset - part.offset
        rows[part.column] += part.rows
    for part, room in last:
        size = room
        if rows[part.column]:
            size = min(room, known[part.column] * part.rows // rows[part.column])
        sizes.columns[part.column].bytes += size
        sizes.gaps += room - size


def report(sizes: Sizes) -> str:
    """Return the sizes as a table: bytes per event, and compressions by rows."""
    events = max(sizes.rows[_LOG], 1)
    lines = [
        f"{events:,} events in {sizes.groups} row groups, {sizes.total / events:.2f} bytes each",
        "",
        f"{'column':<32}{'bytes/event':>12}  compressions",
    ]
    others: Counter[str] = Counter()
    for (table, name), column in sorted(sizes.columns.items(), key=lambda each: -each[1].bytes):
        if table != _LOG:
            others[table] += column.bytes
            continue
        counts = [pair for pair in column.compressions.most_common() if pair[1]]
        text = ", ".join(f"{kind} {count / events:.0%}" for kind, count in counts)
        lines.append(f"{name:<32}{column.bytes / events:>12.3f}  {text}")
    log = sum(column.bytes for (table, _), column in sizes.columns.items() if table == _LOG)
    lines.append(f"{'the event log':<32}{log / events:>12.3f}")
    for table, size in others.most_common():
        lines.append(f"{table:<32}{size / events:>12.3f}")
    lines.append(f"{'free blocks':<32}{sizes.free / events:>12.3f}")
    lines.append(f"{'gaps in blocks':<32}{sizes.gaps / events:>12.3f}")
    rest = sizes.total - sizes.free - sizes.gaps - sizes.data
    lines.append(f"{'metadata and the rest':<32}{rest / events:>12.3f}")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m loadtest.columns", description="Sizes of stored columns."
    )
    parser.add_argument("directory", type=Path, help="a data directory, or one of its shards")
    given = parser.parse_args(arguments)
    files = sorted(given.directory.rglob("*.duckdb"))
    if not files:
        parser.error(f"there are no files of DuckDB below {given.directory}")
    print(report(measure(files)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
