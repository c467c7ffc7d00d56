"""The slots that nodes reported as their best block's: the first report, and how many nodes.

Pure; time is an argument. Memory is bounded: a node adds ``SLOTS_PER_SECOND`` at most, slots
expire after ``BEST_SLOT_SECONDS``, and beyond ``MAX_SLOTS`` no slot is added. So a node that
invents slots uses up neither the memory nor the slots of the others.
"""

from __future__ import annotations

from tart.query.shard_queries.network import BEST_SLOT_SECONDS, BestSlot
from tart.units import SECOND_US

# A slot takes six seconds; a simulated network may be faster.
SLOTS_PER_SECOND = 8
MAX_SLOTS = 65_536


class BestSlots:
    """The best blocks' slots of the last ``BEST_SLOT_SECONDS``.

    Attributes:
        overflowed: Number of reports of slots that were not added, because of the limits.
    """

    def __init__(self, max_slots: int = MAX_SLOTS) -> None:
        self._max_slots = max_slots
        # In the order of the first report: its time, and the nodes as bits.
        self._slots: dict[int, tuple[int, int]] = {}
        # The second in which each node last added slots, and how many.
        self._added: dict[int, tuple[int, int]] = {}
        self.overflowed = 0

    def add(self, slot: int, node: int, received_at: int) -> None:
        """Record a report.

        Args:
            slot: The slot of the best block.
            node: The number of the node.
            received_at: Unix microseconds.
        """
        known = self._slots.get(slot)
        if known is not None:
            self._slots[slot] = known[0], known[1] | 1 << node
            return
        second = received_at // SECOND_US
        last, count = self._added.get(node, (0, 0))
        count = count + 1 if last == second else 1
        if count > SLOTS_PER_SECOND or not self._has_room(received_at):
            self.overflowed += 1
            return
        self._added[node] = second, count
        self._slots[slot] = received_at, 1 << node

    def newest(self, now_us: int) -> list[BestSlot]:
        """Return the slots of the last ``BEST_SLOT_SECONDS`` before a time, Unix microseconds."""
        self._expire(now_us)
        return [
            BestSlot(slot, first_at, nodes.bit_count())
            for slot, (first_at, nodes) in self._slots.items()
        ]

    def _has_room(self, now_us: int) -> bool:
        if len(self._slots) >= self._max_slots:
            self._expire(now_us)
        return len(self._slots) < self._max_slots

    def _expire(self, now_us: int) -> None:
        oldest = now_us - BEST_SLOT_SECONDS * SECOND_US
        expired = []
        for slot, (first_at, _) in self._slots.items():
            if first_at >= oldest:
                break
            expired.append(slot)
        for slot in expired:
            del self._slots[slot]
