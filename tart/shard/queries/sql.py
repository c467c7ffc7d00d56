"""A shard's part of a SQL query: scans of the tables for the sandbox that runs the statement.

Only the scans run in the shard's process. Each reads one range of the event log at a time,
filters it, projects it to the columns that are needed, and passes it on before the next range is
read. The statement itself runs in a process of ``tart.sandbox``, which can be killed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import duckdb

from tart.errors import BadQuery
from tart.query.core.query import Attached
from tart.query.shard_queries.events import Sql as SqlQuery
from tart.sandbox import process
from tart.shard.queries.sql_tables import SqlTables
from tart.storage.log.query_threads import IsCancelled

Cursor = duckdb.DuckDBPyConnection

# Limit of Arrow bytes that one statement may read of a shard.
MAX_SCANNED_BYTES = 8 << 30
# The part of the deadline that is reserved for the time after the statement.
_GRACE_SECONDS = 0.5


class Sql:
    """Answers the query ``sql`` for one shard."""

    def __init__(self, tables: SqlTables) -> None:
        self._tables = tables

    def answer(
        self, cursor: Cursor, query: SqlQuery, is_cancelled: IsCancelled
    ) -> Attached[dict[str, Any]]:
        """Return the statement's result over this shard's directories, as an Arrow stream."""
        self._tables.install_functions(cursor)
        seconds = max(_GRACE_SECONDS, query.seconds - _GRACE_SECONDS)
        job = process.SqlJob(query.sql, lossless=True, seconds=seconds)

        def run_scan(scan: Mapping[str, Any]) -> Iterator[bytes]:
            return limit_bytes(self._tables.rows(cursor, scan))

        return Attached({}, process.run(job, run_scan, abandoned=is_cancelled))


def limit_bytes(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the rows of a scan.

    Raises:
        BadQuery: The scan exceeds ``MAX_SCANNED_BYTES``.
    """
    left = MAX_SCANNED_BYTES
    for block in blocks:
        left -= len(block)
        if left < 0:
            raise BadQuery(f"the statement reads more than {MAX_SCANNED_BYTES} bytes", "map")
        yield block
