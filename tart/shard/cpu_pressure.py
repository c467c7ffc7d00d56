"""Whether receiving needs the machine, so that answering has to step back.

Pure. The priority of a thread counts against everything on the machine, not only against the
threads beside it: one that has stepped back by 10 gets a tenth of what a strange process gets.
On a machine that others use, too, 33 of 48 questions asked at once came too late for that. So
readers step back only while much is received, or more than can be written.
"""

from __future__ import annotations

# Of one shard. Receiving so many takes a tenth of a core; a network of six says 500.
BUSY_EVENTS_PER_SECOND = 5_000.0
# Received and not yet committed: a second of the above.
BUSY_PENDING_EVENTS = 5_000
# Who has stepped back stays there until receiving has been at ease for so long.
EASE_SECONDS = 1.0


class Pressure:
    """Looks at what was received, now and then."""

    def __init__(self) -> None:
        self._last: tuple[float, int] | None = None
        self._busy_until = float("-inf")

    def look(self, now: float, received: int, pending: int) -> bool:
        """Whether answering has to step back.

        Args:
            now: seconds of a monotonic clock, later than the last time.
            received: events so far.
            pending: events received and not committed.
        """
        last, self._last = self._last, (now, received)
        rate = 0.0 if last is None else (received - last[1]) / max(now - last[0], 1e-3)
        if rate >= BUSY_EVENTS_PER_SECOND or pending >= BUSY_PENDING_EVENTS:
            self._busy_until = now + EASE_SECONDS
        return now < self._busy_until
