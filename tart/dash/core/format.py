"""Text of numbers, durations, times and ids, short enough for cells. ``–`` is: not known."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from tart.amounts import bytes_text, duration_text
from tart.dash.core.model import Cell, Tone
from tart.printable import replace_unprintable

UNKNOWN = "–"
_ID_DIGITS = 8
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def number(value: float | None) -> str:
    """Return a number with separators of thousands; at most one decimal."""
    if value is None:
        return UNKNOWN
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}".removesuffix(".0")


def compact(value: float | None) -> str:
    """Return a number in at most five characters, such as ``12.3k``."""
    if value is None:
        return UNKNOWN
    if abs(value) < 10_000:
        return f"{value:.0f}" if isinstance(value, int) or abs(value) >= 100 else f"{value:.3g}"
    for unit in ("k", "M", "G", "T"):
        value /= 1000
        if abs(value) < 1000:
            return f"{value:.3g}{unit}" if abs(value) < 99.95 else f"{value:.0f}{unit}"
    return f"{value:.0f}T"


def rate(per_second: float | None) -> str:
    """Return a rate, such as ``1.2k/s``."""
    return UNKNOWN if per_second is None else f"{compact(per_second)}/s"


def size(count: float | None) -> str:
    """Return a size in bytes, such as ``1.5 GiB``."""
    return UNKNOWN if count is None else bytes_text(count)


def percent(share: float | None) -> str:
    """Return a share between 0 and 1 as percent."""
    return UNKNOWN if share is None else f"{100 * share:.3g} %"


def milliseconds(ms: float | None) -> str:
    """Return a short duration in its natural unit, such as ``340 µs``, ``12 ms``, ``3.4 s``."""
    if ms is None:
        return UNKNOWN
    if ms < 1:
        return f"{1000 * ms:.0f} µs"
    if ms < 1000:
        return f"{ms:.3g} ms" if ms < 99.95 else f"{ms:.0f} ms"
    return f"{ms / 1000:.3g} s" if ms < 100_000 else duration(ms / 1000)


def duration(seconds: float | None) -> str:
    """Return a duration in at most two units, such as ``3 h 12 min``."""
    return UNKNOWN if seconds is None else duration_text(seconds)


def parse_time(text: str) -> datetime:
    """Return a time of an answer, which is RFC 3339 with Z."""
    return datetime.fromisoformat(text)


def seconds_since(text: str | None, now: datetime) -> float | None:
    """Return the seconds since a time of an answer; ``None`` without one."""
    return None if text is None else (now - parse_time(text)).total_seconds()


def age(text: str | None, now: datetime) -> str:
    """Return how long ago a time of an answer was, in one unit: ``4 s``, ``12 min``, ``3 d``."""
    seconds = seconds_since(text, now)
    return UNKNOWN if seconds is None else short_duration(seconds)


def short_duration(seconds: float) -> str:
    """Return a duration in one unit, such as ``4 s``, ``12 min``, ``3 h``, ``5 d``."""
    whole = int(max(0.0, seconds))
    for unit, length in (("d", _DAY), ("h", _HOUR), ("min", _MINUTE)):
        if whole >= length:
            return f"{whole // length} {unit}"
    return f"{whole} s"


def clock(text: str | None) -> str:
    """Return the time of day of an answer's time in UTC, to the millisecond."""
    return UNKNOWN if text is None else f"{parse_time(text):%H:%M:%S.%f}"[:-3]


def short_id(text: str | None) -> str:
    """Return the first digits of a node id or hash, such as ``3f2a91c4…``."""
    if text is None:
        return UNKNOWN
    digits = text.removeprefix("0x")
    return digits if len(digits) <= _ID_DIGITS else f"{digits[:_ID_DIGITS]}…"


def plain(text: str | None) -> str:
    """Return text of a node without characters that a terminal would obey."""
    return UNKNOWN if text is None else replace_unprintable(text)


# Of a thousand nodes most numbers occur many times, now and at the next refresh.
@lru_cache(16_384, typed=True)
def number_cell(value: float | None, tone: Tone = "") -> Cell:
    """Return the cell of a number."""
    return Cell(number(value), value, tone)


def text_cell(value: str | None, tone: Tone = "") -> Cell:
    """Return the cell of a text that comes from outside."""
    return Cell(plain(value), value, tone)


def age_cell(text: str | None, now: datetime, tone: Tone = "") -> Cell:
    """Return the cell of a time as an age; its value is the time."""
    return Cell(age(text, now), text, tone)
