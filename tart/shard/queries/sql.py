"""A shard's part of a SQL query: scans of the tables for the sandbox that runs the statement.

Only the scans run in the shard's process. Each reads one range of the event log at a time,
filters it, projects it to the columns that are needed, and passes it on before the next range is
read. A statement itself runs in a process of ``tart.sandbox``, which can be killed: the part of a
split statement in one of this shard, any other in one of the gateway, which asks for the rows page
by page.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import duckdb

from tart.errors import BadQuery, SqlRefused
from tart.query.core.query import Attached
from tart.query.shard_queries.events import Sql as SqlQuery
from tart.query.shard_queries.events import SqlPage, SqlScan
from tart.query.sql.limits import MEMORY_BYTES, too_many_bytes
from tart.sandbox import process
from tart.sandbox.template import Template
from tart.shard.queries.sql_tables import Block, SqlTables
from tart.storage.log.query_threads import IsCancelled, raise_if_cancelled
from tart.storage.log.views import ScanPosition

Cursor = duckdb.DuckDBPyConnection

# Limit of Arrow bytes that one statement may read of a shard.
MAX_SCANNED_BYTES = 8 << 30
# The part of the deadline that is reserved for the time after the statement.
_GRACE_SECONDS = 0.5
# A page ends after these bytes, or this time: other queries take turns with it.
PAGE_BYTES = 8 << 20
_PAGE_SECONDS = 0.25
# The template of sandboxes takes memory in each shard, so it ends a while after the last statement.
_TEMPLATE_SECONDS = 60.0


class Sql:
    """Answers the queries ``sql`` and ``sql_scan`` for one shard."""

    def __init__(self, tables: SqlTables) -> None:
        self._tables = tables
        self._template = Template(MEMORY_BYTES, _TEMPLATE_SECONDS)

    def answer(
        self, cursor: Cursor, query: SqlQuery, is_cancelled: IsCancelled
    ) -> Attached[dict[str, Any]]:
        """Return the statement's result over this shard's directories, as an Arrow stream."""
        self._tables.install_functions(cursor)
        seconds = max(_GRACE_SECONDS, query.seconds - _GRACE_SECONDS)
        job = process.SqlJob(query.sql, lossless=True, seconds=seconds)

        def run_scan(scan: Mapping[str, Any]) -> Iterator[bytes]:
            return limit_bytes(self._tables.rows(cursor, scan))

        data = process.run(job, run_scan, abandoned=is_cancelled, template=self._template)
        return Attached({}, data)

    def close(self) -> None:
        """End the template of sandboxes; none is started any more."""
        self._template.close()

    def scan(self, cursor: Cursor, query: SqlScan) -> Attached[SqlPage]:
        """Return the next rows of a table.

        Raises:
            SqlRefused: They exceed the limit of the query.
        """
        self._tables.install_functions(cursor)
        ends = time.monotonic() + _PAGE_SECONDS
        blocks: list[Block] = []
        size = 0
        position: ScanPosition | None = None
        for block, position in self._tables.rows_from(cursor, query.scan, query.after):
            raise_if_cancelled()
            blocks += [block] if block.data else []
            size += len(block)
            if size > query.max_bytes:
                raise SqlRefused(too_many_bytes(query.scan["view"], query.scan["columns"]))
            if position is not None and (size >= PAGE_BYTES or time.monotonic() >= ends):
                break
        else:
            position = None
        page: SqlPage = {
            "lengths": [len(block) for block in blocks],
            "rows": sum(block.rows for block in blocks),
            "next": None if position is None else list(position),
        }
        return Attached(page, b"".join(block.data for block in blocks))


def limit_bytes(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the rows of a scan.

    Raises:
        BadQuery: The scan exceeds ``MAX_SCANNED_BYTES``.
    """
    left = MAX_SCANNED_BYTES
    for block in blocks:
        left -= len(block)
        if left < 0:
            raise BadQuery(
                f"the statement reads more than {MAX_SCANNED_BYTES >> 30} GiB of a shard; compare "
                "the time with constants in WHERE: received_at > now() - INTERVAL 1 HOUR"
            )
        yield block
