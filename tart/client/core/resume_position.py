"""The position from which a live stream resumes, and the events that are new after it.

Pure. Events arrive in order from each shard, but each shard delivers at its own pace: an
event may arrive a little after one that another shard received later. So a stream resumes
``OVERLAP`` before the newest event, and duplicates are dropped by id.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

# Far longer than a delivery takes; at most this much is transferred twice.
OVERLAP = timedelta(seconds=2)
# Ids that are remembered: more than arrive in the overlap.
REMEMBERED = 100_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ResumePosition:
    """The latest events of a stream.

    Args:
        remembered: Number of ids that are remembered to detect duplicates.
    """

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._limit = remembered
        self._ids: dict[int, None] = {}
        self._newest: tuple[datetime, int] | None = None
        self._start: int | None = None

    def set_start(self, event_id: int) -> None:
        """Set the newest event before the stream began; only the first call counts."""
        if self._start is None:
            self._start = event_id

    def add(self, event_id: int, received_at: str) -> bool:
        """Add an event and return whether it is new.

        Args:
            event_id: Its API id.
            received_at: RFC 3339.
        """
        if event_id in self._ids:
            return False
        self._ids[event_id] = None
        if len(self._ids) > self._limit:
            del self._ids[next(iter(self._ids))]
        received = datetime.fromisoformat(received_at)
        if self._newest is None or received >= self._newest[0]:
            self._newest = received, event_id
        return True

    @property
    def last_event_id(self) -> str | None:
        """The parameter ``last_event_id`` of ``/api/events/stream`` that resumes the stream.

        A time in Unix microseconds and an event id: the stream resumes after the event on its
        own shard, and at that time on the others. Before the first event it is the id of the
        newest event before the stream began; ``None`` if there was none.
        """
        if self._newest is None:
            return None if self._start is None else str(self._start)
        received, event_id = self._newest
        return f"{(received - OVERLAP - _EPOCH) // timedelta(microseconds=1)}.{event_id}"
