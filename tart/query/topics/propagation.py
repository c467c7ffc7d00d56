"""Propagation of blocks: delays from the first sighting anywhere to those of other nodes.

Pure. A block is its header hash. Times are taken twice: by the server's clock on receipt, and by
the nodes' clocks, each corrected by its offset to the server's in that minute (that of the message
that arrived fastest). A node that sees a block more than ``LATE_US`` after the first sighting is
catching up: it counts as late, and its delay is left out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from tart.protocol.events import EventKind
from tart.query.answers import analytics as answers
from tart.query.core.merge import Json
from tart.query.core.merge_aggregates import ByNode
from tart.query.core.rfc3339 import server_time
from tart.units import JCE_US, MINUTE_US, ms

LATE_US = MINUTE_US
SHARES = (0.5, 0.9, 0.99, 1.0)
NODES, RECENT = 50, 20
# Sightings that one answer reads. If there are more, it samples blocks evenly.
MAX_SIGHTINGS = 50_000


def sample_blocks(blocks: Sequence[Json], limit: int = MAX_SIGHTINGS) -> list[str]:
    """Return the hashes of all blocks, or of an even sample if there are too many sightings.

    Args:
        blocks: Hash and number of sightings (``nodes``) of each block.
        limit: Maximum number of sightings.
    """
    sightings = sum(block["nodes"] for block in blocks)
    stride = max(1, ceil(sightings / limit))
    return [block["hash"] for block in blocks[::stride]]


@dataclass(frozen=True)
class BlockSightings:
    """The time at which each node saw one block, by one clock.

    Attributes:
        block: Header hash.
        sightings: Time (µs) and node, earliest first.
        connected: Number of nodes that sent events then.
    """

    block: str
    sightings: list[tuple[int, str]]
    connected: int

    @property
    def delays(self) -> list[int]:
        """Delays of the nodes after the first, without late ones."""
        first = self.sightings[0][0]
        delays = (time_us - first for time_us, _ in self.sightings[1:])
        return [delay for delay in delays if delay <= LATE_US]

    def time_to_reach(self, share: float) -> int | None:
        """Return the delay until a share of the connected nodes has the block.

        ``None`` if the share was not reached within ``LATE_US``.
        """
        needed = max(1, ceil(share * self.connected - 1e-9))
        delays = [0, *self.delays]
        return delays[needed - 1] if len(delays) >= needed else None


def propagation(
    rows: Iterable[Json], active: ByNode, step_us: int, start_us: int, blocks: Sequence[Json]
) -> answers.BlockPropagation:
    """Return the answer of ``/api/analytics/block-propagation``.

    Args:
        rows: First sightings of blocks by node: hash, node, at, type, timestamp, offset_us.
        active: Each node's number of events by bucket of ``step_us``.
        step_us: Length of a bucket.
        start_us: Start of the window; a block first seen before it is left out.
        blocks: Hash, slot and nodes of all blocks, of which ``rows`` may have a sample.
    """
    rows_by_block: defaultdict[str, list[Json]] = defaultdict(list)
    for row in rows:
        rows_by_block[row["hash"]].append(row)
    inside = {
        block: sightings
        for block, sightings in rows_by_block.items()
        if _first_at(sightings) >= start_us
    }
    connected = {start: len(nodes) for (start,), nodes in active.items()}

    def by_clock(clock: Callable[[Json], int | None]) -> list[BlockSightings]:
        blocks_seen = []
        for block, sightings in inside.items():
            times = [(clock(row), row["node"]) for row in sightings]
            known = sorted((time_us, node) for time_us, node in times if time_us is not None)
            if known:
                first = _first_at(sightings)
                nodes = connected.get(first - first % step_us, 0)
                blocks_seen.append(BlockSightings(block, known, nodes))
        return blocks_seen

    received, corrected = by_clock(lambda row: int(row["at"])), by_clock(corrected_time)
    return {
        "last_hour": _delays("received_at", received),
        "node_clocks": _delays("node, corrected", corrected),
        "coverage": {"received_at": _coverage(received), "node_clocks": _coverage(corrected)},
        "blocks": len(blocks),
        "blocks_looked_at": len(inside),
        "by_node": _by_node(inside, received),
        "recent_blocks": _recent({block["hash"]: block["slot"] for block in blocks}, received),
    }


def _first_at(rows: Iterable[Json]) -> int:
    return min(int(row["at"]) for row in rows)


def corrected_time(row: Json) -> int | None:
    """Return a sighting's time by the node's clock, shifted to the server's; Unix microseconds.

    ``None`` if the offset of the node's clock is not known.
    """
    if row["offset_us"] is None:
        return None
    return int(row["timestamp"] + JCE_US + row["offset_us"])


def percentile(values: Sequence[int], share: float) -> int | None:
    """Return a percentile of sorted values by nearest rank; ``None`` without values."""
    return values[max(1, ceil(share * len(values) - 1e-9)) - 1] if values else None


def _delays(clock: str, blocks: Sequence[BlockSightings]) -> answers.PropagationDelays:
    delays = sorted(delay for block in blocks for delay in block.delays)
    late = sum(len(block.sightings) - 1 - len(block.delays) for block in blocks)
    return {
        "clock": clock,
        "avg_propagation_ms": ms(sum(delays) / len(delays) if delays else None),
        "p50_propagation_ms": ms(percentile(delays, 0.5)),
        "p95_propagation_ms": ms(percentile(delays, 0.95)),
        "p99_propagation_ms": ms(percentile(delays, 0.99)),
        "sample_count": len(delays),
        "late": late,
    }


def _coverage(blocks: Sequence[BlockSightings]) -> list[answers.ShareReached]:
    """Return, for each share of the nodes, the blocks that reached it and their delays."""
    rows: list[answers.ShareReached] = []
    for share in SHARES:
        reached = (block.time_to_reach(share) for block in blocks)
        times = sorted(time_us for time_us in reached if time_us is not None)
        rows.append(
            {
                "share": share,
                "blocks": len(blocks),
                "blocks_reached": len(times),
                "p50_ms": ms(percentile(times, 0.5)),
                "p95_ms": ms(percentile(times, 0.95)),
                "max_ms": ms(times[-1] if times else None),
            }
        )
    return rows


def _by_node(
    blocks: Mapping[str, list[Json]], received: Iterable[BlockSightings]
) -> list[answers.NodePropagation]:
    kinds: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for rows in blocks.values():
        for row in rows:
            kinds[row["node"]][row["type"]] += 1
    delays: defaultdict[str, list[int]] = defaultdict(list)
    first: Counter[str] = Counter()
    for block in received:
        first_at, first_node = block.sightings[0]
        first[first_node] += 1
        for time_us, node in block.sightings[1:]:
            if time_us - first_at <= LATE_US:
                delays[node].append(time_us - first_at)
    busiest = sorted(kinds.items(), key=lambda item: (-item[1].total(), item[0]))
    return [
        _node(node, counts, first[node], sorted(delays[node])) for node, counts in busiest[:NODES]
    ]


def _node(
    node: str, kinds: Counter[int], first: int, delays: Sequence[int]
) -> answers.NodePropagation:
    announced, authored = kinds[EventKind.BLOCK_ANNOUNCED], kinds[EventKind.AUTHORED]
    return {
        "node_id": node,
        "blocks_announced": announced,
        "blocks_originated": authored,
        "blocks_received": kinds.total() - announced - authored,
        "blocks_seen": kinds.total(),
        "blocks_first_seen": first,
        "p50_ms": ms(percentile(delays, 0.5)),
        "p95_ms": ms(percentile(delays, 0.95)),
    }


def _recent(
    slots: Mapping[str, int | None], received: Iterable[BlockSightings]
) -> list[answers.PropagatedBlock]:
    newest = sorted(received, key=lambda block: (block.sightings[0][0], block.block), reverse=True)
    return [
        {
            "hash": block.block,
            "slot": slots.get(block.block),
            "first_seen_at": server_time(block.sightings[0][0]),
            "first_node": block.sightings[0][1],
            "nodes": len(block.sightings),
            "connected_nodes": block.connected,
            "until_50_ms": ms(block.time_to_reach(0.5)),
            "until_90_ms": ms(block.time_to_reach(0.9)),
            "until_99_ms": ms(block.time_to_reach(0.99)),
            "until_100_ms": ms(block.time_to_reach(1.0)),
        }
        for block in newest[:RECENT]
    ]
