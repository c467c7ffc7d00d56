"""Routes of jamtart's API of 2026 about events, nodes, blocks and cores.

Pure; part of ``api.contract``. Its Grafana dashboards read them. Where a figure of jamtart is
wrong, the description says what tart answers instead.
"""

from __future__ import annotations

from tart.gateway.api.grafana import (
    CORE,
    CORE_IN_PATH,
    EVENT_TYPE_LIST,
    MINUTES,
    NODES,
    ONE_NODE,
    RESOLUTION,
    EventTypeList,
    OneOf,
    interval,
    route,
)
from tart.gateway.api.parameters import Choice, Hash, Integer, Parameter
from tart.gateway.api.route import BYTES, Route
from tart.query.answers import grafana as answers
from tart.query.answers import grafana_nodes as node_answers
from tart.query.grafana.blocks import AUTHOR_KINDS, CONVERGENCE_KINDS

MAX_EVENTS = 2000
MAX_OFFSET = 100_000
MAX_NODES = 10_000

_EVENT_ROUTES: tuple[Route, ...] = (
    route(
        "timeseries",
        "Get counts of events by time and event type, node or core",
        "Ordered by time, then by group; groups and buckets without events are left out. With "
        "core, or grouped by core, only events that belong to a core are counted, in whole "
        f"minutes; group_by=core with core has that core only. {RESOLUTION}",
        list[answers.GrafanaCount],
        interval("1m"),
        Parameter(
            "group_by",
            Choice(("event_type", "node_id", "node", "core")),
            "The group of a row; node is node_id.",
            "event_type",
        ),
        EVENT_TYPE_LIST,
        NODES,
        CORE,
    ),
    route(
        "events-by-node",
        "Get the nodes with the most events",
        "The most events first. share is of the events of all nodes, whatever limit is. interval "
        f"has no effect. {RESOLUTION}",
        list[answers.GrafanaNodeCount],
        EVENT_TYPE_LIST,
        interval(None),
        Parameter(
            "limit",
            Integer(1, MAX_NODES, (True, True)),
            f"Maximum number of nodes; clamped to 1 to {MAX_NODES}.",
        ),
    ),
    route(
        "events",
        "Get events",
        "The newest received first; the window is that of created_at, to the microsecond. total "
        "is the exact number on the last page; before that it comes from counts by 10 seconds or "
        "a minute, which know nothing of wp_hash. The answer is an object, as in the newest "
        "jamtart: panels that expect an array need the root selector events.",
        answers.GrafanaEvents,
        EVENT_TYPE_LIST,
        Parameter(
            "limit",
            Integer(1, MAX_EVENTS, (True, True)),
            f"Maximum number of events; clamped to 1 to {MAX_EVENTS}.",
            "500",
        ),
        Parameter("offset", Integer(0, MAX_OFFSET), "Number of events to skip.", "0"),
        ONE_NODE,
        CORE,
        Parameter(
            "wp_hash", Hash(), "Events that name this work-package hash, with or without 0x."
        ),
        BYTES,
    ),
    route(
        "event-types",
        "Get the event types with jamtart's groups",
        "In ascending order.",
        list[answers.GrafanaEventType],
        Parameter(
            "group",
            EventTypeList(),
            "Groups, event numbers and names, as in event_types of other routes. Empty means all.",
        ),
        ranged=False,
        scattered=False,
    ),
    route(
        "guarantee-discards",
        "Get discarded guarantees (113) by time and reason",
        "Ordered by time, then by reason. Discards are counted by report in each flush of the "
        "aggregates (aggregates.flush_seconds, 30 s), which is the precision of ts.",
        list[answers.GrafanaDiscards],
        interval("30s"),
    ),
)

_NETWORK_ROUTES: tuple[Route, ...] = (
    route(
        "stats",
        "Get headline figures",
        "slot_events is the busiest minute of the whole network, not of one node; "
        "blocks_per_sec_10s counts Authored (42), not every node's change of its best block. The "
        "rates are left out until a shard has counted a second. best_slot and finalized_slot are "
        f"what a third of the connected nodes have, so that no single node decides. {RESOLUTION}",
        answers.GrafanaStats,
    ),
    route(
        "network-health",
        "Get the network's health by component",
        "The scores are those of /api/analytics/network-health: block production is the share of "
        "begun authorings that succeeded, so that an import that fails everywhere counts "
        "nowhere; work packages and data availability are the share of attempts without a "
        "failure; connectivity is the nodes that sent an event in the last minute, of those of "
        "the window, so that retired nodes do not count. A component without activity is "
        "unknown, has the score 0 and does not count in the mean. The limits of the statuses are "
        f"jamtart's. Each component below its limits has an alert. {RESOLUTION}",
        answers.GrafanaHealth,
    ),
    route(
        "failure-rates",
        "Get failures by category and node",
        "Attempts count once: beginnings where a pipeline has an event for them, else ends of "
        "either kind. jamtart counts beginnings and ends, which halves the rates. Discarded "
        "guarantees (113) are in /api/grafana/guarantee-discards: most are no failures. A rate "
        "is at most 1 though attempts that began before the window may fail in it. "
        f"{RESOLUTION}",
        answers.GrafanaFailureRates,
    ),
    route(
        "sync-timeline",
        "Get nodes in sync by time",
        "A node is in sync if its best block is at most 2 slots behind the slot that a third of "
        "the nodes have, at the end of the bucket. A node keeps its best block while it sends "
        "other events, so that one that stands still falls behind. Best blocks are kept by the "
        f"minute. {RESOLUTION}",
        list[answers.GrafanaSyncBucket],
        interval("5m"),
    ),
    route(
        "connections-timeline",
        "Get connections between nodes by time",
        f"Buckets without such events are left out. {RESOLUTION}",
        answers.GrafanaConnectionTimeline,
        interval("5m"),
    ),
    route(
        "db-stats",
        "Get the size of what is stored",
        "log is the event log, aggregates are all tables of statistics; row_counts has each "
        "table. compression is empty: every column is compressed, and the size before that is "
        "not kept.",
        answers.GrafanaStorage,
        ranged=False,
    ),
)

_NODE_ROUTES: tuple[Route, ...] = (
    route(
        "nodes",
        "Get all nodes",
        "Connected nodes first, then those seen last.",
        list[node_answers.GrafanaNode],
        BYTES,
        ranged=False,
    ),
    route(
        "node-stats",
        "Get what nodes report of themselves (Status) by time",
        f"The last report of each node in each minute, oldest first. {MINUTES} If that were more "
        "than 1,500 minutes or about 100,000 rows, the rows are of longer buckets.",
        list[node_answers.GrafanaNodeStatus],
        NODES,
    ),
    route(
        "node-stats-aggregate",
        "Get what nodes report of themselves (Status) by minute",
        "A row for each minute over all nodes, or with node for each minute and node. Means are "
        f"weighted by the number of reports. {MINUTES} Long windows have longer buckets, as in "
        "node-stats.",
        list[node_answers.GrafanaStatusMinute],
        NODES,
    ),
)

_BLOCK_ROUTES: tuple[Route, ...] = (
    route(
        "blocks/contents",
        "Get the contents of blocks",
        "By Authored (42) of each author, the lowest slot first; a slot may have several. The "
        "window is that of receipt.",
        list[node_answers.GrafanaBlockContents],
    ),
    route(
        "blocks/convergence",
        "Get how soon nodes have a block after its authoring",
        "The lowest slot first, then by event type. Times are of receipt, by the server's clock; "
        "each node counts once for each block, and forks are apart (block_hash). Percentiles are "
        "within 10 % of the delay after the first node, p50_ms to p99_ms ranked as by jamtart; "
        "p100_ms is exact. Blocks whose author sends no telemetry are left out. The window is "
        "that of authoring. Of more than 1,500 blocks an even sample is shown.",
        list[node_answers.GrafanaConvergence],
        Parameter(
            "event_type",
            OneOf((*CONVERGENCE_KINDS, *AUTHOR_KINDS)),
            "The event, by number or name: BestBlockChanged (11), FinalizedBlockChanged (12) or "
            "Importing (43); without it all three. Also Authoring (40), of the author alone, "
            "before it authored the block and so negative, and Authored (42), which is always 0.",
        ),
    ),
    route(
        "blocks/summary",
        "Get numbers of events about blocks, the chain, and the authors",
        f"chain is of now. {RESOLUTION}",
        node_answers.GrafanaBlockSummary,
    ),
)

_CORE_ROUTES: tuple[Route, ...] = (
    route(
        "cores",
        "Get the cores with events, and their packages",
        "The lowest core first. Each package counts once, not once for each guarantor; "
        f"last_activity is within the window. {MINUTES}",
        list[node_answers.GrafanaCore],
        CORE,
    ),
    route(
        "cores/{core_id}",
        "Get a core and its newest packages",
        f"Each package counts once, not once for each guarantor. {MINUTES}",
        node_answers.GrafanaCoreOverview,
        CORE_IN_PATH,
    ),
    route(
        "cores/{core_id}/metrics",
        "Get how a core processes its packages",
        "Latencies are of packages that were distributed, by the clock of each guarantor; jamtart "
        "counts unfinished and failed ones with their last event. Percentiles are within 10 %. "
        f"{MINUTES}",
        node_answers.GrafanaCoreMetrics,
        CORE_IN_PATH,
    ),
    route(
        "cores/{core_id}/validators",
        "Get the nodes that built guarantees for a core",
        f"The most guarantees first. {MINUTES}",
        node_answers.GrafanaCoreValidators,
        CORE_IN_PATH,
    ),
)

GRAFANA_ROUTES: tuple[Route, ...] = (
    *_EVENT_ROUTES,
    *_NETWORK_ROUTES,
    *_NODE_ROUTES,
    *_BLOCK_ROUTES,
    *_CORE_ROUTES,
)
