"""``tart/gateway/alerting/channel_worker.py``: order, repetition and replacement of messages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from tart.alerting.engine.model import AlertView, State
from tart.alerting.engine.outbox import Outcome, Verdict
from tart.background_tasks import Background
from tart.gateway.alerting.channel_worker import PROTECTED_ATTEMPTS, ChannelWorker, Surroundings
from tests.alerting.messages.examples import NOW_US, channel, notification, view
from tests.gateway.alerting.fake_outbox import DELIVERED, FAILED, FakeOutbox, FakeSender

REFUSED = Outcome(Verdict.REFUSED, "bad request")
DOUBTFUL = Outcome(Verdict.DOUBTFUL, "no such hook")


class Rig:
    """A worker with a clock of its own; each look at the clock takes a microsecond."""

    def __init__(self, outbox: FakeOutbox, sender: FakeSender, kind: str) -> None:
        self.outbox, self.sender = outbox, sender
        self.now_us = NOW_US
        self.firing: Sequence[AlertView] | None = None
        self.background = Background()
        shared = Surroundings(
            outbox, self.background, lambda name: self.firing, self.now, lambda: 0.5, "http://t"
        )
        self.worker = ChannelWorker(channel(kind), sender, shared)

    def now(self) -> int:
        return self.now_us

    async def pass_time(self, seconds: float) -> None:
        """Move the clock and let the worker do what is due."""
        self.now_us += int(seconds * 1e6)
        self.worker.wake()
        await self.rest()

    async def rest(self) -> None:
        for _ in range(100):
            await asyncio.sleep(0)

    @property
    def sent(self) -> list[str]:
        """The groups of what was sent, in order."""
        return [json.loads(body)["groupKey"] for body in self.sender.bodies]


@asynccontextmanager
async def rig(outbox: FakeOutbox, *outcomes: Outcome, kind: str = "webhook") -> AsyncIterator[Rig]:
    made = Rig(outbox, FakeSender(*outcomes), kind)
    try:
        await made.rest()
        yield made
    finally:
        task = made.worker.stop()
        await asyncio.gather(task, return_exceptions=True)


def message(number: int, group: str = "", *views: AlertView):
    return notification(*views, id=f"msg_{number}", group_key=group or f"group {number}")


@pytest.mark.anyio
async def test_messages_are_sent_in_order_and_leave_the_outbox():
    outbox = FakeOutbox(message(1), message(2), message(3))
    async with rig(outbox) as made:
        assert made.sent == ["group 1", "group 2", "group 3"]
    assert set(outbox.states().values()) == {"delivered"}
    assert made.worker.report.delivered == 3


@pytest.mark.anyio
async def test_a_message_that_fails_is_repeated_and_keeps_no_other_group_waiting():
    outbox = FakeOutbox(message(1), message(2))
    async with rig(outbox, FAILED, DELIVERED, FAILED) as made:
        assert made.sent == ["group 1"]
        assert made.worker.report.last_error == "no answer"
        # The channel rests for a second, the message for five.
        await made.pass_time(0.9)
        assert made.sent == ["group 1"]
        await made.pass_time(0.2)
        assert made.sent == ["group 1", "group 2"]
        await made.pass_time(4)
        assert made.sent == ["group 1", "group 2", "group 1"]
        await made.pass_time(9)
        assert len(made.sent) == 3
        await made.pass_time(1.1)
        assert len(made.sent) == 4
    assert outbox.states() == {"msg_1": "delivered", "msg_2": "delivered"}
    assert outbox.messages["msg_1"].attempts == 3
    assert len({body for body in made.sender.bodies if b"group 1" in body}) == 1


@pytest.mark.anyio
async def test_a_clock_that_is_set_back_keeps_no_message_waiting():
    outbox = FakeOutbox(message(1), message(2))
    async with rig(outbox, FAILED) as made:
        outbox.add(replace(message(3), created_us=NOW_US))
        await made.pass_time(-86_400)
    assert set(outbox.states().values()) == {"delivered"}


@pytest.mark.anyio
async def test_a_receiver_that_wants_a_pause_gets_no_other_message():
    outbox = FakeOutbox(message(1), message(2))
    async with rig(outbox, Outcome(Verdict.RETRY, "429", 30_000_000)) as made:
        await made.pass_time(29)
        assert made.sent == ["group 1"]
        await made.pass_time(1.1)
        assert made.sent == ["group 1", "group 1", "group 2"]


@pytest.mark.anyio
async def test_a_message_that_is_refused_is_given_up_and_the_next_follows_at_once():
    outbox = FakeOutbox(message(1), message(2))
    async with rig(outbox, REFUSED) as made:
        assert made.sent == ["group 1", "group 2"]
    assert outbox.states() == {"msg_1": "dead", "msg_2": "delivered"}
    assert outbox.messages["msg_1"].error == "bad request"
    assert made.worker.report.dead == 1


@pytest.mark.anyio
async def test_a_channel_without_a_right_secret_gives_up_after_three_attempts():
    outbox = FakeOutbox(message(1))
    async with rig(outbox, *[DOUBTFUL] * 9) as made:
        for _ in range(9):
            await made.pass_time(3600)
    assert outbox.states() == {"msg_1": "dead"}
    assert outbox.messages["msg_1"].attempts == 3


@pytest.mark.anyio
async def test_after_a_day_of_failures_a_message_is_given_up():
    outbox = FakeOutbox(message(1))
    async with rig(outbox, *[FAILED] * 500) as made:
        for _ in range(96):
            await made.pass_time(960)
    assert outbox.states() == {"msg_1": "dead"}
    assert outbox.messages["msg_1"].error == "no answer (given up after 24 h)"
    assert 80 < outbox.messages["msg_1"].attempts < 110


@pytest.mark.anyio
async def test_after_an_outage_each_group_gets_what_was_begun_and_its_newest_message():
    outbox = FakeOutbox(message(0, "a", view(1)))
    async with rig(outbox, FAILED) as made:
        for number in range(1, 100):
            ends = number % 2 == 0
            alert = view(number, state=State.RESOLVED if ends else State.FIRING)
            outbox.add(message(number, "ab"[number % 2], alert))
        await made.pass_time(3600)
    # The receiver may have had the first one, so it is not replaced, but repeated.
    assert sorted(made.sent) == ["a", "a", "a", "b"]
    states = outbox.states()
    delivered = [name for name, state in states.items() if state == "delivered"]
    assert delivered == ["msg_0", "msg_98", "msg_99"]
    assert sum(state == "superseded" for state in states.values()) == 97
    assert made.worker.report.superseded == 97
    # The ends that older messages had are in it, as many as a message lists.
    last = next(json.loads(body) for body in made.sender.bodies[::-1] if b'"a"' in body)
    assert len(last["alerts"]) == 10
    assert last["truncatedAlerts"] == 39


@pytest.mark.anyio
async def test_a_message_that_always_fails_does_not_hold_up_its_group():
    outbox = FakeOutbox(message(1, "a", view(1)))
    async with rig(outbox, *[FAILED] * PROTECTED_ATTEMPTS) as made:
        outbox.add(message(2, "a", view(1, state=State.RESOLVED)))
        for _ in range(PROTECTED_ATTEMPTS):
            assert outbox.states() == {"msg_1": "queued", "msg_2": "queued"}
            await made.pass_time(1000)
    assert outbox.states() == {"msg_1": "superseded", "msg_2": "delivered"}
    assert len(made.sent) == PROTECTED_ATTEMPTS + 1


@pytest.mark.anyio
async def test_a_message_whose_delivery_cannot_be_recorded_is_not_sent_again():
    outbox = FakeOutbox(message(1))
    outbox.is_broken = True
    async with rig(outbox) as made:
        for _ in range(5):
            await made.pass_time(10)
        assert made.sent == ["group 1"]
        assert made.background.failures["alert channel ops"] > 1
        outbox.is_broken = False
        await made.pass_time(10)
    assert outbox.states() == {"msg_1": "delivered"}
    assert made.sent == ["group 1"]


@pytest.mark.anyio
async def test_an_alertmanager_gets_all_that_fires_every_minute_and_ends_at_once():
    outbox = FakeOutbox()
    async with rig(outbox, kind="alertmanager") as made:
        assert made.sender.bodies == []
        made.firing = [view(number) for number in range(1100)]
        await made.pass_time(0)
        assert [len(json.loads(body)) for body in made.sender.bodies] == [500, 500, 100]
        await made.pass_time(59)
        assert len(made.sender.bodies) == 3
        await made.pass_time(1)
        assert len(made.sender.bodies) == 6
        made.firing = [view(1)]
        await made.pass_time(1)
        assert len(made.sender.bodies) == 9
        ended = json.loads(made.sender.bodies[-1])[-1]
        assert ended["endsAt"] < "2027-01-15T08:02"
        # An evaluation that knows nothing ends nothing.
        made.firing = None
        await made.pass_time(120)
        assert len(made.sender.bodies) == 9


@pytest.mark.anyio
async def test_an_alertmanager_does_not_get_what_is_not_severe_enough():
    async with rig(FakeOutbox(), kind="alertmanager") as made:
        made.worker.channel = replace(made.worker.channel, min_severity="warning")
        made.firing = [view(1, severity="info"), view(2, severity="warning"), view(3)]
        await made.pass_time(0)
        assert [len(json.loads(body)) for body in made.sender.bodies] == [2]


@pytest.mark.anyio
async def test_a_push_that_fails_is_repeated():
    async with rig(FakeOutbox(), FAILED, kind="alertmanager") as made:
        made.firing = [view(1)]
        await made.pass_time(0)
        assert len(made.sender.bodies) == 1
        await made.pass_time(1.1)
        assert len(made.sender.bodies) == 2
        assert made.worker.report.last_error == ""
