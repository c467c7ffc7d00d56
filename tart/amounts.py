"""Numbers of bytes, durations and counts as short text for people.

Pure.
"""

from __future__ import annotations

_UNITS = ("B", "KiB", "MiB", "GiB")


def bytes_text(number: float) -> str:
    """Return a number of bytes with its unit, such as ``1.5 GiB``."""
    for unit in _UNITS:
        if abs(number) < 1024:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1024
    return f"{number:.1f} TiB"


def duration_text(seconds: float) -> str:
    """Return a duration in at most two units, such as ``3 h 12 min``; one below 0 is ``0 s``."""
    minutes, rest = divmod(int(max(0.0, seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def plural(count: int, noun: str) -> str:
    """Return a count with its noun, such as ``1 node``, ``3,000 nodes``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
