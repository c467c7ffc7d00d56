"""Lengths of the time buckets of jamtart's routes: ``interval``, and how long buckets must be.

Pure. Every length divides a day, so buckets begin at multiples of their length since 1970, and at
midnight.
"""

from __future__ import annotations

import re

from tart.errors import BadQuery
from tart.query.core.windows import Window
from tart.units import DAY_US, HOUR_US, MINUTE_US, SECOND_US

# jamtart's lengths. Counts are kept by 10 seconds at best, so lengths that are no multiples of
# those take the next one of ``_STEPS``.
WIDTHS = (
    *(seconds * SECOND_US for seconds in (6, 12, 18, 24, 30)),
    *(minutes * MINUTE_US for minutes in (1, 2, 5, 10, 15, 30)),
    *(hours * HOUR_US for hours in (1, 2, 4, 6, 12, 24)),
)
_STEPS = (10 * SECOND_US, 20 * SECOND_US, *(width for width in WIDTHS if width >= 30 * SECOND_US))
# Beyond these, buckets are longer than requested.
MAX_BUCKETS = 1_500
MAX_ROWS = 100_000

# Grafana's ``$__interval`` has these units; a year has 365 days there.
_UNITS = {
    "ms": 1000,
    "s": SECOND_US,
    "m": MINUTE_US,
    "h": HOUR_US,
    "d": DAY_US,
    "w": 7 * DAY_US,
    "y": 365 * DAY_US,
}
_INTERVAL = re.compile(r"([0-9]{1,12})(ms|[smhdwy])", re.ASCII)


def interval_us(text: str, parameter: str = "interval") -> int:
    """Return the shortest of ``WIDTHS`` that is not shorter than a length such as ``30s``.

    Raises:
        BadQuery: The text is not a length of time.
    """
    match = _INTERVAL.fullmatch(text)
    length = int(match[1]) * _UNITS[match[2]] if match else 0
    if length <= 0:
        raise BadQuery(
            f"{parameter} must be a number of ms, s, m, h, d, w or y such as 30s, 5m or 1h",
            parameter,
        )
    return next((width for width in WIDTHS if width >= length), WIDTHS[-1])


def bucket_us(window: Window, resolution_us: int, width_us: int, groups: int = 1) -> int:
    """Return the length of the buckets of an answer.

    Args:
        window: The window, with both ends.
        resolution_us: The length of the buckets of the tables: 10 seconds, a minute, an hour.
        width_us: The requested length.
        groups: The expected number of rows in each bucket.

    Returns:
        The shortest length that is not shorter than the requested one, consists of whole buckets
        of the tables, and does not exceed ``MAX_BUCKETS`` and ``MAX_ROWS``; at most a day.
    """
    assert window.start_us is not None
    assert window.end_us is not None
    length = max(0, window.end_us + 1 - window.start_us)
    buckets = max(1, min(MAX_BUCKETS, MAX_ROWS // max(1, groups)))
    for step in _STEPS:
        if step >= width_us and step % resolution_us == 0 and length <= step * buckets:
            return step
    return _STEPS[-1]
