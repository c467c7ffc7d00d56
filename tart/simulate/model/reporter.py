"""What a node tells of itself: its events, on its telemetry connection, with their ids.

Pure. A ``Reporter`` is the telemetry part of one simulated node.

- An event's id is the one its connection gives it. A ``Handle`` remembers it for the
  events that refer to it, together with the session it belongs to.
- References never cross sessions. An event that refers to one which was not reported, or
  was reported on an earlier connection, is not reported either; so what was in flight
  when a connection ended is abandoned, link by link.
- An event that the node had to drop keeps the id it would have had, as JIP-3 counts it:
  the next event that fits is preceded by a Dropped of so many.
- What happens in the network does not depend on what is reported of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any, NamedTuple

from tart.testing import FakeNode


class Handle(NamedTuple):
    """An event that others may refer to.

    Attributes:
        session: the session it belongs to; ``event_id``: its id there.
        timestamp: what it says, or would have said.
        lost: it was dropped.
    """

    session: int
    event_id: int
    timestamp: int = 0
    lost: bool = False


UNREPORTED = Handle(0, 0)


class Emission(NamedTuple):
    """One event as a node sends it.

    Attributes:
        when: simulated time in microseconds of the JAM Common Era.
        node: index of the node.
        event_id: its id on the node's present connection.
        timestamp: what the event says, microseconds of the JAM Common Era.
        variant: the event's name.
        fields: its fields, references resolved.
        frame: its bytes, length prefix included.
    """

    when: int
    node: int
    event_id: int
    timestamp: int
    variant: str
    fields: dict[str, Any]
    frame: bytes


class Reporter:
    """The telemetry of one node.

    Args:
        node: index of the node.
        fake: makes its bytes and counts its ids.
        sessions: numbers for connections; shared by all reporters, so that a handle of one
            node can never pass for another's.

    Attributes:
        congested: while set, every event is dropped; for whoever sends the bytes.
        dropped: events dropped so far, by the node's own doing or by congestion.
    """

    def __init__(self, node: int, fake: FakeNode, sessions: Iterator[int] | None = None) -> None:
        self.fake = fake
        self.congested = False
        self.dropped = 0
        self._node = node
        self._sessions = sessions or count(1)
        self._session = 0
        self._to_lose = 0
        self._lost = 0
        self._lost_at = 0

    @property
    def connected(self) -> bool:
        """Whether there is a connection to report on."""
        return self._session > 0

    def connect(self) -> bytes:
        """Start a session: ids from 0, older handles void. The first frame to send."""
        self._session = next(self._sessions)
        self._to_lose = self._lost = 0
        self.congested = False
        return self.fake.connect()

    def disconnect(self) -> None:
        """End the session: nothing is reported until the next."""
        self._session = 0

    def lose(self, number: int) -> None:
        """Drop the next so many events."""
        self._to_lose = number

    def report(
        self, when: int, timestamp: int, variant: str, fields: dict[str, Any]
    ) -> tuple[Handle, list[Emission]]:
        """Report an event, if its references hold.

        Args:
            when: simulated time, microseconds.
            timestamp: what the event shall say, not before the last one.
            variant: the event's name.
            fields: its fields; references are handles.

        Returns:
            The event's own handle, and what to send: nothing, the event, or a Dropped and
            the event.
        """
        if not self._session or not self._resolve(fields):
            return UNREPORTED, []
        if self.congested or self._to_lose:
            return self._drop(timestamp), []
        sent = [self._dropped(when, timestamp)] if self._lost else []
        sent.append(self._emission(when, timestamp, variant, fields))
        return Handle(self._session, sent[-1].event_id, timestamp), sent

    def _resolve(self, fields: dict[str, Any]) -> bool:
        """Put ids in the place of handles; false if one does not belong to this session."""
        for name, value in fields.items():
            if type(value) is Handle:
                if value.session != self._session:
                    return False
                fields[name] = value.event_id
        return True

    def _drop(self, timestamp: int) -> Handle:
        event_id = self.fake.next_event_id + self._lost
        handle = Handle(self._session, event_id, timestamp, lost=True)
        self._to_lose = max(self._to_lose - 1, 0)
        self._lost += 1
        self._lost_at = timestamp
        self.dropped += 1
        return handle

    def _dropped(self, when: int, timestamp: int) -> Emission:
        fields = {"last_timestamp": self._lost_at, "num": self._lost}
        self._lost = 0
        return self._emission(when, timestamp, "Dropped", fields)

    def _emission(
        self, when: int, timestamp: int, variant: str, fields: dict[str, Any]
    ) -> Emission:
        event_id, frame = self.fake.event(variant, timestamp, **fields)
        return Emission(when, self._node, event_id, timestamp, variant, fields, frame)
