"""A shard's part of a SQL query: scans of the views for the sandbox that runs the statement.

Only the scans run in the shard's process. Each reads one range of the event log at a time,
filters it, projects it to the columns that are needed, and passes it on before the next range is
read. The statement itself runs in a process of ``tart.sandbox``, which can be killed.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb
import nanoarrow as na
from nanoarrow.ipc import StreamWriter

from tart.errors import BadQuery
from tart.query.core.query import Attached
from tart.query.shard_queries.events import Sql as SqlQuery
from tart.query.sql import pushdown
from tart.sandbox import process
from tart.shard.state.nodes import Nodes
from tart.storage.core.files import LogFile
from tart.storage.log import views
from tart.storage.log.query_threads import IsCancelled
from tart.storage.store import Store

Cursor = duckdb.DuckDBPyConnection

# Limit of Arrow bytes that one statement may read of a shard.
MAX_SCANNED_BYTES = 8 << 30
# The part of the deadline that is reserved for the time after the statement.
_GRACE_SECONDS = 0.5


class Sql:
    """Answers the query ``sql`` for one shard."""

    def __init__(self, store: Store, nodes: Nodes) -> None:
        self._store = store
        self._nodes = nodes

    def answer(
        self, cursor: Cursor, query: SqlQuery, is_cancelled: IsCancelled
    ) -> Attached[dict[str, Any]]:
        """Return the statement's result over this shard's directories, as an Arrow stream."""
        views.install_decoder(cursor, self._protocol)
        seconds = max(_GRACE_SECONDS, query.seconds - _GRACE_SECONDS)
        job = process.SqlJob(query.sql, lossless=True, seconds=seconds)

        def run_scan(scan: Mapping[str, Any]) -> Iterator[bytes]:
            return rows(cursor, self._files(), scan)

        return Attached({}, process.run(job, run_scan, abandoned=is_cancelled))

    def _files(self) -> list[LogFile]:
        """Return all files, oldest first."""
        directories = self._store.directories
        files = [file for directory in directories for file in self._store.files(directory)]
        return sorted(files, key=lambda file: file.period)

    def _protocol(self, directory: int, session: int) -> tuple[int, int | None]:
        owner = self._nodes.session_owners[directory, session]
        return owner.protocol_version, owner.cores


def rows(cursor: Cursor, files: Sequence[LogFile], scan: Mapping[str, Any]) -> Iterator[bytes]:
    """Yield the rows of a scan as Arrow streams.

    Raises:
        BadQuery: The scan exceeds ``MAX_SCANNED_BYTES``.
    """
    left = MAX_SCANNED_BYTES
    for block in views.scan(cursor, files, pushdown.parse_scan(scan), _arrow):
        left -= len(block)
        if left < 0:
            raise BadQuery(f"the statement reads more than {MAX_SCANNED_BYTES} bytes", "map")
        yield block


def _arrow(relation: duckdb.DuckDBPyRelation) -> bytes:
    """Return a result as an Arrow IPC stream."""
    out = io.BytesIO()
    with StreamWriter.from_writable(out) as writer:
        writer.write_stream(na.c_array_stream(relation))
    return out.getvalue()
