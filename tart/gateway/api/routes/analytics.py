"""Routes that assess a network: failures, propagation, health, and nodes over time.

Pure; part of ``api.contract``.
"""

from __future__ import annotations

from tart.gateway.api.common import hours, window
from tart.gateway.api.parameters import Integer, Parameter
from tart.gateway.api.route import SHARD_ERRORS, Cache, Route
from tart.query.answers import analytics as answers

ANALYTICS_ROUTES: tuple[Route, ...] = (
    Route(
        "failure_rates",
        "/api/analytics/failure-rates",
        "Get failure rates by category, node and reason",
        "A rate is the failures divided by the attempts beside it. The attempts of a pipeline are "
        "the events that begin it or, if there are none, the events that end it. For discarded "
        "guarantees and forgotten or discarded preimages (113, 192, 199), attempts are all such "
        "events and failures those whose reason is a failure. overall and by_node are sums over "
        "all categories. If an attempt began before the window, only its failure may be counted. "
        "Refused connections (20) and misbehaving peers (28) are counted separately. A "
        "work-package that failed at one guarantor (92) counts even if another guaranteed it. "
        "Reasons are the nodes' own words. The window is in whole minutes.",
        parameters=window("1h"),
        answer=answers.FailureRates,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "block_propagation",
        "/api/analytics/block-propagation",
        "Get block propagation delays between nodes",
        "A delay is the time from the first sighting of a header hash on any node to its first "
        "sighting on another. A sighting is an announcement to the node, a transfer, an import, or "
        "the authoring. last_hour uses the server's clock; node_clocks uses the nodes' clocks, "
        "each corrected by its offset to the server's in that minute. A sighting more than a "
        "minute after the first is late and is left out. coverage is the delay until a share of "
        "the nodes active at that time has seen the block. If there are too many blocks, an even "
        "sample is read. blocks_announced, blocks_received and blocks_originated count a node's "
        "first sightings by kind.",
        parameters=window("1h"),
        answer=answers.BlockPropagation,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "network_health",
        "/api/analytics/network-health",
        "Get network health by component",
        "Scores are percentages: the share of the window's nodes that are active in its last "
        "minute; the share of authoring attempts that gave a block; the share of requests for "
        "shards, and of work-packages, that did not fail; and 100, 80, 50 or 0 for more than 100, "
        "more than 10, at least 1 or no events in the last minute. A component without data has "
        "no score. In a window that lasts until now the last minute is 60 to 70 seconds long. "
        "connected is the number of nodes connected now. Alerts are raised for a pipeline with at "
        "least 20 attempts of which more than 5 % failed, and for a network without events.",
        parameters=window("1h"),
        answer=answers.NetworkHealth,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "sync_timeline",
        "/api/analytics/sync-status/timeline",
        "Get the number of nodes in sync by time, newest first",
        "A node is in sync if its best block in the bucket is at most two slots behind the highest "
        "slot that a third of the nodes have reached. The nodes' own claims stand beside it: the "
        "last SyncStatusChanged of each. A bucket is five minutes long, or longer, so that there "
        "are at most 72. current_status has the nodes that named a best block in the window, and "
        "connected nodes that named one before; slot and says_synced are best and synced of "
        "/api/nodes.",
        parameters=hours(),
        answer=answers.SyncTimeline,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "connection_timeline",
        "/api/analytics/connections/timeline",
        "Get telemetry connections by time, newest first",
        "connections and disconnections are those of nodes with this server; peer_connections "
        "counts the nodes' events about connections with each other (20 to 28). Buckets are those "
        "of the sync timeline. uptime_hours is the time connected within the window.",
        parameters=hours(),
        answer=answers.ConnectionTimeline,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "assurances",
        "/api/analytics/assurances",
        "Get the distribution of assurances by anchor, newest first",
        "Counts events of the nodes that send telemetry: assurances being distributed (126), sent, "
        "failed and received (131). received_within_5_slots counts those received within five "
        "slots of the first event about the anchor, by the server's clock to a tenth of a second.",
        parameters=(
            Parameter(
                "limit",
                Integer(1, 1000, (True, True)),
                "Maximum number of anchors; clamped to 1-1000.",
                "50",
            ),
            *window("15m"),
        ),
        answer=answers.Assurances,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
)
