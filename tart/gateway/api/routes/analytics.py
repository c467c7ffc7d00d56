"""The routes that judge a network: failures, propagation, health, and nodes over time.

Pure; part of ``contract``.
"""

from __future__ import annotations

from tart.gateway.api.parameters import Integer, Parameter
from tart.gateway.api.route import ASKED, Cache, Route
from tart.gateway.api.routes.metrics import hours, window

ANALYTICS_ROUTES: tuple[Route, ...] = (
    Route(
        "failure_rates",
        "/api/analytics/failure-rates",
        "What fails, how often, where and why",
        "A rate divides failures by attempts of the same category, as they stand beside it: of a "
        "pipeline, what failed by what began or, where nothing says that, by what ended; of "
        "discarded guarantees, forgotten and discarded preimages (113, 192, 199) those whose "
        "reason is a failure by all of them. overall and by_node are the sums over all "
        "categories, these included. Of what began before the window only the failure may be in "
        "it. Refused (20) and misbehaved (28) are counted apart. Work-packages that failed at "
        "one guarantor (92) count here even if another one guaranteed them. Reasons are the "
        "nodes' own words. In whole minutes.",
        parameters=window("1h"),
        schema="FailureRates",
        errors=ASKED,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "block_propagation",
        "/api/analytics/block-propagation",
        "How fast blocks spread over the nodes",
        "By header hash, from the first sight anywhere to each other node's: an announcement to "
        "it, a transfer, an import, or its authoring. last_hour is by our clock, node_clocks by "
        "the nodes', each corrected by how far it was behind ours in that minute. Sights later "
        "than a minute are late and not in the figures. coverage: how long until a share of the "
        "nodes heard of at that time had seen it. Of more blocks than can be looked at, every "
        "so many. blocks_announced and its like are of a node's first sights.",
        parameters=window("1h"),
        schema="BlockPropagation",
        errors=ASKED,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "network_health",
        "/api/analytics/network-health",
        "How the network is, in five parts",
        "Scores are percentages: nodes heard of in the last minute among those of the window, "
        "blocks authored by attempts, requests for shards and work-packages that did not fail, "
        "and 100, 80, 50 or 0 for more than 100, 10, 0 or no events in the last minute. A part of "
        "which nothing is known has none. The last minute is that of the window, and of one that "
        "goes on of six to seven tens of seconds; connected are those connected now. "
        "An alert is a pipeline with 20 attempts of which more than 5 % failed, or silence.",
        parameters=window("1h"),
        schema="NetworkHealth",
        errors=ASKED,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "sync_timeline",
        "/api/analytics/sync-status/timeline",
        "How many nodes are in sync, by time, newest first",
        "A node is in sync if its best block of the bucket is at most two slots behind the "
        "highest that a third of the nodes have reached. What nodes say themselves stands "
        "beside it: the last SyncStatusChanged of each. Buckets are of five minutes, or longer "
        "so that there are at most 72. current_status has nodes that named a best block "
        "in the window, or are connected and did so before; slot and says_synced are best and "
        "synced of /api/nodes.",
        parameters=hours(),
        schema="SyncTimeline",
        errors=ASKED,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "connection_timeline",
        "/api/analytics/connections/timeline",
        "Telemetry connections by time, newest first",
        "connections and disconnections are those of nodes to this server; peer_connections "
        "counts what nodes say of connections among themselves (20 to 28). Buckets as for the "
        "sync timeline. uptime_hours: connected within the window.",
        parameters=hours(),
        schema="ConnectionTimeline",
        errors=ASKED,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "assurances",
        "/api/analytics/assurances",
        "How far assurances get, by anchor, newest first",
        "Events of nodes that send telemetry: assurances being distributed (126), sent, failed "
        "and received (131); how many were received within five slots of the first event about "
        "the anchor, by our clock to a tenth of a second.",
        parameters=(
            Parameter(
                "limit", Integer(1, 1000, (True, True)), "Anchors; moved into 1 to 1000.", "50"
            ),
            *window("15m"),
        ),
        schema="Assurances",
        errors=ASKED,
        cache=Cache.AGGREGATED,
    ),
)
