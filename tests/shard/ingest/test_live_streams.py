"""``tart/shard/ingest/live_streams.py``: filtered first, encoded once, shed where nobody reads."""

import asyncio

import orjson
import pytest
import uvloop

from tart.errors import BadQuery
from tart.ipc.messages import LiveEvents, Missed, Subscribe
from tart.query.core.filters import FilterRows
from tart.shard.encoding.json_bytes import dumps_event
from tart.shard.ingest.live_streams import Streams
from tests.shard.running import until

ALL = {"type": "All"}
A, B = "aa" * 32, "bb" * 32


class Recorder:
    """A channel that keeps what it is sent; ``writable`` is the test's to set."""

    def __init__(self):
        self.writable = True
        self.sent = []

    def send(self, message):
        assert self.writable
        self.sent.append(message)
        return True

    def events(self):
        """(event, subscriptions) of all live events so far."""
        found = []
        for message in self.sent:
            if isinstance(message, LiveEvents):
                _, texts, matches = message.unpack()
                for index, text in enumerate(texts):
                    numbers = [number for number, listed in matches if index in listed]
                    found.append((orjson.loads(text), numbers))
        return found

    def ids(self):
        return [event["id"] for event, _ in self.events()]

    def missed(self):
        return [m for m in self.sent if isinstance(m, Missed)]


class Offering:
    """Streams with events offered to them; counts how often one was made."""

    def __init__(self):
        self.streams = Streams()
        self.made = 0
        self._last = 0

    def subscribe(self, channel, number, document=ALL, rendering="hex"):
        self.streams.subscribe(channel, Subscribe(number, document, rendering))

    def offer(self, *, node=A, number=11, payload=b"\x01\x02", slot=None, core=None):
        """The next event, in a batch of its own; its id."""
        self._last += 1
        event_id = self._last

        def encode(indexes, rendering):
            self.made += 1
            assert indexes == [0]
            return {0: dumps_event({"id": event_id, "data": payload}, rendering)}

        rows = FilterRows([node], [number], [slot], [core], lambda _: payload, lambda _: None)
        self.streams.publish(rows, [event_id], encode)
        return event_id


def run(scenario):
    async def whole():
        await scenario(Offering())

    uvloop.run(whole())


def test_events_are_sent_with_the_subscriptions_that_select_them():
    async def scenario(offering):
        channel = Recorder()
        offering.subscribe(channel, 1)
        offering.subscribe(channel, 2, {"type": "Node", "node_id": B})
        offering.offer(node=A)
        offering.offer(node=B)
        await until(lambda: len(channel.events()) == 2)
        assert channel.events() == [
            ({"id": 1, "data": "0x0102"}, [1]),
            ({"id": 2, "data": "0x0102"}, [1, 2]),
        ]
        assert channel.sent[0].unpack()[0] == (1, 2)
        assert offering.streams.published == 2

    run(scenario)


def test_events_published_together_are_one_message():
    async def scenario(offering):
        channel = Recorder()
        offering.subscribe(channel, 1)
        for _ in range(50):
            offering.offer()
        await until(lambda: channel.sent)
        assert len(channel.sent) == 1
        assert channel.ids() == list(range(1, 51))

    run(scenario)


def test_an_event_that_no_subscription_selects_is_not_encoded():
    async def scenario(offering):
        channel = Recorder()
        offering.offer()
        offering.subscribe(channel, 1, {"type": "Slot", "slot": 5})
        offering.offer(slot=6)
        offering.offer()
        assert offering.made == 0
        offering.offer(slot=5)
        assert offering.made == 1
        await until(lambda: channel.sent)
        assert channel.ids() == [4]

    run(scenario)


def test_an_event_is_encoded_once_per_byte_encoding():
    async def scenario(offering):
        channels = [Recorder() for _ in range(3)]
        for channel in channels:
            for number in range(10):
                offering.subscribe(channel, number, rendering=("hex", "array")[number % 2])
        offering.offer()
        assert offering.made == 2
        await until(lambda: all(channel.sent for channel in channels))
        for channel in channels:
            assert channel.events() == [
                ({"id": 1, "data": "0x0102"}, [0, 2, 4, 6, 8]),
                ({"id": 1, "data": [1, 2]}, [1, 3, 5, 7, 9]),
            ]

    run(scenario)


def test_a_full_channel_is_skipped_and_gets_the_count_of_missed_events():
    async def scenario(offering):
        slow, quick = Recorder(), Recorder()
        offering.subscribe(slow, 1)
        offering.subscribe(slow, 2, {"type": "EventType", "event_type": 12})
        offering.subscribe(quick, 1)
        slow.writable = False
        for number in (11, 12, 12):
            offering.offer(number=number)
        await until(lambda: quick.sent)
        assert offering.streams.missed == 3
        slow.writable = True
        last = offering.offer()
        await until(lambda: slow.ids() == [last])
        assert slow.missed() == [Missed(1, 3), Missed(2, 2)]
        assert isinstance(slow.sent[-1], LiveEvents), "what was missed came before"
        assert quick.ids() == [1, 2, 3, 4]

    run(scenario)


def test_missed_events_are_reported_once_even_without_further_events():
    async def scenario(offering):
        channel = Recorder()
        offering.subscribe(channel, 1)
        channel.writable = False
        offering.offer()
        await until(lambda: offering.streams.missed)
        channel.writable = True
        await until(lambda: channel.sent)
        offering.offer()
        await until(lambda: channel.ids() == [2])
        assert channel.missed() == [Missed(1, 1)]

    run(scenario)


def test_an_ended_subscription_gets_no_events():
    async def scenario(offering):
        channel = Recorder()
        offering.subscribe(channel, 1)
        offering.subscribe(channel, 2, {"type": "EventType", "event_type": 12})
        offering.streams.unsubscribe(channel, 1)
        offering.streams.unsubscribe(channel, 99)
        offering.streams.unsubscribe(Recorder(), 1)
        assert offering.streams.subscriptions == 1
        offering.offer(number=11)
        last = offering.offer(number=12)
        await until(lambda: channel.sent)
        assert [(event["id"], numbers) for event, numbers in channel.events()] == [(last, [2])]
        assert offering.made == 1

    run(scenario)


def test_a_subscription_of_the_same_number_replaces_the_one_before():
    async def scenario(offering):
        channel = Recorder()
        offering.subscribe(channel, 1, {"type": "EventType", "event_type": 11})
        offering.subscribe(channel, 1, {"type": "EventType", "event_type": 12})
        assert offering.streams.subscriptions == 1
        offering.offer(number=11)
        assert offering.made == 0

    run(scenario)


def test_the_subscriptions_of_a_closed_channel_end():
    async def scenario(offering):
        gone, there = Recorder(), Recorder()
        offering.subscribe(gone, 1)
        offering.subscribe(there, 1)
        offering.offer()
        offering.streams.remove(gone)
        offering.streams.remove(gone)
        await until(lambda: there.sent)
        assert gone.sent == []
        assert offering.streams.subscriptions == 1
        offering.streams.remove(there)
        offering.offer()
        assert offering.made == 1

    run(scenario)


def test_missed_events_of_a_closed_channel_are_not_reported():
    async def scenario(offering):
        gone, there = Recorder(), Recorder()
        offering.subscribe(gone, 1)
        gone.writable = False
        offering.offer()
        await until(lambda: offering.streams.missed)
        offering.streams.remove(gone)
        offering.subscribe(there, 1)
        offering.offer()
        await until(lambda: there.sent)
        assert gone.sent == []

    run(scenario)


def test_an_invalid_filter_is_refused_and_changes_nothing():
    async def scenario(offering):
        channel = Recorder()
        with pytest.raises(BadQuery):
            offering.subscribe(channel, 1, {"type": "Nonsense"})
        assert offering.streams.subscriptions == 0
        offering.offer()
        await asyncio.sleep(0)
        assert offering.made == 0

    run(scenario)
