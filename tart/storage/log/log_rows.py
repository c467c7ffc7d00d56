"""Rows of a segment's event log as ``LogRow``.

Columns are read as they are stored and decoded in NumPy (``core.schema.decode_log``). A file with
unreadable parts is read by expressions of DuckDB instead: its views have NULL where a value is
lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tart.storage.core.arrow import Array
from tart.storage.core.files import LogFile
from tart.storage.core.log_columns import LogRow
from tart.storage.core.schema import decode_log, log_rows_query, stored_rows_query

if TYPE_CHECKING:
    import duckdb


def read_rows(
    cursor: duckdb.DuckDBPyConnection,
    file: LogFile,
    where: str = "true",
    values: Sequence[Any] = (),
    *,
    first: int | None = None,
    last: int | None = None,
) -> list[LogRow]:
    """Return the rows of a file that meet a condition, in order of ``seq``.

    Args:
        cursor: The cursor to read with.
        file: The segment.
        where: A condition on the columns of ``log_subquery``.
        values: The parameters of the condition.
        first: Only this many rows with the smallest ``seq``.
        last: Only this many rows with the greatest ``seq``, newest first.

    Raises:
        duckdb.Error: The rows cannot be read.
    """
    if file.salvaged:
        result = cursor.execute(log_rows_query(file.alias, where, last), values)
        return [
            LogRow(*row)
            for row in (result.fetchall() if first is None else result.fetchmany(first))
        ]
    statement = stored_rows_query(file.alias, where, first=first, last=last)
    stored = cursor.execute(statement, values).fetchnumpy()
    if not len(stored["seq"]):
        return []
    columns = decode_log(stored)
    named = set(columns["peer"][columns["has_peer"]].tolist())
    peers = _read_peers(cursor, file, named) if named else {}
    lists = (_values(columns, name, peers) for name in LogRow._fields)
    return list(map(LogRow._make, zip(*lists, strict=True)))


def _read_peers(
    cursor: duckdb.DuckDBPyConnection, file: LogFile, numbers: set[int]
) -> dict[int, bytes]:
    listed = ", ".join(map(str, numbers))
    return dict(
        cursor.execute(
            f"SELECT peer, peer_id FROM {file.alias}.peers WHERE peer IN ({listed})"
        ).fetchall()
    )


def _values(columns: Mapping[str, Array], name: str, peers: Mapping[int, bytes]) -> list[Any]:
    """Return a column as values; ``None`` where a payload lacks the part."""
    values: list[Any] = columns[name].tolist()
    present = columns.get(f"has_{name}")
    if present is None:
        return values
    masked = zip(present.tolist(), values, strict=True)
    if name == "peer":
        return [peers.get(value) if there else None for there, value in masked]
    return [value if there else None for there, value in masked]
