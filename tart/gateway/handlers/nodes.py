"""The handlers of ``contract_nodes``: nodes, topology, data availability, execution."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import reduce
from operator import and_
from typing import Any

from tart.aggregate.core.tables import LINK_BUCKET
from tart.errors import TartError
from tart.gateway.fanout.queries import Coverage, Questions, now_text, now_us, together
from tart.gateway.handlers.windows import asked
from tart.gateway.http.responses import Answer
from tart.query.answers.nodes import ConnectionInfo, NodeDetails, Nodes, NodeStatus
from tart.query.core import chain_stats
from tart.query.core import cursor as cursors
from tart.query.core.cursor import Cursor
from tart.query.core.merge import Json
from tart.query.core.nodes import node_json, node_summary
from tart.query.topics import availability, node_activity, topology
from tart.query.topics import execution as executed
from tart.units import MINUTE_US, SECOND_US

Values = Mapping[str, Any]
Handler = Callable[[Questions, Values], Awaitable[Answer]]

TEN_MINUTES_US = LINK_BUCKET * SECOND_US
_HISTORY = 100
_RECENT = 100
_OPERATIONS = 20
_MAX_TICKETS = 50_000


class NotConfigured(TartError):
    """A route that needs a JAM node's RPC, and there is none."""

    status = 503
    code = "not_configured"


async def nodes(questions: Questions, values: Values) -> Answer:
    """Answer ``/api/nodes``."""
    every, coverage = await questions.nodes(values["bytes"])
    body: Nodes = {"nodes": [node_json(node) for node in every]}
    return Answer(body, coverage)


async def node(questions: Questions, values: Values) -> Answer:
    """Answer ``/api/nodes/{id}``."""
    found, coverage = await questions.node(values["id"], values["bytes"])
    body: NodeDetails = {**node_json(found), "connections": found["connections"]}
    if found["is_connected"] and found["connections"]:
        body["connection_info"] = _connection_info(found["connections"][0])
    return Answer(body, coverage)


async def node_status(questions: Questions, values: Values) -> Answer:
    """Answer ``/api/nodes/{id}/status``."""
    found, merged, coverage = await questions.node_status(values["id"], values["bytes"])
    body: NodeStatus = {"node": node_summary(found), **chain_stats.reported_status(merged)}
    return Answer(body, coverage)


async def topology_of(questions: Questions, values: Values) -> Answer:
    """``/api/network/topology``."""
    window = asked(values).whole(TEN_MINUTES_US)
    types = [topology.ANNOUNCED, topology.TRANSFERRED, topology.TICKET]
    links, transfers, counts = await together(
        questions.summed(
            "links",
            window,
            by=["node", "peer", "type", "side"],
            where={"type": [topology.ANNOUNCED, topology.TICKET]},
        ),
        questions.transfers(window),
        questions.summed("counts", window, by=["node", "type"], where={"type": types}),
    )
    active = len({row["node"] for row in counts[0]})
    body = topology.topology(links[0], transfers[0], _by_type(counts[0]), active)
    return _answer(body, links, transfers, counts)


async def validators_cores(questions: Questions, values: Values) -> Answer:
    """``/api/validators/cores``."""
    window = asked(values).whole()
    guarantees, tickets = await together(
        questions.summed(
            "core_events", window, by=["node", "core"], where={"type": [node_activity.GUARANTEED]}
        ),
        questions.listed("tickets", window, limit=_MAX_TICKETS),
    )
    body = node_activity.validators_cores(guarantees[0], tickets[0])
    return _answer(body, guarantees, tickets)


async def node_status_enhanced(questions: Questions, values: Values) -> Answer:
    """``/api/nodes/{id}/status/enhanced``."""
    window, where = asked(values).whole(), {"node": [values["id"]]}
    (found, merged, seen), cores, counts, tickets = await together(
        questions.node_status(values["id"], values["bytes"]),
        questions.summed("core_events", window, by=["core", "type"], where=where),
        questions.summed("counts", window, by=["type"], where=where),
        questions.listed("tickets", window, where=where, limit=_MAX_TICKETS),
    )
    status: NodeStatus = {"node": node_summary(found), **chain_stats.reported_status(merged)}
    body = node_activity.status_enhanced(status, cores[0], _by_type(counts[0]), tickets[0])
    return _answer(body, (None, seen), cores, counts, tickets)


async def node_peers(questions: Questions, values: Values) -> Answer:
    """``/api/nodes/{id}/peers``."""
    window, where = asked(values).whole(TEN_MINUTES_US), {"node": [values["id"]]}
    selection = {"node": values["id"], "types": [_STATUS]}
    (_, seen), status, (page, also), opened, counts = await together(
        questions.node(values["id"]),
        questions.summed("status", window, by=["node"], where=where),
        questions.events(selection, _HISTORY, 0, Cursor(now_us(), window)),
        questions.summed("links", window, by=["peer"], where={**where, "type": [60]}),
        questions.summed("counts", window, by=["type"], where=where),
    )
    body = node_activity.peers(
        next(iter(status[0]), None), page.events, len(opened[0]), _by_type(counts[0])
    )
    return _answer(body, (None, seen), (None, also), status, opened, counts)


async def node_timeline(questions: Questions, values: Values) -> Answer:
    """``/api/nodes/{id}/timeline``."""
    place = values["cursor"]
    window = asked(values).open(MINUTE_US, place and place.window)
    place = place or Cursor(now_us(), window)
    wanted = values["categories"]
    selection = {
        "node": values["id"],
        "types": None if wanted is None else node_activity.types_of(wanted),
        "bytes": values["bytes"],
    }
    (_, seen), (page, also), counts = await together(
        questions.node(values["id"]),
        questions.events(selection, values["limit"], 0, place),
        questions.summed("counts", window, by=["type"], where={"node": [values["id"]]}),
    )
    body = node_activity.timeline(values["id"], page.events, _by_type(counts[0]))
    body |= {"has_more": page.has_more, "timestamp": now_text()}
    if page.has_more:
        body["next_cursor"] = cursors.encode(page.cursor)
    return Answer(body, seen & also & counts[1])


async def da_stats(questions: Questions, values: Values) -> Answer:
    """``/api/da/stats``."""
    window = asked(values).whole()
    status, counts = await together(
        questions.summed("status", window, by=["node"]),
        questions.summed(
            "counts", window, by=["type"], where={"type": list(availability.PREIMAGES.values())}
        ),
    )
    body = availability.stats(status[0], _by_type(counts[0]))
    return _answer(body, status, counts)


async def da_stats_enhanced(questions: Questions, values: Values) -> Answer:
    """``/api/da/stats/enhanced``."""
    window = asked(values).whole(TEN_MINUTES_US, durations=True)
    requests = [availability.FAILED, availability.TRANSFERRED]
    (page, seen), status, counts, latencies, indices, reasons = await together(
        questions.events({"types": requests}, _OPERATIONS, 0, Cursor(now_us(), window)),
        questions.summed("status", window, by=["node"]),
        questions.summed("counts", window, by=["node", "type"], where={"type": _COUNTED}),
        questions.summed(
            "latency",
            window,
            by=["node", "parent", "type", "bin"],
            where={"type": [*requests, availability.PREIMAGE_TRANSFERRED]},
        ),
        questions.summed("shard_requests", window, by=["shard_index", "type", "node"]),
        questions.summed(
            "failures", window, by=["node", "reason"], where={"type": [availability.FAILED]}
        ),
    )
    body = availability.enhanced(
        status[0],
        {(row["node"], row["type"]): row["count"] for row in counts[0]},
        latencies[0],
        indices[0],
        reasons[0],
        page.events,
    )
    body["timestamp"] = now_text()
    return _answer(body, (None, seen), status, counts, latencies, indices, reasons)


async def execution(questions: Questions, values: Values) -> Answer:
    """``/api/metrics/execution``."""
    window = asked(values).whole()
    (page, seen), refined, authorized, accumulated, counts = await together(
        questions.events(
            {"types": list(executed.RECENT_TYPES)}, _RECENT, 0, Cursor(now_us(), window)
        ),
        questions.summed("refinements", window, by=["service"]),
        questions.summed("authorizations", window),
        questions.summed("executions", window, by=["hash", "service"]),
        questions.summed("counts", window, by=["type"], where={"type": [executed.REFINED]}),
    )
    body = executed.execution(
        refined[0], authorized[0], accumulated[0], _by_type(counts[0]), page.events
    )
    return _answer(body, (None, seen), refined, authorized, accumulated, counts)


async def jam(questions: Questions, values: Values) -> Answer:
    """``/api/jam/…``."""
    raise NotConfigured("this needs the RPC of a JAM node, which tart cannot ask yet")


_STATUS = 10
_COUNTED = [
    *range(availability.ASKED, availability.TRANSFERRED + 1),
    availability.PREIMAGE_ANNOUNCED,
    availability.PREIMAGE_REQUEST,
    availability.PREIMAGE_TRANSFERRED,
]


def _connection_info(connection: Json) -> ConnectionInfo:
    began = datetime.fromisoformat(connection["connected_at"])
    return {
        "address": connection["address"],
        "event_count": connection["event_count"],
        "connected_duration_secs": max(0, int((datetime.now(UTC) - began).total_seconds())),
    }


def _by_type(rows: list[Json]) -> dict[int, int]:
    found: dict[int, int] = {}
    for row in rows:
        found[row["type"]] = found.get(row["type"], 0) + row["count"]
    return found


def _answer(body: Json, *parts: tuple[Any, Coverage]) -> Answer:
    return Answer(body, reduce(and_, (seen for _, seen in parts)))


NODE_HANDLERS: Mapping[str, Handler] = {
    "topology": topology_of,
    "jam_stats": jam,
    "jam_services": jam,
    "jam_cores": jam,
    **{
        each.__name__: each
        for each in (
            nodes,
            node,
            node_status,
            validators_cores,
            node_status_enhanced,
            node_peers,
            node_timeline,
            da_stats,
            da_stats_enhanced,
            execution,
        )
    },
}
