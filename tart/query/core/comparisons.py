"""The comparison of a window with an earlier one of the same length, and the data kept of that.

Pure. Times are Unix microseconds, lengths microseconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tart.config.schema import AggregatesConfig
from tart.query.answers.common import Comparison
from tart.query.core.windows import Window
from tart.units import DAY_US, HOUR_US, SECOND_US

# Tables whose older rows remain as sums by hour.
_HOURLY = frozenset({"counts", "latency"})


@dataclass(frozen=True)
class ComparedWindows:
    """The windows of one request with ``compare``.

    Attributes:
        start_us: The start of the requested window.
        end_us: Its end.
        ago_us: How long ago the earlier window is.
    """

    start_us: int
    end_us: int
    ago_us: int

    def earlier(self, available_from_us: int | None) -> Window | None:
        """Return the part of the earlier window of which data is kept; ``None`` if there is none.

        Args:
            available_from_us: Nothing before it is kept; ``None`` if there is nothing at all.
        """
        start, end = self.start_us - self.ago_us, self.end_us - self.ago_us
        if available_from_us is None or available_from_us > end:
            return None
        return Window(max(start, available_from_us), end)

    def comparison(self, available_from_us: int | None) -> Comparison:
        """Return the member ``comparison`` of the answer."""
        part = self.earlier(available_from_us)
        start, end = self.start_us - self.ago_us, self.end_us - self.ago_us
        part_start = end if part is None or part.start_us is None else part.start_us
        return {
            "ago_seconds": self.ago_us / SECOND_US,
            "overlap_seconds": max(0, end - self.start_us) / SECOND_US,
            "missing_seconds": (part_start - start) / SECOND_US,
        }


def tables_available_from(tables: Iterable[str], retention: AggregatesConfig, now_us: int) -> int:
    """Return the time from which on all these tables of the aggregates are complete.

    Expired rows of a table are deleted at any time after they expire, and in buckets of up to an
    hour: the hour in which rows expire now is not complete.
    """
    lengths = [
        (retention.hourly_days if table in _HOURLY else retention.row_retention_days) * DAY_US
        for table in tables
    ]
    if not lengths:
        return 0
    expired = now_us - min(lengths)
    return expired - expired % HOUR_US + HOUR_US
