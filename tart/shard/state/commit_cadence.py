"""The decision when a batch is committed.

Pure. A commit costs the same millisecond of CPU however few rows it has. So a batch is committed
once it is ``flush_seconds`` old and has ``PAYING_ROWS``, at the latest when it is
``quiet_flush_seconds`` old, and at once when it is full. A query of the event log that would miss
events older than ``flush_seconds`` has them committed first (``Ingest.commit_for_query``).
"""

from __future__ import annotations

from dataclasses import dataclass

# The number of events at which a commit costs less than decoding and storing them: at 20 µs an
# event in batches of 240, 5 µs in batches of 1,250 (``docs/internals/costs.md``).
PAYING_ROWS = 1000


@dataclass(frozen=True)
class CommitCadence:
    """The cadence of one shard's commits.

    Attributes:
        flush_seconds: The age at which a batch of ``PAYING_ROWS`` is committed.
        quiet_flush_seconds: The age at which a smaller one is; not before ``flush_seconds``.
        flush_rows: The number of events with which a batch is full.
        flush_bytes: The size in bytes with which a batch is full.
    """

    flush_seconds: float
    quiet_flush_seconds: float
    flush_rows: int
    flush_bytes: int

    def seconds_left(self, age: float, rows: int, size: int) -> float:
        """Return the seconds until a batch is committed, 0 if it is due.

        Args:
            age: Seconds since the batch's first row arrived.
            rows: Its frames.
            size: Its bytes.
        """
        if rows >= self.flush_rows or size >= self.flush_bytes:
            return 0.0
        wait = self.flush_seconds
        if rows < PAYING_ROWS:
            wait = max(wait, self.quiet_flush_seconds)
        return max(0.0, wait - age)

    def next_rows(self, rows: int) -> int:
        """Return the number of frames at which ``seconds_left`` falls without time passing."""
        return PAYING_ROWS if rows < PAYING_ROWS < self.flush_rows else self.flush_rows

    def is_late(self, age: float) -> bool:
        """Return whether a query must not miss a batch of this age."""
        return age >= self.flush_seconds
