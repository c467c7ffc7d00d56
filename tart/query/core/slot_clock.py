"""Times of slots, by the chain's own length of a slot.

Pure. Until a node has told that length, it is the six seconds of the Gray Paper. Slot 0 begins with
the JAM Common Era.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tart.query.core.rfc3339 import server_time
from tart.query.core.windows import Window
from tart.units import JCE_US, SECOND_US

_SLOT_SECONDS = 6


class SlotClock(NamedTuple):
    """Converts slots and times.

    Attributes:
        slot_us: The length of a slot in microseconds.
    """

    slot_us: int

    def time_us(self, slot: int) -> int:
        """Return the beginning of a slot, Unix microseconds."""
        return JCE_US + slot * self.slot_us

    def first_from(self, time_us: int) -> int:
        """Return the first slot that begins at a time or after it; 0 at the least."""
        return max(0, -((JCE_US - time_us) // self.slot_us))

    def last_until(self, time_us: int) -> int:
        """Return the last slot that begins at a time or before it; -1 if there is none."""
        return max(-1, (time_us - JCE_US) // self.slot_us)

    def text(self, slot: int) -> str:
        """Return the beginning of a slot as text."""
        return server_time(self.time_us(slot))


def slot_clock(parameters: Mapping[str, int]) -> SlotClock:
    """Return the clock of a chain with these parameters."""
    return SlotClock((parameters.get("slot_period_sec") or _SLOT_SECONDS) * SECOND_US)


class SlotRange(NamedTuple):
    """The slots of a window.

    Attributes:
        step_slots: Length of the buckets of a series; 0 without one.
    """

    first: int
    last: int
    step_slots: int = 0


def slot_range(window: Window, step_us: int, clock: SlotClock) -> SlotRange:
    """Return the slots that begin in a window.

    Args:
        window: With both ends.
        step_us: Length of the buckets; 0 without any.
        clock: Of the chain.
    """
    assert window.start_us is not None
    assert window.end_us is not None
    return SlotRange(
        clock.first_from(window.start_us),
        clock.last_until(window.end_us),
        -(-step_us // clock.slot_us),
    )


def whole_slots(step_us: int | None, clock: SlotClock) -> int:
    """Return a length of buckets as whole slots, in microseconds; 0 for None."""
    return -(-(step_us or 0) // clock.slot_us) * clock.slot_us
