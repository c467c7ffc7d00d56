"""How fast blocks spread: from the first sight anywhere to each other node's.

Pure. A block is its header hash. Times are taken twice: as we received the events, and by
the nodes' clocks, corrected by how far each was behind ours in that minute (by the message
that came fastest). Who sees a block more than ``LATE_US`` after the first is catching up: it
counts, but says nothing of how fast blocks spread.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from tart.query.core.merge import Json
from tart.query.core.merge_aggregates import Spread
from tart.query.core.rfc3339 import rfc3339
from tart.units import JCE_US, SECOND_US

LATE_US = 60 * SECOND_US
SHARES = (0.5, 0.9, 0.99, 1.0)
NODES, RECENT = 50, 20
# Sights that one answer is made of; of more blocks some are taken, evenly.
MAX_SIGHTS = 50_000
_AUTHORED, _ANNOUNCED = 42, 62


def sample(blocks: Sequence[Json]) -> list[str]:
    """The hashes of the blocks to look at: all, or every so many."""
    sights = sum(each["nodes"] for each in blocks)
    every = max(1, ceil(sights / MAX_SIGHTS))
    return [each["hash"] for each in blocks[::every]]


@dataclass(frozen=True)
class Spreading:
    """One block: when each node saw it, by one clock.

    Attributes:
        sights: (µs, node), the first first.
        connected: how many nodes were heard of then.
    """

    block: str
    sights: list[tuple[int, str]]
    connected: int

    @property
    def delays(self) -> list[int]:
        """Of the nodes after the first that were not late."""
        first = self.sights[0][0]
        found = [at - first for at, _ in self.sights[1:]]
        return [each for each in found if each <= LATE_US]

    def until(self, share: float) -> int | None:
        """How long until that share of the connected nodes had seen it, if they did in time."""
        needed = max(1, ceil(share * self.connected - 1e-9))
        within = [0, *self.delays]
        return within[needed - 1] if len(within) >= needed else None


def propagation(
    rows: Iterable[Json], heard: Spread, step_us: int, start_us: int, blocks: Sequence[Json]
) -> Json:
    """The body of ``/api/analytics/block-propagation``.

    Args:
        rows: first sights, as ``Questions.propagated`` has them.
        heard: each node's events by bucket of ``step_us``.
        start_us: of the window; a block first seen before is none of it.
        blocks: all there are, of which these are a sample; their slots by hash.
    """
    of_block: defaultdict[str, list[Json]] = defaultdict(list)
    for row in rows:
        of_block[row["hash"]].append(row)
    inside = {
        block: some
        for block, some in of_block.items()
        if min(each["at"] for each in some) >= start_us
    }
    connected = {at: len(nodes) for (at,), nodes in heard.items()}

    def spreading(clock: Callable[[Json], int | None]) -> list[Spreading]:
        found = []
        for block, some in inside.items():
            times = [(clock(each), each["node"]) for each in some]
            known = sorted((at, node) for at, node in times if at is not None)
            began = min(each["at"] for each in some)
            if known:
                found.append(Spreading(block, known, connected.get(began - began % step_us, 0)))
        return found

    received, clocks = spreading(lambda each: int(each["at"])), spreading(corrected)
    return {
        "last_hour": {"clock": "received_at", **_delays(received)},
        "node_clocks": {"clock": "node, corrected", **_delays(clocks)},
        "coverage": {"received_at": _coverage(received), "node_clocks": _coverage(clocks)},
        "blocks": len(blocks),
        "blocks_looked_at": len(inside),
        "by_node": _by_node(inside, received),
        "recent_blocks": _recent({each["hash"]: each["slot"] for each in blocks}, received),
    }


def corrected(row: Json) -> int | None:
    """A sight by the node's clock as ours would have shown it; Unix microseconds."""
    if row["offset_us"] is None:
        return None
    return int(row["timestamp"] + JCE_US + row["offset_us"])


def percentile(values: Sequence[int], share: float) -> int | None:
    """The value that this share of sorted ones does not exceed: nearest rank."""
    return values[max(1, ceil(share * len(values) - 1e-9)) - 1] if values else None


def _delays(every: Iterable[Spreading]) -> Json:
    blocks = list(every)
    delays = sorted(each for block in blocks for each in block.delays)
    late = sum(len(block.sights) - 1 - len(block.delays) for block in blocks)
    mean = sum(delays) / len(delays) if delays else None
    return {
        "avg_propagation_ms": _ms(mean),
        **{
            f"p{round(100 * share)}_propagation_ms": _ms(percentile(delays, share))
            for share in (0.5, 0.95, 0.99)
        },
        "sample_count": len(delays),
        "late": late,
    }


def _coverage(every: Iterable[Spreading]) -> list[Json]:
    """For each share of the nodes: how many blocks reached it, and after how long."""
    blocks = list(every)
    found = []
    for share in SHARES:
        times = sorted(at for each in blocks if (at := each.until(share)) is not None)
        found.append(
            {
                "share": share,
                "blocks": len(blocks),
                "blocks_reached": len(times),
                "p50_ms": _ms(percentile(times, 0.5)),
                "p95_ms": _ms(percentile(times, 0.95)),
                "max_ms": _ms(times[-1] if times else None),
            }
        )
    return found


def _by_node(blocks: Mapping[str, list[Json]], received: Iterable[Spreading]) -> list[Json]:
    kinds: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for some in blocks.values():
        for row in some:
            kinds[row["node"]][_KINDS.get(row["type"], "blocks_received")] += 1
    delays: defaultdict[str, list[int]] = defaultdict(list)
    first: Counter[str] = Counter()
    for each in received:
        began, leader = each.sights[0]
        first[leader] += 1
        for at, node in each.sights[1:]:
            if at - began <= LATE_US:
                delays[node].append(at - began)
    shown: list[Json] = [
        {
            "node_id": node,
            **{name: counts[name] for name in (*_KINDS.values(), "blocks_received")},
            "blocks_seen": counts.total(),
            "blocks_first_seen": first[node],
            "p50_ms": _ms(percentile(sorted(delays[node]), 0.5)),
            "p95_ms": _ms(percentile(sorted(delays[node]), 0.95)),
        }
        for node, counts in kinds.items()
    ]
    return sorted(shown, key=_most_seen)[:NODES]


def _most_seen(row: Json) -> tuple[int, str]:
    return -row["blocks_seen"], row["node_id"]


_KINDS = {_ANNOUNCED: "blocks_announced", _AUTHORED: "blocks_originated"}


def _recent(slots: Mapping[str, int | None], received: Iterable[Spreading]) -> list[Json]:
    newest = sorted(received, key=lambda each: (each.sights[0][0], each.block), reverse=True)
    return [
        {
            "hash": each.block,
            "slot": slots.get(each.block),
            "first_seen_at": rfc3339(each.sights[0][0]),
            "first_node": each.sights[0][1],
            "nodes": len(each.sights),
            "connected_nodes": each.connected,
            **{f"until_{round(100 * share)}_ms": _ms(each.until(share)) for share in SHARES},
        }
        for each in newest[:RECENT]
    ]


def _ms(us: float | None) -> float | None:
    return None if us is None else round(us / 1000, 3)
