"""Figures of messages and history that the store counts, read again after each evaluation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from tart.alert_store import AlertStore, ChannelDeliveries
from tart.alerting.engine.model import Transition
from tart.errors import StorageError
from tart.gateway.fanout.queries import now_us
from tart.units import DAY_US

# A message that was given up is a problem for this time.
DEAD_LETTER_US = DAY_US
_MAX_DEAD_LETTERS = 1000


class MessageCounts:
    """Counts of the store, as they were read last.

    Attributes:
        channels: Stored messages by channel.
        dead: Messages of the last day that were given up, by channel.
        last_fired: When an alert of a rule began to fire last, by rule.
        problem: Why the store could not be read last; ``None`` if it could.
    """

    def __init__(self, store: AlertStore) -> None:
        self._store = store
        self._has_history = False
        self.channels: Mapping[str, ChannelDeliveries] = {}
        self.dead: Mapping[str, int] = {}
        self.last_fired: dict[str, int] = {}
        self.problem: str | None = None

    def of(self, channel: str) -> ChannelDeliveries:
        """Return the messages of a channel."""
        return self.channels.get(channel, ChannelDeliveries())

    def record(self, transitions: tuple[Transition, ...]) -> None:
        """Take the changes of a turn."""
        for transition in transitions:
            if transition.next == "firing" and transition.previous != "firing":
                self.last_fired[transition.alert.rule] = transition.at_us

    async def refresh(self) -> bool:
        """Read the store; return whether the problems that follow have changed."""
        before = self.dead, self.problem
        try:
            self.channels = await self._store.delivery_counts()
            dead = await self._store.deliveries(_MAX_DEAD_LETTERS, state="dead")
            if not self._has_history:
                # What the turns since the start have recorded is newer.
                self.last_fired = {**await self._store.last_fired(), **self.last_fired}
                self._has_history = True
            since_us = now_us() - DEAD_LETTER_US
            self.dead = Counter(
                delivery.notification.channel
                for delivery in dead
                if (delivery.finished_us or 0) > since_us
            )
            self.problem = None
        except StorageError as error:
            self.problem = str(error)
        return before != (self.dead, self.problem)
