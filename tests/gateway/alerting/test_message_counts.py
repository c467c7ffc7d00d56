"""What the store says of messages and history."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from tart.alert_store import AlertStore, Change
from tart.alerting.engine.model import State, Transition
from tart.gateway.alerting.answers import test_notification as make_notification
from tart.gateway.alerting.message_counts import DEAD_LETTER_US, MessageCounts
from tart.gateway.fanout.queries import now_us


def with_store(path: Path, test: Callable[[AlertStore], Awaitable[None]]) -> None:
    async def run() -> None:
        store = AlertStore(path)
        try:
            await test(store)
        finally:
            await store.close()

    asyncio.run(run())


def transition(at_us: int) -> Transition:
    alert = make_notification("ops", at_us).alerts[0].alert
    return Transition(alert, "pending", State.FIRING.value, at_us)


def test_messages_that_were_given_up_are_a_problem_for_a_day(tmp_path: Path) -> None:
    async def check(store: AlertStore) -> None:
        counts, now = MessageCounts(store), now_us()
        assert not await counts.refresh()
        for age in (0, 2 * DEAD_LETTER_US):
            message = make_notification("ops", now - age)
            await store.enqueue(message)
            await store.record_attempt(message.id, "dead", now - age, error="refused")
        assert await counts.refresh()
        assert (counts.dead, counts.of("ops").dead) == ({"ops": 1}, 2)
        assert counts.of("other").queued == 0
        assert not await counts.refresh()

    with_store(tmp_path / "control.sqlite", check)


def test_when_a_rule_fired_last_is_read_once_and_then_followed(tmp_path: Path) -> None:
    async def check(store: AlertStore) -> None:
        counts = MessageCounts(store)
        await store.commit(Change(5, transitions=(transition(5),)))
        await counts.refresh()
        assert counts.last_fired == {"TestMessage": 5}
        counts.record((transition(9), replace(transition(11), next="resolved")))
        await counts.refresh()
        assert counts.last_fired == {"TestMessage": 9}

    with_store(tmp_path / "control.sqlite", check)


def test_a_store_that_cannot_be_read_is_a_problem_until_it_can(tmp_path: Path) -> None:
    async def check(_: AlertStore) -> None:
        store = AlertStore(tmp_path / "directory")
        (tmp_path / "directory").mkdir(exist_ok=True)
        counts = MessageCounts(store)
        assert await counts.refresh()
        assert "cannot be read or written" in (counts.problem or "")
        (tmp_path / "directory").rmdir()
        assert await counts.refresh()
        assert counts.problem is None
        await store.close()

    with_store(tmp_path / "control.sqlite", check)
