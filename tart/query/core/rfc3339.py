"""Times as text: RFC 3339 in UTC, always with six digits and ``Z``.

Pure. All texts have the same length, so they sort like the times.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from tart.units import JCE_US

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# 9999-12-31T23:59:59.999999Z, the last time of RFC 3339.
_LAST_US = 253_402_300_800_000_000 - 1


def rfc3339(unix_us: int) -> str | None:
    """Return Unix microseconds as text; ``None`` beyond the year 9999."""
    if not 0 <= unix_us <= _LAST_US:
        return None
    second, microseconds = divmod(unix_us, 1_000_000)
    return f"{_second(second)}.{microseconds:06d}Z"


def server_time(unix_us: int) -> str:
    """Return a time by the server's clock as text, at most the last time of RFC 3339."""
    return rfc3339(min(unix_us, _LAST_US)) or ""


@lru_cache(maxsize=4096)
def _second(unix_seconds: int) -> str:
    """Return whole seconds as text; cached, because times of an answer are close together."""
    return (_EPOCH + timedelta(seconds=unix_seconds)).strftime("%Y-%m-%dT%H:%M:%S")


def rfc3339_of_jce(jce_us: int) -> str | None:
    """Return microseconds of the JAM Common Era as text; ``None`` beyond the year 9999."""
    return rfc3339(jce_us + JCE_US)
