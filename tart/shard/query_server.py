"""The server on the shard's Unix socket: receives queries, sends answers and live events.

Each query is a task, so that a slow query delays no other. A task ends with exactly one Partial
or Failure, unless the gateway cancels the query or disconnects.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from functools import partial
from pathlib import Path
from typing import Any, assert_never

import msgspec
from msgspec import Raw

from tart.errors import (
    Busy,
    QueryError,
    QueryTimeout,
    ShardUnavailable,
    StorageError,
)
from tart.ipc.channel import Channel
from tart.ipc.channel_server import ChannelServer
from tart.ipc.messages import (
    BackupStep,
    Cancel,
    Failure,
    FreezeAggregates,
    FreezeFiles,
    FrozenFiles,
    NodeChanged,
    Partial,
    Released,
    ReleaseFiles,
    Request,
    RotateSegments,
    RunQuery,
    SampledEvents,
    Subscribe,
    Subscribed,
    UnreadableRows,
    Unsubscribe,
    Welcome,
)
from tart.query.shard_queries.catalog import QUERIES
from tart.query.shard_queries.events import Event, Events, SqlScan
from tart.query.sql.tables import TABLES
from tart.shard.encoding.json_bytes import encode_answer, pack
from tart.shard.ingest.aggregator import SNAPSHOT_SECONDS
from tart.shard.ingest.live_streams import Streams
from tart.shard.queries.aggregate_queries import AggregateQueries
from tart.shard.queries.handlers import AnyQuery, QueryHandlers, is_page
from tart.shard.queries.shared_answers import SharedAnswers
from tart.shard.state.nodes import Session
from tart.storage.backup_snapshot import BackupSnapshot
from tart.storage.log.query_queue import QueryCost
from tart.storage.store import Store

log = logging.getLogger(__name__)


class QueryServer:
    """Serves gateways on one Unix socket.

    Args:
        share_seconds: For how long an answer of the aggregates serves equal queries.
    """

    def __init__(
        self,
        shard: int,
        handlers: QueryHandlers,
        aggregates: AggregateQueries,
        streams: Streams,
        store: Store,
        share_seconds: float = SNAPSHOT_SECONDS,
    ) -> None:
        self._shard = shard
        self._store = store
        self._snapshots: dict[Channel[Request], BackupSnapshot] = {}
        self._backup_steps: set[asyncio.Task[None]] = set()
        self._handlers = handlers
        self._aggregates = aggregates
        self._streams = streams
        self._reader = store.query_threads
        self._stopping = False
        self._shared = SharedAnswers[tuple[Raw, bytes]](share_seconds, _size)
        handlers.counts.shared = lambda: self._shared.shared
        self._channels = ChannelServer(self._received, self._made, self._lost, store.background)

    async def start(self, path: Path) -> None:
        """Listen at ``path``; the event loop replaces a socket file that a crash left behind."""
        await self._channels.start(path)

    async def release_backups(self) -> None:
        """End all backups after their current steps, and accept no more: the files close next."""
        self._stopping = True
        for snapshot in list(self._snapshots.values()):
            await asyncio.to_thread(snapshot.release)
        if self._backup_steps:
            await asyncio.wait(self._backup_steps)

    async def stop(self) -> None:
        """Stop listening and close every channel."""
        await self._channels.stop()
        await asyncio.to_thread(self._handlers.close)

    def node_changed(self, session: Session) -> None:
        """Notify every gateway that a node connected or disconnected."""
        if session.node is not None and self._channels:
            message = NodeChanged(Raw(pack(session.node.as_json(), "hex")))
            for channel in self._channels:
                if channel.writable:
                    channel.send(message)

    def _made(self, channel: Channel[Request]) -> None:
        channel.send(Welcome(self._shard, os.getpid()))

    def _lost(self, channel: Channel[Request]) -> None:
        self._streams.remove(channel)
        if channel in self._snapshots:
            self._snapshots.pop(channel).release()

    def _received(self, channel: Channel[Request], message: Request) -> None:
        match message:
            case RunQuery():
                self._channels.run_query(channel, message.id, self._answer(channel, message))
            case FreezeAggregates() | FreezeFiles() | RotateSegments() | ReleaseFiles():
                task = asyncio.get_running_loop().create_task(self._back_up(channel, message))
                self._backup_steps.add(task)
                task.add_done_callback(self._backup_steps.discard)
            case Cancel():
                self._channels.cancel_query(channel, message.id)
            case Subscribe():
                self._subscribe(channel, message)
            case Unsubscribe():
                self._streams.unsubscribe(channel, message.subscription)
            case _:
                assert_never(message)

    def _subscribe(self, channel: Channel[Request], request: Subscribe) -> None:
        try:
            self._streams.subscribe(channel, request)
        except QueryError as error:
            log.error("rejected subscription %d of a gateway: %s", request.subscription, error)
            return
        if (newest := self._handlers.newest_id) is not None:
            channel.send(Subscribed(request.subscription, newest))

    async def _back_up(self, channel: Channel[Request], request: BackupStep) -> None:
        """Perform one step of a backup, on a thread because it waits for checkpoints."""
        if self._stopping:
            channel.send(Failure(request.id, ShardUnavailable.code, "the shard is stopping"))
            return
        snapshot = self._snapshots.setdefault(channel, BackupSnapshot(self._store))
        try:
            match request:
                case FreezeAggregates():
                    frozen = await asyncio.to_thread(snapshot.freeze_aggregates)
                case FreezeFiles():
                    frozen = await asyncio.to_thread(snapshot.freeze_files)
                case RotateSegments():
                    frozen = await asyncio.to_thread(snapshot.rotate_segments)
                case ReleaseFiles():
                    del self._snapshots[channel]
                    intact = await asyncio.to_thread(snapshot.release)
                    channel.send(Released(request.id, intact))
                    return
                case _:
                    assert_never(request)
        except StorageError as error:
            channel.send(Failure(request.id, error.code, str(error)))
        else:
            paths = [str(path) for path in frozen.paths]
            channel.send(FrozenFiles(request.id, paths, frozen.end, self._store.damaged_files()))

    async def _answer(self, channel: Channel[Request], request: RunQuery) -> None:
        channel.send(await self.reply(request))

    async def reply(self, request: RunQuery) -> Partial | Failure:
        """Return the answer to a query; any error becomes a ``Failure``."""
        self._handlers.counts.received[request.name] += 1
        try:
            declaration = QUERIES.get(request.name)
            if declaration is None:
                return Failure(request.id, "unknown_query", f"no query {request.name!r}")
            query = msgspec.json.decode(request.parameters, type=declaration)
            since = time.monotonic() - request.age_seconds
            value, attachment = await self.run(query, request.deadline_seconds, since)
            unreadable = [UnreadableRows(*each) for each in self._unreadable(query, value)]
            return Partial(request.id, value, attachment, unreadable, self._sampled(query, value))
        except QueryError as error:
            self._handlers.counts.failures += not isinstance(error, QueryTimeout)
            return Failure(request.id, error.code, str(error), error.parameter)
        except (Busy, ShardUnavailable) as error:
            return Failure(request.id, error.code, str(error))
        except Exception:
            # The boundary of a query: any error becomes one Failure.
            log.exception("query %s failed", request.name)
            self._handlers.counts.failures += 1
            return Failure(
                request.id, "internal", f"query {request.name} failed; see the server log"
            )

    async def run(self, query: AnyQuery, deadline: float, since: float) -> tuple[Raw, bytes]:
        """Return the encoded answer to a query and its attachment.

        Except from memory, the answer is encoded on a query thread.

        Args:
            deadline: Seconds.
            since: The arrival of the client's request by the monotonic clock.
        """
        handlers = self._handlers
        encode = partial(encode_answer, query)
        kind = type(query)
        match query.source:
            case "memory":
                return encode(handlers.answer_from_memory(query))
            case "aggregates":
                return await self._shared.get(
                    msgspec.json.encode((query.name, query, deadline)),
                    lambda: self._aggregates.answer(
                        query,
                        lambda work: self._reader.run(work, deadline, QueryCost.CHEAP, since),
                        encode,
                    ),
                )
            case "slow":
                await handlers.commit_received()
                return await self._reader.run_slow(
                    lambda cursor, is_cancelled: encode(
                        handlers.slow[kind](cursor, query, is_cancelled)
                    ),
                    deadline,
                    since,
                )
            case "rows" | "log":
                await handlers.commit_received()
                if isinstance(query, Events):
                    events = handlers.newest_events(query)
                    if events is not None:
                        return encode(events)
                    if is_page(query):
                        return await self._reader.run_page(
                            lambda cursor: encode(handlers.log[kind](cursor, query)),
                            deadline,
                            since,
                        )
                return await self._reader.run(
                    lambda cursor: encode(handlers.log[kind](cursor, query)),
                    deadline,
                    QueryCost.CHEAP if query.source == "rows" else QueryCost.SCAN,
                    since,
                )
            case _:
                assert_never(query.source)

    def _sampled(self, query: AnyQuery, value: Raw) -> SampledEvents | None:
        """Return the events that an answer may lack because the log was sampled."""
        if not self._store.writer.sampled or not self._reads_log(query, value):
            return None
        window = query.window_on(self._shard)
        part = self._store.writer.sampled.within(window.start_us, window.end_us)
        return None if part is None else SampledEvents(*part)

    def _reads_log(self, query: AnyQuery, value: Raw) -> bool:
        """Return whether an answer is made from the event log."""
        if query.source == "aggregates" or _reads_aggregates(query):
            return False
        missing = isinstance(query, Event) and bytes(value) == b"null"
        return missing or query.source in ("log", "slow")

    def _unreadable(self, query: AnyQuery, value: Raw) -> list[list[Any]]:
        """Return the rows that an answer may lack because they cannot be read."""
        if query.source == "aggregates" or _reads_aggregates(query):
            return self._store.unreadable_aggregates()
        if not self._reads_log(query, value):
            return []
        window = query.window_on(self._shard)
        return self._store.unreadable_events(window.start_us, window.end_us)


def _size(answer: tuple[Raw, bytes]) -> int:
    value, attachment = answer
    return len(memoryview(value)) + len(attachment)


def _reads_aggregates(query: AnyQuery) -> bool:
    """Return true for a page of a SQL table that is not a view of the event log."""
    table = TABLES.get(str(query.scan.get("view"))) if isinstance(query, SqlScan) else None
    return table is not None and table.part is not None
