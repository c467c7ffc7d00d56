"""The decision when a batch is committed.

Pure. A commit costs the same millisecond of CPU however few rows it has, so a batch waits for
more: until its rows times its age reach ``PAYING_ROWS`` times ``flush_seconds``, though not less
than ``flush_seconds`` and not more than ``quiet_flush_seconds``, and not when it is full. A query
of the event log that would miss events older than ``flush_seconds`` has them committed first
(``Ingest.commit_for_query``).

The product is what all rows together wait, twice over; at a steady rate the age is proportional
to the root of the time between two events, as an optimal order size is to that of its demand.
"""

from __future__ import annotations

from dataclasses import dataclass

# The number of events that are worth a commit after ``flush_seconds``: the commit then costs
# less than a third of decoding and storing them (``docs/internals/costs.md``).
PAYING_ROWS = 1000
# ``next_rows`` lets a batch grow by this before its time is decided again.
GROWTH = 1.5


@dataclass(frozen=True)
class CommitCadence:
    """The cadence of one shard's commits.

    Attributes:
        flush_seconds: The age at which a batch of ``PAYING_ROWS`` is committed.
        quiet_flush_seconds: The age at which any batch is; not before ``flush_seconds``.
        flush_rows: The number of events with which a batch is full.
        flush_bytes: The size in bytes with which a batch is full.
    """

    flush_seconds: float
    quiet_flush_seconds: float
    flush_rows: int
    flush_bytes: int

    def seconds_left(self, age: float, rows: int, size: int) -> float:
        """Return the seconds until a batch is committed if nothing is added, 0 if it is due.

        Args:
            age: Seconds since the batch's first row arrived.
            rows: Its frames.
            size: Its bytes.
        """
        if rows >= self.flush_rows or size >= self.flush_bytes:
            return 0.0
        worth = self.flush_seconds * PAYING_ROWS / max(rows, 1)
        due = max(self.flush_seconds, min(worth, self.quiet_flush_seconds))
        return max(0.0, due - age)

    def next_rows(self, rows: int) -> int:
        """Return the number of frames at which ``seconds_left`` is asked again, at the latest.

        Until then a batch may wait half as long again as its rows are worth.
        """
        if rows >= PAYING_ROWS:
            return self.flush_rows
        quiet = self.flush_seconds * PAYING_ROWS / max(self.quiet_flush_seconds, 1e-9)
        return min(self.flush_rows, max(rows + 1, int(min(max(rows, quiet) * GROWTH, PAYING_ROWS))))

    def is_late(self, age: float, rows: int) -> bool:
        """Return whether a query must not miss a batch: it waits for others to come.

        A batch of ``PAYING_ROWS`` does not wait longer than ``flush_seconds``. If it is older,
        the event loop or the writer is behind, and a query that waited for both would be late
        for the sake of the newest events of a busy network.
        """
        return age >= self.flush_seconds and rows < PAYING_ROWS
