"""The table ``sampled`` of a segment: what sampling left out of its event log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tart.storage.core.files import LogFile
from tart.storage.core.schema import SAMPLED, SAMPLED_DDL, SampledRow

if TYPE_CHECKING:
    import duckdb


def insert_sampled(
    cursor: duckdb.DuckDBPyConnection, file: LogFile, rows: Sequence[SampledRow]
) -> None:
    """Append rows to the table, which is created for the first ones."""
    cursor.execute(SAMPLED_DDL.format(file=file.catalog))
    cursor.executemany(
        f"INSERT INTO {file.catalog}.{SAMPLED} "
        "VALUES (?, ?, ?, make_timestamp(?), make_timestamp(?))",
        [list(row) for row in rows],
    )


def files_with_sampled(
    cursor: duckdb.DuckDBPyConnection, files: Iterable[LogFile]
) -> list[LogFile]:
    """Return the files that have the table, of files that are attached and not salvaged."""
    names = {
        name
        for (name,) in cursor.execute(
            "SELECT database_name FROM duckdb_tables() WHERE table_name = ?", [SAMPLED]
        ).fetchall()
    }
    return [file for file in files if file.alias in names]


def read_sampled(cursor: duckdb.DuckDBPyConnection, files: Iterable[LogFile]) -> list[SampledRow]:
    """Return the rows of all files that have the table.

    Raises:
        duckdb.Error: A file cannot be read.
    """
    return [
        SampledRow(*row)
        for file in files_with_sampled(cursor, files)
        for row in cursor.execute(
            "SELECT first_seq, last_seq, events, epoch_us(first_at), epoch_us(last_at) "
            f"FROM {file.alias}.{SAMPLED} ORDER BY first_seq"
        ).fetchall()
    ]
