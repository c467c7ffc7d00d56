"""Slots and the wall clock: which reported slots may be true.

Pure; time is an argument. A slot counts the slot periods since the JAM Common Era, so none is
much later than the wall clock's; an earlier one may be of a network that began at slot 0 or is
behind. A slot that is *ahead* is later than the wall clock's by more than ``TOLERANCE_SLOTS``. It
counts only if the network agrees: at least two nodes, and more than half of those that report a
slot, are within ``TOLERANCE_SLOTS`` of it, as in a network that counts from another time.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from tart.protocol.node_information import SLOT_SECONDS
from tart.units import JCE_US, SECOND_US

# A day of six-second slots; a clock that is off by more has findings of its own.
TOLERANCE_SLOTS = 14_400


class AheadSlot(int):
    """A slot that is ahead of the wall clock."""


class Agreement(NamedTuple):
    """Validity of slots that are ahead of the wall clock, of best and finalized blocks."""

    best: bool
    finalized: bool


def wall_clock_slot(unix_us: int, slot_seconds: int = SLOT_SECONDS) -> int:
    """Return the slot at a time, Unix microseconds."""
    return max(0, unix_us - JCE_US) // (SECOND_US * (slot_seconds or SLOT_SECONDS))


def is_ahead(slot: int, received_at: int, slot_seconds: int = SLOT_SECONDS) -> bool:
    """Return whether a slot that was reported at a time, Unix microseconds, is ahead.

    A clock of the server from before the common era tells nothing.
    """
    return (
        received_at >= JCE_US
        and slot > wall_clock_slot(received_at, slot_seconds) + TOLERANCE_SLOTS
    )


def mark_ahead(slot: int | None, received_at: int) -> int | None:
    """Return a slot, as an ``AheadSlot`` if it is ahead."""
    return AheadSlot(slot) if slot is not None and is_ahead(slot, received_at) else slot


def plausible_slots(slots: Iterable[int | None]) -> list[int | None]:
    """Return slots of nodes, ``None`` in place of those that are ahead and not agreed upon.

    Args:
        slots: One per node; ``None`` for a node without.
    """
    every = list(slots)
    known = sorted(slot for slot in every if slot is not None)

    def agreed(slot: int) -> bool:
        first = bisect_left(known, slot - TOLERANCE_SLOTS)
        near = bisect_right(known, slot + TOLERANCE_SLOTS) - first
        return near > 1 and 2 * near > len(known)

    return [None if isinstance(slot, AheadSlot) and not agreed(slot) else slot for slot in every]


def hide_implausible(nodes: Iterable[Mapping[str, Any]], agreed: Agreement) -> list[Any]:
    """Return nodes without blocks whose slot is ahead, unless the network agrees.

    Args:
        nodes: Merged nodes; see ``query.core.nodes``.
        agreed: Whether the slots of best and finalized blocks that are ahead count.
    """
    return [_without_ahead(node, agreed) for node in nodes]


def _without_ahead(node: Mapping[str, Any], agreed: Agreement) -> Mapping[str, Any]:
    sources = node["statements"]
    hidden = {
        name: None
        for name, counts in (("best", agreed.best), ("finalized", agreed.finalized))
        if not counts and (sources.get(name) or {}).get("is_ahead")
    }
    return {**node, **hidden} if hidden else node


def agreement(claims: Iterable[tuple[int | None, int | None]]) -> Agreement:
    """Return whether most nodes agree on slots that are ahead, by their best and finalized ones."""
    best, finalized = [], []
    for one, other in claims:
        best.append(one)
        finalized.append(other)
    return Agreement(best=_agree(best), finalized=_agree(finalized))


def _agree(slots: Iterable[int | None]) -> bool:
    return any(isinstance(slot, AheadSlot) for slot in plausible_slots(slots))


def stated_slot(statement: Mapping[str, Any] | None) -> int | None:
    """Return the slot of a statement about a block, ``None`` without a statement."""
    if statement is None or statement["slot"] is None:
        return None
    slot: int = statement["slot"]
    return AheadSlot(slot) if statement.get("is_ahead") else slot
