"""A thread on which answers are put together that take long, so that the loop goes on.

It has an event loop of its own for the handlers. Whatever they ask of the gateway's parts,
which belong to the gateway's loop, is done there: shards are asked, nodes are looked up.
What is left for this thread is to add up what came back.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable
from typing import TypeVar

from tart.gateway.fanout.queries import Coverage, QueryClient
from tart.gateway.fanout.shards import Answers
from tart.ipc.messages import Partial
from tart.query.core.merge import Json
from tart.query.core.query import ByteEncoding, Query

A = TypeVar("A")
R = TypeVar("R")
Found = TypeVar("Found")


class Apart:
    """The thread; made and stopped on the loop that it serves."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="apart", daemon=True)
        self._thread.start()

    async def run(self, work: Awaitable[Found]) -> Found:
        """The result of ``work``, done there; given up there if nobody waits for it here."""
        return await _done_on(self._loop, work)

    async def stop(self) -> None:
        """End the thread, after what was given up has ended."""
        await self.run(_others_ended())
        self._loop.call_soon_threadsafe(self._loop.stop)
        await asyncio.to_thread(self._thread.join)
        self._loop.close()


async def _others_ended() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


class QueriesApart(QueryClient):
    """``QueryClient`` for handlers that run apart.

    Args:
        questions: whose parts belong to ``home``.
        home: the gateway's loop.
    """

    def __init__(self, questions: QueryClient, home: asyncio.AbstractEventLoop) -> None:
        super().__init__(questions.shards, questions.registry, questions.config)
        self.retention = questions.retention
        self._questions = questions
        self._home = home

    async def nodes(self, byte_encoding: ByteEncoding = "hex") -> tuple[list[Json], Coverage]:
        """See ``QueryClient``."""
        return await self._at_home(self._questions.nodes(byte_encoding))

    async def node(
        self, node_id: str, byte_encoding: ByteEncoding = "hex"
    ) -> tuple[Json, Coverage]:
        """See ``QueryClient``."""
        return await self._at_home(self._questions.node(node_id, byte_encoding))

    async def scatter(self, query: Query[A, R], deadline: float | None = None) -> Answers[Partial]:
        """See ``QueryClient``."""
        return await self._at_home(self._questions.scatter(query, deadline))

    async def _at_home(self, asking: Awaitable[Found]) -> Found:
        return await _done_on(self._home, asking)


async def _done_on(loop: asyncio.AbstractEventLoop, work: Awaitable[Found]) -> Found:
    async def done() -> Found:
        return await work

    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(done(), loop))
