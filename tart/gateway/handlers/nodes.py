"""Handlers of ``api.routes.nodes``: nodes, topology, data availability, execution."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from tart.aggregate.core.tables import LINK_BUCKET
from tart.gateway.fanout.queries import Coverage, QueryClient, gather_all, now_us
from tart.gateway.handlers.windows import (
    Handler,
    Values,
    common_coverage,
    request_window,
    timestamped_answer,
)
from tart.gateway.http.responses import Answer
from tart.protocol.events import EventKind
from tart.query.answers.node_activity import NodeStatusEnhanced
from tart.query.answers.nodes import ConnectionInfo, NodeDetails, Nodes, NodeStatus
from tart.query.core import chain_stats
from tart.query.core import cursor as cursors
from tart.query.core.cursor import Cursor
from tart.query.core.filters import Selection
from tart.query.core.merge import Json
from tart.query.core.nodes import node_json, node_summary
from tart.query.shard_queries.aggregates import AggregateRows, AggregateSum
from tart.query.shard_queries.blocks import Transfers
from tart.query.topics import availability, execution, node_activity, topology
from tart.units import MINUTE_US, SECOND_US

_LINK_BUCKET_US = LINK_BUCKET * SECOND_US
_PEER_SAMPLES = 100
_RECENT_EXECUTIONS = 100
_RECENT_OPERATIONS = 20
_MAX_TICKETS = 50_000


async def nodes(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/nodes``."""
    merged, seen = await queries.nodes(values["bytes"])

    def body() -> Nodes:
        return {"nodes": [node_json(node) for node in merged]}

    return Answer(body, seen)


async def node(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/nodes/{id}``."""
    merged, seen = await queries.node(values["id"], values["bytes"])
    body: NodeDetails = {**node_json(merged), "connections": merged["connections"]}
    if merged["is_connected"] and merged["connections"]:
        body["connection_info"] = _connection_info(merged["connections"][0])
    return Answer(body, seen)


def _connection_info(connection: Json) -> ConnectionInfo:
    began = datetime.fromisoformat(connection["connected_at"])
    return {
        "address": connection["address"],
        "event_count": connection["event_count"],
        "connected_duration_secs": max(0, int((datetime.now(UTC) - began).total_seconds())),
    }


async def node_status(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/nodes/{id}/status``."""
    merged, events, seen = await queries.node_status(values["id"], values["bytes"])
    body: NodeStatus = {"node": node_summary(merged), **chain_stats.reported_status(events)}
    return Answer(body, seen)


async def network_topology(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/network/topology``."""
    window = request_window(values).whole(_LINK_BUCKET_US)
    links, transfers, counts = await gather_all(
        queries.ask(
            AggregateSum(
                "links",
                window,
                by=["node", "peer", "type", "side"],
                where={"type": list(topology.LINK_KINDS)},
            )
        ),
        queries.ask(Transfers(window)),
        queries.ask(
            AggregateSum(
                "counts", window, by=["node", "type"], where={"type": list(topology.KINDS)}
            )
        ),
    )
    body = partial(
        topology.topology,
        links[0],
        transfers[0],
        _count_by_type(counts[0]),
        active=len({row["node"] for row in counts[0]}),
    )
    return _answer(body, links, transfers, counts)


async def validators_cores(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/validators/cores``."""
    window = request_window(values).whole()
    guarantees, tickets = await gather_all(
        queries.ask(
            AggregateSum(
                "core_events",
                window,
                by=["node", "core"],
                where={"type": [EventKind.GUARANTEE_BUILT]},
            )
        ),
        queries.ask(AggregateRows("tickets", window, limit=_MAX_TICKETS)),
    )
    body = partial(node_activity.validators_cores, guarantees[0], tickets[0])
    return _answer(body, guarantees, tickets)


async def node_status_enhanced(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/nodes/{id}/status/enhanced``."""
    window, where = request_window(values).whole(), {"node": [values["id"]]}
    (merged, events, seen), cores, counts, tickets = await gather_all(
        queries.node_status(values["id"], values["bytes"]),
        queries.ask(AggregateSum("core_events", window, by=["core", "type"], where=where)),
        queries.ask(AggregateSum("counts", window, by=["type"], where=where)),
        queries.ask(AggregateRows("tickets", window, where=where, limit=_MAX_TICKETS)),
    )

    def body() -> NodeStatusEnhanced:
        return {
            **node_summary(merged),
            **chain_stats.reported_status(events),
            **node_activity.node_cores(cores[0], _count_by_type(counts[0]), tickets[0]),
        }

    return _answer(body, (None, seen), cores, counts, tickets)


async def node_peers(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/nodes/{id}/peers``."""
    window, where = request_window(values).whole(_LINK_BUCKET_US), {"node": [values["id"]]}
    selection = Selection(node=values["id"], types=(EventKind.STATUS,))
    streams = {**where, "type": [EventKind.BLOCK_ANNOUNCEMENT_STREAM_OPENED]}
    (_, seen), status, (page, page_seen), opened, counts = await gather_all(
        queries.node(values["id"]),
        queries.ask(AggregateSum("status", window, by=["node"], where=where)),
        queries.events(selection, _PEER_SAMPLES, 0, Cursor(now_us(), window)),
        queries.ask(AggregateSum("links", window, by=["peer"], where=streams)),
        queries.ask(AggregateSum("counts", window, by=["type"], where=where)),
    )
    body = partial(
        node_activity.peers,
        next(iter(status[0]), None),
        page.events,
        streams=len(opened[0]),
        counts=_count_by_type(counts[0]),
    )
    return _answer(body, (None, seen), (None, page_seen), status, opened, counts)


async def node_timeline(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/nodes/{id}/timeline``."""
    cursor = values["cursor"]
    window = request_window(values).open(MINUTE_US, cursor and cursor.window)
    cursor = cursor or Cursor(now_us(), window)
    categories = values["categories"]
    selection = Selection(
        node=values["id"],
        types=None if categories is None else tuple(node_activity.types_of(categories)),
    )
    (_, seen), (page, page_seen), counts = await gather_all(
        queries.node(values["id"]),
        queries.events(selection, values["limit"], 0, cursor, values["bytes"]),
        queries.ask(AggregateSum("counts", window, by=["type"], where={"node": [values["id"]]})),
    )
    body = partial(
        node_activity.timeline,
        values["id"],
        page.events,
        _count_by_type(counts[0]),
        next_cursor=cursors.encode(page.cursor) if page.has_more else None,
    )
    return timestamped_answer(body, (None, seen), (None, page_seen), counts)


async def da_stats(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/da/stats``."""
    window = request_window(values).whole()
    status, counts = await gather_all(
        queries.ask(AggregateSum("status", window, by=["node"])),
        queries.ask(
            AggregateSum(
                "counts",
                window,
                by=["type"],
                where={"type": list(availability.PREIMAGE_KINDS)},
            )
        ),
    )
    body = partial(availability.da_stats, status[0], _count_by_type(counts[0]))
    return _answer(body, status, counts)


async def da_stats_enhanced(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/da/stats/enhanced``."""
    window = request_window(values).whole(_LINK_BUCKET_US, durations=True)
    ends = [availability.FAILED, availability.TRANSFERRED]
    (page, seen), status, counts, latencies, indices, reasons = await gather_all(
        queries.events(
            Selection(types=tuple(ends)), _RECENT_OPERATIONS, 0, Cursor(now_us(), window)
        ),
        queries.ask(AggregateSum("status", window, by=["node"])),
        queries.ask(
            AggregateSum(
                "counts",
                window,
                by=["node", "type"],
                where={"type": list(availability.COUNTED_KINDS)},
            )
        ),
        queries.ask(
            AggregateSum(
                "latency",
                window,
                by=["node", "parent", "type", "bin"],
                where={"type": [*ends, EventKind.PREIMAGE_TRANSFERRED]},
            )
        ),
        queries.ask(AggregateSum("shard_requests", window, by=["shard_index", "type", "node"])),
        queries.ask(
            AggregateSum(
                "failures", window, by=["node", "reason"], where={"type": [availability.FAILED]}
            )
        ),
    )
    body = partial(
        availability.da_stats_enhanced,
        status[0],
        {(row["node"], row["type"]): row["count"] for row in counts[0]},
        latencies=latencies[0],
        indices=indices[0],
        reasons=reasons[0],
        recent=page.events,
    )
    return timestamped_answer(body, (None, seen), status, counts, latencies, indices, reasons)


async def execution_metrics(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/metrics/execution``."""
    window = request_window(values).whole()
    (page, seen), refined, authorized, accumulated, counts = await gather_all(
        queries.events(
            Selection(types=tuple(execution.RECENT_KINDS)),
            _RECENT_EXECUTIONS,
            0,
            Cursor(now_us(), window),
        ),
        queries.ask(AggregateSum("refinements", window, by=["service"])),
        queries.ask(AggregateSum("authorizations", window)),
        queries.ask(AggregateSum("executions", window, by=["hash", "service"])),
        queries.ask(
            AggregateSum("counts", window, by=["type"], where={"type": [EventKind.REFINED]})
        ),
    )
    body = partial(
        execution.execution,
        refined[0],
        authorized[0],
        accumulated[0],
        _count_by_type(counts[0]),
        recent=page.events,
    )
    return _answer(body, (None, seen), refined, authorized, accumulated, counts)


def _count_by_type(rows: list[Json]) -> dict[int, int]:
    """Return counts by event type, added up over the other keys of the rows."""
    counts: dict[int, int] = {}
    for row in rows:
        counts[row["type"]] = counts.get(row["type"], 0) + row["count"]
    return counts


def _answer(body: Callable[[], Mapping[str, Any]], *parts: tuple[Any, Coverage]) -> Answer:
    return Answer(body, common_coverage(parts))


NODE_HANDLERS: Mapping[str, Handler] = {
    "nodes": nodes,
    "node": node,
    "node_status": node_status,
    "topology": network_topology,
    "validators_cores": validators_cores,
    "node_status_enhanced": node_status_enhanced,
    "node_peers": node_peers,
    "node_timeline": node_timeline,
    "da_stats": da_stats,
    "da_stats_enhanced": da_stats_enhanced,
    "execution": execution_metrics,
}
