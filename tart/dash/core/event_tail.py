"""The newest events of a filter, collected poll by poll in a bounded list.

Each poll requests the events since shortly before the newest one, so that an event is missed
neither where shards commit at different times nor after a lost connection. Where more events
arrived than a poll returns, the tail estimates how many it left out: an event's id is
``seq * 256 + directory``, and ``seq`` has no gaps in its directory.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tart.amounts import plural
from tart.dash.core.format import number, parse_time
from tart.dash.core.model import Answers, Request

if TYPE_CHECKING:
    from tart.client._generated.answers import (
        Event,
        Events,
    )

# Events that the tail holds, and that one poll returns at most.
MOST_EVENTS = 500
# Shards commit within a second; the events of that time are requested again.
_OVERLAP = timedelta(seconds=2)
_DIRECTORIES = 256


class EventTail:
    """The newest events of a filter.

    Args:
        filter_: Arguments of ``AsyncTartClient.events``.
        others: Further requests, whose answers pass unchanged.
        limit: Events that are held, and that one poll returns.

    Attributes:
        left_out: About how many events arrived and were not read; counted without a filter only.
            Frames that could not be decoded have a seq, too, and count; events of a directory
            that a poll has none of do not.
        uncounted: Whether events were left out that cannot be counted.
        forgotten: Events that were read and are not held any more.
    """

    def __init__(
        self,
        filter_: Mapping[str, Any],
        others: tuple[Request, ...] = (),
        limit: int = MOST_EVENTS,
    ) -> None:
        self.left_out = 0
        self.uncounted = False
        self.forgotten = 0
        self._filter = filter_
        self._others = others
        self._limit = limit
        self._events: list[Event] = []
        # Highest seq of each directory.
        self._tops: dict[int, int] = {}
        self._arrived = 0
        self._held_at: tuple[int, int] | None = None

    def requests(self) -> tuple[Request, ...]:
        """Return the requests of the next poll."""
        arguments = {**self._filter, "limit": self._limit}
        if self._events:
            newest = parse_time(self._events[0]["received_at"])
            arguments["start_time"] = newest - _OVERLAP
        return (Request("events", "events", arguments), *self._others)

    def collect(self, answers: Answers) -> Answers:
        """Add the answer of a poll; return the answers of a page with all events that are held."""
        page: Events = answers["events"]
        if self._events:
            self._count(page)
        known = {event["id"] for event in self._events}
        new = [event for event in page["events"] if event["id"] not in known]
        for event in page["events"]:
            seq, directory = divmod(event["id"], _DIRECTORIES)
            self._tops[directory] = max(seq, self._tops.get(directory, seq))
        events = sorted((*new, *self._events), key=_position, reverse=True)
        self.forgotten += max(0, len(events) - self._limit)
        self._events = events[: self._limit]
        self._arrived += len(new)
        tail = {
            "left_out": self.left_out,
            "uncounted": self.uncounted,
            "forgotten": self.forgotten,
            "limit": self._limit,
        }
        return {**answers, "events": {**page, "events": self._events}, "tail": tail}

    def hold(self) -> None:
        """Begin to count the events that come while the page is paused."""
        self._held_at = self._arrived, self.left_out

    def waiting(self) -> str:
        """Return in words how many events have come since ``hold``, and how many are not held."""
        if self._held_at is None:
            return ""
        arrived, left_out = self._held_at
        read = self._arrived - arrived
        lost = max(0, read - self._limit) + self.left_out - left_out
        if not read:
            return ""
        text = f"{plural(min(read, self._limit), 'new event')}"
        return f"{text}, about {number(lost)} more left out" if lost else text

    def _count(self, page: Events) -> None:
        """Count the events between the last poll and this one that neither has."""
        if not page["has_more"]:
            return
        oldest = page["events"][-1]
        if _position(oldest) <= _position(self._events[0]):
            return
        if self._filter:
            self.uncounted = True
            return
        arrived = read = 0
        highest: dict[int, int] = {}
        for event in page["events"]:
            seq, directory = divmod(event["id"], _DIRECTORIES)
            highest[directory] = max(seq, highest.get(directory, 0))
            read += seq > self._tops.get(directory, seq)
        for directory, seq in highest.items():
            arrived += max(0, seq - self._tops.get(directory, seq))
        self.left_out += max(0, arrived - read)


def _position(event: Event) -> tuple[str, int]:
    """Return the key by which events are ordered; times of answers are equally long."""
    return event["received_at"], event["id"]
