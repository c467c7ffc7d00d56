"""The telemetry of one simulated node: its events, on its connection, with their ids.

Pure.

- An event has the id that its connection assigns. A ``Handle`` stores the id and the session
  for the events that refer to it.
- References never cross sessions. An event that refers to one that was not reported, or was
  reported on an earlier connection, is not reported either; so activities in progress when a
  connection ends are abandoned.
- An event that the node drops keeps the id it would have had, as JIP-3 counts: a Dropped with
  their number precedes the next event that fits.
- The simulated network does not depend on which events are reported.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto
from itertools import count
from typing import Any, NamedTuple

from tart.protocol.events import EventKind
from tart.protocol.framing import LENGTH_BYTES
from tart.testing import FakeNode


class Handle(NamedTuple):
    """A reference to an event.

    Attributes:
        session: Number of its session.
        event_id: Its id in that session.
        timestamp: Its timestamp, also if it was dropped.
        lost: Whether it was dropped.
    """

    session: int
    event_id: int
    timestamp: int = 0
    lost: bool = False


UNREPORTED = Handle(0, 0)
# Of an event that its node keeps quiet about: a planted lie.
HIDDEN = Handle(0, 1)


class Mangling(Enum):
    """The way in which a planted trouble changes a node's status events.

    Attributes:
        NONE: Not at all.
        CUT: Their last byte is missing: they cannot be decoded.
        LONGER: A byte follows them: they are decoded, and break a rule of conformance.
    """

    NONE = auto()
    CUT = auto()
    LONGER = auto()


class Emission(NamedTuple):
    """One event as a node sends it.

    Attributes:
        when: Simulated time in microseconds of the JAM Common Era.
        node: Index of the node.
        event_id: Its id on the node's present connection.
        timestamp: Its timestamp, microseconds of the JAM Common Era.
        kind: The event type.
        fields: Its fields, references resolved.
        frame: Its bytes, length prefix included.
    """

    when: int
    node: int
    event_id: int
    timestamp: int
    kind: EventKind
    fields: dict[str, Any]
    frame: bytes

    @property
    def variant(self) -> str:
        """The event's name in JSON."""
        return self.kind.variant


class Reporter:
    """The telemetry of one node.

    Args:
        node: Index of the node.
        fake: Encodes its events and counts their ids.
        sessions: Numbers for connections; shared by all reporters, so that the handles of all
            nodes are distinct.

    Attributes:
        congested: While set, every event is dropped; set by the sender of the bytes.
        dropped: Events dropped so far, by the fault rates or by congestion.
        hanging: While set, nothing is reported, and nothing counts as dropped.
        mangling: How status events are changed on their way.
    """

    def __init__(self, node: int, fake: FakeNode, sessions: Iterator[int] | None = None) -> None:
        self.fake = fake
        self.congested = False
        self.dropped = 0
        self.hanging = False
        self.mangling = Mangling.NONE
        self._node = node
        self._sessions = sessions or count(1)
        self._session = 0
        self._to_lose = 0
        self._lost = 0
        self._lost_at = 0

    @property
    def connected(self) -> bool:
        """True while there is a connection to report on."""
        return self._session > 0

    def connect(self) -> bytes:
        """Start a session: ids from 0, older handles void; return the first frame."""
        self._session = next(self._sessions)
        self._to_lose = self._lost = 0
        self.congested = False
        return self.fake.connect()

    def disconnect(self) -> None:
        """End the session: nothing is reported until the next."""
        self._session = 0

    def lose(self, number: int) -> None:
        """Drop the next ``number`` events."""
        self._to_lose = number

    def report(
        self, when: int, timestamp: int, kind: EventKind, fields: dict[str, Any]
    ) -> tuple[Handle, list[Emission]]:
        """Report an event, if its references are valid.

        Args:
            when: Simulated time, microseconds.
            timestamp: The event's timestamp, not before the last one.
            kind: The event type.
            fields: Its fields; references are handles.

        Returns:
            The event's handle, and the emissions: none, the event, or a Dropped and the event.
        """
        if not self._session or self.hanging or not self._resolve(fields):
            return UNREPORTED, []
        if self.congested or self._to_lose:
            return self._drop(timestamp), []
        sent = [self._dropped(when, timestamp)] if self._lost else []
        sent.append(self._emission(when, timestamp, kind, fields))
        return Handle(self._session, sent[-1].event_id, timestamp), sent

    def _resolve(self, fields: dict[str, Any]) -> bool:
        """Replace handles by ids; return false if one does not belong to this session."""
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
        return self._emission(when, timestamp, EventKind.DROPPED, fields)

    def _emission(
        self, when: int, timestamp: int, kind: EventKind, fields: dict[str, Any]
    ) -> Emission:
        event_id, frame = self.fake.event(kind.variant, timestamp, **fields)
        if self.mangling is not Mangling.NONE and kind is EventKind.STATUS:
            frame = _mangle(frame, self.mangling)
        return Emission(when, self._node, event_id, timestamp, kind, fields, frame)


def _mangle(frame: bytes, how: Mangling) -> bytes:
    content = frame[LENGTH_BYTES:]
    content = content[:-1] if how is Mangling.CUT else content + b"\0"
    return len(content).to_bytes(LENGTH_BYTES, "little") + content
