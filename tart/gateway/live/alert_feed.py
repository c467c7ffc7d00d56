"""The subscribers of alerts, over WebSocket and server-sent events.

Each gets the newest state of the alerts at once, and whenever it changes. A client that does not
keep up skips states: no more than one message waits for it, and that is encoded when it is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from tart import json_encoding
from tart.gateway.fanout.queries import now_text
from tart.gateway.http.websocket_frames import text_frame
from tart.gateway.live.streams import Subscriber, envelope, message
from tart.query.answers.alerts import Alerts
from tart.query.core.merge import Json


class AlertFeed:
    """The newest state of the alerts, and who follows it.

    Attributes:
        sequence: Number of the newest state; 0 before the first.
        skipped: States that clients did not get because they had not taken the one before.
    """

    def __init__(self) -> None:
        self.sequence = 0
        self.skipped = 0
        self._alerts: Alerts | None = None
        self._jamtart: Sequence[Json] = ()
        self._encoded: bytes | None = None
        self._changed = asyncio.Event()
        self._subscribers: set[Subscriber] = set()
        # Those for which a message waits: it will have the newest state.
        self._queued: set[Subscriber] = set()

    @property
    def firing(self) -> Mapping[str, int] | None:
        """The number of alerts that fire by severity; ``None`` before the first evaluation."""
        if self._alerts is None or self._alerts["evaluated_at"] is None:
            return None
        return self._alerts["counts"]["by_severity"]

    def publish(self, alerts: Alerts, jamtart: Sequence[Json]) -> None:
        """Send a new state to all, if it is news: another time of evaluation alone is not.

        Args:
            alerts: The answer of ``/api/alerts``.
            jamtart: The alerts in the form of jamtart's message ``alert``.
        """
        is_news = self._alerts is None or _essence(self._alerts) != _essence(alerts)
        self._alerts, self._jamtart, self._encoded = alerts, jamtart, None
        if not is_news:
            return
        self.sequence += 1
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
        # A copy: nothing may change the set meanwhile, but a fault must not end the others' turn.
        for subscriber in tuple(self._subscribers):
            self._send(subscriber)

    def subscribe(self, subscriber: Subscriber) -> None:
        """Send a subscriber the alerts at once, and whenever they change."""
        self._subscribers.add(subscriber)
        if self._alerts is not None:
            self._send(subscriber)

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """Send no more alerts to a subscriber."""
        self._subscribers.discard(subscriber)
        self._queued.discard(subscriber)

    async def wait_beyond(self, sequence: int) -> None:
        """Return once there is a state with a higher number."""
        while self.sequence <= sequence:
            await self._changed.wait()

    def encode(self) -> bytes:
        """Return the newest state as JSON, encoded once for all."""
        if self._encoded is None:
            self._encoded = json_encoding.dumps(self._alerts)
        return self._encoded

    def _send(self, subscriber: Subscriber) -> None:
        if subscriber in self._queued:
            self.skipped += 1
            return

        def encode() -> bytes:
            if subscriber not in self._queued:
                # It unsubscribed while the message waited.
                return b""
            self._queued.discard(subscriber)
            return self._frames()

        if subscriber.try_reply(encode):
            self._queued.add(subscriber)
        else:
            self.skipped += 1

    def _frames(self) -> bytes:
        """Return jamtart's message, which it has only while there are alerts, and tart's own."""
        own = text_frame(envelope("alerts_changed", self.encode(), now_text()))
        if not self._jamtart:
            return own
        listed = list(self._jamtart)
        return message("alert", {"alerts": listed, "count": len(listed)}) + own


def _essence(alerts: Alerts) -> tuple[object, ...]:
    is_evaluated = alerts["evaluated_at"] is not None
    return alerts["alerts"], alerts["counts"], alerts["problems"], is_evaluated
