"""Server-sent events: figures every second, and live events that can be resumed.

A client is closed when it takes nothing for ``send_stall_seconds``, and what it does not take
in time is shed and told, as over WebSocket (``streams.Subscriber``).

An event's ``id:`` is a position: when the stream began, in Unix microseconds, and of each
directory the API id of the newest event sent, or of a later one that did not pass the filter.
Directories are in order each, so nothing is sent twice and nothing left out, whatever their
clocks do.

A client may have little patience, and the machine little time. So the head and a comment go
out at once, before anything is looked up, and comments while it is (``LOOKING_UP``); what is
found is sent in parts, each of which moves the position (``catching_up``). A comment without
words says that live events follow.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Coroutine, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sanic import Request

from tart import json_encoding
from tart.config.schema import ApiConfig
from tart.errors import BadQuery, Busy, NotFound, QueryTimeout, ShardUnavailable, TartError
from tart.gateway.api.route import Route
from tart.gateway.api.routes.streams import filter_of
from tart.gateway.fanout.queries import Questions, now_us
from tart.gateway.fanout.single_flight import SingleFlight
from tart.gateway.handlers.table import HANDLERS
from tart.gateway.http import responses
from tart.gateway.http.slow_client import send_with_stall_timeout
from tart.gateway.live.catch_up import CatchingUp, Found
from tart.gateway.live.streams import Encoded, Streams, Subscriber
from tart.query.core.catalog import event_identity
from tart.query.core.live_event import live_event
from tart.query.core.merge import Json

log = logging.getLogger(__name__)

METRICS_SECONDS = 1.0
# Between two comments: while something is looked up; until the client has an id to resume at,
# for what comes while it is away is lost to it before; and afterwards.
LOOKING_SECONDS = 0.25
FIRST_SECONDS = 0.5
KEEP_ALIVE_SECONDS = 1.0
# So long the place of a bare event id may take to be looked up for its errors to have a status.
STATUS_SECONDS = 0.5
CONNECTED = b": connected\n\n"
LOOKING_UP = b": looking up what was missed\n\n"
LIVE = b":\n\n"
WRITE_BYTES = 64 << 10
_MAX_ID_PARTS = 257

T = TypeVar("T")


@dataclass
class Position:
    """How far a client is.

    Attributes:
        since_us: of directories it has nothing of, everything received from then on is new.
        ids: directory to the API id of the newest event it has.
    """

    since_us: int
    ids: dict[int, int] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str) -> Position | int:
        """What a client sends back: a position, or a bare event id; else ``BadQuery``."""
        parts = text.strip().split(".")
        if len(parts) > _MAX_ID_PARTS or not all(
            part.isascii() and part.isdecimal() and len(part) <= 20 for part in parts
        ):
            raise BadQuery("last_event_id must be an id of this stream, or of an event", _NAME)
        first, *ids = map(int, parts)
        if not ids:
            return first
        return cls(first, {event_identity(each)[0]: each for each in ids})

    def __str__(self) -> str:
        return ".".join(map(str, (self.since_us, *(self.ids[each] for each in sorted(self.ids)))))

    def has(self, event_id: int) -> bool:
        """Whether an event is not new."""
        return event_id <= self.ids.get(event_identity(event_id)[0], -1)

    def move(self, event_id: int) -> None:
        """An event was sent."""
        self.ids[event_identity(event_id)[0]] = event_id


_NAME = "last_event_id"


def sse(name: str, data: bytes, place: str = "") -> bytes:
    """One event of a stream."""
    prefix = f"id: {place}\n".encode() if place else b""
    return prefix + b"event: %b\ndata: %b\n\n" % (name.encode(), data)


class Reader(Subscriber):
    """A subscriber that reads server-sent events.

    Args:
        catching_up: shards of which it missed something: their live events are left out until
            ``hold``, and kept back until ``release``.
    """

    def __init__(self, limit: int, position: Position, catching_up: Iterable[int] = ()) -> None:
        super().__init__(limit)
        self.position = position
        self._left_out = set(catching_up)
        self._held: dict[int, deque[Encoded]] = {}
        self._was_cut = False

    @property
    def patience(self) -> float:
        """Seconds of silence after which the client should hear a comment."""
        if self._left_out or self._held:
            return LOOKING_SECONDS
        return KEEP_ALIVE_SECONDS if self.events_sent else FIRST_SECONDS

    @property
    def comment(self) -> bytes:
        """What it hears then."""
        return LOOKING_UP if self._left_out or self._held else LIVE

    def offer(self, event: Encoded) -> None:
        """See ``Subscriber``; a shard's live events have the number of its own directory."""
        if not self._left_out and not self._held:
            super().offer(event)
            return
        shard = event_identity(event.id)[0]
        if shard in self._left_out:
            return
        if shard not in self._held:
            super().offer(event)
            return
        held = self._held[shard]
        if len(held) >= self._limit:
            held.popleft()
            self.miss(1)
        held.append(event)

    def hold(self, shard: int) -> None:
        """See ``catching_up.Client``."""
        self._left_out.discard(shard)
        self._held[shard] = deque()

    def release(self, shard: int) -> None:
        """See ``catching_up.Client``."""
        self._left_out.discard(shard)
        for event in self._held.pop(shard, ()):
            super().offer(event)

    async def found(self, batch: Sequence[Found]) -> None:
        """See ``catching_up.Client``."""
        await self.reply(lambda: b"".join(self._of(batch)))

    async def cut(self) -> None:
        """See ``catching_up.Client``; it is told once."""
        if not self._was_cut:
            self._was_cut = True
            await self.reply(sse("lagged", b'{"missed":null}'))

    def _of(self, batch: Sequence[Found]) -> Iterator[bytes]:
        # Now and not before: what is sent in between has a position, too.
        for event, at in batch:
            self.position.ids |= at
            if event is not None:
                self.position.move(event["id"])
                self.events_sent += 1
                yield sse("event", json_encoding.dumps(live_event(event)), str(self.position))

    def _shown(self, event: Encoded) -> bytes:
        if self.position.has(event.id):
            # It came while the stream was resumed, and was looked up then.
            return b""
        self.position.move(event.id)
        return sse("event", event.data, str(self.position))

    def _lagged(self, missed: int) -> bytes:
        return sse("lagged", json_encoding.dumps({"missed": missed}))


class EventStreams:
    """Both streams, for all who read them."""

    def __init__(self, questions: Questions, streams: Streams, config: ApiConfig) -> None:
        self._questions = questions
        self._streams = streams
        self._config = config
        self._live: SingleFlight[Json] = SingleFlight(self._figures)
        self.stalled = 0

    async def stop(self) -> None:
        """End what is shared."""
        await self._live.stop()

    async def _figures(self) -> Json:
        body: Json = (await HANDLERS["live"](self._questions, {})).body
        return body

    async def serve_metrics(self, route: Route, request: Request[Any, Any]) -> None:
        """Send figures every second until the client leaves or stalls."""
        line = await _Line.open(route, request, self._config)
        if line.wanted and not await line.write(CONNECTED):
            self.stalled += 1
            return
        while line.wanted:
            await asyncio.sleep(METRICS_SECONDS)
            try:
                figures = await line.commented(self._live.get(METRICS_SECONDS / 2), METRICS_SECONDS)
            except TartError as error:
                written = await line.write(b": %b\n\n" % error.code.encode())
            else:
                # The peer's order: data, then event.
                written = await line.write(
                    b"data: %b\nevent: metrics\n\n" % json_encoding.dumps(figures)
                )
            if not written:
                self.stalled += 1
                return

    async def serve_events(self, route: Route, request: Request[Any, Any], values: Json) -> None:
        """Send live events until the client leaves or stalls."""
        last = request.headers.get("last-event-id") or values[_NAME]
        known = Position.read(last) if last else Position(now_us())
        missing = range(self._questions.shards.total) if last else ()
        reader = Reader(self._config.subscriber_queue, Position(now_us()), missing)
        values = {**values, "filter": filter_of(values)}
        placing = asyncio.ensure_future(self._placed(known))
        self._streams.joined(reader)
        try:
            self._streams.subscribe(reader, values["filter"], values["bytes"])
            await asyncio.wait((placing,), timeout=STATUS_SECONDS)
            if placing.done():
                reader.position = placing.result()
            line = await _Line.open(route, request, self._config)
            if line.wanted and last:
                await self._send(line, reader, self._catch_up(line, reader, placing, values))
            elif line.wanted:
                await self._send(line, reader)
        finally:
            placing.cancel()
            self._streams.left(reader)

    async def _send(
        self, line: _Line, reader: Reader, beside: Coroutine[Any, Any, None] | None = None
    ) -> None:
        """Send until the client stalls or leaves, which ends what goes on beside it."""
        task = None if beside is None else asyncio.create_task(beside)
        data = reader.comment
        try:
            while await line.write(data):
                if not (data := b"".join(reader.take(WRITE_BYTES))):
                    with suppress(TimeoutError):
                        async with asyncio.timeout(reader.patience):
                            await reader.ready.wait()
                    data = b"".join(reader.take(WRITE_BYTES)) or reader.comment
            self.stalled += 1
        finally:
            if task is not None:
                task.cancel()

    async def _placed(self, known: Position | int) -> Position:
        """Where a client goes on; of a bare event id, from when that was received."""
        if isinstance(known, Position):
            return known
        received_at = await self._questions.received_at(known)
        return Position(received_at, {event_identity(known)[0]: known})

    async def _catch_up(
        self, line: _Line, reader: Reader, placing: asyncio.Future[Position], values: Json
    ) -> None:
        """Pass on what passed the filter since; live events follow.

        The head is sent already. Where no shard answers the connection is cut off: the client
        comes again, and has lost nothing.
        """
        try:
            reader.position = place = await placing
            if not await CatchingUp(
                self._questions,
                reader,
                values["filter"],
                values["bytes"],
                place.since_us,
                dict(place.ids),
            ).run():
                line.break_off()
        except (QueryTimeout, Busy, ShardUnavailable):
            line.break_off()
        except Exception as error:
            if not isinstance(error, NotFound):
                log.error("what a stream missed could not be looked up", exc_info=error)
            # It goes on from now.
            await reader.cut()
            for shard in range(self._questions.shards.total):
                reader.release(shard)
        await reader.reply(LIVE)


class _Line:
    """One client's response."""

    def __init__(self, response: Any, request: Request[Any, Any], config: ApiConfig) -> None:
        self._response = response
        self._transport: Any = request.transport
        self._seconds = config.send_stall_seconds
        self.wanted = request.method != "HEAD"

    @classmethod
    async def open(cls, route: Route, request: Request[Any, Any], config: ApiConfig) -> _Line:
        """Send the headers."""
        headers = responses.stream_headers(request, config)
        response = await request.respond(status=200, headers=headers, content_type=route.media_type)
        line = cls(response, request, config)
        if not line.wanted:
            await line._response.eof()
        return line

    async def write(self, data: bytes) -> bool:
        """Send; ``False`` if the client takes nothing, and is cut off now."""
        if await send_with_stall_timeout(
            lambda: self._response.send(data), self._transport, self._seconds
        ):
            return True
        self.break_off()
        return False

    def break_off(self) -> None:
        """Cut the client off."""
        self._transport.abort()

    async def commented(self, wanted: Awaitable[T], seconds: float) -> T:
        """What comes of something, with a comment whenever it takes so long."""
        task = asyncio.ensure_future(wanted)
        try:
            while not (await asyncio.wait((task,), timeout=seconds))[0]:
                await self.write(b": waiting\n\n")
            return task.result()
        finally:
            task.cancel()
