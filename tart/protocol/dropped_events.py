"""The number of events that a Dropped event stands for (JIP-3, "Dropped").

Pure. The number moves event ids and totals by itself, and bytes of another event that are read
as a Dropped give any number. So a number that cannot be true moves neither: such an event takes
one id, as every event, and is a deviation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tart.errors import DecodeError
from tart.protocol.decoding import HEADER_BYTES, decode_event
from tart.protocol.events import EventKind
from tart.units import SECOND_US

MAX_DROPPED = 1 << 32
# A node that drops what it cannot send emits some thousand events a second; what it dropped while
# it was not connected may be announced first.
BEFORE_CONNECTION = 1 << 24
PER_SECOND = 1_000_000
# The year 2100 in Unix microseconds, the earliest epoch that any node counts from.
LAST_TIMESTAMP_US = 4_102_444_800 * SECOND_US
_DROPPED = EventKind.DROPPED.number
_TIMESTAMP_BYTES = 8


def dropped_events(content: bytes, elapsed_us: int | None = None) -> int | None:
    """Return the number of events that a Dropped stands for.

    Args:
        content: The content of its frame.
        elapsed_us: Microseconds from the start of its connection to its arrival; ``None`` if
            they are not known.

    Returns:
        ``None`` if the number cannot be true, or the event cannot be decoded.
    """
    try:
        fields = decode_event(_DROPPED, content[HEADER_BYTES:]).fields
    except DecodeError:  # stored by a release that understood more
        return None
    number: int = fields["num"]
    return number if _is_plausible(content, fields, elapsed_us) else None


def ids_taken(content: bytes, elapsed_us: int | None = None) -> int:
    """Return the number of event ids that an event takes; the arguments are as above."""
    if content[HEADER_BYTES - 1] != _DROPPED:
        return 1
    number = dropped_events(content, elapsed_us)
    return 1 if number is None else number


def elapsed_since(started_at: int | None, received_at: int) -> int | None:
    """Return the time since the start of a connection; Unix microseconds, 0 for not known."""
    return max(0, received_at - started_at) if started_at else None


def _is_plausible(content: bytes, fields: Mapping[str, Any], elapsed_us: int | None) -> bool:
    number = fields["num"]
    timestamp = int.from_bytes(content[:_TIMESTAMP_BYTES], "little")
    latest = max(timestamp, fields.get("last_timestamp", 0))
    if number > MAX_DROPPED or latest > LAST_TIMESTAMP_US:
        return False
    if elapsed_us is None:
        return True
    return bool(number <= BEFORE_CONNECTION + PER_SECOND * elapsed_us // SECOND_US)
