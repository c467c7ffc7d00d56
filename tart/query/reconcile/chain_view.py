"""The chain in a range of slots: which blocks can be compared with telemetry, and when they were.

Pure. Compared are blocks that are final, old enough that what nodes say of them has arrived, and
have statistics that follow the specification. All others are counted by the reason.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from tart.protocol.node_information import SLOT_SECONDS
from tart.query.chain_queries.chain import ChainBlock, ChainState
from tart.units import JCE_US, SECOND_US

# Events about a block have arrived by then.
AGE_US = 60 * SECOND_US


@dataclass(frozen=True)
class Excluded:
    """Blocks on the chain that are not compared, by reason.

    Attributes:
        pending: Not final yet, or too young.
        without_statistics: No endpoint had the statistics of it or of its parent.
        irregular: The statistics do not follow the specification.
    """

    pending: int = 0
    without_statistics: int = 0
    irregular: int = 0


class ChainView:
    """The blocks of a range of slots.

    Args:
        blocks: All known blocks of the range and, for the links between them, beside it.
        state: Of the chain.
        first_seen: By header hash, when a node first named it; Unix microseconds.
        now_us: The present.
        first_slot: Inclusive.
        last_slot: Inclusive.

    Attributes:
        blocks: By header hash.
        compared: Blocks to be compared, by slot.
        compared_hashes: Their hashes.
        excluded: The number of others on the chain.
        forks: Blocks that are not on the chain.
        epoch_slots: The length of an epoch; ``None`` if no endpoint said it.
    """

    def __init__(
        self,
        blocks: Iterable[ChainBlock],
        state: ChainState,
        first_seen: Mapping[str, int],
        now_us: int,
        first_slot: int,
        last_slot: int,
    ) -> None:
        self.first_slot, self.last_slot = first_slot, last_slot
        self.blocks = {block.hash: block for block in blocks}
        self.epoch_slots = state.parameters.get("epoch_period")
        self.rotation_slots = state.parameters.get("rotation_period") or 10
        self.slot_us = (state.parameters.get("slot_period_sec") or SLOT_SECONDS) * SECOND_US
        self.first_seen = first_seen
        chain = [block for block in self.blocks.values() if block.status != "fork"]
        self._chain = sorted(chain, key=lambda block: block.slot)
        self._final = [block for block in self._chain if block.status == "final"]
        self._final_slots = [block.slot for block in self._final]
        self._by_slot = {block.slot: block for block in self._final}
        self.finalized_slot = max((block.slot for block in self._final), default=None)
        self._known_times = sorted(
            (block.slot, first_seen[block.hash])
            for block in self._chain
            if block.hash in first_seen
        )
        self._measure_slots()
        self.compared: list[ChainBlock] = []
        self._classify(now_us - AGE_US)
        self.compared_hashes = frozenset(block.hash for block in self.compared)
        self.forks = sum(
            block.status == "fork" and self.is_inside(block.slot) for block in self.blocks.values()
        )

    def _measure_slots(self) -> None:
        """Find the length of a slot from sights, so that a simulation may run faster."""
        lengths = [
            (later[1] - earlier[1]) / (later[0] - earlier[0])
            for earlier, later in pairwise(self._known_times)
            if later[0] > earlier[0]
        ]
        if len(lengths) >= 5:
            self.slot_us = max(1, int(median(lengths)))

    def _classify(self, before_us: int) -> None:
        pending = without_statistics = irregular = 0
        for block in self._chain:
            if not self.is_inside(block.slot):
                continue
            if block.status != "final" or self.time_us(block) > before_us:
                pending += 1
            elif block.irregularity is not None:
                irregular += 1
            elif None in (block.author, block.assurers, block.guarantors, block.parent):
                without_statistics += 1
            else:
                self.compared.append(block)
        self.excluded = Excluded(pending, without_statistics, irregular)

    def is_inside(self, slot: int) -> bool:
        """Return whether a slot is in the range."""
        return self.first_slot <= slot <= self.last_slot

    def epoch(self, block: ChainBlock) -> int:
        """Return the epoch of a block; 0 if its length is not known."""
        if block.epoch is not None:
            return block.epoch
        return block.slot // self.epoch_slots if self.epoch_slots else 0

    def epoch_of(self, slot: int) -> int:
        """Return the epoch of a slot; 0 if its length is not known."""
        return slot // self.epoch_slots if self.epoch_slots else 0

    def time_us(self, block: ChainBlock) -> int:
        """Return when a block was first seen; of one that no node named, that of its slot."""
        known = self.first_seen.get(block.hash)
        return self.slot_time_us(block.slot) if known is None else known

    def slot_time_us(self, slot: int) -> int:
        """Return about when a slot was, by the blocks beside it that nodes named."""
        times = self._known_times
        if not times:
            return JCE_US + slot * self.slot_us
        place = bisect_left(times, (slot, 0))
        near = times[place] if place < len(times) else times[-1]
        if place and slot - times[place - 1][0] <= abs(near[0] - slot):
            near = times[place - 1]
        return near[1] + (slot - near[0]) * self.slot_us

    def earliest_us(self, block: ChainBlock, slots: int) -> int:
        """Return the earliest possible begin of the slot that is ``slots`` before a block.

        The length of a slot alone gives too late a time if nodes named the blocks since then later
        than usual, as after a time in which none was connected.
        """
        at_us = self.time_us(block) - slots * self.slot_us
        return min(at_us, self.slot_time_us(max(0, block.slot - slots)))

    def is_certain(self, slot: int) -> bool:
        """Return whether all final blocks around a slot are known, so that no other one is there.

        They are if the slot is between two final blocks of which one is the other's parent.
        """
        final = self._final
        place = bisect_left(self._final_slots, slot)
        if place >= len(final):
            return False
        if place == 0:
            return final[0].slot == slot
        return final[place].parent == final[place - 1].hash

    @property
    def is_complete(self) -> bool:
        """True if the final blocks of the range are linked without a gap."""
        inside = [block for block in self._final if self.is_inside(block.slot)]
        return all(later.parent == earlier.hash for earlier, later in pairwise(inside))

    def on_chain(self, slot: int) -> ChainBlock | None:
        """Return the final block of a slot."""
        return self._by_slot.get(slot)

    def neighbours(self, slot: int, most: int) -> Sequence[ChainBlock]:
        """Return the final blocks around a slot, at most ``most`` on either side."""
        place = bisect_left(self._final_slots, slot)
        return self._final[max(0, place - most) : place + most + 1]
