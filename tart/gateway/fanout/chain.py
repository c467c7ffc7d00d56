"""The connection to the chain process, which answers as a shard does.

Without ``rpc.urls`` there is no such process, and each query says what to set.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Raw

from tart.background_tasks import Background
from tart.errors import (
    BadQuery,
    Busy,
    ChainNotFollowed,
    ChainUnavailable,
    QueryTimeout,
    ShardUnavailable,
)
from tart.gateway.fanout.shards import Shard, ShardStatistics
from tart.ipc.messages import CHAIN_INDEX, Failure, LiveEvents, Missed, Subscribed
from tart.query.chain_queries.chain import ChainQuery
from tart.query.core.merge import Json
from tart.query.core.query import decode_partial

A = TypeVar("A")

NAME = "the chain process"


class ChainProcess:
    """The channel to the chain process.

    Args:
        path: Its Unix socket; ``None`` if the chain is not followed.
        background: Counts messages whose handling failed.
    """

    def __init__(self, path: Path | None, background: Background | None = None) -> None:
        self._shard: Shard | None = None
        if path is not None:
            self._shard = Shard(CHAIN_INDEX, path, background or Background(), _ignore, name=NAME)
        self._task: asyncio.Task[None] | None = None

    @property
    def followed(self) -> bool:
        """True if the settings name a node's RPC."""
        return self._shard is not None

    @property
    def up(self) -> bool:
        """True if the process is connected and available."""
        return self._shard is not None and self._shard.up

    @property
    def statistics(self) -> ShardStatistics:
        """Counters of the gateway about the process."""
        return ShardStatistics() if self._shard is None else self._shard.statistics

    def start(self) -> None:
        """Begin to connect; the connection is made again whenever it is lost."""
        if self._shard is not None:
            receiver = _NoReceiver()
            self._task = asyncio.create_task(self._shard.run(receiver, receiver))

    def expect_disconnect(self) -> None:
        """Log from now on that the process disconnects, but do not warn of it."""
        if self._shard is not None:
            self._shard.disconnect_expected = True

    async def stop(self) -> None:
        """Disconnect."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def ask(self, query: ChainQuery[A], deadline: float) -> A:
        """Return the answer of the process.

        Args:
            query: The query.
            deadline: Seconds.

        Raises:
            ChainNotFollowed: The settings name no node's RPC.
            ChainUnavailable: The process is away, or failed the query.
            BadQuery: It refused the parameters.
            QueryTimeout: It did not answer in time.
            Busy: It has too many queries already.
        """
        if self._shard is None:
            raise ChainNotFollowed(
                "the chain is not followed; set rpc.urls to the RPC of a node, such as "
                "'ws://127.0.0.1:19800', and restart"
            )
        pending = self._shard.ask(query.name, Raw(msgspec.json.encode(query)), deadline)
        if pending is None:
            raise _away()
        try:
            await asyncio.wait((pending.future,), timeout=deadline)
        finally:
            pending.cancel()
        failures = self._shard.statistics.failures
        if not pending.future.done():
            failures[QueryTimeout.code] += 1
            raise QueryTimeout("the chain process did not answer in time")
        reply = pending.future.result()
        if isinstance(reply, Failure):
            raise self._error(reply)
        return decode_partial(query, reply.value, reply.attachment)

    def _error(self, failure: Failure) -> Exception:
        assert self._shard is not None
        known = {
            BadQuery.code: BadQuery(failure.message, failure.parameter),
            QueryTimeout.code: QueryTimeout("the chain process did not answer in time"),
            Busy.code: Busy("too many queries of the chain are waiting; retry later"),
            ShardUnavailable.code: _away(),
        }
        internal = ChainUnavailable("the chain process failed the query; its log says why")
        error = known.get(failure.code, internal)
        if not isinstance(error, BadQuery):
            # The code is text of the process; as a label of a metric it must be of a fixed set.
            reason = failure.code if failure.code in known else "internal"
            self._shard.statistics.failures[reason] += 1
        return error


def _away() -> ChainUnavailable:
    return ChainUnavailable("the chain process is starting or restarting; retry in a few seconds")


def _ignore() -> None:
    """Do nothing: a query asks whether the process is there."""


class _NoReceiver:
    """Receives nothing: the chain process has no events and no nodes."""

    def publish(self, events: LiveEvents) -> None:
        """Ignore events."""

    def record_missed(self, missed: Missed) -> None:
        """Ignore missed events."""

    def confirmed(self, reply: Subscribed) -> None:
        """Ignore a confirmation."""

    def interrupted(self, shard: int) -> None:
        """Ignore a connection."""

    def record(self, shard: int, nodes: Iterable[Json]) -> None:
        """Ignore nodes."""
