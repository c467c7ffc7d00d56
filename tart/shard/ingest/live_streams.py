"""Live events for subscribers: filtered first, encoded once, shed under pressure.

No event is encoded that no subscription selects. Events that are published together go out as
one message per channel. A channel that does not keep up is not waited for: its events are shed
and counted, and each subscription gets the number that it missed.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tart.ipc.channel import Channel
from tart.ipc.messages import LiveEvent, LiveEvents, Missed, Request, Subscribe
from tart.protocol.references import Context
from tart.query.core.event_ids import event_api_id
from tart.query.core.filters import FilterInput, Matches, parse
from tart.query.core.live_event import live_event
from tart.query.core.query import Rendering
from tart.shard.encoding.event_json import to_json
from tart.shard.encoding.json_bytes import dumps_event
from tart.shard.state.nodes import SessionOwner
from tart.storage.core.log_columns import LogRow

# The interval at which a channel that was full is tried again.
_RETRY_SECONDS = 0.01


@dataclass
class _Subscription:
    matches: Matches
    rendering: Rendering


@dataclass
class _Subscriber:
    """One channel of a gateway: its subscriptions and the events that wait to be sent."""

    subscriptions: dict[int, _Subscription] = field(default_factory=dict)
    events: list[LiveEvent] = field(default_factory=list)
    encoded: list[bytes] = field(default_factory=list)
    missed: Counter[int] = field(default_factory=Counter)


class Streams:
    """The subscriptions of one shard.

    Attributes:
        listening: Whether there is any subscription; read for every read of every node.
        published: Events sent.
        missed: Events shed.
    """

    def __init__(self) -> None:
        self._subscribers: dict[Channel[Request], _Subscriber] = {}
        self._scheduled = False
        self.listening = False
        self.published = 0
        self.missed = 0

    @property
    def subscriptions(self) -> int:
        """The number of subscriptions over all channels."""
        return sum(len(each.subscriptions) for each in self._subscribers.values())

    def subscribe(self, channel: Channel[Request], request: Subscribe) -> None:
        """Start or replace a subscription.

        Raises:
            BadQuery: The filter cannot be used.
        """
        subscriber = self._subscribers.setdefault(channel, _Subscriber())
        subscriber.subscriptions[request.subscription] = _Subscription(
            parse(request.filter), Rendering(request.byte_encoding, request.int64)
        )
        self.listening = True

    def unsubscribe(self, channel: Channel[Request], subscription: int) -> None:
        """End a subscription; unknown numbers are ignored."""
        if channel in self._subscribers:
            self._subscribers[channel].subscriptions.pop(subscription, None)
            self._subscribers[channel].missed.pop(subscription, None)
        self.listening = self.subscriptions > 0

    def remove(self, channel: Channel[Request]) -> None:
        """End all subscriptions of a channel that is closed."""
        self._subscribers.pop(channel, None)
        self.listening = self.subscriptions > 0

    def publish(
        self, row: LogRow, directory: int, owner: SessionOwner, context: Context | None
    ) -> None:
        """Offer a stored event to every subscription.

        Args:
            row: The event.
            directory: The directory of the event.
            owner: The owner of its connection.
            context: The chain that it belongs to, ``None`` if it belongs to none.
        """
        chain_hash = None if context is None else context.chain_hash
        self.offer(
            FilterInput(owner.node_id, row.type, row.slot, row.core, row.payload, chain_hash),
            event_api_id(directory, row.seq),
            lambda: live_event(to_json(row, directory, owner, context)),
        )

    def offer(
        self, candidate: FilterInput, event_id: int, event: Callable[[], dict[str, Any]]
    ) -> None:
        """Queue an event for every channel with a filter that it passes.

        Args:
            candidate: The input of filters.
            event_id: The event's API id.
            event: Makes the Event object; called only if a filter passes.
        """
        encoded: dict[Rendering, bytes] = {}
        for subscriber in self._subscribers.values():
            wanted: dict[Rendering, list[int]] = {}
            for number, subscription in subscriber.subscriptions.items():
                if subscription.matches(candidate):
                    wanted.setdefault(subscription.rendering, []).append(number)
            for rendering, numbers in wanted.items():
                if rendering not in encoded:
                    encoded[rendering] = dumps_event(event(), rendering)
                text = encoded[rendering]
                subscriber.events.append(
                    LiveEvent(event_id, candidate.node_id, candidate.event_type, numbers, len(text))
                )
                subscriber.encoded.append(text)
                self._schedule(0.0)

    def _schedule(self, seconds: float) -> None:
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_later(seconds, self._send)

    def _send(self) -> None:
        self._scheduled = False
        for channel, subscriber in self._subscribers.items():
            events, subscriber.events = subscriber.events, []
            encoded, subscriber.encoded = subscriber.encoded, []
            if not channel.writable:
                self.missed += len(events)
                for event in events:
                    subscriber.missed.update(event.subscriptions)
                continue
            # Events that were missed came before those that are sent now.
            for subscription, count in subscriber.missed.items():
                channel.send(Missed(subscription, count))
            subscriber.missed.clear()
            if events:
                channel.send(LiveEvents(events, b"".join(encoded)))
                self.published += len(events)
        if any(subscriber.missed for subscriber in self._subscribers.values()):
            # ``Missed`` is sent even if no event follows.
            self._schedule(_RETRY_SECONDS)
