"""The shard's Unix socket: questions in, answers and live events out.

Each question is a task of its own, so a slow one holds up nothing. A task ends with
exactly one Partial or Failure, unless the gateway cancelled it or went away.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from pathlib import Path
from typing import Any, assert_never

from msgspec import Raw

from tart import json_encoding
from tart.errors import (
    Busy,
    QueryError,
    QueryTimeout,
    ShardUnavailable,
    StorageError,
)
from tart.ipc.channel import Channel
from tart.ipc.messages import (
    REQUESTS,
    Attached,
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
    Subscribe,
    UnreadableRows,
    Unsubscribe,
    Welcome,
)
from tart.shard.encoding.json_bytes import pack
from tart.shard.ingest.live_streams import Streams
from tart.shard.queries.aggregate_queries import AggregateQueries
from tart.shard.queries.handlers import Answers
from tart.shard.state.nodes import Session
from tart.storage.backup_snapshot import BackupSnapshot
from tart.storage.log.query_queue import QueryCost
from tart.storage.store import Store

log = logging.getLogger(__name__)


class QueryServer:
    """Serves gateways on one Unix socket."""

    def __init__(
        self,
        shard: int,
        answers: Answers,
        aggregated: AggregateQueries,
        streams: Streams,
        store: Store,
    ) -> None:
        self._shard = shard
        self._store = store
        self._snapshots: dict[Channel[Request], BackupSnapshot] = {}
        self._backup_steps: set[asyncio.Task[None]] = set()
        self._answers = answers
        self._aggregated = aggregated
        self._streams = streams
        self._reader = store.query_threads
        self._stopping = False
        self._channels: dict[Channel[Request], dict[int, asyncio.Task[None]]] = {}
        self._server: asyncio.Server | None = None

    async def start(self, path: Path) -> None:
        """Listen at ``path``; the loop removes a socket left over from a crash."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(
            lambda: Channel(
                REQUESTS,
                self._received,
                self._lost,
                self._made,
                self._store.background,
            ),
            path,
        )

    async def end_holds(self) -> None:
        """Give up backups, wait for what they are at, and take no more: the files close next."""
        self._stopping = True
        for snapshot in list(self._snapshots.values()):
            await asyncio.to_thread(snapshot.release)
        if self._backup_steps:
            await asyncio.wait(self._backup_steps)

    async def stop(self) -> None:
        """Close every channel and listen no more."""
        if self._server is not None:
            self._server.close()
        for channel in list(self._channels):
            channel.close()
        if self._server is not None:
            await self._server.wait_closed()

    def node_changed(self, session: Session) -> None:
        """Tell every gateway that a node connected or disconnected."""
        if session.node is not None and self._channels:
            message = NodeChanged(Raw(pack(session.node.as_json(), "hex")))
            for channel in self._channels:
                if channel.writable:
                    channel.send(message)

    def _made(self, channel: Channel[Request]) -> None:
        self._channels[channel] = {}
        channel.send(Welcome(self._shard, os.getpid()))

    def _lost(self, channel: Channel[Request], error: Exception | None) -> None:
        self._streams.remove(channel)
        if channel in self._snapshots:
            self._snapshots.pop(channel).release()
        for task in self._channels.pop(channel, {}).values():
            task.cancel()

    def _received(self, channel: Channel[Request], message: Request) -> None:
        tasks = self._channels[channel]
        match message:
            case RunQuery():
                task = asyncio.get_running_loop().create_task(self._answer(channel, message))
                tasks[message.id] = task
                task.add_done_callback(lambda _: tasks.pop(message.id, None))
            case FreezeAggregates() | FreezeFiles() | RotateSegments() | ReleaseFiles():
                task = asyncio.get_running_loop().create_task(self._back_up(channel, message))
                self._backup_steps.add(task)
                task.add_done_callback(self._backup_steps.discard)
            case Cancel():
                if message.id in tasks:
                    tasks[message.id].cancel()
            case Subscribe():
                try:
                    self._streams.subscribe(channel, message)
                except QueryError as error:
                    log.error("a gateway subscribed with a filter we refuse: %s", error)
            case Unsubscribe():
                self._streams.unsubscribe(channel, message.subscription)
            case _:
                assert_never(message)

    async def _back_up(self, channel: Channel[Request], request: BackupStep) -> None:
        """Take one step of a backup, on a thread: it waits for checkpoints."""
        if self._stopping:
            channel.send(Failure(request.id, ShardUnavailable.code, "the shard is stopping"))
            return
        snapshot = self._snapshots.setdefault(channel, BackupSnapshot(self._store))
        try:
            match request:
                case FreezeAggregates():
                    held = await asyncio.to_thread(snapshot.freeze_aggregates)
                case FreezeFiles():
                    held = await asyncio.to_thread(snapshot.freeze_files)
                case RotateSegments():
                    held = await asyncio.to_thread(snapshot.rotate_segments)
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
            paths = [str(path) for path in held.paths]
            channel.send(FrozenFiles(request.id, paths, held.end, self._store.damaged_files()))

    async def _answer(self, channel: Channel[Request], request: RunQuery) -> None:
        channel.send(await self._reply(request))

    async def _reply(self, request: RunQuery) -> Partial | Failure:
        self._answers.asked[request.name] += 1
        since = time.monotonic() - request.age_seconds
        try:
            if request.name in self._answers.memory:
                value = self._answers.memory[request.name](request.parameters)
            elif request.name in self._aggregated.questions:
                value = await self._aggregated.answer(
                    request.name,
                    request.parameters,
                    lambda question: self._reader.run(
                        question, request.deadline_seconds, QueryCost.CHEAP, since
                    ),
                )
            elif request.name in self._answers.slow:
                slow = self._answers.slow[request.name]
                value = await self._reader.run_slow(
                    lambda cursor, abandoned: slow(cursor, request.parameters, abandoned),
                    request.deadline_seconds,
                    since,
                )
            elif request.name in self._answers.rows:
                rows = self._answers.rows[request.name]
                value = await self._reader.run(
                    lambda cursor: rows(cursor, request.parameters),
                    request.deadline_seconds,
                    QueryCost.CHEAP,
                    since,
                )
            elif request.name in self._answers.log:
                question = self._answers.log[request.name]
                value = self._answers.at_once(request.name, request.parameters)
                if value is None:
                    value = await self._reader.run(
                        lambda cursor: question(cursor, request.parameters),
                        request.deadline_seconds,
                        QueryCost.SCAN,
                        since,
                    )
            else:
                return Failure(request.id, "unknown_query", f"no query {request.name!r}")
            return self._partial(request, value)
        except QueryError as error:
            self._answers.failures += not isinstance(error, QueryTimeout)
            return Failure(request.id, error.code, str(error), error.parameter)
        except (Busy, ShardUnavailable) as error:
            return Failure(request.id, error.code, str(error))
        except Exception:
            # The boundary of a query: whatever failed, the gateway is told once.
            log.exception("query %s failed", request.name)
            self._answers.failures += 1
            return Failure(request.id, "internal", f"query {request.name} failed; see the log")

    def _partial(self, request: RunQuery, value: Any) -> Partial:
        unreadable = [UnreadableRows(*each) for each in self._unreadable(request, value)]
        if isinstance(value, Attached):
            text = json_encoding.pack(value.value)
            return Partial(request.id, Raw(text), True, value.data, unreadable)
        return Partial(request.id, Raw(json_encoding.pack(value)), unreadable=unreadable)

    def _unreadable(self, request: RunQuery, value: Any) -> list[list[Any]]:
        """What an answer may lack, because a part of a file is damaged."""
        if request.name in self._aggregated.questions:
            return self._store.unreadable_aggregates()
        looked_for = self._answers.log.keys() | self._answers.slow.keys() | {"event"}
        if request.name not in looked_for:
            return []
        if request.name == "event" and value is not None:
            return []
        asked = request.parameters
        start = asked.get("start_us", asked.get("since_us"))
        return self._store.unreadable_events(start, asked.get("end_us"))
