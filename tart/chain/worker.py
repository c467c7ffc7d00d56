"""The chain process: start, service, stop.

One event loop has the endpoints, the follower and the query server; one thread writes. The process
depends on nothing of the others, and nothing of theirs on it: it may end at any moment, and what it
did not store it asks for again.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Iterable
from contextlib import suppress

import msgspec
import uvloop

from tart.background_tasks import Background
from tart.chain.core.actions import Action, Ask, LogLine, Subscribe, Write
from tart.chain.core.changes import BlockStore
from tart.chain.core.endpoint_session import (
    Answered,
    Failed,
    SessionEvent,
    SubscriptionFailed,
    Updated,
)
from tart.chain.core.follower import Follower
from tart.chain.core.follower_state import Limits
from tart.chain.endpoint import EndpointClient, labels
from tart.chain.query_server import ChainQueryServer
from tart.chain.store.chain_store import ChainStore
from tart.chain.store.files import CHAIN
from tart.chain.writer import Writer
from tart.clock import unix_us
from tart.config.schema import Config
from tart.errors import DiskFull, StorageError
from tart.ipc.messages import CHAIN_SOCKET
from tart.process_handle import ProcessHandle
from tart.query.chain_queries.chain import ChainState

log = logging.getLogger(__name__)

TICK_SECONDS = 0.5
_STARTING_SECONDS = 1.0
# The interval at which a start is retried that found the disk full.
_DISK_FULL_SECONDS = 0.5
_LEVELS = {"info": logging.INFO, "warning": logging.WARNING}


def open_chain_store(config: Config) -> BlockStore:
    """Open the files of the chain; may take long."""
    return ChainStore(config.data_path / CHAIN, config.rpc.retain_days, config=config.storage)


def run_chain(config: Config, handle: ProcessHandle) -> int:
    """Run the chain process until SIGTERM or until the supervisor is gone.

    Returns:
        The exit code: 0 after a clean stop.

    Raises:
        StorageError: A file cannot be opened, or a write failed for good.
    """
    uvloop.run(ChainWorker(config).run(handle))
    return 0


class ChainWorker:
    """The parts of the chain process, connected to each other.

    Args:
        config: All settings.
        open_store: Opens the files.
        limits: Of the follower.
    """

    def __init__(
        self,
        config: Config,
        open_store: Callable[[Config], BlockStore] = open_chain_store,
        limits: Limits | None = None,
    ) -> None:
        self._config = config
        self._open_store = open_store
        self._limits = limits or Limits()
        self._stopping = asyncio.Event()
        self._failure: Exception | None = None
        self._background = Background()

    async def run(self, handle: ProcessHandle) -> None:
        """Start, serve until a stop is requested, and stop."""
        loop = self._loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._stopping.set)
        loop.add_reader(handle.lifeline, self._orphaned, handle.lifeline)
        starting = loop.create_task(_extend_startup(handle))
        store = await self._open_when_possible()
        starting.cancel()
        if store is None:
            return
        try:
            await self._serve(store, handle)
        finally:
            await loop.run_in_executor(None, store.close)
        if self._failure is not None:
            raise StorageError(f"the chain could not be stored: {self._failure}")

    async def _serve(self, store: BlockStore, handle: ProcessHandle) -> None:
        loop = self._loop
        urls = self._config.rpc.urls
        names = labels(urls)
        recovered = await loop.run_in_executor(None, store.recover, self._limits.recovered)
        self._follower = Follower(names, recovered, self._limits)
        self._writer = Writer(store, self._on_failure)
        self._writer.start()
        self._clients = [
            EndpointClient(index, url, names[index], self._config.rpc.timeout_seconds, self)
            for index, url in enumerate(urls)
        ]
        server = ChainQueryServer(store, self._complete_state, self._background)
        await server.start(self._config.run_path / CHAIN_SOCKET)
        tasks: list[asyncio.Task[None]] = [
            loop.create_task(client.run()) for client in self._clients
        ]
        tasks.append(loop.create_task(self._tick()))
        handle.ready()
        handle.start_heartbeat(loop)
        log.info(
            "following the chain by the RPC of %s; %d blocks are known",
            ", ".join(names),
            len(self._follower.state.tree),
        )
        await self._stopping.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await loop.run_in_executor(None, self._writer.stop)
        await server.stop()

    # --- Events of endpoints -----------------------------------------------------------

    def connected(self, index: int) -> None:
        """An endpoint is connected."""
        with self._background.guard("endpoint connected"):
            self._perform(self._follower.connected(index, unix_us()))

    def lost(self, index: int, error: str) -> None:
        """A connection ended, or could not be made."""
        with self._background.guard("endpoint lost"):
            self._perform(self._follower.lost(index, error, unix_us()))

    def received(self, index: int, event: SessionEvent) -> None:
        """An endpoint answered, or did not in time."""
        with self._background.guard(f"endpoint {type(event).__name__.lower()}"):
            self._perform(self._pass_on(index, event))

    def _pass_on(self, index: int, event: SessionEvent) -> list[Action]:
        follower, now = self._follower, unix_us()
        match event:
            case Answered():
                return follower.answered(index, event.number, event.value, now)
            case Failed():
                return follower.failed(index, event.number, event.fault, now)
            case Updated():
                return follower.updated(index, event.method, event.value, now)
            case SubscriptionFailed():
                return follower.subscription_failed(index, event.method, now)

    def _perform(self, actions: Iterable[Action]) -> None:
        for action in actions:
            match action:
                case Ask() | Subscribe():
                    self._clients[action.endpoint].send(action)
                case Write():
                    self._writer.put(action.changes)
                case LogLine():
                    log.log(_LEVELS[action.level], "%s", action.text)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            # A failure must not end this loop.
            with self._background.guard("tick of the follower"):
                self._perform(self._follower.tick(unix_us(), can_store=self._writer.keeps_up))

    # --- State -------------------------------------------------------------------------

    def _complete_state(self, state: ChainState) -> ChainState:
        follower = self._follower
        return msgspec.structs.replace(
            state,
            endpoints=follower.endpoint_states(),
            waiting_requests=len(follower.state.requests),
            waiting_writes=self._writer.waiting,
            irregularities=dict(follower.state.counts)
            | {f"background: {task}": count for task, count in self._background.failures.items()},
            pid=os.getpid(),
        )

    # --- Start and stop ------------------------------------------------------------------

    async def _open_when_possible(self) -> BlockStore | None:
        """Open the files, once the disk has room for missing ones; None if stopped first."""
        logged = False
        while not self._stopping.is_set():
            try:
                return await self._loop.run_in_executor(None, self._open_store, self._config)
            except DiskFull as error:
                if not logged:
                    log.error("cannot start: disk full; retrying: %s", error)
                logged = True
            with suppress(TimeoutError):
                async with asyncio.timeout(_DISK_FULL_SECONDS):
                    await self._stopping.wait()
        return None

    def _orphaned(self, lifeline: int) -> None:
        self._loop.remove_reader(lifeline)
        self._stopping.set()

    def _on_failure(self, error: Exception) -> None:
        self._failure = error
        self._loop.call_soon_threadsafe(self._stopping.set)


async def _extend_startup(handle: ProcessHandle) -> None:
    """Show the supervisor that the process is alive while the files are opened."""
    while True:
        handle.extend_startup()
        await asyncio.sleep(_STARTING_SECONDS)
