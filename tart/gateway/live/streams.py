"""Live events from all shards to all subscribers, each encoded once.

Every distinct filter is one subscription at the shards, whoever shares it. Handing out
never waits: each subscriber has a bounded queue, the oldest events of a full one go, and
its owner is told how many. So a slow subscriber slows nobody, and memory has a limit.
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
from tart.ipc.messages import Encoding, LiveEvents, Missed, Subscribe
from tart.query.core import filters

Json = dict[str, Any]

ALL: Json = {"type": "All"}
# Replies waiting for one client; a client that asks on and reads nothing is not read on.
MAX_REPLIES = 32
SHED_RECENTLY_SECONDS = 60.0


def envelope(kind: str, data: bytes, timestamp: str) -> bytes:
    """A message of the server: type, data, timestamp, in this order."""
    return b'{"type":"%b","data":%b,"timestamp":"%b"}' % (
        kind.encode(),
        data,
        timestamp.encode(),
    )


def message(kind: str, data: Any) -> bytes:
    """A message of the server, sent now, as a frame."""
    return text_frame(envelope(kind, json_encoding.dumps(data), now_text()))


class Encoded(NamedTuple):
    """A live event, ready: as a whole frame, and its data for a batch; with its API id."""

    frame: bytes
    data: bytes
    id: int


# What is said to one client: bytes, or what makes them at the moment they are sent.
Reply = bytes | Callable[[], bytes]


class Subscriber:
    """One client's queue: live events that may be shed, and replies that may not.

    Both come out in the order they went in, so that what follows ``subscribed`` is what
    was subscribed.
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
        self._room = asyncio.Event()
        self._missed = 0
        self._next = 0

    def __len__(self) -> int:
        return len(self._events)

    def offer(self, event: Encoded) -> None:
        """Queue a live event; the oldest goes if there are too many."""
        if len(self._events) >= self._limit:
            self._events.popleft()
            self.miss(1)
        self._events.append((self._number(), event))
        self.ready.set()

    def miss(self, count: int) -> None:
        """Events this client should have got are lost; it will be told."""
        self._missed += count
        self.missed_total += count
        self.ready.set()

    def say(self, reply: Reply) -> bool:
        """Queue a frame that is never shed; ``False`` if too many wait already."""
        if len(self._replies) >= MAX_REPLIES:
            return False
        self._replies.append((self._number(), reply))
        self.ready.set()
        return True

    async def reply(self, reply: Reply) -> None:
        """Queue a frame, waiting for room."""
        while not self.say(reply):
            self._room.clear()
            await self._room.wait()

    def take(self, most: int) -> list[bytes]:
        """Frames to send next, about ``most`` bytes, in order; none if nothing waits."""
        frames: list[bytes] = []
        size = 0
        for each in self._waiting():
            frames.append(each)
            size += len(each)
            if size >= most:
                break
        return frames

    def _waiting(self) -> Iterator[bytes]:
        while True:
            if self._missed:
                missed, self._missed = self._missed, 0
                yield self._lagged(missed)
            elif self._reply_is_next():
                self._room.set()
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
        return self._shown(self._events.popleft()[1])

    def _shown(self, event: Encoded) -> bytes:
        return event.frame

    def _lagged(self, missed: int) -> bytes:
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
    """One distinct filter and those who want it."""

    number: int
    key: bytes
    document: Json
    rendering: Encoding
    subscribers: set[Subscriber] = field(default_factory=set)


class Streams:
    """All feeds and all subscribers."""

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
        self._missed_by_gone = 0

    def subscribe(self, subscriber: Subscriber, document: Any, rendering: Encoding) -> None:
        """Give a subscriber the events that pass a filter, instead of any others.

        Raises:
            BadQuery: the filter cannot be used; the subscriber keeps what it had.
        """
        filters.parse(document)
        key = json_encoding.dumps([document, rendering], option=json_encoding.SORTED)
        feed = self._by_filter.get(key)
        if feed is None:
            self._next += 1
            feed = Feed(self._next, key, document, rendering)
            self._by_filter[key] = self._by_number[feed.number] = feed
            self._shards.subscribe(Subscribe(feed.number, document, rendering))
        if subscriber.feed is not feed:
            self.unsubscribe(subscriber)
        feed.subscribers.add(subscriber)
        subscriber.feed = feed

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """Give it no more events; what waits in its queue still comes."""
        feed, subscriber.feed = subscriber.feed, None
        if feed is None:
            return
        feed.subscribers.discard(subscriber)
        if not feed.subscribers:
            del self._by_number[feed.number]
            del self._by_filter[feed.key]
            self._shards.unsubscribe(feed.number)

    def joined(self, subscriber: Subscriber) -> None:
        """A client has come."""
        self.subscribers.add(subscriber)

    def left(self, subscriber: Subscriber) -> None:
        """A client has gone."""
        self.unsubscribe(subscriber)
        self.subscribers.discard(subscriber)
        self._missed_by_gone += subscriber.missed_total

    def publish(self, events: LiveEvents) -> None:
        """Hand events of a shard to everybody whose filter they passed."""
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

    def missed(self, missed: Missed) -> None:
        """A shard shed events because we were slow: all who wanted them are told."""
        self.shed += missed.count
        self._shed_at = time.monotonic()
        feed = self._by_number.get(missed.subscription)
        for subscriber in feed.subscribers if feed else ():
            subscriber.miss(missed.count)

    @property
    def shed_recently(self) -> bool:
        """Whether a shard shed events for us in the last minute."""
        return self._shed_at is not None and (
            time.monotonic() - self._shed_at < SHED_RECENTLY_SECONDS
        )

    def statistics(self) -> Json:
        """The peer's ``broadcaster_stats``; dropped are those no client's queue had room for."""
        every = self.subscribers
        return {
            "total_events_broadcast": self.broadcast,
            "active_subscribers": sum(each.feed is not None for each in every),
            "node_channels": sum(
                feed.document.get("type") == "Node" for feed in self._by_number.values()
            ),
            "events_in_buffer": sum(len(each) for each in every),
            "dropped_events": self._missed_by_gone + sum(each.missed_total for each in every),
            "undelivered_events": self.undelivered,
        }
