"""Routes about finality and audits.

Pure; part of ``api.contract``.
"""

from __future__ import annotations

from tart.gateway.api.common import limit, window
from tart.gateway.api.route import SHARD_ERRORS, Cache, Route
from tart.query.answers.audits import Audits
from tart.query.answers.finality import Finality

_STEPS = "Steps of the protocol that no event type of JIP-3 reports yet are null."
_BUCKETS = (
    "Buckets are a minute long, or longer, so that there are at most 120; the newest may be "
    "incomplete."
)

FINALITY_ROUTES: tuple[Route, ...] = (
    Route(
        "finality",
        "/api/finality",
        "Get how far finality is behind, how long it takes, and where it stood still",
        "From Best block changed (11) and Finalized block changed (12): heads and lag of the "
        "network and of each node over time, delays from best or first sight to final, the spread "
        "between nodes, and stalls. Delays are of the blocks that nodes name as finalized. "
        f"{_STEPS} {_BUCKETS}",
        parameters=(limit(50, "nodes"), *window("1h")),
        answer=Finality,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "audits",
        "/api/audits",
        "Get what nodes tell about audits",
        "So far auditors tell how they recover bundles (140 to 153): requests, reconstructions "
        "and durations of each auditor, what nodes served to auditors, and the reports of which "
        f"bundles were requested. /api/availability/requests has both sides of each kind. {_STEPS} "
        f"{_BUCKETS}",
        parameters=(limit(50, "nodes, and of reports"), *window("1h")),
        answer=Audits,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
)
