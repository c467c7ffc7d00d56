"""Routes of the server itself: health, metrics, and the documentation of the API. Pure."""

from __future__ import annotations

from tart.access.roles import Role
from tart.gateway.api.parameters import Duration, Parameter
from tart.gateway.api.route import HTML, Cache, Kind, Route
from tart.query.answers.event_types import EventTypes
from tart.query.answers.health import DetailedHealth, Health
from tart.query.answers.server import ServerHistory, ServerLog, ServerStatus

SERVER_ROUTES: tuple[Route, ...] = (
    Route(
        "health",
        "/api/health",
        "Check that the gateway answers",
        "No shard is queried.",
        answer=Health,
        cache=Cache.LIVE,
        scattered=False,
        role=Role.ANYONE,
    ),
    Route(
        "detailed_health",
        "/api/health/detailed",
        "Get component health",
        "Returns 503 with the same body if a critical component is unhealthy. A shard that does "
        "not answer is unhealthy and degrades the server; a shard that takes long to start is "
        "degraded and reports its progress. A shard with unreadable or deleted files is degraded; "
        "its message names the files. database: healthy if all shards answer, degraded if some "
        "do, unhealthy if none does. batch_writer: degraded while reading is paused or while more "
        "than three quarters of a write buffer are in use, unhealthy while all shards are paused. "
        "event_broadcaster: degraded if shards dropped live events for this gateway in the last "
        "minute. memory and system_resources: degraded below 10 % free of the machine's memory, "
        "the service's memory budget, the disk or a process's descriptors, unhealthy below 2 %. "
        "alerting: degraded if rules are not evaluated or messages are given up; alerts are no "
        "matter of health. chain, if rpc.urls is set: degraded if the chain process does not "
        "answer or an endpoint is not connected.",
        answer=DetailedHealth,
        cache=Cache.LIVE,
        errors=(503,),
    ),
    Route(
        "server",
        "/api/server",
        "Get the state of the server itself: processes, disk, requests, settings",
        "Shards side by side, how long the disk suffices, requests by route, and the settings in "
        "force, from the same figures as /metrics. A shard that does not answer is listed with its "
        "state. Names of hosts, paths, addresses and access lists are shown to admins only.",
        answer=ServerStatus,
        cache=Cache.LIVE,
    ),
    Route(
        "server_history",
        "/api/server/history",
        "Get the use of the machine over time: processors, memory, disks, network, descriptors",
        "A value for each minute of the last day, at most since this gateway started; "
        "/metrics has the counters for longer times.",
        parameters=(
            Parameter("duration", Duration(), "The time until now, such as 15m, 6h or 24h.", "1h"),
        ),
        answer=ServerHistory,
        cache=Cache.LIVE,
        scattered=False,
    ),
    Route(
        "server_log",
        "/api/server/log",
        "Get the last lines of the server log of level warning and above",
        "Of all processes, the newest first, at most 200 of each. A process that was started again "
        "begins with the lines of the supervisor that say why. Lines have no keys.",
        answer=ServerLog,
        cache=Cache.LIVE,
        role=Role.ADMIN,
    ),
    Route(
        "metrics",
        "/metrics",
        "Get metrics for Prometheus",
        "A shard that does not answer has tart_shard_up 0.",
        media_type="text/plain; version=0.0.4; charset=utf-8",
        cache=Cache.LIVE,
    ),
    Route(
        "network_metrics",
        "/metrics/network",
        "Get metrics of the network for Prometheus",
        "What the nodes report: best and finalized slot, intervals between blocks, nodes by "
        "implementation and version, events by type, durations of steps, failures, conformance "
        "findings. No label has unbounded values. Counters begin at 0 when the server starts; a "
        "shard that restarts or is missing does not make them fall. If the gateway alone restarts, "
        "they begin at 0 with its first answer. Nodes of a shard that does not answer are not "
        "counted as connected; tart_network_shards has their number.",
        media_type="text/plain; version=0.0.4; charset=utf-8",
        cache=Cache.BRIEF,
    ),
    Route(
        "openapi",
        "/api/openapi.json",
        "Get this document as OpenAPI 3.1",
        "No key is needed: the document contains no data.",
        answer=dict,
        scattered=False,
        role=Role.ANYONE,
    ),
    Route(
        "openapi_below_docs",
        "/api/docs/openapi.json",
        "Get this document where jamtart has it",
        "As /api/openapi.json; only the relative address of the server differs.",
        answer=dict,
        scattered=False,
        role=Role.ANYONE,
        in_clients=False,
    ),
    Route(
        "event_types",
        "/api/event-types",
        "Get the reference of all event types",
        "Number, name, fields with types and units, groups, and the event types that an event id "
        "refers to. No key is needed: the document contains no data.",
        answer=EventTypes,
        scattered=False,
        role=Role.ANYONE,
    ),
    Route(
        "event_page",
        "/api/docs/events",
        "Get the reference of all event types as a web page",
        "No key is needed: the page contains no data.",
        kind=Kind.PAGE,
        media_type=HTML,
        scattered=False,
        role=Role.ANYONE,
    ),
    Route(
        "docs",
        "/api/docs",
        "Get this document as a web page",
        "No key is needed: the page contains no data.",
        kind=Kind.PAGE,
        media_type=HTML,
        scattered=False,
        role=Role.ANYONE,
    ),
)
