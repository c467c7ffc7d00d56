"""Routes about single nodes, links between them, data availability and execution.

Pure; part of ``api.contract``. ``api.routes.streams`` has the live ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tart.errors import BadQuery
from tart.gateway.api.common import window
from tart.gateway.api.parameters import CursorText, Duration, Integer, Parameter, Time
from tart.gateway.api.route import BYTES, NODE, SHARD_ERRORS, Cache, Route
from tart.query.answers import availability, execution, node_activity, topology
from tart.query.answers.nodes import NodeDetails, Nodes, NodeStatus
from tart.query.topics.node_activity import CATEGORIES


@dataclass(frozen=True)
class Categories:
    """A comma-separated list of event categories."""

    def read(self, text: str, name: str) -> list[str]:
        """Return the categories of a comma-separated list.

        Raises:
            BadQuery: One of them does not exist.
        """
        items = [item.strip() for item in text.split(",")]
        if not set(items) <= set(CATEGORIES):
            raise BadQuery(f"{name} must be a list of {', '.join(CATEGORIES)}", name)
        return items

    def schema(self) -> dict[str, Any]:
        """Return the JSON Schema of the parameter."""
        return {"type": "string", "examples": [",".join(CATEGORIES[:2])]}


_TEN_MINUTES = (
    "Counts are kept in buckets of ten minutes; window has the whole buckets that were counted. "
)

NODE_ROUTES: tuple[Route, ...] = (
    Route(
        "nodes",
        "/api/nodes",
        "List all nodes",
        "Connected nodes first, then by last_seen_at, newest first. What a node reports of itself "
        "(node_info, best, finalized, synced) is its newest statement by received_at over all its "
        "open connections; if it has made none on these, over those that have ended. statements "
        "has the source.",
        parameters=(BYTES,),
        answer=Nodes,
        errors=SHARD_ERRORS,
        cache=Cache.BRIEF,
    ),
    Route(
        "node",
        "/api/nodes/{id}",
        "Get one node",
        "As in /api/nodes, with its open connections, newest first.",
        parameters=(NODE, BYTES),
        answer=NodeDetails,
        errors=(404, *SHARD_ERRORS),
    ),
    Route(
        "node_status",
        "/api/nodes/{id}/status",
        "Get what one node last reported of itself and of the chain",
        "Status, best block, finalized block and sync state are each the newest statement by "
        "received_at over all open connections; if the node has made none on these, over those "
        "that have ended.",
        parameters=(NODE, BYTES),
        answer=NodeStatus,
        errors=(404, *SHARD_ERRORS),
        cache=Cache.AGGREGATED,
    ),
    Route(
        "topology",
        "/api/network/topology",
        "Get links between nodes: block announcements, block and ticket transfers",
        f"{_TEN_MINUTES}A link leads from the sender to the receiver, whichever of them reports "
        "it; message_count is the greater of the numbers that the sender sent and the receiver "
        "received. connections and ticket_transfers have the 5,000 links with the most messages. "
        "Fields named `*_last_hour` cover the requested window (the names are kept for jamtart).",
        parameters=window("1h"),
        answer=topology.Topology,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "validators_cores",
        "/api/validators/cores",
        "Get guarantees by node and core, and tickets by node",
        "The core of a guarantee is that of its work-package in the same session. The window is in "
        "whole minutes; last_guarantee is by the server's clock. ticket_count is the number of "
        "tickets generated.",
        parameters=window("24h"),
        answer=node_activity.ValidatorsCores,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "node_status_enhanced",
        "/api/nodes/{id}/status/enhanced",
        "Get the status of a node with its cores, guarantees and tickets",
        "The members of node stand at the top level. cores_active is ordered by the number of "
        "work-packages received, most first; guarantees_signed counts the signatures sent to other "
        "guarantors.",
        parameters=(NODE, *window("24h"), BYTES),
        answer=node_activity.NodeStatusEnhanced,
        errors=(404, *SHARD_ERRORS),
        cache=Cache.AGGREGATED,
    ),
    Route(
        "node_peers",
        "/api/nodes/{id}/peers",
        "Get the number of peers of a node from its Status events",
        f"{_TEN_MINUTES}The figures are those of the newest Status in the window; history has the "
        "newest 100. connections counts the node's events about connections (20 to 28).",
        parameters=(NODE, *window("1h")),
        answer=node_activity.NodePeers,
        errors=(404, *SHARD_ERRORS),
        cache=Cache.AGGREGATED,
    ),
    Route(
        "node_timeline",
        "/api/nodes/{id}/timeline",
        "List events of a node with their categories, newest first",
        "Events and category_counts cover the same window, in whole minutes. category_counts "
        "covers all categories, also if the events are limited to some; without a window it covers "
        "all counts that are stored. /api/events/search takes a window to the microsecond.",
        parameters=(
            NODE,
            Parameter("start_time", Time(), "Start of the window, inclusive.", aliases=("start",)),
            Parameter("end_time", Time(), "End of the window, inclusive.", aliases=("end",)),
            Parameter(
                "duration",
                Duration(),
                "Length of the window, which ends now; start and end take precedence.",
            ),
            Parameter("categories", Categories(), f"Categories to list: {', '.join(CATEGORIES)}."),
            Parameter(
                "limit",
                Integer(1, 1000, (True, True)),
                "Maximum number of events; clamped to 1-1000.",
                "200",
            ),
            Parameter(
                "cursor",
                CursorText(),
                "next_cursor of an earlier answer; continues there, in the same window.",
            ),
            BYTES,
        ),
        answer=node_activity.NodeTimeline,
        errors=(404, *SHARD_ERRORS),
        cache=Cache.AGGREGATED,
    ),
    Route(
        "da_stats",
        "/api/da/stats",
        "Get shards and preimages stored, from the nodes' Status events",
        "Uses the newest Status of each node in the window.",
        parameters=window("1h"),
        answer=availability.DaStats,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "da_stats_enhanced",
        "/api/da/stats/enhanced",
        "Get requests for shards and their outcomes by node",
        f"{_TEN_MINUTES}Read operations are requests that a node served (121 to 125), write "
        "operations requests by which it got a shard (120 to 125). A rate is the number of "
        "transfers divided by the number of ended requests. Latencies are by the nodes' clocks, "
        "from a histogram, and within 10 % of the exact value. availability_rate is the rate of "
        "the requesting nodes. No event tells the size of a shard or of a disk.",
        parameters=window("1h"),
        answer=availability.DaStatsEnhanced,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "execution",
        "/api/metrics/execution",
        "Get gas and time of authorization, refinement and accumulation",
        "Authorizations and refinements count for every guarantor, in whole minutes. The "
        "accumulation of a service in a block counts once; its time is the mean over the nodes "
        "that report it.",
        parameters=window("1h"),
        answer=execution.Execution,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
)
