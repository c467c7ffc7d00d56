"""Queues of subscribers, and feeds shared by those with the same filter."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from tart.errors import BadQuery
from tart.gateway.http.websocket_frames import text_frame
from tart.gateway.live.streams import (
    ALL,
    MAX_REPLIES,
    Encoded,
    Streams,
    Subscriber,
)
from tart.ipc.messages import LiveEvent, LiveEvents, Missed, Subscribe
from tart.query.core.live_event import live_event
from tart.query.core.query import Rendering
from tests.gateway.fake_shard import NODE_A, event

HEX, ARRAY = Rendering("hex", "number"), Rendering("array", "number")
SLOT_5 = {"type": "Slot", "slot": 5}


def encoded(number: int) -> Encoded:
    text = str(number).encode()
    return Encoded(text_frame(b"e" + text), text, number << 8)


def payloads(frames: list[bytes]) -> list[Any]:
    """What the frames hold; all of them are short."""
    return [each[4:] if each[1] == 126 else each[2:] for each in frames]


def inside(test: Callable[[Subscriber], None], limit: int = 10) -> None:
    async def run() -> None:
        test(Subscriber(limit))

    asyncio.run(run())


def test_events_and_replies_leave_the_queue_in_order() -> None:
    def check(subscriber: Subscriber) -> None:
        subscriber.offer(encoded(1))
        subscriber.try_reply(text_frame(b"reply"))
        subscriber.offer(encoded(2))
        assert subscriber.ready.is_set()
        assert payloads(subscriber.take(1000)) == [b"e1", b"reply", b"e2"]
        assert subscriber.take(1000) == []
        assert not subscriber.ready.is_set()
        assert subscriber.events_sent == 2

    inside(check)


def test_a_full_queue_drops_the_oldest_events_and_the_client_is_told() -> None:
    def check(subscriber: Subscriber) -> None:
        for number in range(14):
            subscriber.offer(encoded(number))
        subscriber.try_reply(text_frame(b"reply"))
        assert len(subscriber) == 10
        lagged, *events, reply = payloads(subscriber.take(10_000))
        assert orjson.loads(lagged)["type"] == "lagged"
        assert orjson.loads(lagged)["data"] == {"missed": 4}
        assert events == [b"e%d" % number for number in range(4, 14)]
        assert reply == b"reply"
        assert subscriber.missed_total == 4

    inside(check)


def test_a_batch_is_one_message_and_ends_at_a_reply() -> None:
    def check(subscriber: Subscriber) -> None:
        subscriber.batch = True
        subscriber.offer(encoded(1))
        subscriber.offer(encoded(2))
        subscriber.try_reply(text_frame(b"reply"))
        subscriber.offer(encoded(3))
        first, reply, second = payloads(subscriber.take(10_000))
        assert orjson.loads(first)["type"] == "events"
        assert orjson.loads(first)["data"] == [1, 2]
        assert reply == b"reply"
        assert orjson.loads(second)["data"] == [3]
        assert subscriber.events_sent == 3

    inside(check)


def test_take_stops_at_the_number_of_bytes() -> None:
    def check(subscriber: Subscriber) -> None:
        for number in range(9):
            subscriber.offer(encoded(number))
        assert len(subscriber.take(1)) == 1
        assert len(subscriber.take(10_000)) == 8

    inside(check)


def test_a_client_that_does_not_read_its_replies_is_not_read() -> None:
    async def run() -> None:
        subscriber = Subscriber(10)
        for _ in range(MAX_REPLIES):
            await subscriber.reply(text_frame(b"reply"))
        assert not subscriber.try_reply(text_frame(b"figures"))
        waiting = asyncio.create_task(subscriber.reply(text_frame(b"last")))
        await asyncio.sleep(0)
        assert not waiting.done()
        subscriber.take(1)
        await asyncio.wait_for(waiting, 5)

    asyncio.run(run())


class Told:
    """Stands for the shards: notes what they are told."""

    def __init__(self) -> None:
        self.subscribed: dict[int, Subscribe] = {}

    def subscribe(self, request: Subscribe) -> None:
        self.subscribed[request.subscription] = request

    def unsubscribe(self, subscription: int) -> None:
        del self.subscribed[subscription]


def with_streams(test: Callable[[Streams, Told, Callable[[], Subscriber]], None]) -> None:
    async def run() -> None:
        told = Told()
        streams = Streams(told)  # type: ignore[arg-type]

        def join() -> Subscriber:
            subscriber = Subscriber(10)
            streams.add(subscriber)
            return subscriber

        test(streams, told, join)

    asyncio.run(run())


def live(*entries: tuple[dict[str, Any], list[int]]) -> LiveEvents:
    texts = [orjson.dumps(live_event(each)) for each, _ in entries]
    listed = [
        LiveEvent(each["id"], each["node_id"], each["event_type"], numbers, len(text))
        for (each, numbers), text in zip(entries, texts, strict=True)
    ]
    return LiveEvents(listed, b"".join(texts))


def test_equal_filters_share_one_subscription() -> None:
    def check(streams: Streams, told: Told, join: Callable[[], Subscriber]) -> None:
        one, two, three = join(), join(), join()
        streams.subscribe(one, SLOT_5, HEX)
        streams.subscribe(two, {"slot": 5, "type": "Slot"}, HEX)
        streams.subscribe(three, SLOT_5, ARRAY)
        assert told.subscribed == {
            1: Subscribe(1, SLOT_5, "hex", "number"),
            2: Subscribe(2, SLOT_5, "array", "number"),
        }
        streams.remove(one)
        assert 1 in told.subscribed
        streams.remove(two)
        assert list(told.subscribed) == [2]
        streams.subscribe(three, ALL, HEX)
        assert told.subscribed == {3: Subscribe(3, ALL, "hex", "number")}
        streams.unsubscribe(three)
        assert told.subscribed == {}

    with_streams(check)


def test_subscribing_to_the_same_filter_again_changes_nothing() -> None:
    def check(streams: Streams, told: Told, join: Callable[[], Subscriber]) -> None:
        one = join()
        streams.subscribe(one, ALL, HEX)
        streams.subscribe(one, ALL, HEX)
        assert list(told.subscribed) == [1]

    with_streams(check)


def test_an_invalid_filter_leaves_the_old_subscription() -> None:
    def check(streams: Streams, told: Told, join: Callable[[], Subscriber]) -> None:
        one = join()
        streams.subscribe(one, ALL, HEX)
        with pytest.raises(BadQuery):
            streams.subscribe(one, {"type": "Nonsense"}, HEX)
        assert list(told.subscribed) == [1]
        assert one.feed is not None

    with_streams(check)


def test_events_reach_the_subscribers_of_their_filters_in_the_same_bytes() -> None:
    def check(streams: Streams, told: Told, join: Callable[[], Subscriber]) -> None:
        one, two, three = join(), join(), join()
        streams.subscribe(one, ALL, HEX)
        streams.subscribe(two, ALL, HEX)
        streams.subscribe(three, SLOT_5, HEX)
        streams.publish(live((event(0, 5), [1, 2]), (event(0, 6), [1]), (event(0, 7), [99])))
        (first, second), (same, _), (only,) = (each.take(9999) for each in (one, two, three))
        assert first is same is only
        message = orjson.loads(payloads([first])[0])
        assert (message["type"], message["data"]["id"]) == ("event", event(0, 5)["id"])
        assert orjson.loads(payloads([second])[0])["data"]["event_id"] == 6
        found = streams.statistics()
        assert (found["total_events_broadcast"], found["undelivered_events"]) == (3, 1)

    with_streams(check)


def test_subscribers_of_a_filter_are_told_how_many_events_a_shard_shed() -> None:
    def check(streams: Streams, told: Told, join: Callable[[], Subscriber]) -> None:
        one, two = join(), join()
        streams.subscribe(one, ALL, HEX)
        streams.subscribe(two, SLOT_5, HEX)
        assert not streams.shed_recently
        streams.record_missed(Missed(1, 5))
        streams.record_missed(Missed(77, 1))
        assert streams.shed_recently
        assert orjson.loads(payloads(one.take(999))[0])["data"] == {"missed": 5}
        assert two.take(999) == []

    with_streams(check)


def test_statistics_include_clients_that_left() -> None:
    def check(streams: Streams, told: Told, join: Callable[[], Subscriber]) -> None:
        one, two = join(), join()
        streams.subscribe(one, {"type": "Node", "node_id": NODE_A}, HEX)
        for number in range(12):
            streams.publish(live((event(0, number), [1])))
        assert streams.statistics() == {
            "total_events_broadcast": 12,
            "active_subscribers": 1,
            "node_channels": 1,
            "events_in_buffer": 10,
            "dropped_events": 2,
            "undelivered_events": 0,
        }
        streams.remove(one)
        assert streams.statistics()["dropped_events"] == 2
        assert streams.subscribers == {two}

    with_streams(check)
