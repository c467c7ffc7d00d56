"""Live events for subscribers: filtered first, encoded once, shed under pressure.

A batch is filtered as a whole: its events are grouped by column once for all subscriptions, and a
subscription that selects none of them costs a look-up. No event is encoded that no subscription
selects. Events that are published together go out as one message per channel. A channel that does
not keep up is not waited for: its events are shed and counted, and each subscription gets the
number that it missed.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tart.ipc.channel import Channel
from tart.ipc.messages import Missed, Request, Subscribe, pack_live_events
from tart.query.core.filters import FilterRows, Select, parse
from tart.query.core.query import Rendering

# Writes events of a batch as JSON; an event that cannot be written is left out.
Encode = Callable[[Sequence[int], Rendering], Mapping[int, bytes]]

# The interval at which a channel that was full is tried again.
_RETRY_SECONDS = 0.01


@dataclass
class _Subscription:
    select: Select
    rendering: Rendering


@dataclass
class _Subscriber:
    """One channel of a gateway: its subscriptions and the events that wait to be sent.

    Attributes:
        ids, texts: Of the events that wait.
        matches: Indexes of the events that wait, by subscription.
        missed: The number of events that were shed, by subscription.
    """

    subscriptions: dict[int, _Subscription] = field(default_factory=dict)
    ids: list[int] = field(default_factory=list)
    texts: list[bytes] = field(default_factory=list)
    matches: dict[int, list[int]] = field(default_factory=dict)
    missed: Counter[int] = field(default_factory=Counter)

    def select(self, rows: FilterRows) -> dict[Rendering, dict[int, Sequence[int]]]:
        """Return the indexes of the events that each subscription gets, by rendering."""
        selected: dict[Rendering, dict[int, Sequence[int]]] = {}
        for number, subscription in self.subscriptions.items():
            if indexes := subscription.select(rows):
                selected.setdefault(subscription.rendering, {})[number] = indexes
        return selected

    def add(
        self,
        selected: Mapping[int, Sequence[int]],
        ids: Sequence[int],
        texts: Mapping[int, bytes],
    ) -> None:
        """Let events of one rendering wait."""
        places: dict[int, int] = {}
        for index in _union(selected.values()):
            if index in texts:
                places[index] = len(self.ids)
                self.ids.append(ids[index])
                self.texts.append(texts[index])
        for number, indexes in selected.items():
            listed = [places[index] for index in indexes if index in places]
            if listed:
                self.matches.setdefault(number, []).extend(listed)

    def shed(self) -> int:
        """Forget the events that wait, but count them; return their number."""
        for number, indexes in self.matches.items():
            self.missed[number] += len(indexes)
        count = len(self.ids)
        self.discard()
        return count

    def discard(self) -> None:
        """Forget the events that wait."""
        self.ids, self.texts, self.matches = [], [], {}


class Streams:
    """The subscriptions of one shard.

    Attributes:
        listening: Whether there is any subscription; read for every read of every node.
        published: Events sent.
        missed: Events shed.
    """

    def __init__(self) -> None:
        self._subscribers: dict[Channel[Request], _Subscriber] = {}
        self._timer: asyncio.TimerHandle | None = None
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
        self.flush()
        subscriber = self._subscribers.setdefault(channel, _Subscriber())
        subscriber.subscriptions[request.subscription] = _Subscription(
            parse(request.filter).select, Rendering(request.byte_encoding, request.int64)
        )
        self.listening = True

    def unsubscribe(self, channel: Channel[Request], subscription: int) -> None:
        """End a subscription; unknown numbers are ignored."""
        if channel in self._subscribers:
            self._subscribers[channel].subscriptions.pop(subscription, None)
            self._subscribers[channel].missed.pop(subscription, None)
            self._subscribers[channel].matches.pop(subscription, None)
        self.listening = self.subscriptions > 0

    def remove(self, channel: Channel[Request]) -> None:
        """End all subscriptions of a channel that is closed."""
        self._subscribers.pop(channel, None)
        self.listening = self.subscriptions > 0

    def publish(self, rows: FilterRows, ids: Sequence[int], encode: Encode) -> None:
        """Queue the events of a batch for every channel with a filter that they pass.

        Args:
            rows: The events, as filters read them.
            ids: Their API ids.
            encode: Called once for each rendering, with the events that pass a filter.
        """
        selections = [
            (subscriber, rendering, selected)
            for subscriber in self._subscribers.values()
            for rendering, selected in subscriber.select(rows).items()
        ]
        for rendering in dict.fromkeys(rendering for _, rendering, _ in selections):
            alike = [(each, selected) for each, form, selected in selections if form == rendering]
            passed = _union(indexes for _, selected in alike for indexes in selected.values())
            texts = encode(passed, rendering)
            for subscriber, selected in alike:
                subscriber.add(selected, ids, texts)
        if selections:
            self._schedule(0.0)

    def flush(self) -> None:
        """Send the events that wait now."""
        if self._timer is not None:
            self._timer.cancel()
            self._send()

    def _schedule(self, seconds: float) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._send)

    def _send(self) -> None:
        self._timer = None
        for channel, subscriber in self._subscribers.items():
            if not channel.writable:
                self.missed += subscriber.shed()
                continue
            # Events that were missed came before those that are sent now.
            for subscription, count in subscriber.missed.items():
                channel.send(Missed(subscription, count))
            subscriber.missed.clear()
            if subscriber.ids:
                channel.send(pack_live_events(subscriber.ids, subscriber.texts, subscriber.matches))
                self.published += len(subscriber.ids)
                subscriber.discard()
        if any(subscriber.missed for subscriber in self._subscribers.values()):
            # ``Missed`` is sent even if no event follows.
            self._schedule(_RETRY_SECONDS)


def _union(groups: Iterable[Sequence[int]]) -> list[int]:
    """Return all indexes once, in ascending order."""
    return sorted(set().union(*groups))
