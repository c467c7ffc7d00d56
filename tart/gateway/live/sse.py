"""Server-sent events: figures every second, and live events that can be resumed.

A client that reads nothing for ``send_stall_seconds`` is closed. Events that it does not read in
time are dropped, and it is told how many, as over WebSocket (``streams.Subscriber``).

An event's ``id:`` is a position (``positions``), at which a client resumes.

Clients may have short timeouts, and the host may be busy. So head and first comment are sent at
once, before anything is looked up, and further comments meanwhile (``LOOKING_UP``). Events that
were missed are sent in parts, each of which advances the position (``catch_up``). An empty comment
precedes the live events.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Coroutine, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from sanic import Request

from tart import json_encoding
from tart.config.schema import ApiConfig
from tart.errors import BadQuery, Busy, NotFound, QueryTimeout, ShardUnavailable, TartError
from tart.gateway.api.route import Route
from tart.gateway.api.routes.streams import filter_of
from tart.gateway.fanout.queries import QueryClient, now_us
from tart.gateway.fanout.single_flight import SingleFlight
from tart.gateway.handlers.table import HANDLERS
from tart.gateway.http import responses
from tart.gateway.http.slow_client import send_with_stall_timeout
from tart.gateway.live.alert_feed import AlertFeed
from tart.gateway.live.catch_up import CatchingUp, Found
from tart.gateway.live.positions import Position, sse
from tart.gateway.live.streams import Chunk, Encoded, Streams, Subscriber
from tart.gateway.live.summary import Summaries
from tart.query.answers.int64 import IntegerEncoding
from tart.query.core.event_ids import event_identity
from tart.query.core.live_event import encode_integers, live_event
from tart.query.core.merge import Json
from tart.query.core.query import Rendering

log = logging.getLogger(__name__)

METRICS_SECONDS = 1.0
# Between two comments: while missed events are looked up; until the client has an id at which it
# can resume, for events that come while it is away are lost before that; and afterwards.
LOOKING_SECONDS = 0.25
FIRST_SECONDS = 0.5
KEEP_ALIVE_SECONDS = 1.0
# The time to look up the position of an event id: within it, an error has an HTTP status.
STATUS_SECONDS = 0.5
CONNECTED = b": connected\n\n"
LOOKING_UP = b": looking up what was missed\n\n"
LIVE = b":\n\n"
WRITE_BYTES = 64 << 10

T = TypeVar("T")


class Reader(Subscriber):
    """A subscriber that reads server-sent events.

    A client that resumes has a position of its own until it has all that it missed. From then on,
    as for all others, the position of the feed is sent: it is the same for all (``follows_feed``).

    Args:
        limit: The most live events in the queue.
        position: Where the client resumes.
        catching_up: Shards whose events it missed: their live events are left out until
            ``hold``, and held back until ``release``.
        int64: The form of 64-bit integers in the missed events.
        chunked: Whether direct writes are chunks of HTTP/1.1.
    """

    def __init__(
        self,
        limit: int,
        position: Position | None = None,
        catching_up: Iterable[int] = (),
        *,
        int64: IntegerEncoding = "number",
        chunked: bool = True,
    ) -> None:
        super().__init__(limit)
        self._int64 = int64
        self.position = position or Position(now_us())
        self.chunked = chunked
        self.follows_feed = position is None
        self._left_out = set(catching_up)
        self._directories = frozenset(self._left_out)
        self._held: dict[int, deque[Chunk]] = {}
        self._was_cut = False

    @property
    def comment_seconds(self) -> float:
        """Seconds of silence after which a comment is sent."""
        if self._left_out or self._held:
            return LOOKING_SECONDS
        return KEEP_ALIVE_SECONDS if self.events_sent else FIRST_SECONDS

    @property
    def comment(self) -> bytes:
        """The comment that is sent then."""
        return LOOKING_UP if self._left_out or self._held else LIVE

    def deliver(self, chunk: Chunk, now: float) -> None:
        """See ``Subscriber``; a shard's live events have the number of its own directory."""
        if self.follows_feed or self._join_feed(chunk.position):
            super().deliver(chunk, now)
        elif not self._left_out and not self._held:
            self.queue(chunk)
        else:
            for event in chunk.events:
                self._offer(event, chunk.position)

    def _offer(self, event: Encoded, position: Position) -> None:
        """Queue an event, hold it back, or leave it out."""
        shard = event_identity(event.id)[0]
        if shard in self._left_out:
            return
        alone = Chunk([event], position)
        if shard not in self._held:
            self.queue(alone)
            return
        held = self._held[shard]
        if len(held) >= self._limit:
            held.popleft()
            self.record_missed(1)
        held.append(alone)

    def _join_feed(self, position: Position) -> bool:
        """Follow the feed from its position on, if all that comes after it is new to the client.

        That is so once the client has what it missed, and the feed is not behind that.
        """
        self.follows_feed = (
            not self._left_out
            and not self._held
            and not self.ready.is_set()
            and all(
                position.has(self.position.ids[directory])
                for directory in self._directories & self.position.ids.keys()
            )
        )
        return self.follows_feed

    def hold(self, shard: int) -> None:
        """See ``catch_up.Client``."""
        self._left_out.discard(shard)
        self._held[shard] = deque()

    def release(self, shard: int) -> None:
        """See ``catch_up.Client``."""
        self._left_out.discard(shard)
        for chunk in self._held.pop(shard, ()):
            self.queue(chunk)

    async def found(self, batch: Sequence[Found]) -> None:
        """See ``catch_up.Client``."""
        await self.reply(lambda: b"".join(self._encode(batch)))

    async def cut(self) -> None:
        """See ``catch_up.Client``; the client is told once."""
        if not self._was_cut:
            self._was_cut = True
            await self.reply(sse("lagged", b'{"missed":null}'))

    def _encode(self, batch: Sequence[Found]) -> Iterator[bytes]:
        # When it is sent and not before: events that are sent in between have a position, too.
        for event, ids in batch:
            self.position.ids |= ids
            if event is not None:
                self.position.move(event["id"])
                self.events_sent += 1
                shown = live_event(encode_integers(event, self._int64))
                yield sse("event", json_encoding.dumps(shown), str(self.position))

    def _encode_chunk(self, chunk: Chunk) -> bytes:
        return chunk.sse_chunk if self.chunked else chunk.sse

    def _encode_event(self, chunk: Chunk, index: int) -> bytes:
        if self.follows_feed:
            return chunk.sse_events[index]
        event = chunk.events[index]
        if self.position.has(event.id):
            # It arrived while the stream was resumed, and was found then.
            return b""
        self.position.move(event.id)
        return sse("event", event.data, str(self.position))

    def _encode_lagged(self, missed: int) -> bytes:
        return sse("lagged", json_encoding.dumps({"missed": missed}))


class EventStreams:
    """The event streams of all clients.

    Attributes:
        stalled: Clients closed because they read nothing.
    """

    def __init__(
        self,
        queries: QueryClient,
        streams: Streams,
        summaries: Summaries,
        alerts: AlertFeed,
        config: ApiConfig,
    ) -> None:
        self._queries = queries
        self._alerts = alerts
        self._summaries = summaries
        self._streams = streams
        self._config = config
        self._live: SingleFlight[Json] = SingleFlight(self._figures)
        self.stalled = 0

    async def stop(self) -> None:
        """Stop the shared query."""
        await self._live.stop()

    async def _figures(self) -> Json:
        body: Json = (await HANDLERS["live"](self._queries, {})).body
        return body

    async def serve_metrics(self, route: Route, request: Request[Any, Any]) -> None:
        """Send figures every second until the client leaves or stalls."""
        response = await _Response.open(route, request, self._config)
        if response.wanted and not await response.write(CONNECTED):
            self.stalled += 1
            return
        while response.wanted:
            await asyncio.sleep(METRICS_SECONDS)
            try:
                figures = await response.with_comments(
                    self._live.get(METRICS_SECONDS / 2), METRICS_SECONDS
                )
            except TartError as error:
                written = await response.write(b": %b\n\n" % error.code.encode())
            else:
                # jamtart's order: data, then event.
                written = await response.write(
                    b"data: %b\nevent: metrics\n\n" % json_encoding.dumps(figures)
                )
            if not written:
                self.stalled += 1
                return

    async def serve_summaries(self, route: Route, request: Request[Any, Any], values: Json) -> None:
        """Send the summary at once and then at its interval, until the client leaves or stalls."""
        summaries, step = self._summaries, round((values["interval_ms"] or 1000) / 1000)
        since = _sequence_of(request.headers.get("last-event-id")) or values["since"]
        response = await _Response.open(route, request, self._config)
        if not response.wanted:
            return
        with summaries.reading():
            # The number before that of the next state to send.
            position = summaries.sequence - summaries.is_fresh
            data = CONNECTED
            while await response.write(data):
                if not await _in_time(summaries.wait_beyond(position)):
                    data = LIVE
                    continue
                newest = summaries.sequence
                summaries.skipped += newest - position - 1
                data = sse("summary", summaries.encode(since), str(newest))
                since, position = newest, newest + step - 1
        self.stalled += 1

    async def serve_alerts(self, route: Route, request: Request[Any, Any]) -> None:
        """Send the alerts at once and when they change, until the client leaves or stalls."""
        feed = self._alerts
        response = await _Response.open(route, request, self._config)
        if not response.wanted:
            return
        position, data = 0, CONNECTED
        while await response.write(data):
            if not await _in_time(feed.wait_beyond(position)):
                data = LIVE
                continue
            position = feed.sequence
            data = sse("alerts", feed.encode())
        self.stalled += 1

    async def serve_events(self, route: Route, request: Request[Any, Any], values: Json) -> None:
        """Send live events until the client leaves or stalls."""
        if values["subscribe"] == "none":
            raise BadQuery("subscribe=none needs a WebSocket", "subscribe")
        last = request.headers.get("last-event-id") or values["last_event_id"]
        known = Position.read(last) if last else Position(now_us())
        missing = range(self._queries.shards.total) if last else ()
        rendering = Rendering(values["bytes"], values["int64"])
        limit = self._config.subscriber_queue
        reader = Reader(
            limit,
            Position(now_us()) if last else None,
            missing,
            int64=rendering.int64,
            chunked=request.version != "1.0",
        )
        values = {**values, "filter": filter_of(values)}
        locating = asyncio.ensure_future(self._locate(known))
        self._streams.add(reader)
        try:
            self._streams.subscribe(reader, values["filter"], rendering)
            await asyncio.wait((locating,), timeout=STATUS_SECONDS)
            if locating.done():
                reader.position = locating.result()
            response = await _Response.open(route, request, self._config)
            if response.wanted and last:
                await self._send(
                    response, reader, self._catch_up(response, reader, locating, values)
                )
            elif response.wanted:
                await self._send(response, reader)
        finally:
            locating.cancel()
            self._streams.remove(reader)

    async def _send(
        self, response: _Response, reader: Reader, beside: Coroutine[Any, Any, None] | None = None
    ) -> None:
        """Send until the client stalls or leaves, then cancel ``beside``."""
        task = None if beside is None else asyncio.create_task(beside)
        data = reader.comment
        try:
            while await response.write(data):
                data = b"".join(reader.take(WRITE_BYTES)) or await self._next(response, reader)
            self.stalled += 1
        finally:
            if task is not None:
                task.cancel()

    async def _next(self, response: _Response, reader: Reader) -> bytes:
        """Return what is to be sent next; until then live events are written directly."""
        began = time.monotonic()
        while True:
            with suppress(TimeoutError):
                silent_since = max(began, reader.written_at)
                async with asyncio.timeout(
                    silent_since + reader.comment_seconds - time.monotonic()
                ):
                    await reader.wait_ready(response.write_now)
                # Empty if all of it was known to the client.
                return b"".join(reader.take(WRITE_BYTES)) or reader.comment
            if reader.written_at <= silent_since:
                return reader.comment
            response.touch()

    async def _locate(self, known: Position | int) -> Position:
        """Return the position at which a client resumes; for an event id, from its receipt on."""
        if isinstance(known, Position):
            return known
        received_at = await self._queries.received_at(known)
        return Position(received_at, {event_identity(known)[0]: known})

    async def _catch_up(
        self, response: _Response, reader: Reader, locating: asyncio.Future[Position], values: Json
    ) -> None:
        """Send the events that the client missed; live events follow.

        The head is sent already. If no shard answers, the connection is cut off: the client
        reconnects, and has lost nothing.
        """
        try:
            reader.position = position = await locating
            if not await CatchingUp(
                self._queries,
                reader,
                values["filter"],
                values["bytes"],
                position.since_us,
                dict(position.ids),
            ).run():
                response.break_off()
        except (QueryTimeout, Busy, ShardUnavailable):
            response.break_off()
        except Exception as error:
            if not isinstance(error, NotFound):
                log.error(
                    "cannot look up the missed events of a stream, continuing live", exc_info=error
                )
            # The stream continues with live events.
            await reader.cut()
            for shard in range(self._queries.shards.total):
                reader.release(shard)
        await reader.reply(LIVE)
        self._streams.confirm(reader)


async def _in_time(change: Coroutine[Any, Any, None]) -> bool:
    """Return whether a new state comes before the next comment is due."""
    try:
        async with asyncio.timeout(KEEP_ALIVE_SECONDS + METRICS_SECONDS):
            await change
    except TimeoutError:
        return False
    return True


def _sequence_of(last_event_id: str | None) -> int | None:
    """Return the state that a client names; another text means that it has none."""
    text = (last_event_id or "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 16 else None


class _Response:
    """The response to one client.

    Attributes:
        wanted: False for a HEAD request, which gets the headers alone.
    """

    def __init__(self, sanic: Any, request: Request[Any, Any], config: ApiConfig) -> None:
        self._sanic = sanic
        self._transport: Any = request.transport
        self._connection: Any = request.stream and request.stream.protocol
        self._seconds = config.send_stall_seconds
        self.wanted = request.method != "HEAD"

    @classmethod
    async def open(cls, route: Route, request: Request[Any, Any], config: ApiConfig) -> _Response:
        """Send the headers."""
        headers = responses.stream_headers(request, config)
        sanic = await request.respond(status=200, headers=headers, content_type=route.media_type)
        response = cls(sanic, request, config)
        if not response.wanted:
            await response._sanic.eof()
        return response

    async def write(self, data: bytes) -> bool:
        """Send; ``False`` if the client read nothing and was cut off."""
        if await send_with_stall_timeout(
            lambda: self._sanic.send(data), self._transport, self._seconds
        ):
            return True
        self.break_off()
        return False

    def write_now(self, data: bytes) -> bool:
        """Write part of the body as it is on the wire; see ``sanic_adapter.Connection``."""
        written: bool = self._connection.write_now(data)
        return written

    def touch(self) -> None:
        """Record that something was written directly."""
        self._connection.touch()

    def break_off(self) -> None:
        """Cut the client off."""
        self._transport.abort()

    async def with_comments(self, wanted: Awaitable[T], seconds: float) -> T:
        """Return the result of ``wanted``; send a comment every ``seconds`` until then."""
        task = asyncio.ensure_future(wanted)
        try:
            while not (await asyncio.wait((task,), timeout=seconds))[0]:
                await self.write(b": waiting\n\n")
            return task.result()
        finally:
            task.cancel()
