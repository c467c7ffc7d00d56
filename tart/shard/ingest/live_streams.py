"""Live events to whoever subscribed: filtered first, encoded once, shed if need be.

Nothing is encoded that nobody wants. Events that are offered together go out as one message
per channel. A channel that does not keep up is not waited for: its events are shed, counted,
and it is told how many each subscription missed.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tart.ipc.channel import Channel
from tart.ipc.messages import LiveEvent, LiveEvents, Missed, Request, Subscribe
from tart.query.core.filters import FilterInput, Matches, parse
from tart.shard.encoding.json_bytes import to_bytes

# Between two looks whether a channel can be told what it missed.
_RETRY_SECONDS = 0.01


@dataclass
class _Subscription:
    matches: Matches
    rendering: str


@dataclass
class _Listener:
    """One gateway connection: its subscriptions and what waits to be sent."""

    subscriptions: dict[int, _Subscription] = field(default_factory=dict)
    events: list[LiveEvent] = field(default_factory=list)
    encoded: list[bytes] = field(default_factory=list)
    missed: Counter[int] = field(default_factory=Counter)


class Streams:
    """The subscriptions of one shard."""

    def __init__(self) -> None:
        self._listeners: dict[Channel[Request], _Listener] = {}
        self._scheduled = False
        # Asked for every read of every node.
        self.listening = False
        self.published = 0
        self.missed = 0

    @property
    def subscriptions(self) -> int:
        """How many there are, over all channels."""
        return sum(len(each.subscriptions) for each in self._listeners.values())

    def subscribe(self, channel: Channel[Request], request: Subscribe) -> None:
        """Start or replace a subscription; ``BadQuery`` if its filter cannot be used."""
        listener = self._listeners.setdefault(channel, _Listener())
        listener.subscriptions[request.subscription] = _Subscription(
            parse(request.filter), request.byte_encoding
        )
        self.listening = True

    def unsubscribe(self, channel: Channel[Request], subscription: int) -> None:
        """End one; unknown numbers are ignored."""
        if channel in self._listeners:
            self._listeners[channel].subscriptions.pop(subscription, None)
            self._listeners[channel].missed.pop(subscription, None)
        self.listening = self.subscriptions > 0

    def forget(self, channel: Channel[Request]) -> None:
        """The channel is gone."""
        self._listeners.pop(channel, None)
        self.listening = self.subscriptions > 0

    def offer(
        self, candidate: FilterInput, event_id: int, event: Callable[[], dict[str, Any]]
    ) -> None:
        """Queue an event for every channel with a filter it passes.

        Args:
            candidate: what filters look at.
            event_id: its API id.
            event: makes the Event object; called only if somebody wants it.
        """
        encoded: dict[str, bytes] = {}
        for listener in self._listeners.values():
            wanted: dict[str, list[int]] = {}
            for number, subscription in listener.subscriptions.items():
                if subscription.matches(candidate):
                    wanted.setdefault(subscription.rendering, []).append(number)
            for rendering, numbers in wanted.items():
                if rendering not in encoded:
                    encoded[rendering] = to_bytes(event(), rendering)
                text = encoded[rendering]
                listener.events.append(
                    LiveEvent(event_id, candidate.node_id, candidate.event_type, numbers, len(text))
                )
                listener.encoded.append(text)
                self._schedule(0.0)

    def _schedule(self, seconds: float) -> None:
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_later(seconds, self._send)

    def _send(self) -> None:
        self._scheduled = False
        for channel, listener in self._listeners.items():
            events, listener.events = listener.events, []
            encoded, listener.encoded = listener.encoded, []
            if not channel.writable:
                self.missed += len(events)
                for event in events:
                    listener.missed.update(event.subscriptions)
                continue
            # What was missed came before what is sent now.
            for subscription, count in listener.missed.items():
                channel.send(Missed(subscription, count))
            listener.missed.clear()
            if events:
                channel.send(LiveEvents(events, b"".join(encoded)))
                self.published += len(events)
        if any(listener.missed for listener in self._listeners.values()):
            self._schedule(_RETRY_SECONDS)  # it is told even if nothing more comes
