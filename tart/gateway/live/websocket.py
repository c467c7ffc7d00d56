"""``/api/ws``: one client's conversation, and the tasks that serve it.

Three tasks per client: one reads what it says and answers, one sends what its queue holds,
one adds figures at their times. Only the sender writes to the socket, so a client that
takes nothing blocks nobody but its sender, which closes it after ``send_stall_seconds``.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
from sanic.exceptions import RequestCancelled, ServerError, WebsocketClosed

from tart.aggregate.core.tables import COUNT_BUCKET
from tart.aggregate.keyed.pipelines import UNFINISHED
from tart.background_tasks import Background
from tart.config.schema import ApiConfig
from tart.errors import BadQuery, TartError
from tart.gateway.fanout.queries import Questions, now_text, now_us, together
from tart.gateway.fanout.single_flight import SingleFlight
from tart.gateway.http.responses import error_object
from tart.gateway.http.sanic_adapter import WebSocket
from tart.gateway.http.slow_client import send_with_stall_timeout
from tart.gateway.live.alerts import ALERT_WINDOW_US, AlertSample, alerts
from tart.gateway.live.streams import ALL, Streams, Subscriber, message
from tart.ipc.messages import Encoding
from tart.query.core.chain_stats import chain_figures
from tart.query.core.failure_rates import overall
from tart.query.core.live_event import live_event
from tart.query.core.merge import Json
from tart.query.core.windows import Window, duration_us, resolve
from tart.suggestions import only_known
from tart.units import MINUTE_US, SECOND_US

log = logging.getLogger(__name__)

STATS_SECONDS = 5.0
ALERT_SECONDS = 10.0
METRICS_MS = (500, 1000, 10_000)
METRICS_FRESH_SECONDS = 0.25
SAMPLES = 200
MAX_RECENT = 10_000
# One write; above the transport's high-water mark more would only wait in memory.
WRITE_BYTES = 64 << 10
TRY_AGAIN_LATER = 1013
# What began earlier and has no end is not being worked on.
ACTIVE_US = MINUTE_US
MAX_ACTIVE = 100_000


@dataclass(frozen=True)
class PushIntervals:
    """How often what is sent unasked is sent, in seconds."""

    stats: float = STATS_SECONDS
    alerts: float = ALERT_SECONDS


class WebSocketClients:
    """All clients, and the figures they share."""

    def __init__(
        self,
        questions: Questions,
        streams: Streams,
        config: ApiConfig,
        intervals: PushIntervals = PushIntervals(),
        background: Background | None = None,
    ) -> None:
        self._background = background or Background()
        self.questions = questions
        self.streams = streams
        self.config = config
        self.intervals = intervals
        self.stalled = 0
        self.stats: SingleFlight[Json] = SingleFlight(self._stats)
        self.metrics: SingleFlight[Json] = SingleFlight(self._metrics)
        self._alerted: set[Subscriber] = set()
        self._alerter: asyncio.Task[None] | None = None

    async def serve(self, socket: WebSocket, values: Mapping[str, Any]) -> None:
        """Talk to one client until it leaves."""
        subscriber = Subscriber(self.config.subscriber_queue)
        client = Client(self, subscriber, values["bytes"])
        sender = Sender(socket, subscriber, self.config.send_stall_seconds)
        tasks: list[asyncio.Task[None]] = []
        self.streams.joined(subscriber)
        try:
            # Subscribed first, greeted then: nothing falls between the samples and the stream.
            if values["subscribe"] == "all":
                self.streams.subscribe(subscriber, ALL, values["bytes"])
            greeting = b"".join(await together(client.greeting(), client.first_stats()))
            tasks = [
                asyncio.create_task(sender.run(greeting)),
                asyncio.create_task(client.tell_stats()),
                asyncio.create_task(client.tell_metrics()),
                asyncio.create_task(client.listen(socket)),
            ]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._alerted.discard(subscriber)
            self.streams.left(subscriber)
            self.stalled += sender.stalled
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        _raise_faults(tasks)

    def subscribe_alerts(self, subscriber: Subscriber) -> None:
        """Have alerts sent; they are evaluated while anybody wants them."""
        self._alerted.add(subscriber)
        if self._alerter is None or self._alerter.done():
            self._alerter = asyncio.create_task(self._alert())

    def unsubscribe_alerts(self, subscriber: Subscriber) -> None:
        """No more of them."""
        self._alerted.discard(subscriber)

    async def stop(self) -> None:
        """End what is shared; the clients' own tasks end with their connections."""
        if self._alerter is not None:
            self._alerter.cancel()
            await asyncio.gather(self._alerter, return_exceptions=True)
        await self.stats.stop()
        await self.metrics.stop()

    async def _alert(self) -> None:
        last, raised = await self._look(), list[Json]()
        while self._alerted:
            await asyncio.sleep(self.intervals.alerts)
            with self._background.guard("alerts"):
                look = await self._look()
                if look is None:
                    continue
                found = alerts(last or look, look, now_text(), raised)
                if found and found != raised:
                    told = message("alert", {"alerts": found, "count": len(found)})
                    for subscriber in self._alerted:
                        subscriber.say(told)
                last, raised = look, found

    async def _look(self) -> AlertSample | None:
        try:
            now = now_us()
            (nodes, _), (claims, _), counts = await together(
                self.questions.nodes(), self.questions.chain(), self._counts(now - ALERT_WINDOW_US)
            )
        except TartError:
            return None
        best = chain_figures(claims)["best_block"]
        return AlertSample({node["node_id"]: node for node in nodes}, best, now, counts)

    async def _counts(self, start_us: int) -> dict[int, int]:
        """Events by type since then, from a whole bucket on."""
        start_us -= start_us % (COUNT_BUCKET * SECOND_US)
        rows, _ = await self.questions.summed("counts", Window(start_us), by=["type"])
        return {row["type"]: row["count"] for row in rows}

    async def _active_packages(self, now: int) -> int:
        """Work-packages that a guarantor is working on; one without a hash yet is not known."""
        rows, _ = await self.questions.listed(
            "packages",
            Window(now - ACTIVE_US),
            where={"outcome": [UNFINISHED]},
            columns=["hash"],
            limit=MAX_ACTIVE,
            distinct=True,
        )
        return len({row["hash"] for row in rows if row["hash"]})

    async def _stats(self) -> Json:
        body, _ = await self.questions.stats(resolve(now_us(), duration=duration_us("1h")))
        nodes, _ = await self.questions.chain()
        return {
            "database": body,
            "connections": {"total": len(nodes), "nodes": sorted(nodes)},
        }

    async def _metrics(self) -> Json:
        now = now_us()
        (live, _), packages, counts = await together(
            self.questions.live(), self._active_packages(now), self._counts(now - MINUTE_US)
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
    """What one client asked for, and the answers to it."""

    def __init__(
        self, shared: WebSocketClients, subscriber: Subscriber, rendering: Encoding
    ) -> None:
        self._shared = shared
        self._subscriber = subscriber
        self._rendering = rendering
        self._started = time.monotonic()
        self._metrics_seconds: float | None = None
        self._metrics_changed = asyncio.Event()

    async def greeting(self) -> bytes:
        """The first message: the newest events and how many nodes there are."""
        samples: list[Json] | None = None
        total: int | None = None
        with suppress(TartError):
            questions = self._shared.questions
            (recent, _), (connected, _) = await together(
                questions.recent(SAMPLES, self._rendering), questions.chain()
            )
            names = ("id", "node_id", "event_type", "timestamp")
            samples = [{name: event[name] for name in names} for event in recent]
            total = len(connected)
        data = {
            "message": "Connected to TART telemetry",
            "recent_events": None if samples is None else len(samples),
            "total_nodes": total,
            "broadcaster_stats": self._shared.streams.statistics(),
            "recent_event_samples": samples or [],
        }
        return message("connected", data)

    async def first_stats(self) -> bytes:
        """The second message, if it can be known."""
        with suppress(TartError):
            return await self._stats()
        return b""

    async def listen(self, socket: WebSocket) -> None:
        """Answer what the client says until it leaves."""
        while True:
            try:
                said = await socket.recv()
            except (WebsocketClosed, ServerError):
                return
            if said is not None:
                await self._subscriber.reply(await self._answer(said))

    async def _answer(self, said: str | bytes) -> bytes:
        try:
            request = _read(said)
            kind = request.get("type")
            found = _ANSWERS.get(kind) if isinstance(kind, str) else None
            if found is None:
                raise BadQuery(f"type must be one of {', '.join(_ANSWERS)}", "type")
            answer, *members = found
            only_known(request, ("type", *members), f"a message of type {kind}")
            name, data = await answer(self, request)
        except TartError as error:
            parameter = getattr(error, "parameter", None)
            return message("error", error_object(error.code, str(error), parameter))
        return message(name, data)

    async def subscribe(self, request: Json) -> tuple[str, Json]:
        """Subscribe: other events from now on, singly or in batches."""
        batch = request.get("batch", False)
        if not isinstance(batch, bool):
            raise BadQuery("batch must be true or false", "batch")
        wanted = request.get("filter")
        self._shared.streams.subscribe(self._subscriber, wanted, self._rendering)
        self._subscriber.batch = batch
        return "subscribed", {"filter": wanted, "message": "Subscription updated"}

    async def unsubscribe(self, request: Json) -> tuple[str, Json]:
        """Unsubscribe: back to all events, as the peer means it, or silent: to none."""
        silent = request.get("silent", False)
        if not isinstance(silent, bool):
            raise BadQuery("silent must be true or false", "silent")
        self._subscriber.batch = False
        if silent:
            self._shared.streams.unsubscribe(self._subscriber)
            return "unsubscribed", {"message": "No events until something is subscribed"}
        self._shared.streams.subscribe(self._subscriber, ALL, self._rendering)
        return "unsubscribed", {"message": "Reset to all events"}

    async def recent_events(self, request: Json) -> tuple[str, Json]:
        """GetRecentEvents: the newest events over all shards, oldest first, unfiltered."""
        limit = request.get("limit")
        limit = MAX_RECENT if limit is None else limit
        if type(limit) is not int or limit < 0:
            raise BadQuery(f"limit must be an integer from 0 to {MAX_RECENT}", "limit")
        events: list[Json] = []
        if limit:
            found, _ = await self._shared.questions.recent(min(limit, MAX_RECENT), self._rendering)
            events = [live_event(event) for event in found]
        return "recent_events", {"count": len(events), "events": events}

    async def ping(self, request: Json) -> tuple[str, Json]:
        """Ping: how many events were sent, and for how long this has been going on."""
        uptime = int((time.monotonic() - self._started) * 1000)
        return "pong", {"events_received": self._subscriber.events_sent, "uptime_ms": uptime}

    async def subscribe_metrics(self, request: Json) -> tuple[str, Json]:
        """SubscribeMetrics: at once and then at an interval."""
        low, usual, high = METRICS_MS
        interval = request.get("interval_ms")
        interval = usual if interval is None else interval
        if type(interval) is not int:
            raise BadQuery(f"interval_ms must be an integer from {low} to {high}", "interval_ms")
        interval = max(low, min(interval, high))
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

    async def subscribe_alerts(self, request: Json) -> tuple[str, Json]:
        """SubscribeAlerts."""
        self._shared.subscribe_alerts(self._subscriber)
        return "alerts_subscribed", {"message": "Alerts are sent when they change"}

    async def unsubscribe_alerts(self, request: Json) -> tuple[str, Json]:
        """UnsubscribeAlerts."""
        self._shared.unsubscribe_alerts(self._subscriber)
        return "alerts_unsubscribed", {"message": "No more alerts"}

    async def tell_stats(self) -> None:
        """Say stats every few seconds; skip what cannot be known."""
        while True:
            await asyncio.sleep(self._shared.intervals.stats)
            with suppress(TartError):
                self._subscriber.say(await self._stats())

    async def _stats(self) -> bytes:
        figures = await self._shared.stats.get(self._shared.intervals.stats / 2)
        feed = self._subscriber.feed
        own = {
            "events_received": self._subscriber.events_sent,
            "current_filter": feed and feed.document,
        }
        broadcaster = self._shared.streams.statistics()
        return message("stats", {**figures, "broadcaster": broadcaster, "websocket": own})

    async def tell_metrics(self) -> None:
        """Say metrics at once when asked to and then at the interval, while it is wanted."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._metrics_seconds):
                    await self._metrics_changed.wait()
            self._metrics_changed.clear()
            if self._metrics_seconds is not None:
                with suppress(TartError):
                    metrics = await self._shared.metrics.get(METRICS_FRESH_SECONDS)
                    self._subscriber.say(message("metrics", metrics))


_Answering = Callable[[Client, Json], Coroutine[Any, Any, tuple[str, Json]]]
# How each type of message is answered, and what it may have beside the type.
_ANSWERS: Mapping[str, tuple[_Answering, *tuple[str, ...]]] = {
    "Subscribe": (Client.subscribe, "filter", "batch"),
    "Unsubscribe": (Client.unsubscribe, "silent"),
    "GetRecentEvents": (Client.recent_events, "limit"),
    "Ping": (Client.ping,),
    "SubscribeMetrics": (Client.subscribe_metrics, "interval_ms"),
    "UnsubscribeMetrics": (Client.unsubscribe_metrics,),
    "SubscribeAlerts": (Client.subscribe_alerts,),
    "UnsubscribeAlerts": (Client.unsubscribe_alerts,),
}


def _read(said: str | bytes) -> Json:
    try:
        if isinstance(said, bytes):
            raise ValueError
        request = orjson.loads(said)
        if not isinstance(request, dict):
            raise ValueError
    except ValueError:
        raise BadQuery('a message is a JSON object as text, such as {"type": "Ping"}') from None
    return request


class Sender:
    """Writes one client's queue to its socket.

    Frames are written whole and ours: Sanic's own ``send`` would encode each message once
    more for every client.
    """

    def __init__(
        self, socket: WebSocket, subscriber: Subscriber, send_stall_seconds: float
    ) -> None:
        self._socket = socket
        self._subscriber = subscriber
        self._stalled_seconds = send_stall_seconds
        self.stalled = False

    async def run(self, greeting: bytes) -> None:
        """Send until the client is gone or has stalled; then it is closed."""
        frames = [greeting]
        while True:
            if not await self._write(b"".join(frames)):
                return
            while not (frames := self._subscriber.take(WRITE_BYTES)):
                await self._subscriber.ready.wait()

    async def _write(self, data: bytes) -> bool:
        connection = self._socket.io_proto
        if connection is None or connection.transport is None:
            return False
        transport: Any = connection.transport
        try:
            send = partial(connection.send, data)
            if await send_with_stall_timeout(send, transport, self._stalled_seconds):
                return True
        except (RequestCancelled, AttributeError):
            # Gone; where it was aborted, Sanic has taken the transport away as well.
            return False
        self.stalled = True
        self._socket.fail_connection(TRY_AGAIN_LATER, "nothing was taken for too long")
        return False


def _raise_faults(tasks: list[asyncio.Task[None]]) -> None:
    """What went wrong in a task by our own fault is not to be lost with it."""
    for task in tasks:
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error
