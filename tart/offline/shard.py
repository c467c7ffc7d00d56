"""One shard without sockets: received bytes in, answers to queries out.

The parts are those of ``shard.worker``. Nothing happens by itself: the caller hands over what nodes
send, and has it flushed (``settle``) before it queries; so equal input gives equal answers, however
fast it is played.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from tart.aggregate.columnar.live_counters import LiveCounters
from tart.clock import Clock
from tart.config.schema import Config
from tart.errors import StorageError
from tart.ipc.messages import Failure, Partial, RunQuery
from tart.shard.ingest.aggregator import open_aggregator
from tart.shard.ingest.listener import Listener
from tart.shard.ingest.live_streams import Streams
from tart.shard.ingest.pipeline import Ingest, Numbering
from tart.shard.queries.aggregate_queries import AggregateQueries
from tart.shard.queries.handlers import QueryHandlers
from tart.shard.queries.sql_tables import SqlTables
from tart.shard.query_server import QueryServer
from tart.shard.state.backpressure import Backpressure
from tart.shard.state.nodes import Nodes, Session
from tart.shard.state.peer_dictionary import PeerDictionary
from tart.storage.core.batch import Batch
from tart.storage.store import Store
from tart.units import MINUTE_US, SECOND_US

# Events are counted in large batches: no answer is needed before ``settle``.
_BATCH_SECONDS = 3600.0
_BATCH_ROWS = 50_000
# The time between two flushes of the aggregates.
_FLUSH_US = 5 * MINUTE_US


class OfflineShard:
    """A shard on files of a directory of its own.

    Args:
        index: Its number.
        count: The number of shards.
        directory: An empty directory, for all shards.
        clock: The present.
        keeps_events: Whether the event log is written, for queries of events; else only what is
            derived from them.
    """

    def __init__(
        self, index: int, count: int, directory: Path, clock: Clock, *, keeps_events: bool = False
    ) -> None:
        config = Config(base_dir=directory)
        storage = replace(
            config.storage,
            flush_seconds=_BATCH_SECONDS,
            quiet_flush_seconds=_BATCH_SECONDS,
            flush_rows=_BATCH_ROWS,
        )
        self._loop = asyncio.get_running_loop()
        self._keeps_events = keeps_events
        self._clock = clock
        self._flush_at_us = clock() + _FLUSH_US
        self._failure: Exception | None = None
        self._handed = self._committed = self._flushes = self._written = 0
        self._progress = asyncio.Event()
        nodes, streams, backpressure = Nodes(), Streams(), Backpressure()
        counters = LiveCounters(clock() // SECOND_US)
        self._store = Store(
            storage,
            config.data_path,
            index,
            count,
            on_commit=self._on_commit,
            on_failure=self._on_failure,
            start_maintenance=False,
        )
        own = self._store.recovered[index]
        self._aggregator, self._aggregate_writer = open_aggregator(
            self._store, nodes, config.aggregates, self._on_written, self._on_failure
        )
        self.ingest = Ingest(
            storage,
            config.telemetry,
            Numbering(index, own.next_sequence, own.next_session, PeerDictionary(own.peers)),
            nodes=nodes,
            counters=counters,
            streams=streams,
            aggregator=self._aggregator,
            backpressure=backpressure,
            write=self._write,
            node_changed=lambda session: None,
            clock=clock,
        )
        count_received = self.ingest.decode_received
        tables = SqlTables(self._store, nodes, self._aggregator, config.aggregates, count_received)
        listener = Listener(config.telemetry, self.ingest, backpressure)
        handlers = QueryHandlers(
            self._store, nodes, counters, streams, self.ingest, listener, tables, clock
        )
        aggregates = AggregateQueries(
            self._store,
            nodes,
            self._aggregator,
            config.aggregates,
            count_received,
            clock,
            monotonic=lambda: clock() / SECOND_US,
        )
        self._server = QueryServer(
            index, handlers, aggregates, streams, self._store, share_seconds=0.0
        )

    async def settle(self) -> None:
        """Hand over what was received, and wait until queries find it.

        Aggregates stay in memory for some minutes: writing them costs more than counting.

        Raises:
            StorageError: It cannot be written.
        """
        if self._clock() >= self._flush_at_us:
            self._flush_at_us = self._clock() + _FLUSH_US
            self.ingest.flush_aggregates()
        else:
            self.ingest.flush()
        while (self._committed, self._written) != (self._handed, self._flushes):
            self._progress.clear()
            if self._failure is not None:
                raise StorageError(f"writing failed: {self._failure}")
            await self._progress.wait()

    async def reply(self, query: RunQuery) -> Partial | Failure:
        """Return the answer to a query."""
        return await self._server.reply(query)

    async def close(self) -> None:
        """Close the files."""
        await self._server.stop()
        await self._loop.run_in_executor(None, self._store.close)

    def close_session(self, session: Session, reason: str | None) -> None:
        """End a connection."""
        self.ingest.close_session(session, reason)

    def _write(self, batch: Batch) -> None:
        self._handed += 1
        self._flushes += batch.flush is not None
        if self._keeps_events:
            self._store.writer.put(batch)
        else:
            self._on_commit(batch)

    def _on_commit(self, batch: Batch) -> None:
        if batch.flush is not None:
            self._aggregate_writer.put(batch.flush)
        self._loop.call_soon_threadsafe(self._record_commit, batch)

    def _record_commit(self, batch: Batch) -> None:
        self.ingest.record_commit(batch)
        self._committed += 1
        self._progress.set()

    def _on_written(self, flush: int) -> None:
        self._loop.call_soon_threadsafe(self._record_written, flush)

    def _record_written(self, flush: int) -> None:
        self._aggregator.record_written(flush)
        self._written += 1
        self._progress.set()

    def _on_failure(self, error: Exception) -> None:
        self._failure = error
        self._loop.call_soon_threadsafe(self._progress.set)
