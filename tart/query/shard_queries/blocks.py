"""Queries about blocks: first sights by nodes, and transfers.

Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from tart.query.core.query import Partials, Query
from tart.query.core.windows import Window

Json = dict[str, Any]


class FirstSeenBlock(NamedTuple):
    """A block, the time of its first sight (Unix microseconds), and the number of nodes."""

    hash: str
    slot: int | None
    first_at: int
    nodes: int


class FirstSeenBlocks(Query[list[FirstSeenBlock], list[Json]], frozen=True):
    """Blocks first seen in a window, newest first: objects of hash, slot, first_at, nodes."""

    name = "first_seen_blocks"
    source = "aggregates"
    tables = ("sightings",)
    window: Window

    def merge(self, partials: Partials[list[FirstSeenBlock]]) -> list[Json]:
        """Return each block once, with its first sight and the number of nodes over all shards."""
        blocks: dict[str, Json] = {}
        for _, rows in partials:
            for row in rows:
                block = blocks.setdefault(row.hash, {**row._asdict(), "nodes": 0})
                block["first_at"] = min(block["first_at"], row.first_at)
                block["nodes"] += row.nodes
        return sorted(blocks.values(), key=lambda block: block["first_at"], reverse=True)


class FirstSight(NamedTuple):
    """A node's first sight of a block.

    Attributes:
        at: Unix microseconds.
        timestamp: Of the event by the node's clock, JCE microseconds.
        type: Of the event that names the block.
        offset_us: By which the node's clock was behind in that minute; ``None`` if unknown.
    """

    hash: str
    node: str | None
    at: int
    timestamp: int
    type: int
    offset_us: int | None


class BlockPropagation(Query[list[FirstSight], list[Json]], frozen=True):
    """Each node's first sight of each of these blocks: objects of ``FirstSight``."""

    name = "block_propagation"
    source = "aggregates"
    tables = ("sightings", "clocks")
    hashes: Sequence[str]

    def merge(self, partials: Partials[list[FirstSight]]) -> list[Json]:
        """Return the first sight of each block and node."""
        first: dict[tuple[str, str | None], FirstSight] = {}
        for _, rows in partials:
            for row in rows:
                known = first.setdefault((row.hash, row.node), row)
                if row.at < known.at:
                    first[row.hash, row.node] = row
        return [row._asdict() for row in first.values()]


class TransferredSlots(NamedTuple):
    """An unbroken range of slots whose blocks a node transferred."""

    node: str | None
    first_slot: int
    last_slot: int
    blocks: int
    last_at: int


class Transfers(Query[list[TransferredSlots], list[Json]], frozen=True):
    """Blocks that nodes transferred: objects of node, blocks, slots, last_at (Unix µs)."""

    name = "transfers"
    source = "aggregates"
    tables = ("transfers",)
    window: Window
    node: str | None = None

    def merge(self, partials: Partials[list[TransferredSlots]]) -> list[Json]:
        """Return a row for each node; a slot that two shards have counts once."""
        blocks: defaultdict[str, int] = defaultdict(int)
        last: defaultdict[str, int] = defaultdict(int)
        ranges: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for _, rows in partials:
            for row in rows:
                node = str(row.node)
                blocks[node] += row.blocks
                last[node] = max(last[node], row.last_at)
                ranges[node].append((row.first_slot, row.last_slot))
        return [
            {
                "node": node,
                "blocks": blocks[node],
                "slots": _length(ranges[node]),
                "last_at": last[node],
            }
            for node in blocks
        ]


def _length(ranges: list[tuple[int, int]]) -> int:
    """Return the number of integers in the union of ranges, both ends included."""
    total, reached = 0, -1
    for first, last in sorted(ranges):
        if last > reached:
            total += last - max(first, reached + 1) + 1
            reached = last
    return total
