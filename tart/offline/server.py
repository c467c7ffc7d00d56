"""Shards in one process, and the client that queries them as the gateway does.

The present is that of the last bytes, or what ``advance`` sets. ``QueryClient`` and its
``Shards`` are the gateway's own; only the way to a shard is a call instead of a socket.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from msgspec import Raw

from tart.background_tasks import Background
from tart.config.schema import ApiConfig
from tart.gateway.fanout.node_registry import NodeRegistry
from tart.gateway.fanout.queries import QueryClient
from tart.gateway.fanout.shards import PendingQuery, Shard, Shards
from tart.ipc.messages import Failure, Partial, RunQuery
from tart.offline.shard import OfflineShard
from tart.shard.state.nodes import Session

# A slow machine must not change an answer.
_DEADLINE_SECONDS = 600.0


class OfflineServer:
    """Shards without sockets, at a simulated time.

    Args:
        directory: An empty directory.
        start_us: The present at first, Unix microseconds.
        shards: Their number; connections are dealt out to them in turn.
        keeps_events: See ``OfflineShard``.

    Attributes:
        now_us: The present, Unix microseconds.
        queries: Asks the shards.
    """

    def __init__(
        self, directory: Path, start_us: int, shards: int = 1, *, keeps_events: bool = False
    ) -> None:
        self.now_us = start_us
        self._shards = [
            OfflineShard(index, shards, directory, self.clock, keeps_events=keeps_events)
            for index in range(shards)
        ]
        self._opened = 0
        self._channels = [_Channel(index, each) for index, each in enumerate(self._shards)]
        connections = Shards([])
        connections.every = list(self._channels)
        registry = NodeRegistry(directory / "none")
        self.queries = QueryClient(
            connections, registry, ApiConfig(deadline_seconds=_DEADLINE_SECONDS)
        )

    def clock(self) -> int:
        """Return the present."""
        return self.now_us

    def advance(self, now_us: int) -> None:
        """Set the present; it never goes back."""
        self.now_us = max(self.now_us, now_us)

    def open_session(self, address: str) -> Connection:
        """Accept a connection of a node."""
        shard = self._shards[self._opened % len(self._shards)]
        self._opened += 1
        return Connection(shard, shard.ingest.open_session(address))

    def set_up(self, shard: int, *, is_up: bool) -> None:
        """Make a shard reachable or not: an unreachable one does not answer."""
        channel = self._channels[shard]
        channel.welcomed.set() if is_up else channel.welcomed.clear()

    async def settle(self) -> None:
        """Wait until queries find all that was received."""
        for shard in self._shards:
            await shard.settle()

    async def close(self) -> None:
        """Close all files."""
        self.queries.sql_admission.close()
        for shard in self._shards:
            await shard.close()


@dataclass(frozen=True)
class Connection:
    """One connection of a node, at its shard."""

    shard: OfflineShard
    session: Session

    @property
    def is_refused(self) -> bool:
        """True if the shard has ended the connection: later bytes are not read."""
        return self.session.connection.error is not None

    def receive(self, data: bytes) -> None:
        """Receive bytes, at the present time."""
        if not self.is_refused:
            self.shard.ingest.receive(self.session, data)

    def resume(self, event_id: int) -> None:
        """Set the id of the next event of a connection that is not received from its start."""
        self.shard.ingest.decode_received()
        self.session.connection.next_event_id = event_id

    def close(self, reason: str | None = None) -> None:
        """End the connection, at the present time."""
        self.shard.close_session(self.session, reason)


@asynccontextmanager
async def offline_server(
    start_us: int, shards: int = 1, *, keeps_events: bool = False
) -> AsyncIterator[OfflineServer]:
    """Open a server on files in a temporary directory; see ``OfflineServer``."""
    with tempfile.TemporaryDirectory(prefix="tart-offline-") as directory:
        server = OfflineServer(Path(directory), start_us, shards, keeps_events=keeps_events)
        try:
            yield server
        finally:
            await server.close()


class _Channel(Shard):
    """The way to a shard of this process."""

    def __init__(self, index: int, shard: OfflineShard) -> None:
        super().__init__(index, Path(), Background(), lambda: None)
        self._local = shard
        self._replies: set[asyncio.Task[None]] = set()
        self.welcomed.set()

    def ask(self, name: str, parameters: Raw, deadline: float) -> PendingQuery | None:
        """Start a query; return ``None`` if the shard is not reachable."""
        if not self.up:
            return None
        future: asyncio.Future[Partial | Failure] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(
            self._reply(RunQuery(0, name, parameters, deadline, 0.0), future)
        )
        self._replies.add(task)
        task.add_done_callback(self._replies.discard)
        return PendingQuery(self, 0, future)

    async def _reply(self, query: RunQuery, future: asyncio.Future[Partial | Failure]) -> None:
        reply = await self._local.reply(query)
        if not future.done():
            future.set_result(reply)
