"""The routes, each declared once: what is registered, checked and documented follows.

Pure. ``ROUTES`` is the only list of routes there is: handlers are registered by ``name``,
parameters are read by ``Route.read``, OpenAPI and the docs page are generated from it.
A family of routes with a module of its own is added as a whole.
Prose about meanings stands here and in ``schemas``, nowhere else.
"""

from __future__ import annotations

from tart.access.roles import Role
from tart.gateway.api.parameters import (
    Choice,
    CursorText,
    Duration,
    EventTypes,
    Hash,
    Integer,
    NodeId,
    Parameter,
    Time,
)
from tart.gateway.api.route import ASKED, BYTES, HTML, NODE, Cache, Kind, Route
from tart.gateway.api.routes.access import ACCESS_ROUTES
from tart.gateway.api.routes.analytics import ANALYTICS_ROUTES
from tart.gateway.api.routes.events import EVENT_ROUTES, OF_CORE, OF_SLOT
from tart.gateway.api.routes.metrics import METRIC_ROUTES
from tart.gateway.api.routes.nodes import NODE_ROUTES
from tart.gateway.api.routes.packages import PACKAGE_ROUTES
from tart.gateway.api.routes.sessions import SESSION_ROUTES
from tart.gateway.api.routes.streams import STREAM_ROUTES
from tart.query.answers.events import Events, SearchResult
from tart.query.answers.health import DetailedHealth, Health
from tart.query.answers.network import Live, Network, Stats
from tart.query.answers.nodes import NodeDetails, Nodes, NodeStatus

MAX_LIMIT = 1000
MAX_OFFSET = 100_000


_DURATION = Parameter(
    "duration", Duration(), "Length of the window, which ends now: 5m, 90s, 2d.", "1h"
)
_LIMIT = Parameter(
    "limit",
    Integer(1, MAX_LIMIT, (True, True)),
    f"How many; moved into 1 to {MAX_LIMIT}.",
    "50",
)
_OFFSET = Parameter(
    "offset",
    Integer(0, MAX_OFFSET, (True, False)),
    f"How many to skip, at most {MAX_OFFSET}; below 0 means 0. Costs as much as reading "
    "what is skipped: page by cursor.",
    "0",
)
_CURSOR = Parameter(
    "cursor",
    CursorText(),
    "next_cursor of an earlier answer: continue there, in the same window, whatever has "
    "arrived since.",
)
_PAGING = (_LIMIT, _OFFSET, _CURSOR, BYTES)

ROUTES: tuple[Route, ...] = (
    Route(
        "health",
        "/api/health",
        "Whether the gateway answers",
        "Asks no shard.",
        schema=Health,
        cache=Cache.LIVE,
        scattered=False,
        role=Role.ANYONE,
    ),
    Route(
        "detailed_health",
        "/api/health/detailed",
        "How each part is",
        "Unhealthy, with status 503 and the same body, if a part without which nothing "
        "works is. A shard that does not answer is unhealthy itself and degrades the whole; one "
        "that starts and takes long is degraded and says how far it is, and so is one of whose "
        "files a part cannot be read, or that were deleted: the message names them. "
        "database: all, some or none of the shards answer. batch_writer: degraded while "
        "reading is paused or three quarters of the buffer are used, unhealthy while all "
        "shards pause. event_broadcaster: degraded if shards shed events for us in the last "
        "minute. memory and system_resources: degraded below 10 % of memory or disk free, "
        "unhealthy below 2 %.",
        schema=DetailedHealth,
        cache=Cache.LIVE,
        errors=(503,),
    ),
    Route(
        "stats",
        "/api/stats",
        "Blocks authored, best and finalized block",
        "best_block and finalized_block: the highest slot that a third of the nodes connected "
        "now have reached. Of each node counts what /api/nodes shows as best and finalized.",
        parameters=(_DURATION,),
        schema=Stats,
        errors=ASKED,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "network",
        "/api/network",
        "The network as its connected nodes agree on it",
        parameters=(BYTES,),
        schema=Network,
        errors=ASKED,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "nodes",
        "/api/nodes",
        "All nodes ever seen",
        "Connected ones first, then by last_seen_at, newest first. What a node says of itself "
        "(node_info, best, finalized, synced) is its newest statement by received_at over all "
        "its open connections; where none of these has made it, over those that have ended. "
        "statements says which.",
        parameters=(BYTES,),
        schema=Nodes,
        errors=ASKED,
        cache=Cache.BRIEF,
    ),
    Route(
        "node",
        "/api/nodes/{id}",
        "One node",
        "As in /api/nodes, with its open connections, the newest first.",
        parameters=(NODE, BYTES),
        schema=NodeDetails,
        errors=(404, *ASKED),
    ),
    Route(
        "node_events",
        "/api/nodes/{id}/events",
        "Events of one node, newest first",
        parameters=(NODE, *_PAGING),
        see="/api/events/search",
        schema=Events,
        errors=(404, *ASKED),
    ),
    Route(
        "node_status",
        "/api/nodes/{id}/status",
        "What one node last said of itself and of the chain",
        "Of Status, best block, finalized block and sync, each the newest statement by "
        "received_at over all open connections; where none of these has made it, over those "
        "that have ended.",
        parameters=(NODE, BYTES),
        schema=NodeStatus,
        errors=(404, *ASKED),
        cache=Cache.AGGREGATED,
    ),
    Route(
        "events",
        "/api/events",
        "Events of all nodes, newest first",
        parameters=_PAGING,
        see="/api/events/search",
        schema=Events,
        errors=ASKED,
    ),
    Route(
        "search",
        "/api/events/search",
        "Events by type, node, time, slot, core or hash",
        "All conditions must hold. Without a time the whole retention is searched.",
        parameters=(
            Parameter("event_types", EventTypes(), "Event numbers, separated by commas."),
            Parameter("node_id", NodeId(), "Events of this node."),
            Parameter("core_index", Integer(0, 65_535), OF_CORE),
            Parameter(
                "wp_hash", Hash(), "Events that name this work-package hash.", aliases=("hash",)
            ),
            Parameter("slot", Integer(0, (1 << 32) - 1), OF_SLOT),
            Parameter("start_time", Time(), "First received_at, inclusive.", aliases=("start",)),
            Parameter("end_time", Time(), "Last received_at, inclusive.", aliases=("end",)),
            Parameter(
                "duration",
                Duration(),
                "Length of the window, which ends now; start and end take precedence.",
            ),
            *_PAGING,
        ),
        schema=SearchResult,
        errors=ASKED,
        cache=Cache.LIVE,
    ),
    Route(
        "live",
        "/api/metrics/live",
        "The last complete seconds, from counters in memory",
        schema=Live,
        errors=ASKED,
        cache=Cache.LIVE,
    ),
    Route(
        "websocket",
        "/api/ws",
        "Live events over WebSocket",
        "Messages are JSON objects as text. From the server: type, data, timestamp. To it: "
        '{"type": "Subscribe", "filter": F, "batch": true?} replaces what is subscribed; '
        "batch puts arrays of events into messages of type events. "
        '{"type": "Unsubscribe"} goes back to all events, with "silent": true to none. '
        '{"type": "GetRecentEvents", "limit": n?} at most 10,000, oldest first. '
        '{"type": "SubscribeMetrics", "interval_ms": n?} 500 to 10,000. Ping, '
        "UnsubscribeMetrics, SubscribeAlerts and UnsubscribeAlerts have no members. "
        "Filters F by type: All; Node with node_id; EventType with event_type; "
        "EventTypeRange with start and end; Group with group; Slot with slot; Core with "
        "core; Hash with hash; Any and Both with filters. Who falls behind loses the oldest "
        "events and is told lagged with missed; who takes nothing is closed with 1013.",
        parameters=(
            Parameter(
                "subscribe",
                Choice(("all", "none")),
                "Whether all events come until something else is subscribed.",
                "all",
            ),
            BYTES,
        ),
        kind=Kind.WEBSOCKET,
        media_type="",
        errors=(403, 426, 503),
        cache=Cache.LIVE,
        scattered=False,
        success=101,
        token=True,
    ),
    Route(
        "metrics",
        "/metrics",
        "Metrics for Prometheus",
        "One message per shard; a shard that does not answer has tart_shard_up 0.",
        media_type="text/plain; version=0.0.4; charset=utf-8",
        cache=Cache.LIVE,
    ),
    Route(
        "openapi",
        "/api/openapi.json",
        "This contract as OpenAPI 3.1",
        "Needs no key, for it holds no data.",
        schema="OpenApi",
        scattered=False,
        role=Role.ANYONE,
    ),
    Route(
        "docs",
        "/api/docs",
        "This contract as a page",
        "Needs no key, for it holds no data.",
        kind=Kind.PAGE,
        media_type=HTML,
        scattered=False,
        role=Role.ANYONE,
    ),
    *EVENT_ROUTES,
    *SESSION_ROUTES,
    *PACKAGE_ROUTES,
    *NODE_ROUTES,
    *METRIC_ROUTES,
    *ANALYTICS_ROUTES,
    *STREAM_ROUTES,
    *ACCESS_ROUTES,
)
