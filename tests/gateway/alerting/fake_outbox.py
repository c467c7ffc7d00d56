"""An outbox in memory, with a sender that does what a test says."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from tart.alert_store import Delivery as StoredMessage
from tart.alert_store import DeliveryState
from tart.alerting.engine.model import Notification
from tart.alerting.engine.outbox import Outcome, Verdict
from tart.errors import StorageError
from tart.gateway.alerting.senders import Render

DELIVERED = Outcome(Verdict.DELIVERED)
FAILED = Outcome(Verdict.RETRY, "no answer")


class FakeOutbox:
    """Messages in memory."""

    def __init__(self, *notifications: Notification) -> None:
        self.messages: dict[str, StoredMessage] = {}
        self.is_broken = False
        for notification in notifications:
            self.add(notification)

    def add(self, notification: Notification) -> None:
        number = len(self.messages)
        self.messages[notification.id] = StoredMessage(
            number, notification, "queued", 0, notification.created_us
        )

    def states(self) -> dict[str, str]:
        """The state of each message by its id."""
        return {name: message.state for name, message in self.messages.items()}

    async def queued(self, channel: str, limit: int) -> Sequence[StoredMessage]:
        found = [
            message
            for message in self.messages.values()
            if message.notification.channel == channel and message.state == "queued"
        ]
        return found[:limit]

    async def server_id(self) -> str:
        return "5ca1ab1e"

    async def queued_channels(self) -> Sequence[str]:
        waiting = [each for each in self.messages.values() if each.state == "queued"]
        return sorted({message.notification.channel for message in waiting})

    async def supersede(self, ids: Sequence[str], newest: Notification, now_us: int) -> None:
        for name in ids:
            self.messages[name] = replace(self.messages[name], state="superseded")
        self.messages[newest.id] = replace(self.messages[newest.id], notification=newest)

    async def begin_attempt(self, notification_id: str) -> None:
        if self.is_broken:
            raise StorageError("the disk is full")
        message = self.messages[notification_id]
        self.messages[notification_id] = replace(message, is_begun=True)

    async def record_attempt(
        self,
        notification_id: str,
        state: DeliveryState,
        now_us: int,
        *,
        next_us: int = 0,
        error: str | None = None,
    ) -> None:
        if self.is_broken:
            raise StorageError("the disk is full")
        message = self.messages[notification_id]
        self.messages[notification_id] = replace(
            message, state=state, attempts=message.attempts + 1, next_us=next_us, error=error
        )


class FakeSender:
    """Has an outcome for each attempt; a callable is called, and may raise or hang."""

    def __init__(self, *outcomes: Outcome | Callable[[], Any]) -> None:
        self.outcomes = deque(outcomes)
        self.bodies: list[bytes] = []
        self.tasks: dict[str, int] = defaultdict(int)

    async def send(self, render: Render) -> Outcome:
        request = render({"url": "http://127.0.0.1:1/hook"})
        self.bodies.append(request.body)
        await asyncio.sleep(0)
        outcome = self.outcomes.popleft() if self.outcomes else DELIVERED
        if isinstance(outcome, Outcome):
            return outcome
        result: Outcome = await outcome()
        return result


async def hang() -> Outcome:
    """Never end."""
    await asyncio.Event().wait()
    return DELIVERED
