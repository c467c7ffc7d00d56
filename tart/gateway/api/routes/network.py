"""Routes of the network as a whole. Pure."""

from __future__ import annotations

from tart.gateway.api.parameters import Duration, Parameter
from tart.gateway.api.route import BYTES, SHARD_ERRORS, Cache, Route
from tart.query.answers.network import Live, Network, Stats

NETWORK_ROUTES: tuple[Route, ...] = (
    Route(
        "stats",
        "/api/stats",
        "Get blocks authored, best block and finalized block",
        "best_block and finalized_block are the highest slots that a third of the connected nodes "
        "have reached. Each node counts with its best and finalized block in /api/nodes.",
        parameters=(
            Parameter(
                "duration", Duration(), "Length of the window, which ends now: 5m, 90s, 2d.", "1h"
            ),
        ),
        answer=Stats,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "network",
        "/api/network",
        "Get the network's parameters and implementations",
        "Values that most connected nodes report.",
        parameters=(BYTES,),
        answer=Network,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "live",
        "/api/metrics/live",
        "Get rates of the last complete seconds",
        "Read from counters in memory.",
        answer=Live,
        errors=SHARD_ERRORS,
        cache=Cache.LIVE,
    ),
)
