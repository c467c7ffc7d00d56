"""Positions in the stream of server-sent events, at which a client resumes.

Pure. A position is the time at which the stream began, in Unix microseconds, and for each directory
the API id of the newest event sent, or of a later one that did not pass the filter. The events of
a directory are ordered, so no event is sent twice or left out, whatever the clocks do.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tart.errors import BadQuery
from tart.query.core.event_ids import event_identity

_MAX_ID_PARTS = 257


@dataclass
class Position:
    """A client's position in the stream.

    Attributes:
        since_us: In a directory without an id, events received from this time on are new.
        ids: Directory to the API id of the newest event that the client has.
    """

    since_us: int
    ids: dict[int, int] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str) -> Position | int:
        """Parse what a client sends back: a position, or the id of an event.

        Raises:
            BadQuery: It is neither.
        """
        parts = text.strip().split(".")
        if len(parts) > _MAX_ID_PARTS or not all(
            part.isascii() and part.isdecimal() and len(part) <= 20 for part in parts
        ):
            raise BadQuery(
                "last_event_id must be an id of this stream, or of an event", "last_event_id"
            )
        first, *ids = map(int, parts)
        if not ids:
            return first
        return cls(first, {event_identity(each)[0]: each for each in ids})

    def __str__(self) -> str:
        return ".".join(map(str, (self.since_us, *(self.ids[each] for each in sorted(self.ids)))))

    def has(self, event_id: int) -> bool:
        """Return whether the client has an event already."""
        return event_id <= self.ids.get(event_identity(event_id)[0], -1)

    def move(self, event_id: int) -> None:
        """Advance behind an event."""
        self.ids[event_identity(event_id)[0]] = event_id

    def copy(self) -> Position:
        """Return an equal position that moves by itself."""
        return Position(self.since_us, dict(self.ids))


def sse(name: str, data: bytes, position: str = "") -> bytes:
    """Return one event of a stream."""
    prefix = f"id: {position}\n".encode() if position else b""
    return prefix + b"event: %b\ndata: %b\n\n" % (name.encode(), data)
