"""Server-sent events: figures every second, and live events that can be resumed.

A client is closed when it takes nothing for ``stalled_seconds``, and what it does not take
in time is shed and told, as over WebSocket (``streams.Subscriber``).

An event's ``id:`` is a position: when the stream began, in Unix microseconds, and of each
directory the API id of the newest event sent. Directories are in order each, so nothing is
sent twice and nothing left out, whatever their clocks do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from sanic import Request

from tart.config import ApiConfig
from tart.errors import BadQuery, TartError
from tart.gateway import responses
from tart.gateway.contract_streams import filter_of
from tart.gateway.patience import sent
from tart.gateway.questions import Questions, now_us
from tart.gateway.route import Route
from tart.gateway.routes import HANDLERS
from tart.gateway.shared import Shared
from tart.gateway.streams import Encoded, Streams, Subscriber
from tart.query.catalog import event_identity
from tart.query.live_event import live_event
from tart.query.merge import Json

METRICS_SECONDS = 1.0
KEEP_ALIVE_SECONDS = 15.0
WRITE_BYTES = 64 << 10
_MAX_ID_PARTS = 257


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
    """A subscriber that reads server-sent events."""

    def __init__(self, limit: int, position: Position) -> None:
        super().__init__(limit)
        self.position = position

    def _shown(self, event: Encoded) -> bytes:
        if self.position.has(event.id):
            # It came while the stream was resumed, and was looked up then.
            return b""
        self.position.move(event.id)
        return sse("event", event.data, str(self.position))

    def _lagged(self, missed: int) -> bytes:
        return sse("lagged", orjson.dumps({"missed": missed}))


class EventStreams:
    """Both streams, for all who read them."""

    def __init__(self, questions: Questions, streams: Streams, config: ApiConfig) -> None:
        self._questions = questions
        self._streams = streams
        self._config = config
        self._live: Shared[Json] = Shared(self._figures)
        self.stalled = 0

    async def stop(self) -> None:
        """End what is shared."""
        await self._live.stop()

    async def serve(self, route: Route, request: Request[Any, Any], values: Json) -> None:
        """Answer a request until its client leaves or stalls."""
        if route.name == "metrics_stream":
            await self._metrics(route, request)
        else:
            await self._events(route, request, values)

    async def _figures(self) -> Json:
        body: Json = (await HANDLERS["live"](self._questions, {})).body
        return body

    async def _metrics(self, route: Route, request: Request[Any, Any]) -> None:
        line = await _Line.open(route, request, self._config)
        while line.wanted:
            await asyncio.sleep(METRICS_SECONDS)
            try:
                figures = await self._live.get(METRICS_SECONDS / 2)
            except TartError as error:
                written = await line.write(b": %b\n\n" % error.code.encode())
            else:
                # The peer's order: data, then event.
                written = await line.write(b"data: %b\nevent: metrics\n\n" % orjson.dumps(figures))
            if not written:
                self.stalled += 1
                return

    async def _events(self, route: Route, request: Request[Any, Any], values: Json) -> None:
        last = request.headers.get("last-event-id") or values[_NAME]
        position = await self._position(last)
        reader = Reader(self._config.subscriber_queue, position)
        values = {**values, "filter": filter_of(values)}
        self._streams.joined(reader)
        try:
            # Subscribed first, looked up then: nothing falls between.
            self._streams.subscribe(reader, values["filter"], values["bytes"])
            missed = await self._missed(reader, values) if last else []
            line = await _Line.open(route, request, self._config)
            for chunk in missed:
                if line.wanted and not await line.write(chunk):
                    self.stalled += 1
                    return
            await self._send(line, reader)
        finally:
            self._streams.left(reader)

    async def _send(self, line: _Line, reader: Reader) -> None:
        waiting: list[bytes] = []
        while line.wanted:
            if not await line.write(b"".join(waiting) or b":\n\n"):
                self.stalled += 1
                return
            waiting = reader.take(WRITE_BYTES)
            if not waiting:
                try:
                    async with asyncio.timeout(KEEP_ALIVE_SECONDS):
                        await reader.ready.wait()
                except TimeoutError:
                    continue
                waiting = reader.take(WRITE_BYTES)

    async def _position(self, last: str | None) -> Position:
        """Where a client goes on; of a bare event id, from when that was received."""
        found = Position.read(last) if last else Position(now_us())
        if isinstance(found, Position):
            return found
        received_at = await self._questions.received_at(found)
        return Position(received_at, {event_identity(found)[0]: found})

    async def _missed(self, reader: Reader, values: Mapping[str, Any]) -> list[bytes]:
        """What passed the filter since, ready to be sent."""
        place = reader.position
        events, cut = await self._questions.missed(
            values["filter"], place.since_us, place.ids, values["bytes"]
        )
        chunks = [sse("lagged", b'{"missed":null}')] if cut else []
        for event in events:
            place.move(event["id"])
            chunks.append(sse("event", orjson.dumps(live_event(event)), str(place)))
        reader.events_sent += len(events)
        return chunks


class _Line:
    """One client's response."""

    def __init__(self, response: Any, request: Request[Any, Any], config: ApiConfig) -> None:
        self._response = response
        self._transport: Any = request.transport
        self._seconds = config.stalled_seconds
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
        if await sent(lambda: self._response.send(data), self._transport, self._seconds):
            return True
        self._transport.abort()
        return False
