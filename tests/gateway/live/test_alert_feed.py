"""Subscribers of alerts: the newest state, bounded for those that do not keep up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx

from tart.gateway.live.alert_feed import AlertFeed
from tart.gateway.live.streams import MAX_REPLIES, Subscriber
from tests.gateway.running import Running, with_gateway

JAMTART = [{"severity": "warning", "type": "node_behind", "message": "x", "timestamp": "t"}]


def state(number: int) -> Any:
    return {"alerts": [], "counts": {}, "problems": [str(number)], "evaluated_at": None}


def test_what_fires_is_known_after_the_first_evaluation() -> None:
    feed, counts = AlertFeed(), {"by_severity": {"critical": 2, "warning": 0, "info": 1}}
    unknown = {**state(1), "counts": counts}
    assert feed.firing is None
    feed.publish(unknown, [])
    assert feed.firing is None
    feed.publish({**unknown, "evaluated_at": "2026-01-01T00:00:00Z"}, [])
    assert feed.firing == counts["by_severity"]


def messages(subscriber: Subscriber) -> list[Any]:
    """What a subscriber takes from its queue: text frames of a server are not masked."""
    data, told = b"".join(subscriber.take(1 << 20)), []
    while data:
        size, head = data[1], 2
        if size == 126:
            size, head = int.from_bytes(data[2:4], "big"), 4
        told.append(json.loads(data[head : head + size]))
        data = data[head + size :]
    return told


def test_a_new_subscriber_gets_the_state_at_once() -> None:
    feed, subscriber = AlertFeed(), Subscriber(10)
    feed.subscribe(subscriber)
    assert messages(subscriber) == []
    feed.publish(state(1), [])
    (told,) = messages(subscriber)
    assert (told["type"], told["data"]) == ("alerts_changed", state(1))
    later = Subscriber(10)
    feed.subscribe(later)
    assert [each["type"] for each in messages(later)] == ["alerts_changed"]


def test_another_time_of_evaluation_alone_is_no_news() -> None:
    feed, subscriber = AlertFeed(), Subscriber(10)
    feed.subscribe(subscriber)
    for minute in range(3):
        feed.publish({**state(1), "evaluated_at": f"2026-01-01T00:0{minute}:00Z"}, [])
        assert len(messages(subscriber)) == (minute == 0)
    assert feed.sequence == 1
    assert b"00:02:00Z" in feed.encode()


def test_jamtart_s_message_comes_while_there_are_alerts() -> None:
    feed, subscriber = AlertFeed(), Subscriber(10)
    feed.subscribe(subscriber)
    feed.publish(state(1), JAMTART)
    first, second = messages(subscriber)
    assert (first["type"], first["data"]) == ("alert", {"alerts": JAMTART, "count": 1})
    assert second["type"] == "alerts_changed"


def test_a_client_that_takes_nothing_has_one_message_with_the_newest_state() -> None:
    feed, slow = AlertFeed(), Subscriber(10)
    feed.subscribe(slow)
    for number in range(1000):
        feed.publish(state(number), [])
    (told,) = messages(slow)
    assert told["data"] == state(999)
    assert feed.skipped == 999
    feed.publish(state(1000), [])
    assert len(messages(slow)) == 1


def test_a_client_with_too_many_replies_skips_states() -> None:
    feed, full = AlertFeed(), Subscriber(10)
    while full.try_reply(b""):
        pass
    feed.subscribe(full)
    feed.publish(state(1), [])
    assert feed.skipped == 1
    assert len(full.take(1 << 20)) == MAX_REPLIES
    feed.publish(state(2), [])
    assert [each["data"] for each in messages(full)] == [state(2)]


def test_nothing_comes_after_unsubscribing() -> None:
    feed, subscriber = AlertFeed(), Subscriber(10)
    feed.subscribe(subscriber)
    feed.publish(state(1), [])
    feed.unsubscribe(subscriber)
    feed.publish(state(2), [])
    assert messages(subscriber) == []


def test_the_stream_has_the_answer_at_once_and_when_it_changes(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        async with gateway.client.stream("GET", "/api/alerts/stream") as response:
            assert response.headers["content-type"] == "text/event-stream"
            told = sse(response)
            first = await anext(told)
            answer = await gateway.json("/api/alerts")
            assert first.keys() == answer.keys()
            gateway.gateway.alert_feed.publish({**answer, "problems": ["x"]}, [])
            assert (await anext(told))["problems"] == ["x"]

    with_gateway(tmp_path, check)


def test_a_head_request_gets_the_headers_alone(tmp_path: Path) -> None:
    async def check(gateway: Any) -> None:
        response = await gateway.client.head("/api/alerts/stream")
        assert (response.status_code, response.content) == (200, b"")

    with_gateway(tmp_path, check)


async def sse(response: httpx.Response) -> Any:
    """The data of each event called alerts."""
    event = ""
    async for line in response.aiter_lines():
        if line.startswith("event: "):
            event = line[7:]
        elif line.startswith("data: ") and event == "alerts":
            yield json.loads(line[6:])
