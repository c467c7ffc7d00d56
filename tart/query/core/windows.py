"""Which stretch of time a question is about: texts in, Unix microseconds out.

Pure; the present is an argument. Windows are on ``received_at`` and both ends belong to
them. An explicit start or end takes precedence over a duration, which ends now.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tart.errors import BadQuery
from tart.units import DAY_US, SECOND_US

MAX_DAYS = 366
_AHEAD_US = DAY_US
# Later than anything; a timestamp of DuckDB all the same.
FOREVER_US = 1 << 61
# The peer's presets; every other count of seconds, minutes, hours or days works as well.
PRESETS = ("5m", "15m", "1h", "6h", "24h")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DURATION = re.compile(r"([0-9]{1,8})([smhd])", re.ASCII)
# A '+' that was not escaped in a URL arrives as a space; there is nothing else it can mean.
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d):(\d\d)(?:\.(\d{1,18}))?(?:([Zz])|([+\- ])(\d\d):(\d\d))",
    re.ASCII,
)


@dataclass(frozen=True)
class Window:
    """First and last ``received_at``, inclusive; ``None`` leaves that end open.

    One that ends a microsecond before it starts has nothing in it.
    """

    start_us: int | None = None
    end_us: int | None = None

    def halves(self) -> tuple[Window, ...]:
        """The same stretch of time in two; nothing if it is open, or one microsecond."""
        if self.start_us is None or self.end_us is None or self.start_us >= self.end_us:
            return ()
        middle = (self.start_us + self.end_us) // 2
        return Window(self.start_us, middle), Window(middle + 1, self.end_us)


def duration_us(text: str, parameter: str = "duration") -> int:
    """A duration such as ``15m`` in microseconds; ``BadQuery`` if it is none of ours."""
    found = _DURATION.fullmatch(text)
    seconds = int(found[1]) * _UNITS[found[2]] if found else 0
    if not 0 < seconds <= MAX_DAYS * 86_400:
        raise BadQuery(
            f"{parameter} must be a count of s, m, h or d such as {', '.join(PRESETS)}, "
            f"at most {MAX_DAYS}d",
            parameter,
        )
    return seconds * SECOND_US


def time_us(text: str, parameter: str) -> int:
    """An RFC 3339 time from 1970 on in Unix microseconds, digits beyond them cut.

    Raises:
        BadQuery: it is none.
    """
    found = _TIME.fullmatch(text.strip())
    try:
        if found is None:
            raise ValueError
        if (moment := _unix_us(found)) < 0:
            raise ValueError
        return moment
    except (ValueError, OverflowError):
        raise BadQuery(
            f"{parameter} must be an RFC 3339 time from 1970 on, such as 2026-11-20T12:00:00Z",
            parameter,
        ) from None


def _unix_us(found: re.Match[str]) -> int:
    date, clock, second, fraction, _, sign, hours, minutes = found.groups()
    # RFC 3339 knows the second 60; the next minute begins there.
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
    """The window of a question asked now.

    Raises:
        BadQuery: it ends before it starts.
    """
    if start_us is None and end_us is None:
        if duration is None:
            return Window()
        return Window(now_us - duration, now_us)
    if start_us is not None and end_us is not None and end_us < start_us:
        raise BadQuery("the end of the window lies before its start", "end_time")
    return Window(start_us, end_us)


def bounded(
    now_us: int,
    *,
    start_us: int | None = None,
    end_us: int | None = None,
    duration: int,
) -> Window:
    """The window of figures: both ends known, no longer than a year.

    A window with a start only ends now; one with an end only is as long as ``duration``. An
    end may lie a day ahead, for clocks differ and some round up; one beyond that is cut.

    Raises:
        BadQuery: it ends before it starts, begins in the future or before 1970, or is longer.
    """
    end = now_us if end_us is None else min(end_us, now_us + _AHEAD_US)
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


def aligned(window: Window, step_us: int, now_us: int) -> Window:
    """The same in whole steps, as what is counted by steps can answer it.

    It begins with the step that its start is in. The step that its end is in is left out, for
    it has more than what came before the end; unless the end is now or later, for then there
    is no more. So a window that ends before something has nothing of it, and windows that
    follow one another add up. One in which no step ends has none: it ends where it begins.
    """
    start, end = window.start_us, window.end_us
    if start is not None:
        start -= start % step_us
    if end is not None and end < now_us:
        end = (end + 1) // step_us * step_us - 1
        end = max(end, (start or 0) - 1)
    return Window(start, end)


def bounds_us(parameters: Mapping[str, Any]) -> tuple[int, int]:
    """``start_us`` and ``end_us`` of a question to a shard, where they are missing: all time.

    Returns:
        The first microsecond, and the one after the last.
    """
    start, end = parameters.get("start_us"), parameters.get("end_us")
    return (
        max(0, min(int(start or 0), FOREVER_US)),
        max(0, min(FOREVER_US if end is None else int(end), FOREVER_US)),
    )
