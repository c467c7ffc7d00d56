"""``tart/gateway/alerting/delivery.py``: channels that hang, fail and leak cost only themselves."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from tart.alert_store import AlertStore
from tart.alerting.engine.model import Notification
from tart.alerting.engine.outbox import Outcome, Verdict
from tart.alerting.rules.model import Channel, Secret
from tart.background_tasks import Background
from tart.errors import Busy, NotFound
from tart.gateway.alerting.delivery import Delivery
from tart.gateway.fanout.queries import now_us
from tests.alerting.messages.examples import channel, notification
from tests.gateway.alerting.fake_outbox import FAILED, FakeOutbox, FakeSender, hang
from tests.gateway.alerting.hostile_receiver import HostileReceiver


async def wait_for(condition, seconds=30.0):
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - of another thread, or of a store
            await asyncio.sleep(0.005)


def to(name: str, number: int = 1) -> Notification:
    return notification(id=f"{name}_{number}", channel=name, created_us=now_us())


async def leak() -> Outcome:
    raise RuntimeError("the token is s3cr3t")


async def exhaust() -> Outcome:
    raise MemoryError


@pytest.mark.anyio
@pytest.mark.parametrize("failure", [hang, leak, exhaust])
async def test_a_channel_that_hangs_raises_or_leaks_costs_no_other(failure, caplog):
    names = ["good", "bad", "also good"]
    outbox = FakeOutbox(*(to(name, number) for number in range(5) for name in names))
    senders = {"bad": FakeSender(*[failure] * 99)}
    background = Background()
    delivery = Delivery(
        outbox, background, make_sender=lambda made: senders.get(made.name) or FakeSender()
    )
    delivery.configure([replace(channel("webhook"), name=name) for name in names], "")
    good = [f"{name}_4" for name in names if name != "bad"]
    await wait_for(lambda: all(outbox.messages[name].state == "delivered" for name in good))
    assert outbox.messages["bad_4"].state == "queued"
    assert delivery.reports()["good"].failed == 0
    if failure is not hang:
        await wait_for(lambda: delivery.reports()["bad"].failed)
        assert delivery.reports()["bad"].last_error.startswith("the sender failed: ")
    assert background.failures.total() == 0
    await delivery.stop()
    assert "s3cr3t" not in caplog.text
    assert "s3cr3t" not in str(outbox.messages["bad_4"])


@pytest.mark.anyio
async def test_a_reload_starts_changes_and_stops_channels():
    outbox = FakeOutbox(to("first"), to("second"), to("removed"))
    made: list[Channel] = []

    def make_sender(channel: Channel) -> FakeSender:
        made.append(channel)
        return FakeSender(*[FAILED] * 99) if channel.name == "first" else FakeSender()

    first, second = (replace(channel("webhook"), name=name) for name in ("first", "second"))
    delivery = Delivery(outbox, Background(), make_sender=make_sender)
    delivery.configure([first, second], "http://a")
    await wait_for(lambda: outbox.states()["removed_1"] == "dead")
    assert "no channel removed any more" in str(outbox.messages["removed_1"].error)
    await wait_for(lambda: delivery.reports()["first"].resting_us)
    delivery.configure([replace(first, send_resolved=False), second], "http://a")
    assert [channel.name for channel in made] == ["first", "second", "first"]
    # A change lets it try at once.
    assert delivery.reports()["first"].resting_us == 0
    assert delivery.reports()["first"].failed == 1
    delivery.configure([second], "http://a")
    assert set(delivery.reports()) == {"second"}
    await wait_for(lambda: outbox.states()["first_1"] == "dead")
    await delivery.stop()


@pytest.mark.anyio
async def test_a_test_message_is_sent_once_beside_the_outbox_and_its_error_returned():
    # Of the channel's messages, of the first test, and of the second.
    senders = [FakeSender(FAILED), FakeSender(FAILED), FakeSender()]
    outbox = FakeOutbox(to("ops"))
    delivery = Delivery(outbox, Background(), make_sender=lambda made: senders.pop(0))
    delivery.configure([channel("webhook")], "")
    await wait_for(lambda: delivery.reports()["ops"].resting_us)
    resting_us = delivery.reports()["ops"].resting_us
    assert await delivery.send_test(notification(reason="test")) == "no answer"
    assert delivery.reports()["ops"].resting_us == resting_us
    assert await delivery.send_test(notification(reason="test")) is None
    assert delivery.reports()["ops"].resting_us == 0
    with pytest.raises(NotFound, match=r"no channel of this name; did you mean ops\?"):
        await delivery.send_test(notification(channel="op"))
    await delivery.stop()


@pytest.mark.anyio
async def test_one_test_of_a_channel_is_sent_at_a_time():
    begun = asyncio.Event()

    async def hang_until_cancelled() -> Outcome:
        begun.set()
        return await hang()

    senders = [FakeSender(), FakeSender(hang_until_cancelled), FakeSender(), FakeSender()]
    delivery = Delivery(FakeOutbox(), Background(), make_sender=lambda made: senders.pop(0))
    delivery.configure([channel("webhook")], "")
    first = asyncio.create_task(delivery.send_test(notification(reason="test")))
    await begun.wait()
    with pytest.raises(Busy, match="a test of ops has not ended"):
        await delivery.send_test(notification(reason="test"))
    # Its client has left.
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert await delivery.send_test(notification(reason="test")) is None
    await delivery.stop()


@pytest.mark.anyio
@pytest.mark.slow
async def test_with_the_real_store_and_a_bad_receiver_every_message_arrives_under_its_id(tmp_path):
    script = ["error", "close", "reset", "garbage", "too_many", "hang", "redirect", "huge_body"]
    store = AlertStore(tmp_path / "control.sqlite")
    ids = [f"msg_{number}" for number in range(len(script))]
    for name in ids:
        await store.enqueue(notification(id=name, group_key=name, created_us=1))
    clock = [10]
    with HostileReceiver(script, retry_after="0") as receiver:
        settings = {"timeout": 1}
        made = Channel("ops", "webhook", settings, {"url": Secret("value", receiver.url)})
        delivery = Delivery(store, Background(), now=lambda: clock[0])
        delivery.configure([made], "https://tart.example.org")

        async def move_clock() -> None:
            while True:
                await asyncio.sleep(0.005)
                clock[0] += 60_000_000
                delivery.wake()

        moving = asyncio.create_task(move_clock())
        try:
            await wait_for(lambda: len(receiver.accepted) == len(ids))
        finally:
            moving.cancel()
        await wait_for(lambda: delivery.reports()["ops"].delivered == len(ids))
        await delivery.stop()
    assert sorted(each.id for each in receiver.accepted) == ids
    assert len(receiver.received) == len(ids) + len(script)
    assert receiver.accepted[0].json()["externalURL"] == "https://tart.example.org"
    counts = (await store.delivery_counts())["ops"]
    assert (counts.delivered, counts.failed, counts.queued) == (len(ids), len(script), 0)
    rows = json.dumps([str(row) for row in await store.deliveries(100)])
    assert "s3cr3t" not in rows
    await store.close()


@pytest.mark.anyio
async def test_the_outcome_of_every_verdict_is_stored(tmp_path):
    store = AlertStore(tmp_path / "control.sqlite")
    outcomes = [Outcome(Verdict.REFUSED, "bad request"), Outcome(Verdict.DELIVERED)]
    for number in range(3):
        await store.enqueue(
            notification(id=f"msg_{number}", group_key=f"group {number // 2}", created_us=1)
        )
    delivery = Delivery(store, Background(), make_sender=lambda made: FakeSender(*outcomes))
    delivery.configure([channel("webhook")], "")
    await wait_for(lambda: delivery.reports()["ops"].delivered)
    await delivery.stop()
    states = {row.notification.id: row.state for row in await store.deliveries(100)}
    assert states == {"msg_0": "superseded", "msg_1": "dead", "msg_2": "delivered"}
    assert await store.queued_channels() == []
    assert await store.retry("msg_1", 1)
    assert await store.queued_channels() == ["ops"]
    assert [row.notification.id for row in await store.queued("ops", 9)] == ["msg_1"]
    await store.close()
