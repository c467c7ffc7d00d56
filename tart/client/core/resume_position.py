"""Which events of a live stream are new, and where to go on after a break.

Pure. Events come in order from each shard, but each shard delivers at its own pace: an
event may arrive a little after one that another received later. So a stream goes on
``OVERLAP`` before the newest, and what comes twice is left out by id.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

# Far beyond what a delivery takes; at most this much is asked for twice.
OVERLAP = timedelta(seconds=2)
# Ids that are remembered: more than come in the overlap.
REMEMBERED = 100_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Seen:
    """The latest events of a stream.

    Args:
        remembered: how many; of older ones it is not known whether they come again.
    """

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._limit = remembered
        self._ids: dict[int, None] = {}
        self._newest: tuple[datetime, int] | None = None
        self._before: int | None = None

    def begin(self, event_id: int) -> None:
        """The newest event there was when the stream began; not one of its own."""
        if self._before is None:
            self._before = event_id

    def new(self, event_id: int, received_at: str) -> bool:
        """Whether an event has not come yet; from now on it has.

        Args:
            event_id: its API id.
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
    def position(self) -> str | None:
        """Where to go on, as ``/api/events/stream`` takes it in ``last_event_id``.

        That is a moment in Unix microseconds and an id: of the event's own shard all that
        came after it, of the others all since that moment. Before the first event it is
        the id of the newest there was; ``None`` if there was none.
        """
        if self._newest is None:
            return None if self._before is None else str(self._before)
        received, event_id = self._newest
        return f"{(received - OVERLAP - _EPOCH) // timedelta(microseconds=1)}.{event_id}"
