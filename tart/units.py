"""Units of time: durations in microseconds, and the epoch of JIP-3."""

from typing import overload

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US

# The JAM Common Era begins at 2025-01-01T12:00:00Z (JIP-3). Seconds and microseconds since 1970.
JCE_UNIX_SECONDS = 1_735_732_800
JCE_US = JCE_UNIX_SECONDS * SECOND_US


@overload
def ms(us: float) -> float: ...
@overload
def ms(us: float | None) -> float | None: ...
def ms(us: float | None) -> float | None:
    """Return microseconds as milliseconds, rounded to a microsecond; ``None`` stays."""
    return None if us is None else round(us / 1000, 3)
