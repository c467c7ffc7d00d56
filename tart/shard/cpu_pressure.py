"""The decision whether queries yield the CPU to ingestion.

Pure. The priority of a thread counts against everything on the machine, not only against the
threads beside it: a thread lowered by 10 gets a tenth of what an unrelated process gets. On a
machine with other load, queries then miss their deadline (``docs/internals/costs.md``). So query
threads have a low priority only while the shard receives much, or more than it can write.
"""

from __future__ import annotations

# The rate of one shard that takes a tenth of a core; a network of six nodes sends 500.
BUSY_EVENTS_PER_SECOND = 5_000.0
# Events received and not yet committed: a second of the rate above.
BUSY_PENDING_EVENTS = 5_000
# The interval of samples; the longer one while few events come, so that an idle shard sleeps.
BUSY_SAMPLE_SECONDS = 0.25
CALM_SAMPLE_SECONDS = 1.0
# The rate from which on samples are taken at the shorter interval.
WATCHED_EVENTS_PER_SECOND = 1_000.0
# Priority stays low until ingestion has been calm for this time.
CALM_SECONDS = 1.0


class CpuPressure:
    """Follows the shard's rate of events, from samples.

    Attributes:
        sample_seconds: The time until the next sample.
    """

    def __init__(self) -> None:
        self.sample_seconds = CALM_SAMPLE_SECONDS
        self._last: tuple[float, int] | None = None
        self._busy_until = float("-inf")

    def update(self, now: float, received: int, pending: int) -> bool:
        """Take a sample; return whether queries should have a low priority.

        Args:
            now: Seconds of a monotonic clock, later than those of the last sample.
            received: Events received so far.
            pending: Events received and not committed.
        """
        last, self._last = self._last, (now, received)
        rate = 0.0 if last is None else (received - last[1]) / max(now - last[0], 1e-3)
        if rate >= BUSY_EVENTS_PER_SECOND or pending >= BUSY_PENDING_EVENTS:
            self._busy_until = now + CALM_SECONDS
        is_busy = now < self._busy_until
        is_watched = is_busy or rate >= WATCHED_EVENTS_PER_SECOND
        self.sample_seconds = BUSY_SAMPLE_SECONDS if is_watched else CALM_SAMPLE_SECONDS
        return is_busy
