"""FakeChain: plays the chain process on its Unix socket, with answers that the test sets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Raw

from tart.errors import ShardUnavailable
from tart.ipc.channel import Channel
from tart.ipc.messages import (
    CHAIN_INDEX,
    REQUESTS,
    VERSION,
    Cancel,
    Failure,
    Partial,
    Request,
    RunQuery,
    Welcome,
)
from tart.query.chain_queries.chain import (
    CHAIN_QUERIES,
    BlockPage,
    Blocks,
    BlocksByHash,
    ChainBlock,
    ChainQuery,
    ChainState,
    State,
)


class FakeChain:
    """The chain process.

    Attributes:
        answers: Name of a query to a function of the query, which returns its answer, a
            ``Failure``, or ``None`` for never answering.
        requests: Every query received.
        cancelled: Ids of queries that were cancelled.
    """

    def __init__(self, path: Path, *, version: int = VERSION) -> None:
        self.path = path
        self.version = version
        self.answers: dict[str, Callable[[Any], Any]] = {}
        self.requests: list[Any] = []
        self.cancelled: list[int] = []
        self.channels: list[Channel[Request]] = []
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.unlink(missing_ok=True)
        self._server = await asyncio.get_running_loop().create_unix_server(
            lambda: Channel(REQUESTS, self._received, self._lost, self._made), self.path
        )

    async def stop(self) -> None:
        """Go away, as a process that dies."""
        if self._server is not None:
            self._server.close()
            for channel in list(self.channels):
                channel.close()
            await self._server.wait_closed()
            self._server = None

    def _made(self, channel: Channel[Request]) -> None:
        self.channels.append(channel)
        channel.send(Welcome(CHAIN_INDEX, 1, self.version))

    def _lost(self, channel: Channel[Request], error: Exception | None) -> None:
        self.channels.remove(channel)

    def _received(self, channel: Channel[Request], message: Request) -> None:
        if isinstance(message, Cancel):
            self.cancelled.append(message.id)
        if not isinstance(message, RunQuery):
            return
        query = msgspec.json.decode(message.parameters, type=CHAIN_QUERIES[message.name])
        self.requests.append(query)
        if message.name not in self.answers:
            channel.send(Failure(message.id, ShardUnavailable.code, "no answer is set"))
            return
        answer = self.answers[message.name](query)
        if isinstance(answer, Failure):
            channel.send(Failure(message.id, answer.code, answer.message, answer.parameter))
        elif answer is not None:
            channel.send(Partial(message.id, Raw(msgspec.json.encode(answer))))


class StoredChain:
    """Answers queries about blocks in the place of ``ChainProcess``, from memory.

    Attributes:
        requests: Every query.
    """

    def __init__(self, state: ChainState, blocks: list[ChainBlock]) -> None:
        self.state, self.blocks = state, blocks
        self.requests: list[ChainQuery[Any]] = []

    async def ask(self, query: ChainQuery[Any], deadline: float) -> Any:
        """See ``ChainProcess``; of cores and services there are no rows."""
        self.requests.append(query)
        if isinstance(query, State):
            return self.state
        if isinstance(query, BlocksByHash):
            return [block for block in self.blocks if block.hash in query.hashes]
        if isinstance(query, Blocks):
            inside = [
                block for block in self.blocks if query.first_slot <= block.slot <= query.last_slot
            ]
            return BlockPage(inside[::-1], True)
        return []
