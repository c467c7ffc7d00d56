"""Connections to the shards: one channel each, scattered queries, live subscriptions.

A missing shard is not an error: ``scatter`` returns the answers that arrived within the deadline,
with the numbers of their shards. A lost connection is retried until it is open again; then the
live subscriptions are renewed. The content of answers is not interpreted here.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Generic, NamedTuple, Protocol, TypeVar, assert_never

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
    SampledEvents,
    Subscribe,
    Subscribed,
    UnreadableRows,
    Unsubscribe,
    Welcome,
)
from tart.query.core.merge import Json
from tart.query.core.query import Query

log = logging.getLogger(__name__)

A = TypeVar("A")
R = TypeVar("R")

FIRST_BACKOFF = 0.05
LONGEST_BACKOFF = 1.0
# A shard with this many open queries does not keep up; further queries are rejected.
MAX_PENDING = 1000
# The arrival of the current request by the monotonic clock: of waiting queries, those of the
# oldest request run first. ``None`` for queries without a request.
requested_at: ContextVar[float | None] = ContextVar("requested_at", default=None)


class LiveReceiver(Protocol):
    """Receives live events; see ``live.streams``."""

    def publish(self, events: LiveEvents) -> None:
        """Events of subscriptions have arrived."""

    def record_missed(self, missed: Missed) -> None:
        """A shard dropped events of a subscription."""

    def confirmed(self, reply: Subscribed) -> None:
        """A shard has a subscription; it says how far it was then."""

    def interrupted(self, shard: int) -> None:
        """A shard is connected again, or for the first time: it gets its subscriptions next."""


class NodeReceiver(Protocol):
    """Receives reports on nodes; see ``fanout.node_registry``."""

    def record(self, shard: int, nodes: Iterable[Json]) -> None:
        """Nodes connected to a shard, or left it."""


@dataclass(frozen=True)
class Answers(Generic[A]):
    """Answers of shards to one query.

    Attributes:
        values: Shard and answer, in the order of the shards.
        total: The number of shards.
        unreadable: Rows that may belong to the answers and cannot be read.
        sampled: By shard, events that may belong to the answers and were not stored.
    """

    values: list[tuple[int, A]]
    total: int
    unreadable: frozenset[UnreadableRows] = frozenset()
    sampled: frozenset[tuple[int, SampledEvents]] = frozenset()

    @property
    def answered(self) -> int:
        """The number of shards that answered."""
        return len(self.values)

    @property
    def missing(self) -> list[int]:
        """The shards that did not answer."""
        answered = {shard for shard, _ in self.values}
        return [shard for shard in range(self.total) if shard not in answered]


@dataclass
class ShardStatistics:
    """Counters of the gateway about one shard."""

    restarts: int = 0
    refused: int = 0
    failures: Counter[str] = field(default_factory=Counter)


class Shard:
    """The channel to one shard.

    Args:
        index: Its number.
        path: Its Unix socket.
        background: Counts messages whose handling failed.
        on_welcome: Called whenever it has become available.
        name: In the server log; of a process that answers as a shard does.
    """

    def __init__(
        self,
        index: int,
        path: Path,
        background: Background,
        on_welcome: Callable[[], None],
        name: str = "",
    ) -> None:
        self.index = index
        self.name = name or f"shard {index}"
        self.statistics = ShardStatistics()
        self.subscriptions: dict[int, Subscribe] = {}
        self.pending: dict[int, asyncio.Future[Partial | Failure]] = {}
        self.welcomed = asyncio.Event()
        self.recovering: Recovering | None = None
        # Set once the shard has sent its first message.
        self.contacted = asyncio.Event()
        # Set while the gateway stops: the shards stop at the same time.
        self.disconnect_expected = False
        self._path = path
        self._on_welcome = on_welcome
        self._background = background
        self._channel: Channel[Reply] | None = None
        self._pid: int | None = None
        self._lost = asyncio.Event()
        # Why the connection was lost, until it is logged.
        self._loss: str | None = None
        self._next_id = 0

    @property
    def up(self) -> bool:
        """True if the shard is connected and available."""
        return self.welcomed.is_set()

    async def run(self, live: LiveReceiver, nodes: NodeReceiver) -> None:
        """Keep connected until cancelled."""
        loop = asyncio.get_running_loop()
        backoff = FIRST_BACKOFF
        while True:
            self._lost.clear()
            with suppress(OSError):
                transport, _ = await loop.create_unix_connection(
                    lambda: Channel(
                        REPLIES,
                        partial(self._receive, live, nodes),
                        self._disconnected,
                        background=self._background,
                    ),
                    str(self._path),
                )
                try:
                    await self._lost.wait()
                finally:
                    transport.close()
            backoff = FIRST_BACKOFF if self.contacted.is_set() else backoff
            self.welcomed.clear()
            self.contacted.clear()
            self.recovering = None
            await asyncio.sleep(backoff)
            # Not before: when all processes are stopped at once, the shard may end before the
            # gateway has handled its own signal.
            self._log_loss()
            backoff = min(backoff * 2, LONGEST_BACKOFF)

    def ask(self, name: str, parameters: Raw, deadline: float) -> PendingQuery | None:
        """Send a query; return ``None`` if the shard is not available.

        If ``MAX_PENDING`` queries are open, the query is answered as ``busy`` without being sent.
        """
        channel = self._channel
        if not self.up or channel is None:
            return None
        future: asyncio.Future[Partial | Failure] = asyncio.get_running_loop().create_future()
        self._next_id += 1
        pending = PendingQuery(self, self._next_id, future)
        if len(self.pending) >= MAX_PENDING:
            self.statistics.refused += 1
            future.set_result(Failure(pending.number, Busy.code, f"{MAX_PENDING} queries are open"))
            return pending
        arrived = requested_at.get()
        age = 0.0 if arrived is None else max(0.0, time.monotonic() - arrived)
        if not channel.send(RunQuery(pending.number, name, parameters, deadline, age)):
            return None
        self.pending[pending.number] = future
        return pending

    def cancel(self, number: int) -> None:
        """Cancel a query; without effect once it is answered."""
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

    def _receive(
        self, live: LiveReceiver, nodes: NodeReceiver, channel: Channel[Reply], message: Reply
    ) -> None:
        match message:
            case Partial(id=number) | Failure(id=number):
                self._resolve(number, message)
            case LiveEvents():
                live.publish(message)
            case Missed():
                live.record_missed(message)
            case Subscribed():
                live.confirmed(message)
            case NodeChanged(node=node):
                nodes.record(self.index, [json_encoding.unpack(node)])
            case Welcome():
                live.interrupted(self.index)
                self._welcome(channel, message)
            case Recovering():
                self._record_progress(channel, message)
            case FrozenFiles() | Released():
                log.error(
                    "%s sent a backup reply to the gateway (protocol error); closing the "
                    "connection",
                    self.name,
                )
                channel.close()
            case _:
                assert_never(message)

    def _resolve(self, number: int, reply: Partial | Failure) -> None:
        future = self.pending.pop(number, None)
        if future is not None and not future.done():
            future.set_result(reply)

    def _accepts(self, channel: Channel[Reply], message: Welcome | Recovering) -> bool:
        if message.version == VERSION and message.shard == self.index:
            return True
        log.error(
            "refused shard %d of version %d at %s: expected %s of version %d; retrying",
            message.shard,
            message.version,
            self._path,
            self.name,
            VERSION,
        )
        channel.close()
        return False

    def _record_progress(self, channel: Channel[Reply], message: Recovering) -> None:
        if not self._accepts(channel, message):
            return
        if self.recovering is None:
            log.warning("%s is starting and not available yet: %s", self.name, message.progress)
        self.recovering = message
        self.contacted.set()

    def _welcome(self, channel: Channel[Reply], message: Welcome) -> None:
        if not self._accepts(channel, message):
            return
        if self._pid is not None and self._pid != message.pid:
            self.statistics.restarts += 1
        self._pid = message.pid
        self._channel = channel
        for request in self.subscriptions.values():
            channel.send(request)
        self.welcomed.set()
        self.contacted.set()
        log.info("connected to %s (pid %d)", self.name, message.pid)
        self._on_welcome()

    def _disconnected(self, channel: Channel[Reply], error: Exception | None) -> None:
        if channel is self._channel:
            self._channel = None
            self._loss = f": {error}" if error else ""
        for future in self.pending.values():
            if not future.done():
                future.set_result(_LOST)
        self.pending.clear()
        self._lost.set()

    def _log_loss(self) -> None:
        loss, self._loss = self._loss, None
        if loss is None:
            return
        if self.disconnect_expected:
            log.info("disconnected from %s, both are stopping", self.name)
            return
        log.warning(
            "lost connection to %s%s; retrying now, then at least every %g s",
            self.name,
            loss,
            LONGEST_BACKOFF,
        )


class PendingQuery(NamedTuple):
    """A query that was sent to a shard."""

    shard: Shard
    number: int
    future: asyncio.Future[Partial | Failure]

    def cancel(self) -> None:
        """Cancel the query; without effect once it is answered."""
        self.shard.cancel(self.number)


_LOST = Failure(0, ShardUnavailable.code, "the connection to the shard was lost")


class Shards:
    """All shards: queries and live subscriptions go to each of them.

    Args:
        background: Counts messages whose handling failed.

    Attributes:
        welcomed: Set whenever a shard has become available.
    """

    def __init__(self, paths: Sequence[Path], background: Background | None = None) -> None:
        background = background or Background()
        self.welcomed = asyncio.Event()
        self.every = [
            Shard(index, path, background, self.welcomed.set) for index, path in enumerate(paths)
        ]
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def total(self) -> int:
        """The number of shards."""
        return len(self.every)

    def start(self, live: LiveReceiver, nodes: NodeReceiver) -> None:
        """Begin to connect to each shard, and pass on its live events and node changes."""
        self._tasks = [asyncio.create_task(shard.run(live, nodes)) for shard in self.every]

    def expect_disconnects(self) -> None:
        """Log from now on that a shard disconnects, but do not warn of it."""
        for shard in self.every:
            shard.disconnect_expected = True

    async def stop(self) -> None:
        """Disconnect from all shards."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    async def wait_all_contacted(self) -> None:
        """Return once every shard is available or has reported the progress of its start."""
        for shard in self.every:
            await shard.contacted.wait()

    @property
    def recovering(self) -> dict[int, Recovering]:
        """The progress of the shards that are still starting."""
        return {each.index: each.recovering for each in self.every if each.recovering is not None}

    async def wait_all_welcomed(self) -> None:
        """Return once every shard is available."""
        for shard in self.every:
            await shard.welcomed.wait()

    async def wait_any_welcomed(self) -> None:
        """Return once a shard is available."""
        waiting = [asyncio.ensure_future(shard.welcomed.wait()) for shard in self.every]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()

    async def scatter(self, query: Query[A, R], deadline: float) -> Answers[Partial]:
        """Send a query to every shard and wait for those that answer in time.

        Args:
            deadline: Seconds.

        Raises:
            BadQuery: A shard refused the parameters.
            QueryTimeout: No shard answered in time.
            Busy: No shard answered, and one had too many queries already.
            ShardUnavailable: No shard was available, or all failed.
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
        """Return one shard's answer; raise as ``scatter`` does."""
        pending = self.every[shard].ask(query.name, Raw(msgspec.json.encode(query)), deadline)
        if pending is None:
            raise ShardUnavailable(f"shard {shard} is not available")
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
        sampled: set[tuple[int, SampledEvents]] = set()
        for shard, _, future in pending:
            if not future.done():
                reasons.add(QueryTimeout.code)
                shard.statistics.failures[QueryTimeout.code] += 1
                continue
            reply = future.result()
            if isinstance(reply, Failure):
                reasons.add(self._count_failure(name, shard, reply))
            else:
                values.append((shard.index, reply))
                unreadable.update(reply.unreadable)
                if reply.sampled is not None:
                    sampled.add((shard.index, reply.sampled))
        if values:
            return Answers(values, self.total, frozenset(unreadable), frozenset(sampled))
        if QueryTimeout.code in reasons:
            raise QueryTimeout("no shard answered in time")
        if Busy.code in reasons:
            raise Busy("too many queries are waiting; retry later")
        raise ShardUnavailable("no shard is available")

    def _count_failure(self, name: str, shard: Shard, failure: Failure) -> str:
        """Count the failure of a shard by its reason; return the reason."""
        if failure.code == BadQuery.code:
            raise BadQuery(failure.message, failure.parameter)
        if failure.code == SqlRefused.code:
            raise SqlRefused(failure.message, failure.parameter)
        # The code is text of the shard; as a label of a metric it must be one of a fixed set.
        known = (QueryTimeout.code, Busy.code, ShardUnavailable.code)
        reason = failure.code if failure.code in known else "internal"
        shard.statistics.failures[reason] += 1
        if failure.code not in known:
            log.warning("shard %d failed the query %s: %s", shard.index, name, failure.message)
        return reason

    def subscribe(self, request: Subscribe) -> None:
        """Subscribe to events of every shard."""
        for shard in self.every:
            shard.subscribe(request)

    def unsubscribe(self, subscription: int) -> None:
        """End a subscription at every shard."""
        for shard in self.every:
            shard.unsubscribe(subscription)
