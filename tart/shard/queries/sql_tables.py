"""A shard's part of the SQL tables: views of the event log, aggregates, nodes.

Runs on a query thread. The state of the shard that is not in files belongs to the event loop, so
a snapshot of it is taken there: the aggregates that are not flushed yet, and the nodes.
"""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

import duckdb
import nanoarrow as na
from nanoarrow.ipc import StreamWriter

from tart.config.schema import AggregatesConfig
from tart.errors import BadQuery, ShardUnavailable
from tart.protocol.dialects import Dialect
from tart.query.sql import pushdown
from tart.query.sql.pushdown import Scan
from tart.query.sql.tables import TABLES
from tart.shard.encoding.event_json import event_data
from tart.shard.encoding.json_bytes import dumps
from tart.shard.ingest.aggregator import Aggregator
from tart.shard.state.nodes import Nodes, SessionOwner
from tart.storage.aggregates.merged_relations import MergedRelations, Snapshot, StaleSnapshot
from tart.storage.aggregates.sql_parts import NodeRows, part_query
from tart.storage.log import views
from tart.storage.log.views import ScanPosition
from tart.storage.store import Store
from tart.units import HOUR_US

Cursor = duckdb.DuckDBPyConnection
T = TypeVar("T")

# Bytes of a table's part that are collected inside one transaction.
MAX_PART_BYTES = 256 << 20
_BLOCK_BYTES = 8 << 20
_SNAPSHOT_SECONDS = 10.0
_TRIES = 10


class SqlTables:
    """Reads the parts of the tables for one shard; created on the event loop.

    Args:
        count_received: Decodes and counts the events that were received and not decoded yet.
    """

    def __init__(
        self,
        store: Store,
        nodes: Nodes,
        aggregation: Aggregator,
        config: AggregatesConfig,
        count_received: Callable[[], None],
    ) -> None:
        self._store = store
        self._nodes = nodes
        self._aggregation = aggregation
        self._config = config
        self._count_received = count_received
        self._loop = asyncio.get_running_loop()

    def install_functions(self, cursor: Cursor) -> None:
        """Create the functions that the views call."""
        owners = self._nodes.session_owners
        install_functions(cursor, lambda directory, session: owners[directory, session])

    def rows(self, cursor: Cursor, document: Mapping[str, Any]) -> Iterator[bytes]:
        """Yield the rows of a scan as Arrow streams.

        Args:
            cursor: Of the query thread, with the functions installed.
            document: A scan as ``pushdown.Scan.as_json`` writes it.

        Raises:
            BadQuery: The scan is not one of a table, or its part is too large.
            ShardUnavailable: The event loop does not answer.
        """
        for block, _ in self.rows_from(cursor, document, None):
            yield block.data

    def rows_from(
        self, cursor: Cursor, document: Mapping[str, Any], after: Sequence[int] | None
    ) -> Iterator[tuple[Block, ScanPosition | None]]:
        """Yield the rows of a scan from a position on, and where the following rows begin.

        Args:
            cursor: See ``rows``.
            document: See ``rows``.
            after: The position; ``None`` is the beginning.
        """
        wanted = pushdown.parse_scan(document)
        if TABLES[wanted.view].part is None:
            position = None if after is None else ScanPosition(*after)
            indexes = self._store.skip_indexes
            yield from views.scan_from(
                cursor, self._files(), wanted, read_block, position, indexes=indexes
            )
            return
        for data in self._part(cursor, wanted):
            yield Block(data), None

    def _files(self) -> list[Any]:
        """Return all files of the event log, oldest first."""
        directories = self._store.directories
        files = [file for directory in directories for file in self._store.files(directory)]
        return sorted(files, key=views.file_order)

    def _part(self, cursor: Cursor, wanted: Scan) -> list[bytes]:
        for _ in range(_TRIES):
            snapshot, nodes = self._on_loop(lambda: self._snapshot(wanted))
            files = list(self._store.aggregates.values())
            relations = MergedRelations(
                cursor,
                files,
                snapshot,
                self._config.counts_10s_hours * HOUR_US,
                self._store.statements,
                self._store.stored_rows,
            )
            try:
                return read_part(relations, nodes, wanted, self._config.latency_hours * HOUR_US)
            except StaleSnapshot:
                continue
        raise ShardUnavailable(f"the aggregates were flushed in each of {_TRIES} attempts; retry")

    def _snapshot(self, wanted: Scan) -> tuple[Snapshot, NodeRows]:
        part = TABLES[wanted.view].part
        assert part is not None
        self._count_received()
        numbers = [
            (directory, number, peer_id)
            for directory in self._store.directories
            for number, peer_id in self._nodes.numbers(directory)
        ]
        documents = node_documents(self._nodes) if part.documents else []
        snapshot = self._aggregation.snapshot(part.reads, time.monotonic())
        return snapshot, NodeRows(numbers, documents)

    def _on_loop(self, function: Callable[[], T]) -> T:
        """Return what a function returns on the event loop."""
        future: Future[T] = Future()

        def call() -> None:
            try:
                future.set_result(function())
            except BaseException as error:
                future.set_exception(error)

        try:
            self._loop.call_soon_threadsafe(call)
            return future.result(_SNAPSHOT_SECONDS)
        except (RuntimeError, TimeoutError):
            raise ShardUnavailable("the shard is busy or stopping; retry") from None


def install_functions(cursor: Cursor, owner_of: Callable[[int, int], SessionOwner]) -> None:
    """Create the functions that the views call, for connections of these owners."""

    def layout_of(directory: int, session: int) -> tuple[int, int | None, Dialect]:
        owner = owner_of(directory, session)
        return owner.protocol_version, owner.cores, owner.dialect

    def name_of(directory: int, session: int) -> str | None:
        return owner_of(directory, session).name

    def data_of(number: int, directory: int, session: int, timestamp: int, payload: bytes) -> str:
        data = event_data(number, timestamp, payload, owner_of(directory, session))
        return dumps(data, "hex").decode()

    views.install_functions(cursor, layout_of, name_of, data_of)


def node_documents(nodes: Nodes) -> list[bytes]:
    """Return each node as JSON, as ``query.sql.aggregate_tables`` reads it."""
    documents = []
    for node in nodes.by_id.values():
        # Text, because DuckDB's JSON has no integers beyond 64 bits.
        shown = {**node.as_json(), "dropped_count": str(node.dropped_events)}
        documents.append(dumps(shown, "hex"))
    return documents


def read_part(
    relations: MergedRelations, nodes: NodeRows, wanted: Scan, latency_us: int
) -> list[bytes]:
    """Return the rows of a scan of a table that is not a view, as Arrow streams.

    Raises:
        BadQuery: The part is too large.
        StaleSnapshot: The aggregates were flushed since the snapshot was taken.
    """
    blocks: list[bytes] = []
    with relations:
        nodes.register(relations.cursor)
        try:
            statement, values = part_query(relations, wanted, latency_us)
            left = MAX_PART_BYTES
            for block in _arrow_blocks(relations.cursor.sql(statement, params=values)):
                left -= len(block)
                if left < 0:
                    raise BadQuery(
                        f"{wanted.view} has more than {MAX_PART_BYTES >> 20} MiB of rows; compare "
                        "its time with constants in WHERE",
                        "query",
                    )
                blocks.append(block)
        finally:
            NodeRows.unregister(relations.cursor)
    return blocks


@dataclass(frozen=True)
class Block:
    """Rows as an Arrow IPC stream.

    Attributes:
        data: The stream.
        rows: The number of rows, if it is known.
    """

    data: bytes
    rows: int = 0

    def __len__(self) -> int:
        return len(self.data)


def read_block(relation: duckdb.DuckDBPyRelation) -> Block:
    """Return a result as an Arrow IPC stream, empty if it has no rows."""
    out, rows = io.BytesIO(), 0
    stream = na.ArrayStream(relation)
    with StreamWriter.from_writable(out) as writer:
        writer.write_stream(na.c_array_stream([], schema=stream.schema))
        for chunk in stream.iter_chunks():
            rows += len(chunk)
            writer.write_array(chunk)
    return Block(out.getvalue() if rows else b"", rows)


def to_arrow(relation: duckdb.DuckDBPyRelation) -> bytes:
    """Return a result as an Arrow IPC stream."""
    out = io.BytesIO()
    with StreamWriter.from_writable(out) as writer:
        writer.write_stream(na.c_array_stream(relation))
    return out.getvalue()


def _arrow_blocks(relation: duckdb.DuckDBPyRelation) -> Iterator[bytes]:
    """Yield a result as Arrow IPC streams of a few megabytes, at least one."""
    stream = na.ArrayStream(relation)
    out = io.BytesIO()
    writer = StreamWriter.from_writable(out)
    writer.write_stream(na.c_array_stream([], schema=stream.schema))
    for chunk in stream.iter_chunks():
        if out.tell() >= _BLOCK_BYTES:
            writer.release()
            yield out.getvalue()
            out = io.BytesIO()
            writer = StreamWriter.from_writable(out)
            writer.write_stream(na.c_array_stream([], schema=stream.schema))
        writer.write_array(chunk)
    writer.release()
    yield out.getvalue()
