"""The server on the chain process's Unix socket: receives queries, sends answers.

It speaks as a shard does (``tart.ipc``). Each query runs on one of a few threads and ends with
exactly one Partial or Failure, unless the gateway cancels it or disconnects. What cannot be
answered in time is a Failure; its thread is free again once the store returns.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Raw

from tart import logs
from tart.background_tasks import Background
from tart.chain.core.changes import BlockStore
from tart.errors import Busy, QueryError, QueryTimeout, StorageError, TartError
from tart.ipc.channel import Channel
from tart.ipc.channel_server import ChannelServer
from tart.ipc.messages import (
    CHAIN_INDEX,
    Cancel,
    Failure,
    FreezeFiles,
    FrozenFiles,
    Partial,
    Released,
    ReleaseFiles,
    Request,
    RunQuery,
    Welcome,
)
from tart.query.chain_queries.chain import CHAIN_QUERIES, ChainState, ProcessLog, State

log = logging.getLogger(__name__)

THREADS = 2
MAX_WAITING = 100


class ChainQueryServer:
    """Serves gateways on one Unix socket.

    Args:
        store: Answers the queries.
        complete_state: Adds to the state what only the process knows.
        background: Counts messages whose handling failed.
    """

    def __init__(
        self,
        store: BlockStore,
        complete_state: Callable[[ChainState], ChainState],
        background: Background | None = None,
    ) -> None:
        self._store = store
        self._complete_state = complete_state
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="chain query")
        self._waiting = 0
        self._channels = ChannelServer(
            self._received, self._made, self._lost, background or Background()
        )
        self._freezing: Channel[Request] | None = None
        self._backup_steps: set[asyncio.Task[None]] = set()
        self.failures: Counter[str] = Counter()

    async def start(self, path: Path) -> None:
        """Listen at ``path``; a socket file that a crash left behind is replaced."""
        await self._channels.start(path)

    async def stop(self) -> None:
        """Close all connections; queries on threads are not waited for."""
        await self._channels.stop()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _made(self, channel: Channel[Request]) -> None:
        channel.send(Welcome(CHAIN_INDEX, os.getpid()))

    def _lost(self, channel: Channel[Request]) -> None:
        if channel is self._freezing:
            self._release()

    def _received(self, channel: Channel[Request], message: Request) -> None:
        match message:
            case RunQuery():
                self._channels.run_query(channel, message.id, self._answer(channel, message))
            case FreezeFiles() | ReleaseFiles():
                task = asyncio.get_running_loop().create_task(self._back_up(channel, message))
                self._backup_steps.add(task)
                task.add_done_callback(self._backup_steps.discard)
            case Cancel():
                self._channels.cancel_query(channel, message.id)
            case _:
                log.error(
                    "a gateway sent %s, which the chain process does not know; closing",
                    type(message).__name__,
                )
                channel.close()

    async def _back_up(
        self, channel: Channel[Request], request: FreezeFiles | ReleaseFiles
    ) -> None:
        """Perform one step of a backup, on a thread because it waits for a checkpoint."""
        try:
            if isinstance(request, FreezeFiles):
                paths = await asyncio.to_thread(self._store.freeze)
                self._freezing = channel
                # The connection may have ended meanwhile.
                if channel not in self._channels:
                    self._release()
                channel.send(FrozenFiles(request.id, [str(path) for path in paths], None, []))
            else:
                self._freezing = None
                intact = await asyncio.to_thread(self._store.release)
                channel.send(Released(request.id, intact))
        except StorageError as error:
            channel.send(Failure(request.id, error.code, str(error)))

    def _release(self) -> None:
        self._freezing = None
        self._store.release()

    async def _answer(self, channel: Channel[Request], request: RunQuery) -> None:
        channel.send(await self.reply(request))

    async def reply(self, request: RunQuery) -> Partial | Failure:
        """Return the answer to a query; any error becomes a ``Failure``."""
        declaration = CHAIN_QUERIES.get(request.name)
        if declaration is None:
            return Failure(request.id, "unknown_query", f"no query {request.name!r}")
        try:
            query = msgspec.json.decode(request.parameters, type=declaration)
            value = await self._run(query, request.deadline_seconds)
            return Partial(request.id, Raw(value))
        except QueryError as error:
            self.failures[error.code] += 1
            return Failure(request.id, error.code, str(error), error.parameter)
        except TartError as error:
            self.failures[error.code] += 1
            return Failure(request.id, error.code, str(error))
        except Exception:
            # The boundary of a query: any error becomes one Failure.
            log.exception("query %s failed", request.name)
            self.failures["internal"] += 1
            return Failure(
                request.id, "internal", f"query {request.name} failed; see the server log"
            )

    async def _run(self, query: Any, deadline: float) -> bytes:
        if isinstance(query, ProcessLog):
            # Told even if the store hangs: the log may say why.
            return msgspec.json.encode(logs.recent_lines())
        if self._waiting >= MAX_WAITING:
            raise Busy(f"{MAX_WAITING} queries of the chain are waiting")
        self._waiting += 1
        cancelled = threading.Event()
        future = self._threads.submit(self._store.answer, query, deadline, cancelled.is_set)
        future.add_done_callback(lambda _: self._finish())
        try:
            # The store has the same deadline; this one is for a store that hangs.
            async with asyncio.timeout(deadline):
                value = await asyncio.wrap_future(future)
        except TimeoutError:
            raise QueryTimeout("the store of the chain did not answer in time") from None
        finally:
            cancelled.set()
        if isinstance(query, State):
            value = self._complete_state(value)
        return msgspec.json.encode(value)

    def _finish(self) -> None:
        self._waiting -= 1
