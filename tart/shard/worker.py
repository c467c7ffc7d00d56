"""One shard process: how it starts and how it stops.

Everything is opened here, after the fork. Start: files, on a thread (``recovering``), then the
gateway's socket, then the telemetry port, then ready. Stop: telemetry port, connections, what
gathered, files, the gateway's socket last, so that it is told why questions end.
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
from tart.config.schema import Config
from tart.errors import DiskFull, StartInterrupted, StorageError
from tart.process_handle import ProcessHandle
from tart.shard.cpu_pressure import Pressure
from tart.shard.ingest.aggregator import open_aggregator
from tart.shard.ingest.listener import Listener, listening_socket
from tart.shard.ingest.live_streams import Streams
from tart.shard.ingest.pipeline import Ingest, Numbering
from tart.shard.malloc_arenas import limit_arenas
from tart.shard.queries.aggregate_queries import AggregateQueries
from tart.shard.queries.handlers import Answers
from tart.shard.query_server import QueryServer
from tart.shard.startup_status import Recovery
from tart.shard.state.backpressure import Backpressure
from tart.shard.state.nodes import Nodes, Session
from tart.shard.state.peer_dictionary import PeerDictionary
from tart.storage.core.batch import Batch
from tart.storage.store import Store

log = logging.getLogger(__name__)

_LAG_SECONDS = 0.5
_LOOK_SECONDS = 0.25
_SWITCH_SECONDS = 0.0005
COLLECT_SECONDS = 600.0
# Between two looks whether the disk has room to start.
_ROOM_SECONDS = 0.5


def run_shard(
    index: int, count: int, config: Config, host: str, port: int, startup: ProcessHandle
) -> int:
    """Run shard ``index`` of ``count`` until SIGTERM or until the supervisor is gone.

    Returns:
        The exit code: 0 after a clean stop.

    Raises:
        StorageError: a file cannot be opened, or writing failed for good.
    """
    # Cycles are rare here, and looking for them among a million open references holds the
    # loop up for 0.2 s, every few seconds if Python decides when.
    gc.disable()
    # Writing aggregates is Python, too: the loop waits for it no longer than it must.
    sys.setswitchinterval(_SWITCH_SECONDS)
    limit_arenas()
    worker = Worker(index, count, config)
    uvloop.run(worker.run(host, port, startup))
    return 0


class Worker:
    """The parts of one shard, wired together."""

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

    async def run(self, host: str, port: int, startup: ProcessHandle) -> None:
        """Start, serve, stop."""
        loop = asyncio.get_running_loop()
        self._loop = loop
        socket_path = self._config.run_path / f"{self._index:02d}.sock"
        self._recovery = Recovery(self._index, startup, socket_path)
        self._watch(loop, startup.lifeline)
        async with self._recovery.shown():
            store = await self._recover()
        if store is None:
            return
        try:
            ingest = self._make_ingest(store)
            store.maintenance.start()
            listener = Listener(self._config.telemetry, ingest, self._backpressure)
            aggregating = loop.create_task(self._aggregate())
            answers = Answers(store, self._nodes, self._counters, self._streams, ingest, listener)
            self._ingest = ingest
            aggregated = AggregateQueries(
                store,
                self._nodes,
                self._aggregator,
                self._config.aggregates,
                ingest.decode_received,
            )
            self._control = QueryServer(self._index, answers, aggregated, self._streams, store)
            await self._control.start(socket_path)
            await listener.start(listening_socket(host, port))
            lag = loop.create_task(_measure_lag(answers))
            yielding = loop.create_task(_step_back(ingest, store))
            collecting = loop.create_task(collect_cycles(COLLECT_SECONDS))
            startup.ready()
            startup.start_heartbeat(loop)
            log.info("shard %d of %d accepts nodes on port %d", self._index, self._count, port)

            await self._stopping.wait()

            lag.cancel()
            yielding.cancel()
            collecting.cancel()
            aggregating.cancel()
            await listener.stop()
            ingest.flush_aggregates()
            ingest.flush()
            await self._control.end_holds()
        finally:
            # After a failed start, too: the writer's threads would outlive it.
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
        self._recovery.interrupt()
        self._stopping.set()

    async def _recover(self) -> Store | None:
        """The files, and figures that go as far as the log; none if we stop first."""
        try:
            store = await self._open_patiently()
            if store is not None:
                try:
                    await self._loop.run_in_executor(None, self._catch_up, store)
                except BaseException:
                    await self._loop.run_in_executor(None, store.close)
                    raise
        except StartInterrupted:
            log.info("stopped while starting: %s; the next start goes on", self._recovery.text)
            return None
        return store

    async def _open_patiently(self) -> Store | None:
        """The files, once there is room to make those that are missing; none if we stop first.

        How long that may take is the supervisor's to bound.
        """
        said = False
        while not self._stopping.is_set():
            try:
                return await self._loop.run_in_executor(None, self._open_store)
            except DiskFull as error:
                if not said:
                    log.error("no room to start, trying again until there is: %s", error)
                said = True
            with suppress(TimeoutError):
                async with asyncio.timeout(_ROOM_SECONDS):
                    await self._stopping.wait()
        return None

    def _open_store(self) -> Store:
        return Store(
            self._config.storage,
            self._config.data_path,
            self._index,
            self._count,
            on_commit=self._committed,
            on_failure=self._failed,
            on_shortage=self._short_of,
            on_sessions_deleted=self._forgotten,
            progress=self._recovery.told,
            start_maintenance=False,
        )

    def _catch_up(self, store: Store) -> None:
        for past in store.recovered.values():
            self._nodes.recover(past)
        self._aggregator, self._aggregate_writer = open_aggregator(
            store,
            self._nodes,
            self._config.aggregates,
            self._aggregated,
            self._aggregates_failed,
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

    async def _aggregate(self) -> None:
        while True:
            await asyncio.sleep(self._config.aggregates.flush_seconds)
            # Whatever fails must not end this loop.
            with self._aggregator.isolation.guard("flush"):
                self._ingest.flush_aggregates()

    def _aggregated(self, flush: int) -> None:
        self._loop.call_soon_threadsafe(self._aggregator.record_written, flush)

    def _aggregates_failed(self, error: Exception) -> None:
        # Events are stored all the same, so the shard goes on.
        self._loop.call_soon_threadsafe(self._aggregator.stop_writing)

    def _committed(self, batch: Batch) -> None:
        if batch.flush is not None:
            self._aggregate_writer.put(batch.flush)
        self._loop.call_soon_threadsafe(self._ingest.record_commit, batch)

    def _failed(self, error: Exception) -> None:
        self._failure = error
        self._loop.call_soon_threadsafe(self._stopping.set)

    def _short_of(self, what: str) -> None:
        self._loop.call_soon_threadsafe(self._backpressure.set_shortage, what)

    def _forgotten(self, directory: int, sessions: set[int]) -> None:
        self._loop.call_soon_threadsafe(self._nodes.forget_sessions, directory, sessions)

    def _node_changed(self, session: Session) -> None:
        self._control.node_changed(session)


async def _step_back(ingest: Ingest, store: Store) -> None:
    """Have questions step back while receiving needs the machine."""
    pressure = Pressure()
    while True:
        received, (pending, _) = ingest.statistics.events, ingest.pending
        store.query_threads.set_low_priority(pressure.look(time.monotonic(), received, pending))
        await asyncio.sleep(_LOOK_SECONDS)


async def collect_cycles(seconds: float) -> None:
    """Free what only refers to itself, so often; in place of Python's own collector."""
    while True:
        await asyncio.sleep(seconds)
        gc.collect()


async def _measure_lag(answers: Answers) -> None:
    """How late the loop runs what is due: the delay every connection feels."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + _LAG_SECONDS
        await asyncio.sleep(_LAG_SECONDS)
        answers.loop_lag = max(0.0, loop.time() - due)
