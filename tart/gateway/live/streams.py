"""Live events from all shards to all subscribers, each encoded once.

Every distinct filter is one subscription at the shards, however many clients share it.
Publishing never waits: each subscriber has a bounded queue. When it is full the oldest events are
dropped, and the client is told how many. So a slow subscriber delays no other, and memory is
bounded.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tart import json_encoding
from tart.gateway.fanout.queries import now_text
from tart.gateway.fanout.shards import Shards
from tart.gateway.http.websocket_frames import text_frame
from tart.ipc.messages import LiveEvents, Missed, Subscribe
from tart.query.core import filters
from tart.query.core.query import Rendering

Json = dict[str, Any]

ALL: Json = {"type": "All"}
# Replies queued for one client; a client that sends more without reading them is not read.
MAX_REPLIES = 32
SHED_RECENTLY_SECONDS = 60.0


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


# A reply to one client: bytes, or a function that makes them when they are sent.
Reply = bytes | Callable[[], bytes]


class Subscriber:
    """One client's queue: live events, which may be dropped, and replies, which may not.

    Both leave in the order in which they were queued, so that the events after ``subscribed`` are
    those of the new subscription.

    Args:
        limit: The most live events in the queue.

    Attributes:
        batch: Whether events are sent in batches.
        feed: The subscription; ``None`` without one.
        ready: Set while the queue is not empty.
    """

    def __init__(self, limit: int) -> None:
        self.batch = False
        self.feed: Feed | None = None
        self.ready = asyncio.Event()
        self.events_sent = 0
        self.missed_total = 0
        self._limit = limit
        self._events: deque[tuple[int, Encoded]] = deque()
        self._replies: deque[tuple[int, Reply]] = deque()
        self._reply_room = asyncio.Event()
        self._missed = 0
        self._next = 0

    def __len__(self) -> int:
        return len(self._events)

    def offer(self, event: Encoded) -> None:
        """Queue a live event; drop the oldest if there are too many."""
        if len(self._events) >= self._limit:
            self._events.popleft()
            self.record_missed(1)
        self._events.append((self._number(), event))
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
        return self._replies[0][0] < self._events[0][0]

    def _next_event(self) -> bytes:
        self.events_sent += 1
        return self._encode_event(self._events.popleft()[1])

    def _encode_event(self, event: Encoded) -> bytes:
        return event.frame

    def _encode_lagged(self, missed: int) -> bytes:
        return message("lagged", {"missed": missed})

    def _next_batch(self) -> bytes:
        parts: list[bytes] = []
        while self._events and not self._reply_is_next() and len(parts) < 1000:
            parts.append(self._events.popleft()[1].data)
        self.events_sent += len(parts)
        return text_frame(envelope("events", b"[" + b",".join(parts) + b"]", now_text()))

    def _number(self) -> int:
        self._next += 1
        return self._next


@dataclass(eq=False)
class Feed:
    """A distinct filter and its subscribers."""

    number: int
    key: bytes
    document: Json
    rendering: Rendering
    subscribers: set[Subscriber] = field(default_factory=set)


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
            feed = Feed(self._next, key, document, rendering)
            self._by_filter[key] = self._by_number[feed.number] = feed
            self._shards.subscribe(Subscribe(feed.number, document, *rendering))
        if subscriber.feed is not feed:
            self.unsubscribe(subscriber)
        feed.subscribers.add(subscriber)
        subscriber.feed = feed

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """Send a subscriber no more events; those in its queue are still sent."""
        feed, subscriber.feed = subscriber.feed, None
        if feed is None:
            return
        feed.subscribers.discard(subscriber)
        if not feed.subscribers:
            del self._by_number[feed.number]
            del self._by_filter[feed.key]
            self._shards.unsubscribe(feed.number)

    def add(self, subscriber: Subscriber) -> None:
        """Add a client."""
        self.subscribers.add(subscriber)

    def remove(self, subscriber: Subscriber) -> None:
        """Remove a client, and end its subscription."""
        self.unsubscribe(subscriber)
        self.subscribers.discard(subscriber)
        self._missed_by_removed += subscriber.missed_total

    def publish(self, events: LiveEvents) -> None:
        """Queue events of a shard for all subscribers whose filter they passed."""
        now, offset = now_text(), 0
        for event_id, _, _, numbers, length in events.events:
            text = events.attachment[offset : offset + length]
            offset += length
            feeds = [self._by_number[each] for each in numbers if each in self._by_number]
            self.broadcast += 1
            if not feeds:
                self.undelivered += 1
                continue
            encoded = Encoded(text_frame(envelope("event", text, now)), text, event_id)
            for feed in feeds:
                for subscriber in feed.subscribers:
                    subscriber.offer(encoded)

    def record_missed(self, missed: Missed) -> None:
        """Tell the subscribers of a feed that a shard dropped events of it."""
        self.shed += missed.count
        self._shed_at = time.monotonic()
        feed = self._by_number.get(missed.subscription)
        for subscriber in feed.subscribers if feed else ():
            subscriber.record_missed(missed.count)

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
