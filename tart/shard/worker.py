"""One shard process: start, service, stop.

Everything is opened here, after the fork. The start opens the files, on a thread, then the
gateway's socket, then the telemetry port, and reports readiness. The stop closes the telemetry
port and its connections, writes the last batch, closes the files, and closes the gateway's socket
last, so that the gateway learns why queries end.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys
import time
from contextlib import suppress

import uvloop

from tart.aggregate.columnar.live_counters import LiveCounters
from tart.background_tasks import first_delay
from tart.config.schema import Config
from tart.errors import DiskFull, StartInterrupted, StorageError
from tart.process_handle import ProcessHandle
from tart.shard.cpu_pressure import CpuPressure
from tart.shard.ingest.aggregator import open_aggregator
from tart.shard.ingest.listener import Listener, listening_socket
from tart.shard.ingest.live_streams import Streams
from tart.shard.ingest.pipeline import Ingest, Numbering
from tart.shard.malloc_arenas import limit_arenas, release_free_pages
from tart.shard.queries.aggregate_queries import AggregateQueries
from tart.shard.queries.handlers import QueryHandlers
from tart.shard.queries.sql_tables import SqlTables
from tart.shard.queries.statistics import QueryCounts
from tart.shard.query_server import QueryServer
from tart.shard.startup_status import StartupStatus
from tart.shard.state.backpressure import Backpressure
from tart.shard.state.nodes import Nodes, Session
from tart.shard.state.peer_dictionary import PeerDictionary
from tart.storage.core.batch import Batch
from tart.storage.store import Store

log = logging.getLogger(__name__)

# The interval at which Python switches between threads.
_SWITCH_SECONDS = 0.0005
COLLECT_SECONDS = 600.0
# The interval at which free memory of malloc is given back, as long as events arrive.
_RELEASE_SECONDS = 10.0
# The interval at which a start is retried that found the disk full.
_DISK_FULL_SECONDS = 0.5


def run_shard(
    index: int, count: int, config: Config, host: str, port: int, handle: ProcessHandle
) -> int:
    """Run shard ``index`` of ``count`` until SIGTERM or until the supervisor is gone.

    Returns:
        The exit code: 0 after a clean stop.

    Raises:
        StorageError: A file cannot be opened, or a write failed for good.
    """
    # Reference cycles are rare here, and a search for them among a million open references
    # blocks the loop for 0.2 s, every few seconds if Python decides when.
    gc.disable()
    # Aggregates are written in Python, too: the loop waits for that thread as briefly as possible.
    sys.setswitchinterval(_SWITCH_SECONDS)
    limit_arenas()
    worker = Worker(index, count, config)
    uvloop.run(worker.run(host, port, handle))
    return 0


class Worker:
    """The parts of one shard, connected to each other."""

    def __init__(self, index: int, count: int, config: Config) -> None:
        self._index = index
        self._count = count
        self._config = config
        self._failure: Exception | None = None
        self._stopping = asyncio.Event()
        self._nodes = Nodes()
        self._streams = Streams()
        self._counters = LiveCounters(int(time.time()))
        self._backpressure = Backpressure()

    async def run(self, host: str, port: int, handle: ProcessHandle) -> None:
        """Start, serve until a stop is requested, and stop."""
        loop = asyncio.get_running_loop()
        self._loop = loop
        socket_path = self._config.run_path / f"{self._index:02d}.sock"
        self._startup = StartupStatus(self._index, handle, socket_path)
        self._watch(loop, handle.lifeline)
        async with self._startup.serve():
            store = await self._recover()
        if store is None:
            return
        try:
            ingest = self._make_ingest(store)
            store.maintenance.start()
            listener = Listener(self._config.telemetry, ingest, self._backpressure)
            tables = SqlTables(
                store,
                self._nodes,
                self._aggregator,
                self._config.aggregates,
                ingest.decode_received,
            )
            handlers = QueryHandlers(
                store, self._nodes, self._counters, self._streams, ingest, listener, tables
            )
            self._ingest = ingest
            aggregates = AggregateQueries(
                store,
                self._nodes,
                self._aggregator,
                self._config.aggregates,
                ingest.decode_received,
            )
            self._control = QueryServer(self._index, handlers, aggregates, self._streams, store)
            await self._control.start(socket_path)
            await listener.start(listening_socket(host, port))
            tasks = [
                loop.create_task(self._flush_aggregates()),
                loop.create_task(_sample_load(ingest, store, handlers.counts)),
                loop.create_task(collect_cycles(COLLECT_SECONDS)),
                loop.create_task(_release_memory(ingest)),
            ]
            handle.ready()
            handle.start_heartbeat(loop)
            log.info("shard %d of %d accepts nodes on port %d", self._index, self._count, port)

            await self._stopping.wait()

            for task in tasks:
                task.cancel()
            await listener.stop()
            ingest.flush_aggregates()
            ingest.flush()
            await self._control.release_backups()
        finally:
            # Also after a failed start: the writer's threads would keep the process alive.
            await loop.run_in_executor(None, store.close)
        await self._control.stop()
        if self._failure is not None:
            raise StorageError(f"writing failed: {self._failure}")

    def _watch(self, loop: asyncio.AbstractEventLoop, lifeline: int) -> None:
        loop.add_signal_handler(signal.SIGTERM, self._stop)
        loop.add_reader(lifeline, self._orphaned, lifeline)

    def _orphaned(self, lifeline: int) -> None:
        self._loop.remove_reader(lifeline)
        self._stop()

    def _stop(self) -> None:
        self._startup.interrupt()
        self._stopping.set()

    async def _recover(self) -> Store | None:
        """Open the files and bring the aggregates up to date; ``None`` if stopped first."""
        try:
            store = await self._open_when_possible()
            if store is not None:
                try:
                    await self._loop.run_in_executor(None, self._catch_up, store)
                except BaseException:
                    await self._loop.run_in_executor(None, store.close)
                    raise
        except StartInterrupted:
            log.info(
                "stopped while starting: %s; the next start continues there", self._startup.text
            )
            return None
        return store

    async def _open_when_possible(self) -> Store | None:
        """Open the files, once the disk has room for missing ones; ``None`` if stopped first.

        The supervisor limits the time that this may take.
        """
        logged = False
        while not self._stopping.is_set():
            try:
                return await self._loop.run_in_executor(None, self._open_store)
            except DiskFull as error:
                if not logged:
                    log.error(
                        "cannot start: disk full; retrying every %s s: %s",
                        _DISK_FULL_SECONDS,
                        error,
                    )
                logged = True
            with suppress(TimeoutError):
                async with asyncio.timeout(_DISK_FULL_SECONDS):
                    await self._stopping.wait()
        return None

    def _open_store(self) -> Store:
        return Store(
            self._config.storage,
            self._config.data_path,
            self._index,
            self._count,
            on_commit=self._on_commit,
            on_failure=self._on_failure,
            on_shortage=self._on_shortage,
            on_sessions_deleted=self._on_sessions_deleted,
            progress=self._startup.report,
            start_maintenance=False,
        )

    def _catch_up(self, store: Store) -> None:
        for past in store.recovered.values():
            self._nodes.recover(past)
        self._aggregator, self._aggregate_writer = open_aggregator(
            store,
            self._nodes,
            self._config.aggregates,
            self._on_aggregates_written,
            self._on_aggregates_failure,
        )

    def _make_ingest(self, store: Store) -> Ingest:
        recovered = store.recovered[self._index]
        return Ingest(
            self._config.storage,
            self._config.telemetry,
            Numbering(
                directory=self._index,
                sequence=recovered.next_sequence,
                session=recovered.next_session,
                peers=PeerDictionary(recovered.peers),
            ),
            nodes=self._nodes,
            counters=self._counters,
            streams=self._streams,
            aggregator=self._aggregator,
            backpressure=self._backpressure,
            write=store.writer.put,
            node_changed=self._node_changed,
        )

    async def _flush_aggregates(self) -> None:
        seconds = self._config.aggregates.flush_seconds
        delay = first_delay(seconds, self._index, self._count)
        while True:
            await asyncio.sleep(delay)
            delay = seconds
            # A failure must not end this loop.
            with self._aggregator.isolation.guard("flush"):
                self._ingest.flush_aggregates()

    def _on_aggregates_written(self, flush: int) -> None:
        self._loop.call_soon_threadsafe(self._aggregator.record_written, flush)

    def _on_aggregates_failure(self, error: Exception) -> None:
        # Events are stored without aggregates, so the shard continues.
        self._loop.call_soon_threadsafe(self._aggregator.stop_writing)

    def _on_commit(self, batch: Batch) -> None:
        if batch.flush is not None:
            self._aggregate_writer.put(batch.flush)
        self._loop.call_soon_threadsafe(self._ingest.record_commit, batch)

    def _on_failure(self, error: Exception) -> None:
        self._failure = error
        self._loop.call_soon_threadsafe(self._stopping.set)

    def _on_shortage(self, resource: str) -> None:
        self._loop.call_soon_threadsafe(self._backpressure.set_shortage, resource)

    def _on_sessions_deleted(self, directory: int, sessions: set[int]) -> None:
        self._loop.call_soon_threadsafe(self._nodes.forget_sessions, directory, sessions)

    def _node_changed(self, session: Session) -> None:
        self._control.node_changed(session)


async def _sample_load(ingest: Ingest, store: Store, counts: QueryCounts) -> None:
    """Follow the shard's load: once a second while it is calm, so that it sleeps otherwise.

    Lowers the priority of queries while ingestion needs the CPU, and measures how late the loop
    runs its timers: the delay of every connection.
    """
    loop = asyncio.get_running_loop()
    pressure = CpuPressure()
    while True:
        received, (pending, _) = ingest.statistics.events, ingest.pending
        store.query_threads.set_low_priority(pressure.update(time.monotonic(), received, pending))
        due = loop.time() + pressure.sample_seconds
        await asyncio.sleep(pressure.sample_seconds)
        counts.loop_lag = max(0.0, loop.time() - due)


async def collect_cycles(seconds: float) -> None:
    """Collect reference cycles at this interval, in place of Python's own schedule."""
    while True:
        await asyncio.sleep(seconds)
        gc.collect()


async def _release_memory(ingest: Ingest) -> None:
    """Give back free memory at an interval, if events arrived meanwhile."""
    loop = asyncio.get_running_loop()
    before = 0
    while True:
        await asyncio.sleep(_RELEASE_SECONDS)
        if ingest.statistics.events != before:
            before = ingest.statistics.events
            await loop.run_in_executor(None, release_free_pages)
