"""Blocks: numbers of authored, imported and finalized ones, their authors, and the newest.

Pure: rows of the aggregates in, the answer out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from tart.protocol.events import EventKind
from tart.query.answers import blocks as answers
from tart.query.answers.network import ChainFigures
from tart.query.core.merge import Json
from tart.query.core.rfc3339 import rfc3339_of_jce, server_time

RECENT = 50
# Kinds whose counts ``blocks`` takes.
COUNTED_KINDS = (
    EventKind.AUTHORING,
    EventKind.AUTHORING_FAILED,
    EventKind.AUTHORED,
    EventKind.IMPORTING,
    EventKind.BLOCK_VERIFICATION_FAILED,
    EventKind.BLOCK_VERIFIED,
    EventKind.BLOCK_EXECUTION_FAILED,
    EventKind.BLOCK_EXECUTED,
    EventKind.BEST_BLOCK_CHANGED,
    EventKind.FINALIZED_BLOCK_CHANGED,
)


def blocks(
    counts: Mapping[int, int],
    chain: ChainFigures,
    authored: Iterable[Json],
    recent: Iterable[Json],
) -> answers.Blocks:
    """Return the answer of ``/api/blocks``.

    Args:
        counts: Number of events by type.
        chain: Result of ``chain_stats.chain_figures``.
        authored: Hash and node of each authored block; a block may come more than once.
        recent: Rows of ``blocks`` of authored blocks.
    """
    pairs = {(row["hash"], row["node"]) for row in authored}
    blocks_by_node = Counter(node for _, node in pairs)
    newest = sorted(
        (row for row in recent if row["hash"] is not None and row["authored"] is not None),
        key=lambda row: (row["started_at"], row["hash"]),
        reverse=True,
    )
    return {
        "totals": _totals(counts, len({block for block, _ in pairs})),
        "chain": {
            "best_slot": chain["best_block"],
            "finalized_slot": chain["finalized_block"],
            "ahead": chain["ahead"],
        },
        "authoring_by_node": [
            {"node_id": node, "blocks_authored": count}
            for node, count in sorted(blocks_by_node.items(), key=lambda item: (-item[1], item[0]))
        ],
        "recent_authored": [_authored(row) for row in newest[:RECENT]],
    }


def _totals(counts: Mapping[int, int], distinct: int) -> answers.BlockTotals:
    return {
        "authoring_started": counts.get(EventKind.AUTHORING, 0),
        "authoring_failed": counts.get(EventKind.AUTHORING_FAILED, 0),
        "authored": counts.get(EventKind.AUTHORED, 0),
        "importing": counts.get(EventKind.IMPORTING, 0),
        "verification_failed": counts.get(EventKind.BLOCK_VERIFICATION_FAILED, 0),
        "verified": counts.get(EventKind.BLOCK_VERIFIED, 0),
        "execution_failed": counts.get(EventKind.BLOCK_EXECUTION_FAILED, 0),
        "executed": counts.get(EventKind.BLOCK_EXECUTED, 0),
        "best_block_changes": counts.get(EventKind.BEST_BLOCK_CHANGED, 0),
        "finalized_block_changes": counts.get(EventKind.FINALIZED_BLOCK_CHANGED, 0),
        "blocks_authored": distinct,
    }


def _authored(row: Json) -> answers.AuthoredBlock:
    return {
        "node_id": row["node"],
        "timestamp": rfc3339_of_jce(row["authored"]),
        "received_at": server_time(row["started_at"]),
        "slot": row["slot"],
        "hash": row["hash"],
        "parent": row["parent"],
        "size_bytes": row["size_bytes"],
        "num_tickets": row["num_tickets"],
        "num_preimages": row["num_preimages"],
        "num_guarantees": row["num_guarantees"],
        "num_assurances": row["num_assurances"],
        "num_dispute_verdicts": row["num_dispute_verdicts"],
        "authoring_ms": round((row["authored"] - row["started"]) / 1000, 3),
        "outcome": row["outcome"],
        "reason": row["reason"],
    }
