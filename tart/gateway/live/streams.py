"""Live events from all shards to all subscribers, each encoded once.

Every distinct filter is one feed and one subscription at the shards, however many clients share
it. Events that arrive within a few milliseconds leave together: each feed makes one ``Chunk`` of
them, whose bytes are made once, and a subscriber that keeps up costs one write of these bytes.
The first of them starts the delay, which follows the time that writing takes (``pacing``).

Publishing never waits: a subscriber that does not keep up has a bounded queue. When it is full the
oldest events are dropped, and the client is told how many. So a slow subscriber delays no other,
and memory is bounded.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from tart import json_encoding
from tart.gateway.fanout.queries import now_text, now_us
from tart.gateway.fanout.shards import Shards
from tart.gateway.http.http1 import http_chunk
from tart.gateway.http.websocket_frames import text_frame
from tart.gateway.live.positions import Position, sse
from tart.ipc.messages import LiveEvents, Missed, Subscribe, Subscribed
from tart.pacing import Pace
from tart.query.core import filters
from tart.query.core.event_ids import event_identity
from tart.query.core.query import Rendering

Json = dict[str, Any]

ALL: Json = {"type": "All"}
# Replies queued for one client; a client that sends more without reading them is not read.
MAX_REPLIES = 32
MAX_BATCH = 1000
SHED_RECENTLY_SECONDS = 60.0
# The longest delay in which events are gathered for one write: with a thousand subscribers
# writing takes 10 to 20 ms.
MAX_DELAY_SECONDS = 0.05
# While writing takes more than a tenth of the time, events wait as long as this for others.
REST_SECONDS = 0.002
# What several shards send of the same moment arrives within this time, and leaves together.
GATHER_SECONDS = 0.002


def envelope(kind: str, data: bytes, timestamp: str) -> bytes:
    """Return a message of the server: type, data, timestamp, in this order."""
    return b'{"type":"%b","data":%b,"timestamp":"%b"}' % (
        kind.encode(),
        data,
        timestamp.encode(),
    )


def message(kind: str, data: Any) -> bytes:
    """Return a message of the server with the present time, as a frame."""
    return text_frame(envelope(kind, json_encoding.dumps(data), now_text()))


class Encoded(NamedTuple):
    """A live event: its frame, its data for a batch, and its API id."""

    frame: bytes
    data: bytes
    id: int


class Chunk:
    """Events of a feed that leave together; all of its subscribers send the same bytes.

    Args:
        events: At least one, those of a directory in ascending order.
        position: The feed's position before them.
    """

    def __init__(self, events: Sequence[Encoded], position: Position) -> None:
        self.events = events
        self.position = position

    def __len__(self) -> int:
        return len(self.events)

    @cached_property
    def frames(self) -> bytes:
        """A WebSocket message for each event."""
        return b"".join([event.frame for event in self.events])

    @cached_property
    def batches(self) -> bytes:
        """WebSocket messages of up to ``MAX_BATCH`` events."""
        return b"".join(
            batch_frame(self.events[start : start + MAX_BATCH])
            for start in range(0, len(self.events), MAX_BATCH)
        )

    @cached_property
    def sse_events(self) -> list[bytes]:
        """Each event as a server-sent event, with the position behind it."""
        position, texts = self.position.copy(), []
        for event in self.events:
            position.move(event.id)
            texts.append(sse("event", event.data, str(position)))
        return texts

    @cached_property
    def sse(self) -> bytes:
        """All events as server-sent events."""
        return b"".join(self.sse_events)

    @cached_property
    def sse_chunk(self) -> bytes:
        """All events as server-sent events, in a chunk of HTTP/1.1."""
        return http_chunk(self.sse)


def batch_frame(events: Sequence[Encoded]) -> bytes:
    """Return a WebSocket message of several events."""
    data = b",".join([event.data for event in events])
    return text_frame(envelope("events", b"[" + data + b"]", now_text()))


# A reply to one client: bytes, or a function that makes them when they are sent.
Reply = bytes | Callable[[], bytes]
# Writes bytes at once and returns true, unless the client has left or does not read.
WriteNow = Callable[[bytes], bool]


class _Queued:
    """Events that wait for a slow subscriber: those of a chunk from an index on."""

    __slots__ = ("chunk", "first", "number")

    def __init__(self, number: int, chunk: Chunk) -> None:
        self.number = number
        self.chunk = chunk
        self.first = 0

    def __len__(self) -> int:
        return len(self.chunk) - self.first


class Subscriber:
    """One client: a queue of live events, which may be dropped, and of replies, which may not.

    Both leave in the order in which they were queued, so that the events after ``subscribed`` are
    those of the new subscription. While nothing is queued and the client's task waits, events are
    written at once (``writing_directly``): they need no queue, no task and no other call.

    Args:
        limit: The most live events in the queue.

    Attributes:
        batch: Whether events are sent in batches.
        feed: The subscription; ``None`` without one.
        ready: Set while the queue is not empty.
        written_at: When events were last written directly, by the monotonic clock.
    """

    def __init__(self, limit: int) -> None:
        self.batch = False
        self.feed: Feed | None = None
        self.ready = asyncio.Event()
        self.events_sent = 0
        self.missed_total = 0
        self.written_at = -math.inf
        self._limit = limit
        self._write_now: WriteNow | None = None
        self._events: deque[_Queued] = deque()
        self._waiting = 0
        self._replies: deque[tuple[int, Reply]] = deque()
        self._reply_room = asyncio.Event()
        self._missed = 0
        self._next = 0

    def __len__(self) -> int:
        return self._waiting

    async def wait_ready(self, write_now: WriteNow) -> None:
        """Return once something is queued; until then write events directly.

        The caller must have written all that it took from the queue.
        """
        self._write_now = write_now
        try:
            await self.ready.wait()
        finally:
            self._write_now = None

    def deliver(self, chunk: Chunk, now: float) -> None:
        """Write the events of a chunk, or queue them if that cannot be done at once.

        Args:
            chunk: The events.
            now: Monotonic seconds.
        """
        if (
            self._write_now is not None
            and not self.ready.is_set()
            and self._write_now(self._encode_chunk(chunk))
        ):
            self.events_sent += len(chunk)
            self.written_at = now
        else:
            self.queue(chunk)

    def queue(self, chunk: Chunk) -> None:
        """Queue the events of a chunk; drop the oldest events if there are too many."""
        self._events.append(_Queued(self._number(), chunk))
        self._waiting += len(chunk)
        if self._waiting > self._limit:
            self._drop(self._waiting - self._limit)
        self.ready.set()

    def record_missed(self, count: int) -> None:
        """Count events that the client missed; it is told with the next message."""
        self._missed += count
        self.missed_total += count
        self.ready.set()

    def try_reply(self, reply: Reply) -> bool:
        """Queue a frame that is never dropped; ``False`` if too many are queued."""
        if len(self._replies) >= MAX_REPLIES:
            return False
        self._replies.append((self._number(), reply))
        self.ready.set()
        return True

    async def reply(self, reply: Reply) -> None:
        """Queue a frame that is never dropped, waiting for room."""
        while not self.try_reply(reply):
            self._reply_room.clear()
            await self._reply_room.wait()

    def take(self, max_bytes: int) -> list[bytes]:
        """Remove the next frames from the queue, about ``max_bytes``; none if it is empty."""
        frames: list[bytes] = []
        size = 0
        for frame in self._drain():
            frames.append(frame)
            size += len(frame)
            if size >= max_bytes:
                break
        return frames

    def _drain(self) -> Iterator[bytes]:
        while True:
            if self._missed:
                missed, self._missed = self._missed, 0
                yield self._encode_lagged(missed)
            elif self._reply_is_next():
                self._reply_room.set()
                reply = self._replies.popleft()[1]
                yield reply if isinstance(reply, bytes) else reply()
            elif self._events:
                yield self._next_batch() if self.batch else self._next_event()
            else:
                self.ready.clear()
                return

    def _reply_is_next(self) -> bool:
        if not self._replies or not self._events:
            return bool(self._replies)
        return self._replies[0][0] < self._events[0].number

    def _next_event(self) -> bytes:
        self.events_sent += 1
        queued = self._events[0]
        index = queued.first
        self._remove(1)
        return self._encode_event(queued.chunk, index)

    def _next_batch(self) -> bytes:
        events: list[Encoded] = []
        while self._events and not self._reply_is_next() and len(events) < MAX_BATCH:
            queued = self._events[0]
            taken = queued.chunk.events[queued.first :][: MAX_BATCH - len(events)]
            events += taken
            self._remove(len(taken))
        self.events_sent += len(events)
        return batch_frame(events)

    def _encode_chunk(self, chunk: Chunk) -> bytes:
        return chunk.batches if self.batch else chunk.frames

    def _encode_event(self, chunk: Chunk, index: int) -> bytes:
        return chunk.events[index].frame

    def _encode_lagged(self, missed: int) -> bytes:
        return message("lagged", {"missed": missed})

    def _drop(self, count: int) -> None:
        """Drop the oldest events."""
        self.record_missed(count)
        while count:
            dropped = min(count, len(self._events[0]))
            self._remove(dropped)
            count -= dropped

    def _remove(self, count: int) -> None:
        """Remove events from the front chunk, which has as many."""
        queued = self._events[0]
        queued.first += count
        self._waiting -= count
        if not queued:
            self._events.popleft()

    def _number(self) -> int:
        self._next += 1
        return self._next


@dataclass(eq=False)
class Feed:
    """A distinct filter and its subscribers.

    Attributes:
        position: Behind the events that its subscribers got, or have in their queues.
        pending: Events that leave with the next chunk.
        interrupted: Directories of which events may have passed unseen since the last one that
            came, because the connection to the shard was lost.
    """

    number: int
    key: bytes
    document: Json
    rendering: Rendering
    position: Position
    subscribers: set[Subscriber] = field(default_factory=set)
    pending: list[Encoded] = field(default_factory=list)
    interrupted: set[int] = field(default_factory=set)

    def flush(self) -> None:
        """Send the events that are pending to all subscribers."""
        if not self.pending:
            return
        events, self.pending = self.pending, []
        chunk = Chunk(events, self.position.copy())
        for event in events:
            self.position.move(event.id)
        now = time.monotonic()
        # A copy: nothing may change the set meanwhile, but a fault must not end the others' turn.
        for subscriber in tuple(self.subscribers):
            subscriber.deliver(chunk, now)

    def confirm(self, newest: int) -> None:
        """Move behind the newest event that a shard had decoded when it got the subscription.

        That is back, if the shard died before it had stored what its clients have: from an id
        beyond all that there is, they would get everything again.
        """
        self.flush()
        directory = event_identity(newest)[0]
        if directory in self.interrupted and newest >= self.position.ids.get(directory, newest + 1):
            return
        self.position.move(newest)


class Streams:
    """All feeds and all subscribers.

    Attributes:
        subscribers: All clients, also those without a feed.
        broadcast: Live events received.
        undelivered: Those of them without a subscriber left.
        shed: Live events that shards dropped because the gateway did not keep up.
    """

    def __init__(self, shards: Shards) -> None:
        self._shards = shards
        self._by_number: dict[int, Feed] = {}
        self._by_filter: dict[bytes, Feed] = {}
        self._next = 0
        self._shed_at: float | None = None
        self._pace = Pace(MAX_DELAY_SECONDS, REST_SECONDS, GATHER_SECONDS)
        # Feeds with pending events; a timer is set while there are any.
        self._pending: set[Feed] = set()
        self.subscribers: set[Subscriber] = set()
        self.broadcast = 0
        self.undelivered = 0
        self.shed = 0
        self._missed_by_removed = 0

    def subscribe(self, subscriber: Subscriber, document: Any, rendering: Rendering) -> None:
        """Send a subscriber the events that pass a filter, instead of its present ones.

        Raises:
            BadQuery: The filter is not valid; the subscriber keeps its present one.
        """
        filters.parse(document)
        key = json_encoding.dumps([document, *rendering], option=json_encoding.SORTED)
        feed = self._by_filter.get(key)
        if feed is None:
            self._next += 1
            feed = Feed(self._next, key, document, rendering, Position(now_us()))
            self._by_filter[key] = self._by_number[feed.number] = feed
            self._shards.subscribe(Subscribe(feed.number, document, *rendering))
        if subscriber.feed is not feed:
            self.unsubscribe(subscriber)
        # Events that came before the subscription are not for this subscriber.
        feed.flush()
        feed.subscribers.add(subscriber)
        subscriber.feed = feed

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """Send a subscriber no more events; those that came before are still sent."""
        feed, subscriber.feed = subscriber.feed, None
        if feed is None:
            return
        feed.flush()
        feed.subscribers.discard(subscriber)
        if not feed.subscribers:
            del self._by_number[feed.number]
            del self._by_filter[feed.key]
            self._shards.unsubscribe(feed.number)

    def confirm(self, subscriber: Subscriber) -> None:
        """Ask the shards how far they are, so that the feed's position is behind that."""
        if subscriber.feed is not None:
            feed = subscriber.feed
            self._shards.subscribe(Subscribe(feed.number, feed.document, *feed.rendering))

    def add(self, subscriber: Subscriber) -> None:
        """Add a client."""
        self.subscribers.add(subscriber)

    def remove(self, subscriber: Subscriber) -> None:
        """Remove a client, and end its subscription."""
        self.unsubscribe(subscriber)
        self.subscribers.discard(subscriber)
        self._missed_by_removed += subscriber.missed_total

    def publish(self, events: LiveEvents) -> None:
        """Take events of a shard for all subscribers whose filter they passed.

        Raises:
            MessageError: The message is not one of this release.
        """
        ids, texts, matches = events.unpack()
        wanted = [
            (feed, indexes) for number, indexes in matches if (feed := self._by_number.get(number))
        ]
        self.broadcast += len(ids)
        if len(wanted) < len(matches):
            self.undelivered += len(ids) - len({index for _, listed in wanted for index in listed})
        if not wanted:
            return
        now = now_text()
        encoded = [
            Encoded(text_frame(envelope("event", text, now)), text, event_id)
            for text, event_id in zip(texts, ids, strict=True)
        ]
        directories = {event_identity(event_id)[0] for event_id in ids}
        for feed, indexes in wanted:
            feed.pending += [encoded[index] for index in indexes]
            feed.interrupted -= directories
        if not self._pending:
            loop = asyncio.get_running_loop()
            loop.call_later(self._pace.delay(time.monotonic()), self._run)
        self._pending.update(feed for feed, _ in wanted)

    def flush(self) -> None:
        """Send all events that are pending."""
        pending, self._pending = self._pending, set()
        for feed in pending:
            feed.flush()

    def confirmed(self, reply: Subscribed) -> None:
        """Record how far a shard was when it got a subscription."""
        feed = self._by_number.get(reply.subscription)
        if feed is not None:
            feed.confirm(reply.through)

    def interrupted(self, shard: int) -> None:
        """Record that a shard is connected again, or for the first time.

        Events of its directory, which has its number, may have passed meanwhile.
        """
        for feed in self._by_number.values():
            feed.interrupted.add(shard)

    def record_missed(self, missed: Missed) -> None:
        """Tell the subscribers of a feed that a shard dropped events of it."""
        self.shed += missed.count
        self._shed_at = time.monotonic()
        feed = self._by_number.get(missed.subscription)
        if feed is not None:
            feed.flush()
            for subscriber in feed.subscribers:
                subscriber.record_missed(missed.count)

    def _run(self) -> None:
        began = time.thread_time()
        self.flush()
        # The loop writes to the sockets before it makes the next calls: that is timed as well.
        asyncio.get_running_loop().call_soon(self._record_cost, began)

    def _record_cost(self, began: float) -> None:
        self._pace.record(time.thread_time() - began, time.monotonic())

    @property
    def shed_recently(self) -> bool:
        """True if a shard dropped events in the last minute because the gateway was slow."""
        return self._shed_at is not None and (
            time.monotonic() - self._shed_at < SHED_RECENTLY_SECONDS
        )

    def statistics(self) -> Json:
        """Return jamtart's ``broadcaster_stats``; ``dropped`` counts events that clients missed."""
        subscribers = self.subscribers
        return {
            "total_events_broadcast": self.broadcast,
            "active_subscribers": sum(each.feed is not None for each in subscribers),
            "node_channels": sum(
                feed.document.get("type") == "Node" for feed in self._by_number.values()
            ),
            "events_in_buffer": sum(len(each) for each in subscribers),
            "dropped_events": self._missed_by_removed
            + sum(each.missed_total for each in subscribers),
            "undelivered_events": self.undelivered,
        }
