"""The routes about single nodes, who talks to whom, data availability and execution.

Pure; part of ``contract``. ``contract_streams`` has the live ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tart.errors import BadQuery
from tart.gateway.api.parameters import CursorText, Duration, Integer, Parameter, Time
from tart.gateway.api.route import ASKED, BYTES, NODE, Cache, Route
from tart.gateway.api.routes.metrics import window
from tart.query.answers.errors import Error
from tart.query.topics.node_activity import CATEGORIES


@dataclass(frozen=True)
class Categories:
    """Categories of events, separated by commas."""

    def read(self, text: str, name: str) -> list[str]:
        """See ``Kind``."""
        items = [item.strip() for item in text.split(",")]
        if not set(items) <= set(CATEGORIES):
            raise BadQuery(f"{name} must be some of {', '.join(CATEGORIES)}", name)
        return items

    def schema(self) -> dict[str, Any]:
        """See ``Kind``."""
        return {"type": "string", "examples": [",".join(CATEGORIES[:2])]}


_TEN_MINUTES = "Counted by ten minutes: a window is of whole ones, and says of which. "
_NOT_BUILT = (
    "Needs the RPC of a JAM node, and the client for that is not built: always 503, code "
    "not_configured."
)

NODE_ROUTES: tuple[Route, ...] = (
    Route(
        "topology",
        "/api/network/topology",
        "Who announces blocks and sends tickets to whom",
        f"{_TEN_MINUTES}Links go from the sender to the receiver, whichever of them told; "
        "message_count is the greater of what the one sent and the other received. Of "
        "connections and ticket_transfers the 5,000 with the most messages. Names that end in "
        "last_hour are of the window.",
        parameters=window("1h"),
        schema="Topology",
        errors=ASKED,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "validators_cores",
        "/api/validators/cores",
        "Which node guarantees on which core, and makes tickets",
        "The core of a guarantee is that of the work-package it was built for, in the same "
        "session. In whole minutes; last_guarantee is by our clock. ticket_count is of tickets "
        "generated.",
        parameters=window("24h"),
        schema="ValidatorsCores",
        errors=ASKED,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "node_status_enhanced",
        "/api/nodes/{id}/status/enhanced",
        "One node's status, and what it guarantees and draws",
        "The members of node stand at the top. Cores by the work-packages received on them, "
        "the most frequent first; guarantees_signed are signatures sent to other guarantors.",
        parameters=(NODE, *window("24h"), BYTES),
        schema="NodeStatusEnhanced",
        errors=(404, *ASKED),
        cache=Cache.AGGREGATED,
    ),
    Route(
        "node_peers",
        "/api/nodes/{id}/peers",
        "One node's peers, as its Status events have them",
        f"{_TEN_MINUTES}The newest Status of the window, history with the newest 100. "
        "connections counts its events about connections (20 to 28).",
        parameters=(NODE, *window("1h")),
        schema="NodePeers",
        errors=(404, *ASKED),
        cache=Cache.AGGREGATED,
    ),
    Route(
        "node_timeline",
        "/api/nodes/{id}/timeline",
        "Events of one node by category, newest first",
        "Events and category_counts are of the same window, in whole minutes; "
        "category_counts whatever categories are asked for, and without a window of all that is "
        "counted. For a window to the microsecond there is /api/events/search.",
        parameters=(
            NODE,
            Parameter("start_time", Time(), "First moment of the window.", aliases=("start",)),
            Parameter("end_time", Time(), "Last moment of the window.", aliases=("end",)),
            Parameter(
                "duration",
                Duration(),
                "Length of the window, which ends now; start and end take precedence.",
            ),
            Parameter("categories", Categories(), f"Some of {', '.join(CATEGORIES)}."),
            Parameter(
                "limit", Integer(1, 1000, (True, True)), "How many; moved into 1 to 1000.", "200"
            ),
            Parameter(
                "cursor",
                CursorText(),
                "next_cursor of an earlier answer: continue there, in the same window.",
            ),
            BYTES,
        ),
        schema="NodeTimeline",
        errors=(404, *ASKED),
        cache=Cache.AGGREGATED,
    ),
    Route(
        "da_stats",
        "/api/da/stats",
        "What nodes store, as their last Status has it",
        "Of each node the newest Status of the window.",
        parameters=window("1h"),
        schema="DaStats",
        errors=ASKED,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "da_stats_enhanced",
        "/api/da/stats/enhanced",
        "Requests for shards: who asks, who serves, how they end",
        f"{_TEN_MINUTES}Read operations are requests that a node served (121 to 125), write "
        "operations those by which it got a shard (120 to 125). Rates divide what was "
        "transferred by what ended; latencies are by node clocks, of a histogram, and at most "
        "a tenth off. availability_rate is as those see it who ask. No event says how large a "
        "shard is, or a disk.",
        parameters=window("1h"),
        schema="DaStatsEnhanced",
        errors=ASKED,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "execution",
        "/api/metrics/execution",
        "Gas and time of authorization, refinement and accumulation",
        "Authorizations and refinements of every guarantor, counted by the minute; the "
        "accumulation of a service in a block once, its time averaged over the nodes that "
        "report it.",
        parameters=window("1h"),
        schema="Execution",
        errors=ASKED,
        cache=Cache.AGGREGATED,
    ),
    *(
        Route(
            f"jam_{name}",
            f"/api/jam/{name}",
            summary,
            _NOT_BUILT,
            schema=Error,
            errors=(503,),
            cache=Cache.LIVE,
            scattered=False,
        )
        for name, summary in (
            ("stats", "Statistics of the chain, by the RPC of a node"),
            ("services", "Services of the chain, by the RPC of a node"),
            ("cores", "Cores of the chain, by the RPC of a node"),
        )
    ),
)
