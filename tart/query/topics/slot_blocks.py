"""Blocks of slots: how soon the nodes had them, missed slots, and forks.

Pure. A node has a block from its first Authored, Importing or Best block changed event about it.
Times are since the author's Authored event, or since the first node had the block if that is not
known. They are by the server's clock on receipt, or by the nodes' clocks, each corrected by its
offset to the server's in that minute (that of the message that arrived fastest). A node that has
a block more than ``LATE_US`` after it was authored is catching up and counts as late.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil

from tart.protocol.events import EventKind
from tart.protocol.node_information import SLOT_SECONDS
from tart.query.answers import slots as answers
from tart.query.core.chain_stats import slot_reached
from tart.query.core.merge_aggregates import ByNode
from tart.query.core.rfc3339 import rfc3339, server_time
from tart.query.core.wall_clock import wall_clock_slot
from tart.query.shard_queries.slots import BlockFacts, Moment, SlotFacts
from tart.units import JCE_US, MINUTE_US, SECOND_US, ms

LATE_US = MINUTE_US
# Slots of a network that follows the calendar begin within this of it, by the server's clock.
CALENDAR_SLOTS = 3

# A moment of a node by the chosen clock, Unix microseconds; ``None`` if it is not known.
TimeOf = Callable[[str, Moment], int | None]
Describe = Callable[[str], answers.SlotNode]


@dataclass(frozen=True)
class Activity:
    """The nodes that sent events, by bucket of time.

    Attributes:
        nodes: By start of the bucket, Unix microseconds.
        step_us: Length of the buckets.
        now_us: The present.
    """

    nodes: Mapping[int, frozenset[str]]
    step_us: int
    now_us: int

    @classmethod
    def of(cls, counts: ByNode, step_us: int, now_us: int) -> Activity:
        """Return the activity that each node's numbers of events by bucket show."""
        return cls({start: frozenset(nodes) for (start,), nodes in counts.items()}, step_us, now_us)

    def connected(self, time_us: int) -> frozenset[str]:
        """Return the nodes that sent events in the bucket of a time, and in the next if it is over.

        A node that left or came in between is not counted; every node sends its status each two
        seconds.
        """
        start = time_us - time_us % self.step_us
        nodes = self.nodes.get(start, frozenset())
        if start + 2 * self.step_us <= self.now_us and start + self.step_us in self.nodes:
            nodes &= self.nodes[start + self.step_us]
        return nodes


def time_of(clock: answers.Clock, offsets: ByNode) -> TimeOf:
    """Return the function that tells moments by a clock.

    Args:
        clock: ``server`` or ``node``.
        offsets: By minute (Unix µs) the amount by which each node's clock was behind the server's.
    """
    if clock == "server":
        return lambda node, moment: moment.at_us
    by_minute = {minute: nodes for (minute,), nodes in offsets.items()}

    def corrected(node: str, moment: Moment) -> int | None:
        minute = moment.at_us - moment.at_us % MINUTE_US
        offset = by_minute.get(minute, {}).get(node)
        if offset is None or moment.lag_us is None:
            return None
        return int(moment.at_us - moment.lag_us + offset)

    return corrected


@dataclass(frozen=True)
class Arrivals:
    """The times from which nodes had one block, by one clock, in microseconds since ``zero``.

    Attributes:
        zero: When the block was authored, or else first had; ``None`` if neither is known.
        is_authored: Whether ``zero`` is when it was authored.
        times: By node.
        without_clock: Nodes left out because their time is not known.
        expected: All nodes that had it in time, and those that were connected then.
    """

    zero: int | None
    is_authored: bool
    times: Mapping[str, int]
    without_clock: int
    expected: frozenset[str]

    @cached_property
    def in_time(self) -> list[int]:
        """The times that are not late, in order."""
        return sorted(time_us for time_us in self.times.values() if time_us <= LATE_US)

    @property
    def late(self) -> int:
        """Number of nodes that had the block late."""
        return sum(time_us > LATE_US for time_us in self.times.values())

    def time_to_reach(self, share: float) -> int | None:
        """Return the time until a share of the expected nodes had it; ``None`` before that."""
        times = self.in_time
        needed = max(1, ceil(share * len(self.expected) - 1e-9))
        return times[needed - 1] if len(times) >= needed else None


def arrivals(block: BlockFacts, clock: TimeOf, activity: Activity) -> Arrivals:
    """Return the times from which the nodes had a block."""
    by_node = {node: clock(node, moment) for node, moment in block.had.items()}
    known = {node: time_us for node, time_us in by_node.items() if time_us is not None}
    authored = known.get(block.author) if block.author is not None else None
    zero = min(known.values(), default=None) if authored is None else authored
    times = {} if zero is None else {node: time_us - zero for node, time_us in known.items()}
    in_time = {node for node, time_us in times.items() if time_us <= LATE_US}
    connected = activity.connected(first_had(block) or 0)
    return Arrivals(
        zero=zero,
        is_authored=authored is not None,
        times=times,
        without_clock=len(by_node) - len(known),
        expected=connected | in_time,
    )


def curve(times: Sequence[int], expected: int) -> answers.PropagationCurve:
    """Return the share of the expected nodes that had a block by time.

    Args:
        times: Microseconds since authoring, in order; one for each node that had it.
        expected: Number of nodes, at least those.
    """
    return {
        "ms": [ms(time_us) for time_us in times],
        "share": [round(index / expected, 6) for index in range(1, len(times) + 1)],
    }


# --- The chain ------------------------------------------------------------------------------


@dataclass(frozen=True)
class ChainView:
    """The best chain within a range of slots.

    Attributes:
        head_slot: Slot of the best block of most nodes; ``None`` without a report.
        finalized_slot: The highest slot that a third of the nodes have finalized.
        best: Hashes of its blocks.
    """

    head_slot: int | None
    finalized_slot: int | None
    best: frozenset[str]

    def state(self, block: BlockFacts) -> answers.ChainState:
        """Return the place of a block."""
        slot = block.slot
        if block.hash in self.best:
            is_final = self.finalized_slot is not None and slot <= self.finalized_slot
            return "finalized" if is_final else "best"
        return "unknown" if self.head_slot is None or slot > self.head_slot else "fork"


def chain_view(facts: SlotFacts, finalized_slot: int | None) -> ChainView:
    """Return the best chain: the ancestors of the newest best block of most nodes.

    Where a parent is not known, the chain goes on with the block of the next lower slot that most
    nodes had.

    Args:
        facts: The blocks.
        finalized_slot: Of the network now, if it is known.
    """
    blocks = facts.blocks
    of_range = slot_reached(facts.finalized.values()) if facts.finalized else None
    finalized = max((slot for slot in (finalized_slot, of_range) if slot is not None), default=None)
    reports = Counter(head.hash for head in facts.heads.values() if head.hash in blocks)
    if not reports:
        return ChainView(None, finalized, frozenset())
    head = max(reports, key=lambda digest: (reports[digest], blocks[digest].slot, digest))
    by_slot = sorted(blocks.values(), key=lambda block: (block.slot, len(block.had), block.hash))
    slots = [block.slot for block in by_slot]
    chain: set[str] = set()
    block: BlockFacts | None = blocks[head]
    while block is not None:
        chain.add(block.hash)
        parent = blocks.get(block.parent) if block.parent is not None else None
        if parent is not None and parent.slot < block.slot:
            block = parent
            continue
        lower = bisect_right(slots, block.slot - 1)
        block = by_slot[lower - 1] if lower else None
    return ChainView(blocks[head].slot, finalized, frozenset(chain))


# --- Slots ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Calendar:
    """The relation of slots to time.

    Attributes:
        slot_seconds: Length of a slot.
        follows: Whether slots begin when the calendar of the JAM Common Era says so.
    """

    slot_seconds: int = SLOT_SECONDS
    follows: bool = False

    def start_us(self, slot: int) -> int:
        """Return the start of a slot by the calendar, Unix microseconds."""
        return JCE_US + slot * self.slot_seconds * SECOND_US

    def text(self, slot: int) -> str | None:
        """Return the start of a slot by the calendar as text."""
        return rfc3339(self.start_us(slot))


def follows_calendar(slot: int, seen_us: int, slot_seconds: int) -> bool:
    """Return whether a slot whose first block was received then is where the calendar has it."""
    return abs(wall_clock_slot(seen_us, slot_seconds) - slot) <= CALENDAR_SLOTS


def first_had(block: BlockFacts) -> int | None:
    """Return when the first node had a block by the server's clock, Unix microseconds."""
    return min((moment.at_us for moment in block.had.values()), default=None)


@dataclass(frozen=True)
class SlotTimes:
    """Times of slots that have no block, from the blocks around them.

    Args:
        first_us: By slot, the first time from which a node had a block of it, by the server's
            clock.
        calendar: For slots before and after all blocks.
    """

    first_us: Mapping[int, int]
    calendar: Calendar

    def time_us(self, slot: int) -> int | None:
        """Return about when a slot was, Unix microseconds; ``None`` if that cannot be known."""
        if self.calendar.follows:
            return self.calendar.start_us(slot)
        slots = sorted(self.first_us)
        place = bisect_right(slots, slot)
        if place in (0, len(slots)):
            return None
        before, after = slots[place - 1], slots[place]
        start, end = self.first_us[before], self.first_us[after]
        return start + (end - start) * (slot - before) // (after - before)


@dataclass(frozen=True)
class SlotInput:
    """The input of the figures of slots.

    Attributes:
        facts: The blocks.
        chain: The best chain.
        clock: The chosen clock.
        activity: Nodes by time.
        calendar: Of the network.
        describe: Returns a node's implementation.
        newest: The newest slot that has begun.
    """

    facts: SlotFacts
    chain: ChainView
    clock: TimeOf
    activity: Activity
    calendar: Calendar
    describe: Describe
    newest: int


def slot_summaries(given: SlotInput, first: int, last: int) -> list[answers.SlotSummary]:
    """Return the slots from ``first`` to ``last``, the oldest first."""
    blocks: defaultdict[int, list[BlockFacts]] = defaultdict(list)
    first_us: dict[int, int] = {}
    for block in given.facts.blocks.values():
        seen_us = first_had(block)
        if seen_us is not None:
            blocks[block.slot].append(block)
            first_us[block.slot] = min(seen_us, first_us.get(block.slot, seen_us))
    times = SlotTimes(first_us, given.calendar)
    return [_summary(given, slot, blocks.get(slot, ()), times) for slot in range(first, last + 1)]


def _summary(
    given: SlotInput, slot: int, blocks: Iterable[BlockFacts], times: SlotTimes
) -> answers.SlotSummary:
    shown = [
        slot_block(given, block, arrivals(block, given.clock, given.activity)) for block in blocks
    ]
    shown.sort(
        key=lambda block: (block["chain"] in ("fork", "unknown"), -block["nodes"], block["hash"])
    )
    failed = given.facts.failed
    return {
        "slot": slot,
        "time": given.calendar.text(slot),
        "state": "authored" if shown else _state_without_block(given, slot, times),
        "blocks": shown,
        "authoring_failed": failed[slot, EventKind.AUTHORING_FAILED],
        "import_failed": failed[slot, EventKind.BLOCK_VERIFICATION_FAILED]
        + failed[slot, EventKind.BLOCK_EXECUTION_FAILED],
    }


def _state_without_block(given: SlotInput, slot: int, times: SlotTimes) -> answers.SlotState:
    later = any(known > slot for known in times.first_us)
    if not later and slot >= given.newest:
        return "pending"
    time_us = times.time_us(slot)
    return "missed" if time_us is not None and given.activity.connected(time_us) else "unknown"


def slot_block(given: SlotInput, block: BlockFacts, times: Arrivals) -> answers.SlotBlock:
    """Return a block and how soon the nodes had it."""
    first = None if times.zero is None else times.zero + min(times.times.values())
    return {
        "hash": block.hash,
        "parent": block.parent,
        "author": None if block.author is None else given.describe(block.author),
        "chain": given.chain.state(block),
        "authored_at": server_time(times.zero) if times.is_authored and times.zero else None,
        "first_had_at": None if first is None else server_time(first),
        "nodes": len(times.in_time),
        "expected": len(times.expected),
        "late": times.late,
        "until_50_ms": ms(times.time_to_reach(0.5)),
        "until_90_ms": ms(times.time_to_reach(0.9)),
        "until_99_ms": ms(times.time_to_reach(0.99)),
        **_contents(block),
    }


def _contents(block: BlockFacts) -> answers.BlockContents:
    outline = block.outline or {}
    return {
        "size_bytes": outline.get("size_bytes"),
        "num_tickets": outline.get("num_tickets"),
        "num_preimages": outline.get("num_preimages"),
        "num_guarantees": outline.get("num_guarantees"),
        "num_assurances": outline.get("num_assurances"),
        "num_dispute_verdicts": outline.get("num_dispute_verdicts"),
    }
