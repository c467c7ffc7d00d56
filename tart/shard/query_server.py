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
from typing import Any

from tart.errors import (
    BadQuery,
    Busy,
    QueryError,
    QueryTimeout,
    ShardUnavailable,
    StorageError,
)
from tart.ipc.channel import Channel
from tart.ipc.messages import (
    Attached,
    Cancel,
    Failure,
    Hold,
    Message,
    NodeChanged,
    Partial,
    Reply,
    RunQuery,
    Subscribe,
    Unsubscribe,
    Welcome,
)
from tart.shard.encoding.json_bytes import rendered
from tart.shard.ingest.live_streams import Streams
from tart.shard.queries.aggregate_queries import AggregateQueries
from tart.shard.queries.handlers import Answers
from tart.shard.state.nodes import Session
from tart.storage.backup_snapshot import BackupSnapshot
from tart.storage.log.query_queue import Rank
from tart.storage.store import Store

log = logging.getLogger(__name__)

_HOLD_STEPS = ("aggregates", "files", "turn")


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
        self._holding: dict[Channel, BackupSnapshot] = {}
        self._holds: set[asyncio.Task[None]] = set()
        self._answers = answers
        self._aggregated = aggregated
        self._streams = streams
        self._reader = store.reader
        self._stopping = False
        self._channels: dict[Channel, dict[int, asyncio.Task[None]]] = {}
        self._server: asyncio.Server | None = None

    async def start(self, path: Path) -> None:
        """Listen at ``path``; the loop removes a socket left over from a crash."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(
            lambda: Channel(self._received, self._lost, self._made, self._store.background),
            path,
        )

    async def end_holds(self) -> None:
        """Give up backups, wait for what they are at, and take no more: the files close next."""
        self._stopping = True
        for holding in list(self._holding.values()):
            await asyncio.to_thread(holding.release)
        if self._holds:
            await asyncio.wait(self._holds)

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
            message = NodeChanged(rendered(session.node.as_json(), "hex"))
            for channel in self._channels:
                if channel.writable:
                    channel.send(message)

    def _made(self, channel: Channel) -> None:
        self._channels[channel] = {}
        channel.send(Welcome(self._shard, os.getpid()))

    def _lost(self, channel: Channel, error: Exception | None) -> None:
        self._streams.forget(channel)
        if channel in self._holding:
            self._holding.pop(channel).release()
        for task in self._channels.pop(channel, {}).values():
            task.cancel()

    def _received(self, channel: Channel, message: Message) -> None:
        tasks = self._channels[channel]
        match message:
            case RunQuery():
                task = asyncio.get_running_loop().create_task(self._answer(channel, message))
                tasks[message.id] = task
                task.add_done_callback(lambda _: tasks.pop(message.id, None))
            case Hold():
                task = asyncio.get_running_loop().create_task(self._hold(channel, message))
                self._holds.add(task)
                task.add_done_callback(self._holds.discard)
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
                log.error("unexpected message %s", type(message).__name__)

    async def _hold(self, channel: Channel, request: Hold) -> None:
        """One step of a backup, on a thread: it waits for checkpoints."""
        if self._stopping:
            channel.send(Failure(request.id, ShardUnavailable.code, "the shard is stopping"))
            return
        holding = self._holding.setdefault(channel, BackupSnapshot(self._store))
        try:
            if request.step == "release":
                del self._holding[channel]
                value: Any = await asyncio.to_thread(holding.release)
            elif request.step in _HOLD_STEPS:
                held = await asyncio.to_thread(getattr(holding, request.step))
                value = {
                    "paths": [str(path) for path in held.paths],
                    "end": held.end,
                    "damaged": self._store.damaged(),
                }
            else:
                raise BadQuery(f"no step {request.step!r}")
        except (QueryError, StorageError) as error:
            channel.send(Failure(request.id, error.code, str(error)))
        else:
            channel.send(Partial(request.id, value))

    async def _answer(self, channel: Channel, request: RunQuery) -> None:
        reply = await self._reply(request)
        try:
            channel.send(reply)
        except TypeError:
            log.exception("the answer to query %s is no JSON", request.name)
            self._answers.failures += 1
            text = f"query {request.name} failed; see the log"
            channel.send(Failure(request.id, "internal", text))

    async def _reply(self, request: RunQuery) -> Reply:
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
                        question, request.deadline_seconds, Rank.CHEAP, since
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
                    Rank.CHEAP,
                    since,
                )
            elif request.name in self._answers.log:
                question = self._answers.log[request.name]
                value = self._answers.at_once(request.name, request.parameters)
                if value is None:
                    value = await self._reader.run(
                        lambda cursor: question(cursor, request.parameters),
                        request.deadline_seconds,
                        Rank.SCAN,
                        since,
                    )
            else:
                return Failure(request.id, "unknown_query", f"no query {request.name!r}")
        except QueryError as error:
            self._answers.failures += not isinstance(error, QueryTimeout)
            return Failure(request.id, error.code, str(error), error.parameter)
        except (Busy, ShardUnavailable) as error:
            return Failure(request.id, error.code, str(error))
        except Exception:
            # The boundary of a question: whatever broke, the gateway is told, once.
            log.exception("query %s failed", request.name)
            self._answers.failures += 1
            return Failure(request.id, "internal", f"query {request.name} failed; see the log")
        unreadable = self._unreadable(request, value)
        if isinstance(value, Attached):
            return Partial(request.id, value.value, True, value.data, unreadable)
        return Partial(request.id, value, unreadable=unreadable)

    def _unreadable(self, request: RunQuery, value: Any) -> list[list[Any]]:
        """What an answer may lack, because a part of a file is damaged."""
        if request.name in self._aggregated.questions:
            return self._store.unreadable_figures()
        looked_for = self._answers.log.keys() | self._answers.slow.keys() | {"event"}
        if request.name not in looked_for:
            return []
        if request.name == "event" and value is not None:
            return []
        asked = request.parameters
        start = asked.get("start_us", asked.get("since_us"))
        return self._store.unreadable(start, asked.get("end_us"))
