"""Time windows of requests: texts are parsed, Unix microseconds returned.

Pure; the present is an argument. Windows are on ``received_at`` and include both ends. An explicit
start or end takes precedence over a duration, which ends now.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tart.errors import BadQuery
from tart.units import DAY_US, SECOND_US

MAX_DAYS = 366
# Later than any event, and within the timestamps of DuckDB.
FOREVER_US = 1 << 61
# Presets of jamtart. Every other number of seconds, minutes, hours or days is valid, too.
PRESETS = ("5m", "15m", "1h", "6h", "24h")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DURATION = re.compile(r"([0-9]{1,8})([smhd])", re.ASCII)
# A '+' that is not escaped in a URL arrives as a space, which has no other meaning here.
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d):(\d\d)(?:\.(\d{1,18}))?(?:([Zz])|([+\- ])(\d\d):(\d\d))",
    re.ASCII,
)


@dataclass(frozen=True)
class Window:
    """First and last ``received_at``, inclusive; ``None`` leaves that end open.

    A window that ends a microsecond before it starts is empty.
    """

    start_us: int | None = None
    end_us: int | None = None

    def halves(self) -> tuple[Window, ...]:
        """Return both halves of the window; nothing if it is open, or one microsecond long."""
        if self.start_us is None or self.end_us is None or self.start_us >= self.end_us:
            return ()
        middle = (self.start_us + self.end_us) // 2
        return Window(self.start_us, middle), Window(middle + 1, self.end_us)


def duration_us(text: str, parameter: str = "duration") -> int:
    """Return a duration such as ``15m`` in microseconds; ``BadQuery`` if it is not valid."""
    match = _DURATION.fullmatch(text)
    seconds = int(match[1]) * _UNITS[match[2]] if match else 0
    if not 0 < seconds <= MAX_DAYS * 86_400:
        raise BadQuery(
            f"{parameter} must be a number of s, m, h or d such as {', '.join(PRESETS)}, "
            f"at most {MAX_DAYS}d",
            parameter,
        )
    return seconds * SECOND_US


def time_us(text: str, parameter: str) -> int:
    """Return an RFC 3339 time from 1970 on in Unix microseconds; further digits are cut off.

    Raises:
        BadQuery: The text is not a valid time.
    """
    match = _TIME.fullmatch(text.strip())
    try:
        if match is None:
            raise ValueError
        if (moment := _unix_us(match)) < 0:
            raise ValueError
        return moment
    except (ValueError, OverflowError):
        raise BadQuery(
            f"{parameter} must be an RFC 3339 time from 1970 on, such as 2026-11-20T12:00:00Z",
            parameter,
        ) from None


def _unix_us(match: re.Match[str]) -> int:
    date, clock, second, fraction, _, sign, hours, minutes = match.groups()
    # RFC 3339 has the second 60, which is the beginning of the next minute.
    leap = second == "60"
    local = datetime.fromisoformat(f"{date}T{clock}:{'59' if leap else second}+00:00")
    offset = 0
    if sign:
        if int(hours) > 23 or int(minutes) > 59:
            raise ValueError
        offset = (int(hours) * 60 + int(minutes)) * 60 * (-1 if sign == "-" else 1)
    microseconds = (local - _EPOCH) // timedelta(microseconds=1)
    microseconds += (leap - offset) * SECOND_US
    return microseconds + int((fraction or "0")[:6].ljust(6, "0"))


def resolve(
    now_us: int,
    *,
    start_us: int | None = None,
    end_us: int | None = None,
    duration: int | None = None,
) -> Window:
    """Return the window of a request.

    Raises:
        BadQuery: The window ends before it starts.
    """
    if start_us is None and end_us is None:
        if duration is None:
            return Window()
        return Window(now_us - duration, now_us)
    if start_us is not None and end_us is not None and end_us < start_us:
        raise BadQuery("the end of the window lies before its start", "end_time")
    return Window(start_us, end_us)


def bounded_window(
    now_us: int,
    *,
    start_us: int | None = None,
    end_us: int | None = None,
    duration: int,
) -> Window:
    """Return a window of counts, which has both ends and is not longer than a year.

    A window without an end, or with one in the future, ends now: there is nothing to count later,
    and rates are over the time that has passed. A window without a start is as long as
    ``duration``.

    Raises:
        BadQuery: The window ends before it starts, begins in the future or before 1970, or is
            longer than a year.
    """
    end = now_us if end_us is None else min(end_us, now_us)
    start = end - duration if start_us is None else start_us
    if start_us is not None and start_us > now_us:
        raise BadQuery("the window begins in the future", "start")
    if start < 0 or end < 0:
        raise BadQuery("the window begins before 1970", "start" if end >= 0 else "end")
    if end < start:
        raise BadQuery("the end of the window lies before its start", "end")
    if end - start > MAX_DAYS * DAY_US:
        raise BadQuery(f"the window is longer than {MAX_DAYS} days", "start")
    return Window(start, end)


def align_window(window: Window, step_us: int, now_us: int) -> Window:
    """Align a window to whole steps, for counts that are kept by steps.

    The window begins with the step that contains its start. The step that contains its end is
    excluded, because it also counts later events, unless the end is now or later. So a window
    counts nothing after its end, and counts of consecutive windows add up. A window without the
    end of a step is empty: it ends where it begins.
    """
    start, end = window.start_us, window.end_us
    if start is not None:
        start -= start % step_us
    if end is not None and end < now_us:
        end = (end + 1) // step_us * step_us - 1
        end = max(end, (start or 0) - 1)
    return Window(start, end)


def bounds_us(window: Window) -> tuple[int, int]:
    """Return the first microsecond of a window and the one after its last.

    An open end is all time; both ends are within what DuckDB takes for a time.
    """
    start = window.start_us or 0
    end = FOREVER_US if window.end_us is None else window.end_us + 1
    return max(0, min(start, FOREVER_US)), max(0, min(end, FOREVER_US))
