"""Numbers of bytes, counts, rates and durations as short text for people.

Pure.
"""

from __future__ import annotations

_UNITS = ("B", "KiB", "MiB", "GiB")


def bytes_text(number: float) -> str:
    """Return a number of bytes with its unit, such as ``1.5 GiB``."""
    for unit in _UNITS:
        if number < 1024:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1024
    return f"{number:.1f} TiB"


def duration_text(seconds: float) -> str:
    """Return a duration in at most two units, such as ``3 h 12 min``."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
