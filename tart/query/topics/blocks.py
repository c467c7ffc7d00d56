"""Blocks: how many were authored, imported, finalized, by whom, and the newest.

Pure: rows of the aggregates in, bodies out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from tart.query.core.merge import Json
from tart.query.core.rfc3339 import rfc3339, rfc3339_of_jce

RECENT = 50
AUTHORING = 40
EXECUTION_FAILED = 46
TOTALS: Mapping[str, int] = {
    "authoring_started": 40,
    "authoring_failed": 41,
    "authored": 42,
    "importing": 43,
    "verification_failed": 44,
    "verified": 45,
    "execution_failed": EXECUTION_FAILED,
    "executed": 47,
    "best_block_changes": 11,
    "finalized_block_changes": 12,
}
# What is counted of a block's outline, as JIP-3 names it.
OUTLINE = (
    "size_bytes",
    "num_tickets",
    "num_preimages",
    "num_guarantees",
    "num_assurances",
    "num_dispute_verdicts",
)


def blocks(
    counts: Mapping[int, int],
    chain: Mapping[str, Any],
    authored: Iterable[Json],
    recent: Iterable[Json],
) -> Json:
    """The body of ``/api/blocks``.

    Args:
        counts: events by type.
        chain: as ``figures.chain_figures`` has it.
        authored: hash and node of each block authored, each once.
        recent: rows of ``blocks`` that were authored.
    """
    rows = {(row["hash"], row["node"]) for row in authored}
    by_node = Counter(node for _, node in rows)
    newest = sorted(
        (row for row in recent if row["hash"] is not None and row["authored"] is not None),
        key=lambda row: (row["started_at"], row["hash"]),
        reverse=True,
    )
    return {
        "totals": {
            **{name: counts.get(number, 0) for name, number in TOTALS.items()},
            "blocks_authored": len({block for block, _ in rows}),
        },
        "chain": {
            "best_slot": chain["best_block"],
            "finalized_slot": chain["finalized_block"],
            "ahead": chain["ahead"],
        },
        "authoring_by_node": [
            {"node_id": node, "blocks_authored": count}
            for node, count in sorted(by_node.items(), key=lambda item: (-item[1], item[0]))
        ],
        "recent_authored": [_recent(row) for row in newest[:RECENT]],
    }


def _recent(row: Json) -> Json:
    return {
        "node_id": row["node"],
        "timestamp": rfc3339_of_jce(row["authored"]),
        "received_at": rfc3339(row["started_at"]),
        "slot": row["slot"],
        "hash": row["hash"],
        "parent": row["parent"],
        **{name: row[name] for name in OUTLINE},
        "authoring_ms": round((row["authored"] - row["started"]) / 1000, 3),
        "outcome": row["outcome"],
        "reason": row["reason"],
    }
