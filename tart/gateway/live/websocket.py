"""``/api/ws``: one client's messages, and the tasks that serve it.

Each client has tasks: one reads its messages and replies, one sends its queue, and others add
figures periodically. While the queue is empty live events are written to the socket directly
(``streams``). A client that does not read blocks nothing but its sender, which closes it after
``send_stall_seconds``.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, get_args

import orjson
from sanic.exceptions import ServerError, WebsocketClosed

from tart import json_encoding
from tart.aggregate.core.tables import COUNT_BUCKET
from tart.aggregate.keyed.pipelines import UNFINISHED
from tart.config.schema import ApiConfig
from tart.errors import BadQuery, TartError
from tart.gateway.fanout.node_resolver import NodeResolver
from tart.gateway.fanout.queries import QueryClient, gather_all, now_text, now_us
from tart.gateway.fanout.single_flight import NextFlight, SingleFlight
from tart.gateway.http.responses import error_object
from tart.gateway.http.sanic_adapter import WebSocket
from tart.gateway.http.slow_client import send_with_stall_timeout
from tart.gateway.http.websocket_frames import text_frame
from tart.gateway.live.alert_feed import AlertFeed
from tart.gateway.live.streams import ALL, Streams, Subscriber, envelope, message
from tart.gateway.live.summary import SUMMARY_SECONDS, Summaries
from tart.query.core import filters
from tart.query.core.failure_rates import overall
from tart.query.core.live_event import encode_integers, live_event
from tart.query.core.merge import Json
from tart.query.core.query import ByteEncoding, Rendering
from tart.query.core.windows import Window, duration_us, resolve
from tart.query.shard_queries.aggregates import AggregateRows, AggregateSum
from tart.suggestions import did_you_mean, reject_unknown
from tart.units import MINUTE_US, SECOND_US

log = logging.getLogger(__name__)

STATS_SECONDS = 5.0
METRICS_MS = (500, 1000, 10_000)
METRICS_FRESH_SECONDS = 0.25
SUMMARY_MS = (1000, 1000, 10_000)
SAMPLES = 200
MAX_RECENT = 10_000
# The size of one write; more would only wait in memory, above the transport's high-water mark.
WRITE_BYTES = 64 << 10
TRY_AGAIN_LATER = 1013
# A work-package that began earlier and has no outcome is not being worked on.
ACTIVE_US = MINUTE_US
MAX_ACTIVE = 100_000


@dataclass(frozen=True)
class PushIntervals:
    """Seconds between messages that are sent periodically."""

    stats: float = STATS_SECONDS
    # Between scans for new and regressed failure groups.
    failures: float = 10.0
    summary: float = SUMMARY_SECONDS


class WebSocketClients:
    """All clients, and the figures that they share.

    Attributes:
        stalled: Clients closed because they read nothing.
    """

    def __init__(
        self,
        queries: QueryClient,
        streams: Streams,
        nodes: NodeResolver,
        config: ApiConfig,
        summaries: Summaries,
        alerts: AlertFeed,
        intervals: PushIntervals = PushIntervals(),
    ) -> None:
        self.summaries = summaries
        self.alerts = alerts
        self.queries = queries
        self.streams = streams
        self.nodes = nodes
        self.config = config
        self.intervals = intervals
        self.stalled = 0
        self.stats: SingleFlight[Json] = SingleFlight(self._stats)
        self.samples: dict[ByteEncoding, NextFlight[Json]] = {
            each: NextFlight(partial(self._samples, each)) for each in get_args(ByteEncoding)
        }
        self.metrics: SingleFlight[Json] = SingleFlight(self._metrics)

    async def serve(self, socket: WebSocket, initial: Json | None, rendering: Rendering) -> None:
        """Serve one client until it leaves; ``initial`` is the filter of its first subscription."""
        subscriber = Subscriber(self.config.subscriber_queue)
        client = Client(self, subscriber, rendering, initial)
        sender = Sender(socket, subscriber, self.config.send_stall_seconds)
        tasks: list[asyncio.Task[None]] = []
        self.streams.add(subscriber)
        try:
            # Subscribe before the greeting: no event is lost between its samples and the stream.
            client.reset()
            greeting = b"".join(await gather_all(client.greeting(), client.first_stats()))
            tasks = [
                asyncio.create_task(sender.run(greeting)),
                asyncio.create_task(client.push_stats()),
                asyncio.create_task(client.push_metrics()),
                asyncio.create_task(client.push_summaries()),
                asyncio.create_task(client.listen(socket)),
            ]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.alerts.unsubscribe(subscriber)
            self.streams.remove(subscriber)
            self.stalled += sender.stalled
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        _raise_faults(tasks)

    async def stop(self) -> None:
        """Stop the shared tasks; the clients' own tasks end with their connections."""
        for samples in self.samples.values():
            await samples.stop()
        await self.stats.stop()
        await self.metrics.stop()

    async def _counts(self, start_us: int) -> dict[int, int]:
        """Return events by type since a time, rounded down to a whole bucket."""
        start_us -= start_us % (COUNT_BUCKET * SECOND_US)
        rows, _ = await self.queries.ask(AggregateSum("counts", Window(start_us), by=["type"]))
        return {row["type"]: row["count"] for row in rows}

    async def _active_packages(self, now: int) -> int:
        """Return the number of work-packages in progress; those without a hash do not count."""
        rows, _ = await self.queries.ask(
            AggregateRows(
                "packages",
                Window(now - ACTIVE_US),
                where={"outcome": [UNFINISHED]},
                columns=["hash"],
                limit=MAX_ACTIVE,
                distinct=True,
            )
        )
        return len({row["hash"] for row in rows if row["hash"]})

    async def _samples(self, byte_encoding: ByteEncoding) -> Json:
        """Return the figures of the greeting: the newest events and the number of nodes."""
        (recent, _), (connected, _) = await gather_all(
            self.queries.recent(SAMPLES, byte_encoding), self.queries.chain()
        )
        names = ("id", "node_id", "event_type", "timestamp")
        samples = [{name: event[name] for name in names} for event in recent]
        return {
            "recent_events": len(samples),
            "total_nodes": len(connected),
            "recent_event_samples": json_encoding.encoded(samples),
        }

    async def _stats(self) -> Json:
        """Return the members of ``stats`` that are the same for all clients, encoded once."""
        body, _ = await self.queries.stats(resolve(now_us(), duration=duration_us("1h")))
        nodes, _ = await self.queries.chain()
        return {
            "database": json_encoding.encoded(body),
            "connections": json_encoding.encoded({"total": len(nodes), "nodes": sorted(nodes)}),
            "broadcaster": json_encoding.encoded(self.streams.statistics()),
        }

    async def _metrics(self) -> Json:
        now = now_us()
        (live, _), packages, counts = await gather_all(
            self.queries.live(), self._active_packages(now), self._counts(now - MINUTE_US)
        )
        last, ten = live.window(1), live.window(10)
        return {
            "events_per_second": last["events_per_second"],
            "blocks_per_second": ten["blocks_per_second"],
            "active_nodes": live.active_nodes,
            "active_work_packages": packages,
            "failure_rate": overall(counts),
            "latest_slot": live.chain["best_block"],
            "finalized_slot": live.chain["finalized_block"],
            "throughput": {
                "events_10s": ten["events"],
                "blocks_10s": ten["blocks"],
                "finalized_10s": ten["finalized"],
            },
            "timestamp": now_text(),
        }


class Client:
    """One client: its subscriptions, and the replies to its messages.

    Args:
        initial: The filter of its subscription before the first Subscribe message; ``None`` if
            it has none.
    """

    def __init__(
        self,
        shared: WebSocketClients,
        subscriber: Subscriber,
        rendering: Rendering,
        initial: Json | None,
    ) -> None:
        self._shared = shared
        self._subscriber = subscriber
        self._rendering = rendering
        self._initial = initial
        self._started = time.monotonic()
        self._metrics_seconds: float | None = None
        self._metrics_changed = asyncio.Event()
        # The states of the summary between two messages; ``None`` if it is not subscribed.
        self._summary_step: int | None = None
        self._summary_since: int | None = None
        self._summary_queued = False
        self._summary_changed = asyncio.Event()

    async def greeting(self) -> bytes:
        """Return the first message: the newest events and the number of nodes."""
        samples: Json = {"recent_events": None, "total_nodes": None, "recent_event_samples": []}
        with suppress(TartError):
            # Of a call that begins now: the client is subscribed, and gets what comes later.
            samples = await self._shared.samples[self._rendering.bytes].get()
        data = {
            "message": "Connected to TART telemetry",
            "recent_events": samples["recent_events"],
            "total_nodes": samples["total_nodes"],
            "broadcaster_stats": self._shared.streams.statistics(),
            "recent_event_samples": samples["recent_event_samples"],
        }
        return message("connected", data)

    async def first_stats(self) -> bytes:
        """Return the second message; empty if no shard answers."""
        with suppress(TartError):
            return await self._stats()
        return b""

    async def listen(self, socket: WebSocket) -> None:
        """Reply to the client's messages until it leaves."""
        while True:
            try:
                text = await socket.recv()
            except (WebsocketClosed, ServerError):
                return
            if text is not None:
                await self._subscriber.reply(await self._reply(text))

    async def _reply(self, text: str | bytes) -> bytes:
        try:
            request = _read(text)
            kind = request.get("type")
            command = _COMMANDS.get(kind) if isinstance(kind, str) else None
            if command is None:
                hint = did_you_mean(kind, _COMMANDS) if isinstance(kind, str) else ""
                raise BadQuery(f"type must be one of {', '.join(_COMMANDS)}{hint}", "type")
            method, *members = command
            reject_unknown(request, ("type", *members), f"a message of type {kind}")
            name, data = await method(self, request)
        except TartError as error:
            parameter = getattr(error, "parameter", None)
            return message("error", error_object(error.code, str(error), parameter))
        return message(name, data)

    async def subscribe(self, request: Json) -> tuple[str, Json]:
        """Subscribe: replace the subscription; single events or batches."""
        batch = request.get("batch", False)
        if not isinstance(batch, bool):
            raise BadQuery("batch must be true or false", "batch")
        wanted = request.get("filter")
        filters.parse(wanted)
        wanted = await self._shared.nodes.resolve_filter(wanted)
        self._shared.streams.subscribe(self._subscriber, wanted, self._rendering)
        self._subscriber.batch = batch
        return "subscribed", {"filter": wanted, "message": "Subscription updated"}

    async def unsubscribe(self, request: Json) -> tuple[str, Json]:
        """Unsubscribe: return to the first subscription, or with ``silent`` to none.

        The first one is that of the URL; without parameters it is all events, as in jamtart.
        """
        silent = request.get("silent", False)
        if not isinstance(silent, bool):
            raise BadQuery("silent must be true or false", "silent")
        self._subscriber.batch = False
        if silent or self._initial is None:
            self._shared.streams.unsubscribe(self._subscriber)
            return "unsubscribed", {"message": "No events until something is subscribed"}
        self.reset()
        what = "all events" if self._initial == ALL else "the filter of the URL"
        return "unsubscribed", {"message": f"Reset to {what}"}

    def reset(self) -> None:
        """Subscribe to what the URL asks for."""
        if self._initial is not None:
            self._shared.streams.subscribe(self._subscriber, self._initial, self._rendering)

    async def recent_events(self, request: Json) -> tuple[str, Json]:
        """GetRecentEvents: the newest events over all shards, oldest first, unfiltered."""
        limit = request.get("limit")
        limit = MAX_RECENT if limit is None else limit
        if type(limit) is not int or limit < 0:
            raise BadQuery(f"limit must be an integer from 0 to {MAX_RECENT}", "limit")
        events: list[Json] = []
        if limit:
            style = self._rendering
            rows, _ = await self._shared.queries.recent(min(limit, MAX_RECENT), style.bytes)
            events = [live_event(encode_integers(event, style.int64)) for event in rows]
        return "recent_events", {"count": len(events), "events": events}

    async def ping(self, request: Json) -> tuple[str, Json]:
        """Ping: return the number of events sent, and the age of the connection."""
        uptime = int((time.monotonic() - self._started) * 1000)
        return "pong", {"events_received": self._subscriber.events_sent, "uptime_ms": uptime}

    async def subscribe_metrics(self, request: Json) -> tuple[str, Json]:
        """SubscribeMetrics: send metrics at once and then at an interval."""
        interval = _read_integer(request, "interval_ms", METRICS_MS)
        self._metrics_seconds = interval / 1000
        self._metrics_changed.set()
        return "metrics_subscribed", {
            "message": "Metrics subscription updated",
            "interval_ms": interval,
        }

    async def unsubscribe_metrics(self, request: Json) -> tuple[str, Json]:
        """UnsubscribeMetrics."""
        self._metrics_seconds = None
        return "metrics_unsubscribed", {"message": "No more metrics"}

    async def subscribe_summary(self, request: Json) -> tuple[str, Json]:
        """SubscribeSummary: send the present at once, and then what changed at an interval."""
        interval = _read_integer(request, "interval_ms", SUMMARY_MS)
        since = request.get("since")
        if since is not None and (type(since) is not int or since < 0):
            raise BadQuery("since must be the sequence of an earlier summary", "since")
        self._summary_step = round(interval / 1000)
        self._summary_since = since
        self._summary_changed.set()
        return "summary_subscribed", {
            "message": "Summary subscription updated",
            "interval_ms": self._summary_step * 1000,
        }

    async def unsubscribe_summary(self, request: Json) -> tuple[str, Json]:
        """UnsubscribeSummary."""
        self._summary_step = None
        self._summary_changed.set()
        return "summary_unsubscribed", {"message": "No more summaries"}

    async def subscribe_alerts(self, request: Json) -> tuple[str, Json]:
        """SubscribeAlerts: send the alerts at once, and whenever they change."""
        # Behind the reply.
        loop = asyncio.get_running_loop()
        loop.call_soon(self._shared.alerts.subscribe, self._subscriber)
        return "alerts_subscribed", {"message": "Alerts are sent when they change"}

    async def unsubscribe_alerts(self, request: Json) -> tuple[str, Json]:
        """UnsubscribeAlerts."""
        self._shared.alerts.unsubscribe(self._subscriber)
        return "alerts_unsubscribed", {"message": "No more alerts"}

    async def push_stats(self) -> None:
        """Send stats periodically; skip a turn if no shard answers."""
        while True:
            await asyncio.sleep(self._shared.intervals.stats)
            with suppress(TartError):
                self._subscriber.try_reply(await self._stats())

    async def _stats(self) -> bytes:
        figures = await self._shared.stats.get(self._shared.intervals.stats / 2)
        feed = self._subscriber.feed
        own = {
            "events_received": self._subscriber.events_sent,
            "current_filter": feed and feed.document,
        }
        return message("stats", {**figures, "websocket": own})

    async def push_metrics(self) -> None:
        """Send metrics at once and then at the interval, while they are subscribed."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._metrics_seconds):
                    await self._metrics_changed.wait()
            self._metrics_changed.clear()
            if self._metrics_seconds is not None:
                with suppress(TartError):
                    metrics = await self._shared.metrics.get(METRICS_FRESH_SECONDS)
                    self._subscriber.try_reply(message("metrics", metrics))

    async def push_summaries(self) -> None:
        """Send the summary at once and then at its interval, while it is subscribed."""
        while True:
            await self._summary_changed.wait()
            self._summary_changed.clear()
            if self._summary_step is not None:
                with self._shared.summaries.reading():
                    await self._push_summaries(self._shared.summaries)

    async def _push_summaries(self, summaries: Summaries) -> None:
        """Send summaries until the subscription changes."""
        if not summaries.is_fresh:
            await self._wait_summary(summaries, 1)
        while not self._summary_changed.is_set():
            self._queue_summary(summaries)
            await self._wait_summary(summaries, self._summary_step or 1)

    async def _wait_summary(self, summaries: Summaries, states: int) -> None:
        """Return when there are that many more states, or the subscription has changed."""
        later = asyncio.ensure_future(summaries.wait_beyond(summaries.sequence + states - 1))
        changed = asyncio.ensure_future(self._summary_changed.wait())
        try:
            await asyncio.wait((later, changed), return_when=asyncio.FIRST_COMPLETED)
        finally:
            later.cancel()
            changed.cancel()

    def _queue_summary(self, summaries: Summaries) -> None:
        """Queue a summary, unless one waits for the client: that will have the newest state."""

        def encode() -> bytes:
            self._summary_queued = False
            data = summaries.encode(self._summary_since)
            self._summary_since = summaries.sequence
            return text_frame(envelope("summary", data, now_text()))

        if not self._summary_queued and self._subscriber.try_reply(encode):
            self._summary_queued = True
        else:
            summaries.skipped += 1


_Command = Callable[[Client, Json], Coroutine[Any, Any, tuple[str, Json]]]
# The method of each type of message, and its members besides the type.
_COMMANDS: Mapping[str, tuple[_Command, *tuple[str, ...]]] = {
    "Subscribe": (Client.subscribe, "filter", "batch"),
    "Unsubscribe": (Client.unsubscribe, "silent"),
    "GetRecentEvents": (Client.recent_events, "limit"),
    "Ping": (Client.ping,),
    "SubscribeMetrics": (Client.subscribe_metrics, "interval_ms"),
    "UnsubscribeMetrics": (Client.unsubscribe_metrics,),
    "SubscribeSummary": (Client.subscribe_summary, "interval_ms", "since"),
    "UnsubscribeSummary": (Client.unsubscribe_summary,),
    "SubscribeAlerts": (Client.subscribe_alerts,),
    "UnsubscribeAlerts": (Client.unsubscribe_alerts,),
}


def _read_integer(request: Json, name: str, bounds: tuple[int, int, int]) -> int:
    """Return an integer of a message, clamped; ``bounds`` are the least, the usual, the most."""
    low, usual, high = bounds
    value = request.get(name)
    value = usual if value is None else value
    if type(value) is not int:
        raise BadQuery(f"{name} must be an integer from {low} to {high}", name)
    return max(low, min(value, high))


def _read(text: str | bytes) -> Json:
    try:
        if isinstance(text, bytes):
            raise ValueError
        request = orjson.loads(text)
        if not isinstance(request, dict):
            raise ValueError
    except ValueError:
        raise BadQuery('a message is a JSON object as text, such as {"type": "Ping"}') from None
    return request


class Sender:
    """Writes one client's queue to its socket, as frames that are encoded already."""

    def __init__(
        self, socket: WebSocket, subscriber: Subscriber, send_stall_seconds: float
    ) -> None:
        self._socket = socket
        self._subscriber = subscriber
        self._stalled_seconds = send_stall_seconds
        self.stalled = False

    async def run(self, greeting: bytes) -> None:
        """Send until the client has left, or has stalled and is closed."""
        subscriber, socket = self._subscriber, self._socket
        frames = [greeting]
        while await self._write(b"".join(frames)):
            while not (frames := subscriber.take(WRITE_BYTES)):
                # Meanwhile live events are written directly.
                await subscriber.wait_ready(socket.write_now)

    async def _write(self, data: bytes) -> bool:
        connection = self._socket.io_proto
        transport: Any = connection and connection.transport
        if transport is None:
            return False
        written = False

        async def send() -> None:
            nonlocal written
            written = await self._socket.write(data)

        if await send_with_stall_timeout(send, transport, self._stalled_seconds):
            return written
        self.stalled = True
        self._socket.fail_connection(TRY_AGAIN_LATER, "the client read nothing for too long")
        return False


def _raise_faults(tasks: list[asyncio.Task[None]]) -> None:
    """Raise the first error of the tasks: it must not be lost."""
    for task in tasks:
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error
