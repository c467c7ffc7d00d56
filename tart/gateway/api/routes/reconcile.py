"""The route about telemetry against the chain.

Pure; part of ``api.contract``.
"""

from __future__ import annotations

from tart.gateway.api.common import MAX_SLOT, limit, window
from tart.gateway.api.parameters import Integer, NodeId, Parameter
from tart.gateway.api.route import NODE_PREFIX, SHARD_ERRORS, Cache, Route
from tart.query.answers.reconcile import Reconcile

RECONCILE_ROUTES: tuple[Route, ...] = (
    Route(
        "chain_reconcile",
        "/api/chain/reconcile",
        "Compare what nodes say to have done with what the chain shows",
        "By validator and epoch: blocks, guarantees, assurances, tickets and preimages as the "
        "node's telemetry has them and as the chain has them; by core the reports, gas and "
        "exports; by service the gas of accumulation. Final blocks with statistics are compared, a "
        "minute after they were made. findings are differences that nothing but the node explains: "
        "its telemetry of that time is complete, and its validator index is known by evidence. "
        "Everything else remains a difference of numbers. A window has at most a day, and "
        "validators times blocks are at most 1,300,000: an hour of 1,023 validators is 614,000. "
        "Answers 503 if the settings name no RPC. See docs/reconcile.md.",
        parameters=(
            Parameter(
                "epoch",
                Integer(0, MAX_SLOT),
                "This epoch instead of a window of time.",
            ),
            Parameter("node_id", NodeId(), f"Only this node. {NODE_PREFIX}"),
            limit(100, "validators, of blocks and of findings each"),
            *window("1h"),
        ),
        answer=Reconcile,
        errors=SHARD_ERRORS,
        cache=Cache.SLOTS,
    ),
)
