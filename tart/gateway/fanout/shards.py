"""The shards as the gateway sees them: one channel each, asked together, any may be gone.

A missing shard is an answer, not an error: ``scatter`` returns what arrived within the
deadline and from whom. A shard that went is reconnected to by itself, and told again what
is subscribed. Nothing here understands the answers.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, NamedTuple, Protocol, TypeVar, assert_never

import msgspec
from msgspec import Raw

from tart import json_encoding
from tart.background_tasks import Background
from tart.errors import BadQuery, Busy, QueryTimeout, ShardUnavailable, SqlRefused
from tart.ipc.channel import Channel
from tart.ipc.messages import (
    REPLIES,
    VERSION,
    Cancel,
    Failure,
    FrozenFiles,
    LiveEvents,
    Missed,
    NodeChanged,
    Partial,
    Recovering,
    Released,
    Reply,
    RunQuery,
    Subscribe,
    UnreadableRows,
    Unsubscribe,
    Welcome,
)
from tart.query.core.query import Query

log = logging.getLogger(__name__)

A = TypeVar("A")
R = TypeVar("R")

FIRST_BACKOFF = 0.05
LONGEST_BACKOFF = 1.0
# A shard with so many questions open does not keep up; asking more would only add to it.
MAX_PENDING = 1000
# When the request came for which questions are asked now, by the monotonic clock: where they
# wait, those of the oldest request go first. ``None`` for what nobody asked for just now.
requested_at: ContextVar[float | None] = ContextVar("requested_at", default=None)


class Pushes(Protocol):
    """Who is told what shards say unasked."""

    def welcomed(self, shard: int) -> None:
        """A shard can be asked from now on."""

    def live_events(self, message: LiveEvents) -> None:
        """Events for subscriptions have arrived."""

    def missed(self, message: Missed) -> None:
        """A shard shed events of a subscription."""

    def node_changed(self, shard: int, node: dict[str, Any]) -> None:
        """A node connected to a shard or left it."""


@dataclass(frozen=True)
class Answers(Generic[A]):
    """The answers of the shards to one query.

    Attributes:
        values: shard and answer, in the order of the shards.
        total: the number of shards.
        unreadable: rows that may belong to the answers and cannot be read.
    """

    values: list[tuple[int, A]]
    total: int
    unreadable: frozenset[UnreadableRows] = frozenset()

    @property
    def answered(self) -> int:
        """The number of shards that answered."""
        return len(self.values)

    @property
    def missing(self) -> list[int]:
        """The shards that did not answer."""
        there = {shard for shard, _ in self.values}
        return [shard for shard in range(self.total) if shard not in there]


@dataclass
class ShardStatistics:
    """What the gateway counted about one shard."""

    restarts: int = 0
    refused: int = 0
    failures: Counter[str] = field(default_factory=Counter)


class Shard:
    """The channel to one shard."""

    def __init__(self, index: int, path: Path, pushes: Pushes, background: Background) -> None:
        self.index = index
        self.statistics = ShardStatistics()
        self.subscriptions: dict[int, Subscribe] = {}
        self.pending: dict[int, asyncio.Future[Partial | Failure]] = {}
        self.welcomed = asyncio.Event()
        self.recovering: Recovering | None = None
        # Set with the first word of any kind.
        self.heard = asyncio.Event()
        self._path = path
        self._pushes = pushes
        self._background = background
        self._channel: Channel[Reply] | None = None
        self._pid: int | None = None
        self._lost = asyncio.Event()
        self._next_id = 0

    @property
    def up(self) -> bool:
        """Whether it said Welcome and has not gone since."""
        return self.welcomed.is_set()

    async def run(self) -> None:
        """Keep connected until cancelled."""
        loop = asyncio.get_running_loop()
        backoff = FIRST_BACKOFF
        while True:
            self._lost.clear()
            with suppress(OSError):
                transport, _ = await loop.create_unix_connection(
                    lambda: Channel(
                        REPLIES, self._received, self._gone, background=self._background
                    ),
                    str(self._path),
                )
                try:
                    await self._lost.wait()
                finally:
                    transport.close()
            backoff = FIRST_BACKOFF if self.heard.is_set() else backoff
            self.welcomed.clear()
            self.heard.clear()
            self.recovering = None
            await asyncio.sleep(backoff)
            backoff = min(backoff * 2, LONGEST_BACKOFF)

    def ask(self, name: str, parameters: Raw, deadline: float) -> PendingQuery | None:
        """Send a query; ``None`` if the shard cannot be asked.

        A shard that has ``MAX_PENDING`` open gets no more; the answer is that it is busy.
        """
        channel = self._channel
        if not self.up or channel is None:
            return None
        future: asyncio.Future[Partial | Failure] = asyncio.get_running_loop().create_future()
        self._next_id += 1
        pending = PendingQuery(self, self._next_id, future)
        if len(self.pending) >= MAX_PENDING:
            self.statistics.refused += 1
            future.set_result(Failure(pending.number, Busy.code, "too many queries are open"))
            return pending
        arrived = requested_at.get()
        age = 0.0 if arrived is None else max(0.0, time.monotonic() - arrived)
        if not channel.send(RunQuery(pending.number, name, parameters, deadline, age)):
            return None
        self.pending[pending.number] = future
        return pending

    def cancel(self, number: int) -> None:
        """Give a query up; without effect once the answer is there."""
        future = self.pending.pop(number, None)
        if future is not None and self._channel is not None:
            self._channel.send(Cancel(number))

    def subscribe(self, request: Subscribe) -> None:
        """Subscribe now, and again after each reconnect."""
        self.subscriptions[request.subscription] = request
        if self.up and self._channel is not None:
            self._channel.send(request)

    def unsubscribe(self, subscription: int) -> None:
        """End a subscription."""
        self.subscriptions.pop(subscription, None)
        if self.up and self._channel is not None:
            self._channel.send(Unsubscribe(subscription))

    def _received(self, channel: Channel[Reply], message: Reply) -> None:
        match message:
            case Partial(id=number) | Failure(id=number):
                self._settle(number, message)
            case LiveEvents():
                self._pushes.live_events(message)
            case Missed():
                self._pushes.missed(message)
            case NodeChanged(node=node):
                self._pushes.node_changed(self.index, json_encoding.unpack(node))
            case Welcome():
                self._welcome(channel, message)
            case Recovering():
                self._recovers(channel, message)
            case FrozenFiles() | Released():
                log.error("shard %d answered a request of a backup: disconnecting", self.index)
                channel.close()
            case _:
                assert_never(message)

    def _settle(self, number: int, reply: Partial | Failure) -> None:
        future = self.pending.pop(number, None)
        if future is not None and not future.done():
            future.set_result(reply)

    def _is_ours(self, channel: Channel[Reply], message: Welcome | Recovering) -> bool:
        if message.version == VERSION and message.shard == self.index:
            return True
        log.error(
            "refused shard %d of version %d at %s: expected shard %d of version %d",
            message.shard,
            message.version,
            self._path,
            self.index,
            VERSION,
        )
        channel.close()
        return False

    def _recovers(self, channel: Channel[Reply], message: Recovering) -> None:
        if not self._is_ours(channel, message):
            return
        if self.recovering is None:
            log.warning("shard %d starts and cannot be asked yet: %s", self.index, message.progress)
        self.recovering = message
        self.heard.set()

    def _welcome(self, channel: Channel[Reply], message: Welcome) -> None:
        if not self._is_ours(channel, message):
            return
        if self._pid is not None and self._pid != message.pid:
            self.statistics.restarts += 1
        self._pid = message.pid
        self._channel = channel
        for request in self.subscriptions.values():
            channel.send(request)
        self.welcomed.set()
        self.heard.set()
        log.info("connected to shard %d (pid %d)", self.index, message.pid)
        self._pushes.welcomed(self.index)

    def _gone(self, channel: Channel[Reply], error: Exception | None) -> None:
        if channel is self._channel:
            self._channel = None
            log.warning("lost connection to shard %d%s", self.index, f": {error}" if error else "")
        for future in self.pending.values():
            if not future.done():
                future.set_result(_GONE)
        self.pending.clear()
        self._lost.set()


class PendingQuery(NamedTuple):
    """A query that was sent to a shard."""

    shard: Shard
    number: int
    future: asyncio.Future[Partial | Failure]

    def cancel(self) -> None:
        """Give the query up; without effect once the answer is there."""
        self.shard.cancel(self.number)


_GONE = Failure(0, ShardUnavailable.code, "the shard went away")


class Shards:
    """All shards: ask them together, subscribe at all of them.

    Args:
        background: counts messages whose handling failed.
    """

    def __init__(
        self, paths: Sequence[Path], pushes: Pushes, background: Background | None = None
    ) -> None:
        background = background or Background()
        self.every = [Shard(index, path, pushes, background) for index, path in enumerate(paths)]
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def total(self) -> int:
        """How many shards there are."""
        return len(self.every)

    def start(self) -> None:
        """Begin to connect to each."""
        self._tasks = [asyncio.create_task(shard.run()) for shard in self.every]

    async def stop(self) -> None:
        """Disconnect from each."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    async def wait_all_heard(self) -> None:
        """Return once every shard is there or has said that it will take long."""
        for shard in self.every:
            await shard.heard.wait()

    @property
    def recovering(self) -> dict[int, Recovering]:
        """The shards that start and take long."""
        return {each.index: each.recovering for each in self.every if each.recovering is not None}

    async def wait_all_welcomed(self) -> None:
        """Return once every shard is there."""
        for shard in self.every:
            await shard.welcomed.wait()

    async def scatter(self, query: Query[A, R], deadline: float) -> Answers[Partial]:
        """Send a query to every shard and wait for those that answer in time.

        Args:
            deadline: seconds.

        Raises:
            BadQuery: a shard refused the parameters.
            QueryTimeout: no shard answered in time.
            Busy: no shard answered, and one had too many queries already.
            ShardUnavailable: no shard could be asked, or all failed.
        """
        parameters = Raw(msgspec.json.encode(query))
        pending: list[PendingQuery] = []
        try:
            for shard in self.every:
                sent = shard.ask(query.name, parameters, deadline)
                if sent is not None:
                    pending.append(sent)
            if pending:
                await asyncio.wait([each.future for each in pending], timeout=deadline)
        finally:
            for sent in pending:
                sent.cancel()
        return self._gather(query.name, pending)

    async def ask(self, shard: int, query: Query[A, R], deadline: float) -> Partial:
        """Return one shard's answer; raises as ``scatter`` does."""
        pending = self.every[shard].ask(query.name, Raw(msgspec.json.encode(query)), deadline)
        if pending is None:
            raise ShardUnavailable(f"shard {shard} cannot be asked")
        try:
            await asyncio.wait((pending.future,), timeout=deadline)
        finally:
            pending.cancel()
        ((_, answer),) = self._gather(query.name, [pending]).values
        return answer

    def _gather(self, name: str, pending: Sequence[PendingQuery]) -> Answers[Partial]:
        values: list[tuple[int, Partial]] = []
        reasons = set()
        unreadable: set[UnreadableRows] = set()
        for shard, _, future in pending:
            if not future.done():
                reasons.add(QueryTimeout.code)
                shard.statistics.failures[QueryTimeout.code] += 1
                continue
            reply = future.result()
            if isinstance(reply, Failure):
                reasons.add(self._failed(name, shard, reply))
            else:
                values.append((shard.index, reply))
                unreadable.update(reply.unreadable)
        if values:
            return Answers(values, self.total, frozenset(unreadable))
        if QueryTimeout.code in reasons:
            raise QueryTimeout("no shard answered in time")
        if Busy.code in reasons:
            raise Busy("too many queries are waiting; retry later")
        raise ShardUnavailable("no shard could be asked")

    def _failed(self, name: str, shard: Shard, failure: Failure) -> str:
        """Note why a shard did not answer, in a word."""
        if failure.code == BadQuery.code:
            raise BadQuery(failure.message, failure.parameter)
        if failure.code == SqlRefused.code:
            raise SqlRefused(failure.message, failure.parameter)
        # The code is the shard's text; as a metric's label it has to be one of a few.
        known = (QueryTimeout.code, Busy.code, ShardUnavailable.code)
        reason = failure.code if failure.code in known else "internal"
        shard.statistics.failures[reason] += 1
        if failure.code not in known:
            log.warning("shard %d failed %s: %s", shard.index, name, failure.message)
        return reason

    def subscribe(self, request: Subscribe) -> None:
        """Have events pushed by every shard."""
        for shard in self.every:
            shard.subscribe(request)

    def unsubscribe(self, subscription: int) -> None:
        """Have them pushed no more."""
        for shard in self.every:
            shard.unsubscribe(subscription)
