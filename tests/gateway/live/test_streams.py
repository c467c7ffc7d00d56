"""Queues of subscribers, and feeds shared by those with the same filter."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tart.errors import BadQuery
from tart.gateway.http.websocket_frames import text_frame
from tart.gateway.live.positions import Position
from tart.gateway.live.streams import (
    ALL,
    MAX_REPLIES,
    Chunk,
    Encoded,
    Streams,
    Subscriber,
)
from tart.ipc.messages import Missed, Subscribe, Subscribed
from tart.query.core.query import Rendering
from tests.gateway.fake_shard import NODE_A, event, live_events
from tests.gateway.running import eventually

HEX, ARRAY = Rendering("hex", "number"), Rendering("array", "number")
SLOT_5 = {"type": "Slot", "slot": 5}


def chunk(*numbers: int) -> Chunk:
    texts = [str(number).encode() for number in numbers]
    events = [
        Encoded(text_frame(b"e" + text), text, number << 8)
        for number, text in zip(numbers, texts, strict=True)
    ]
    return Chunk(events, Position(7))


def payloads(frames: list[bytes]) -> list[Any]:
    """What the frames hold; all of them are short."""
    return [each[4:] if each[1] == 126 else each[2:] for each in frames]


def inside(test: Callable[[Subscriber], None], limit: int = 10) -> None:
    async def run() -> None:
        test(Subscriber(limit))

    asyncio.run(run())


def test_events_and_replies_leave_the_queue_in_order() -> None:
    def check(subscriber: Subscriber) -> None:
        subscriber.queue(chunk(1))
        subscriber.try_reply(text_frame(b"reply"))
        subscriber.queue(chunk(2))
        assert subscriber.ready.is_set()
        assert payloads(subscriber.take(1000)) == [b"e1", b"reply", b"e2"]
        assert subscriber.take(1000) == []
        assert not subscriber.ready.is_set()
        assert subscriber.events_sent == 2

    inside(check)


def test_a_full_queue_drops_the_oldest_events_and_the_client_is_told() -> None:
    def check(subscriber: Subscriber) -> None:
        for number in range(14):
            subscriber.queue(chunk(number))
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
        subscriber.queue(chunk(1))
        subscriber.queue(chunk(2))
        subscriber.try_reply(text_frame(b"reply"))
        subscriber.queue(chunk(3))
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
            subscriber.queue(chunk(number))
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
        await asyncio.wait_for(waiting, 60)

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
        streams.publish(live_events((event(0, 5), [1, 2]), (event(0, 6), [1]), (event(0, 7), [99])))
        streams.flush()
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
            streams.publish(live_events((event(0, number), [1])))
        streams.flush()
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


def test_events_that_come_together_are_written_once_and_a_lone_one_at_once() -> None:
    async def run() -> None:
        streams = Streams(Told())  # type: ignore[arg-type]
        written: list[bytes] = []
        one, two = Subscriber(10), Subscriber(10)
        for subscriber in (one, two):
            streams.subscribe(subscriber, ALL, HEX)
        waiting = [
            asyncio.create_task(each.wait_ready(lambda data: written.append(data) is None))
            for each in (one, two)
        ]
        await asyncio.sleep(0)
        streams.publish(live_events((event(0, 1), [1]), (event(0, 2), [1])))
        streams.publish(live_events((event(1, 1), [1])))
        await eventually(lambda: len(written) == 2)
        assert len(written) == 2
        assert written[0] is written[1]
        assert written[0].count(b'"type":"event"') == 3
        assert (one.events_sent, len(one), one.ready.is_set()) == (3, 0, False)
        for task in waiting:
            task.cancel()

    asyncio.run(run())


def test_a_position_follows_what_the_shards_confirm_except_over_a_gap() -> None:
    def check(streams: Streams, told: Told, join: Callable[[], Subscriber]) -> None:
        streams.subscribe(join(), ALL, HEX)
        feed = streams._by_number[1]
        streams.interrupted(0)
        streams.confirmed(Subscribed(1, event(0, 4)["id"]))
        streams.confirmed(Subscribed(9, event(0, 9)["id"]))
        assert feed.position.ids == {0: event(0, 4)["id"]}
        # The shard was away: what its clients have not seen is behind their position.
        streams.interrupted(0)
        streams.confirmed(Subscribed(1, event(0, 8)["id"]))
        assert feed.position.ids == {0: event(0, 4)["id"]}
        streams.publish(live_events((event(0, 9), [1])))
        streams.confirmed(Subscribed(1, event(0, 11)["id"]))
        assert feed.position.ids == {0: event(0, 11)["id"]}

    with_streams(check)


def test_a_position_goes_back_to_what_a_shard_has_after_it_died() -> None:
    def check(streams: Streams, told: Told, join: Callable[[], Subscriber]) -> None:
        streams.subscribe(join(), ALL, HEX)
        feed = streams._by_number[1]
        streams.publish(live_events((event(0, 9), [1]), (event(1, 3), [1])))
        # It died before it had stored 8 and 9.
        streams.interrupted(0)
        streams.confirmed(Subscribed(1, event(0, 7)["id"]))
        assert feed.position.ids == {0: event(0, 7)["id"], 1: event(1, 3)["id"]}
        streams.publish(live_events((event(0, 8), [1])))
        streams.flush()
        assert feed.position.ids == {0: event(0, 8)["id"], 1: event(1, 3)["id"]}

    with_streams(check)


FILTERS: list[dict[str, Any]] = [ALL, SLOT_5, {"type": "Slot", "slot": 6}]


class Client:
    """A client, its task between two waits, and what it should and does receive."""

    def __init__(self, streams: Streams, limit: int) -> None:
        self.subscriber = Subscriber(limit)
        self.reads = True
        self.taken: bytes | None = None
        self.received: list[int | str] = []
        self.missed = 0
        # The events of its subscriptions and its replies, in order.
        self.expected: list[int | str] = []
        streams.add(self.subscriber)

    def write(self, data: bytes) -> bool:
        """Receive, unless the client does not read."""
        if not self.reads:
            return False
        for text in messages(data):
            kind, data = text["type"], text["data"]
            if kind == "lagged":
                self.missed += data["missed"]
            elif kind == "reply":
                self.received.append(f"reply {data}")
            else:
                self.received += [each["id"] for each in (data if kind == "events" else [data])]
        return True

    def step(self) -> None:
        """What the sender's task does when the loop comes to it."""
        subscriber = self.subscriber
        if self.taken is None and subscriber.ready.is_set():
            subscriber._write_now = None
            self.taken = b"".join(subscriber.take(300))
        if self.taken is not None and (not self.taken or self.write(self.taken)):
            self.taken = None
        subscriber._write_now = (
            self.write if self.taken is None and not subscriber.ready.is_set() else None
        )

    def drain(self) -> None:
        """Read until everything has come."""
        self.reads = True
        for _ in range(1000):
            self.step()
            if self.taken is None and not self.subscriber.ready.is_set():
                return


def messages(data: bytes) -> list[Any]:
    """The messages of WebSocket frames."""
    found = []
    while data:
        size, start = data[1], 2
        if size == 126:
            size, start = int.from_bytes(data[2:4], "big"), 4
        elif size == 127:
            size, start = int.from_bytes(data[2:10], "big"), 10
        found.append(orjson.loads(data[start : start + size]))
        data = data[start + size :]
    return found


@given(st.data())
@settings(max_examples=150)
def test_any_interleaving_gives_each_subscriber_its_events_in_order_or_a_right_count(
    data: st.DataObject,
) -> None:
    async def run() -> None:
        told = Told()
        streams = Streams(told)  # type: ignore[arg-type]
        clients = [Client(streams, limit) for limit in (3, 5, 1000)]
        sequence, replies = [0, 0], 0
        for _ in range(data.draw(st.integers(1, 40))):
            client = data.draw(st.sampled_from(clients))
            subscriber = client.subscriber
            match data.draw(st.sampled_from(["publish"] * 4 + ACTIONS)):
                case "publish":
                    shard = data.draw(st.integers(0, 1))
                    passed = []
                    for slot in data.draw(st.lists(st.sampled_from([5, 6, 7]), max_size=6)):
                        sequence[shard] += 1
                        made = event(shard, sequence[shard])
                        numbers = [
                            number
                            for number, asked in told.subscribed.items()
                            if asked.filter in (ALL, {"type": "Slot", "slot": slot})
                        ]
                        if not numbers:
                            continue
                        passed.append((made, numbers))
                        for each in clients:
                            feed = each.subscriber.feed
                            if feed is not None and feed.number in numbers:
                                each.expected.append(made["id"])
                    streams.publish(live_events(*passed))
                case "flush":
                    streams.flush()
                case "subscribe":
                    streams.subscribe(subscriber, data.draw(st.sampled_from(FILTERS)), HEX)
                case "unsubscribe":
                    streams.unsubscribe(subscriber)
                case "batch":
                    subscriber.batch = not subscriber.batch
                case "reply":
                    replies += 1
                    # Replies come behind the events before them, as over the socket.
                    if subscriber.feed is not None:
                        subscriber.feed.flush()
                    text = b'{"type":"reply","data":%d}' % replies
                    if subscriber.try_reply(text_frame(text)):
                        client.expected.append(f"reply {replies}")
                case "stall":
                    client.reads = not client.reads
                case "step":
                    client.step()
        streams.flush()
        for client in clients:
            client.drain()
            received = client.received
            assert client.missed == client.subscriber.missed_total
            assert len(received) + client.missed == len(client.expected)
            remaining = iter(client.expected)
            assert all(each in remaining for each in received), "out of order, or twice"
            sent = [each for each in received if isinstance(each, int)]
            assert client.subscriber.events_sent == len(sent)
            # Whatever was dropped, the newest are there, and no reply is missing.
            assert [each for each in received if isinstance(each, str)] == [
                each for each in client.expected if isinstance(each, str)
            ]
            if client.subscriber._limit == 1000:
                assert received == client.expected

    asyncio.run(run())


ACTIONS = ["flush", "subscribe", "unsubscribe", "batch", "reply", "stall", "step", "step"]
