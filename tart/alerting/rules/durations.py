"""Durations as Prometheus writes them: ``30s``, ``5m``, ``1h30m``, ``1d``. Pure.

https://prometheus.io/docs/prometheus/latest/querying/basics/#float-literals-and-time-durations
"""

from __future__ import annotations

import re

from tart.units import DAY_US, HOUR_US, MINUTE_US, SECOND_US

_UNITS = (
    ("y", 365 * DAY_US),
    ("w", 7 * DAY_US),
    ("d", DAY_US),
    ("h", HOUR_US),
    ("m", MINUTE_US),
    ("s", SECOND_US),
    ("ms", SECOND_US // 1000),
)
_DURATION = re.compile("".join(rf"(?:([0-9]{{1,9}}){unit})?" for unit, _ in _UNITS))
# The longest duration in microseconds: 100 years.
_MAX_US = 100 * 365 * DAY_US


def parse_duration(text: str) -> int:
    """Return a duration in microseconds.

    Raises:
        ValueError: The text is not one; the message says what one looks like.
    """
    if text == "0":
        return 0
    match = _DURATION.fullmatch(text)
    if not text or match is None:
        raise ValueError(f'"{text[:60]}" is not a duration; write one as "30s", "5m" or "1h30m"')
    total = sum(int(match[index] or 0) * size for index, (_, size) in enumerate(_UNITS, 1))
    if total > _MAX_US:
        raise ValueError(f'"{text}" is longer than 100 years')
    return total


def format_duration(duration_us: int) -> str:
    """Return the text of a duration in whole milliseconds."""
    parts = []
    for unit, size in _UNITS:
        if unit in ("y", "w") and duration_us % size:
            continue  # as Prometheus: 8d, not 1w1d
        count, duration_us = divmod(duration_us, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
