"""Points in time as text: RFC 3339 in UTC, always six digits and ``Z``.

Pure. One length throughout, so that the order of the texts is the order of the times.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from tart.units import JCE_US

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# 9999-12-31T23:59:59.999999Z, the last time RFC 3339 can write.
_LAST_US = 253_402_300_800_000_000 - 1


def rfc3339(unix_us: int) -> str | None:
    """Unix microseconds as text; ``None`` beyond the year 9999."""
    if not 0 <= unix_us <= _LAST_US:
        return None
    second, microseconds = divmod(unix_us, 1_000_000)
    return f"{_second(second)}.{microseconds:06d}Z"


def server_time(unix_us: int) -> str:
    """Return a time of the server's clock as text; the last one that has a text if it is later."""
    return rfc3339(min(unix_us, _LAST_US)) or ""


@lru_cache(maxsize=4096)
def _second(unix_seconds: int) -> str:
    """Most times of one answer are in the same few seconds."""
    return (_EPOCH + timedelta(seconds=unix_seconds)).strftime("%Y-%m-%dT%H:%M:%S")


def rfc3339_of_jce(jce_us: int) -> str | None:
    """Microseconds of the JAM Common Era as text; ``None`` beyond the year 9999."""
    return rfc3339(jce_us + JCE_US)
