"""Blocks: contents, numbers of events, and how soon all nodes have them. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from tart.protocol.events import EventKind
from tart.query.answers import grafana_nodes as answers
from tart.query.answers.network import ChainFigures
from tart.query.core.log_histogram import middle_us
from tart.query.core.merge import Json
from tart.query.core.rfc3339 import rfc3339_of_jce, server_time
from tart.query.grafana.event_groups import event_name

_TOTALS: Mapping[str, EventKind] = {
    "authoring_started": EventKind.AUTHORING,
    "authoring_failed": EventKind.AUTHORING_FAILED,
    "authored": EventKind.AUTHORED,
    "importing": EventKind.IMPORTING,
    "verification_failed": EventKind.BLOCK_VERIFICATION_FAILED,
    "verified": EventKind.BLOCK_VERIFIED,
    "execution_failed": EventKind.BLOCK_EXECUTION_FAILED,
    "executed": EventKind.BLOCK_EXECUTED,
    "best_block_changes": EventKind.BEST_BLOCK_CHANGED,
    "finalized_block_changes": EventKind.FINALIZED_BLOCK_CHANGED,
}
COUNTED_KINDS = tuple(_TOTALS.values())
_AUTHORS = 50
# Blocks of an answer; of more, an even sample.
MAX_BLOCKS = 1_500
# Event types with a time of convergence.
CONVERGENCE_KINDS = (
    EventKind.BEST_BLOCK_CHANGED,
    EventKind.FINALIZED_BLOCK_CHANGED,
    EventKind.IMPORTING,
)


# Events of a block's author alone.
AUTHOR_KINDS = (EventKind.AUTHORING, EventKind.AUTHORED)


def contents(rows: Iterable[Json]) -> list[answers.GrafanaBlockContents]:
    """Return the answer of ``/api/grafana/blocks/contents``, the lowest slot first.

    Args:
        rows: Rows of the table blocks of authorings, which have a hash.
    """
    authored = [row for row in rows if row["slot"] is not None]
    return [
        {
            "slot": row["slot"],
            "timestamp": rfc3339_of_jce(row["authored"] or 0) or server_time(row["ended_at"]),
            "node_id": row["node"],
            "num_guarantees": row["num_guarantees"],
            "num_assurances": row["num_assurances"],
            "num_preimages": row["num_preimages"],
            "num_tickets": row["num_tickets"],
            "num_disputes": row["num_dispute_verdicts"],
            "extrinsic_size": row["size_bytes"],
        }
        for row in sorted(authored, key=lambda row: (row["slot"], row["node"]))
    ]


def summary(
    counts: Mapping[int, int], chain: ChainFigures, authored: Iterable[Json]
) -> answers.GrafanaBlockSummary:
    """Return the answer of ``/api/grafana/blocks/summary``.

    Args:
        counts: Number of events by type.
        chain: The chain now.
        authored: Hash and node of each block authored, each once.
    """
    blocks: defaultdict[str, set[str]] = defaultdict(set)
    for row in authored:
        blocks[row["node"]].add(row["hash"])
    authors = sorted(blocks.items(), key=lambda item: (-len(item[1]), item[0]))
    totals: Counter[str] = Counter({name: counts.get(kind, 0) for name, kind in _TOTALS.items()})
    return {
        "totals": {
            "authoring_started": totals["authoring_started"],
            "authoring_failed": totals["authoring_failed"],
            "authored": totals["authored"],
            "importing": totals["importing"],
            "verification_failed": totals["verification_failed"],
            "verified": totals["verified"],
            "execution_failed": totals["execution_failed"],
            "executed": totals["executed"],
            "best_block_changes": totals["best_block_changes"],
            "finalized_block_changes": totals["finalized_block_changes"],
        },
        "chain": {
            "best_slot": chain["best_block"],
            "finalized_slot": chain["finalized_block"],
        },
        "authoring_by_node": [
            {"node_id": node, "blocks_authored": len(hashes)} for node, hashes in authors[:_AUTHORS]
        ],
    }


class Arrivals(NamedTuple):
    """Nodes with an event of a block, counted since one flush of the aggregates.

    Attributes:
        block: Header hash.
        number: The event type.
        first_us: Time of the first, Unix microseconds.
        last_us: Time of the last.
        bins: Delays after the first (``query.core.log_histogram``), each with its count.
    """

    block: str
    number: int
    first_us: int
    last_us: int
    bins: Sequence[tuple[int, int]]


def of_author(block: str, number: int, moment_us: int) -> Arrivals:
    """Return the arrivals of an event that only the author of a block has."""
    return Arrivals(block, number, first_us=moment_us, last_us=moment_us, bins=((0, 1),))


def sample_blocks(rows: Sequence[Json], limit: int = MAX_BLOCKS) -> list[Json]:
    """Return all rows, or evenly chosen ones if there are more than ``limit``."""
    return list(rows[:: max(1, -(-len(rows) // limit))])


def convergence(
    authored: Iterable[Json], arrivals: Iterable[Arrivals]
) -> list[answers.GrafanaConvergence]:
    """Return the answer of ``/api/grafana/blocks/convergence``, the lowest slot first.

    Args:
        authored: ``hash``, ``slot`` and ``seen_at`` (µs) of Authored events.
        arrivals: Of blocks, others among them.
    """
    blocks = {row["hash"]: row for row in authored}
    groups: defaultdict[tuple[str, int], list[Arrivals]] = defaultdict(list)
    for part in arrivals:
        if part.block in blocks:
            groups[part.block, part.number].append(part)
    rows = [_convergence(blocks[block], number, group) for (block, number), group in groups.items()]
    return sorted(rows, key=lambda row: (row["slot"], row["event_type"], row["block_hash"]))


def _convergence(block: Json, number: int, parts: Iterable[Arrivals]) -> answers.GrafanaConvergence:
    delays: Counter[int] = Counter()
    every = list(parts)
    last = max(part.last_us for part in every) - block["seen_at"]
    for part in every:
        offset = part.first_us - block["seen_at"]
        for index, count in part.bins:
            delays[offset + (round(middle_us(index)) if index else 0)] += count
    nodes = delays.total()
    return {
        "slot": block["slot"],
        "event_type": number,
        "event_type_name": event_name(number),
        "node_count": nodes,
        "p50_ms": _percentile_ms(delays, nodes, 0.5),
        "p75_ms": _percentile_ms(delays, nodes, 0.75),
        "p95_ms": _percentile_ms(delays, nodes, 0.95),
        "p99_ms": _percentile_ms(delays, nodes, 0.99),
        "p100_ms": last // 1000,
        "authored_at": server_time(block["seen_at"]),
        "block_hash": block["hash"],
    }


def _percentile_ms(delays: Mapping[int, int], total: int, share: float) -> int:
    """Return the delay with that share of the nodes at or below it, as jamtart ranks them."""
    rank, seen = min(total - 1, int(total * share)), 0
    for delay, count in sorted(delays.items()):
        seen += count
        if seen > rank:
            return delay // 1000
    raise AssertionError("the rank is below the total")
