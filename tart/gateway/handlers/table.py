"""The handlers: values of the parameters in, an ``Answer`` out; parse, ask, render.

``HANDLERS`` has one for each route of ``contract`` that is answered from the shards; the
other routes' stand where what they show is kept, in ``app``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from tart.gateway.api.components import SCHEMAS
from tart.gateway.fanout.queries import Questions, now_text, now_us, together
from tart.gateway.handlers.analytics import ANALYTICS_HANDLERS
from tart.gateway.handlers.cores import CORE_HANDLERS
from tart.gateway.handlers.events import EVENT_HANDLERS
from tart.gateway.handlers.metrics import METRIC_HANDLERS
from tart.gateway.handlers.nodes import NODE_HANDLERS
from tart.gateway.handlers.packages import PACKAGE_HANDLERS
from tart.gateway.handlers.sessions import SESSION_HANDLERS
from tart.gateway.handlers.windows import asked, windowed
from tart.gateway.http.responses import Answer
from tart.query.core import chain_stats
from tart.query.core import cursor as cursors
from tart.query.core.cursor import Cursor
from tart.query.core.merge import Json, Page
from tart.query.core.windows import Window, resolve

Values = Mapping[str, Any]
Handler = Callable[[Questions, Values], Awaitable[Answer]]

_NODE = tuple(SCHEMAS["Node"]["required"])
_NODE_BRIEF = tuple(SCHEMAS["NodeStatus"]["properties"]["node"]["required"])


async def stats(questions: Questions, values: Values) -> Answer:
    """``/api/stats``."""
    # Always up to now: without a window in it, what has not changed is not sent again.
    return Answer(*await questions.stats(resolve(now_us(), duration=values["duration"])))


async def network(questions: Questions, values: Values) -> Answer:
    """``/api/network``."""
    every, seen = await questions.nodes(values["bytes"])
    return Answer(chain_stats.network(every), seen)


async def nodes(questions: Questions, values: Values) -> Answer:
    """``/api/nodes``."""
    every, seen = await questions.nodes(values["bytes"])
    return Answer({"nodes": [node_json(node) for node in every]}, seen)


async def node(questions: Questions, values: Values) -> Answer:
    """``/api/nodes/{id}``."""
    found, seen = await questions.node(values["id"], values["bytes"])
    body = {**node_json(found), "connections": found["connections"]}
    if found["is_connected"] and found["connections"]:
        body["connection_info"] = _connection_info(found["connections"][0])
    return Answer(body, seen)


async def node_events(questions: Questions, values: Values) -> Answer:
    """``/api/nodes/{id}/events``."""
    selection = {"node": values["id"], "bytes": values["bytes"]}
    # A node that is known but has no events left is not an unknown node.
    (page, seen), _ = await together(
        _events(questions, values, selection), questions.node(values["id"])
    )
    return Answer(_listed(page), seen)


async def node_status(questions: Questions, values: Values) -> Answer:
    """``/api/nodes/{id}/status``."""
    found, merged, seen = await questions.node_status(values["id"], values["bytes"])
    brief = {name: value for name, value in node_json(found).items() if name in _NODE_BRIEF}
    return Answer(chain_stats.status(brief, merged), seen)


async def events(questions: Questions, values: Values) -> Answer:
    """``/api/events``."""
    page, seen = await _events(questions, values, {"bytes": values["bytes"]})
    return Answer(_listed(page), seen)


async def search(questions: Questions, values: Values) -> Answer:
    """``/api/events/search``."""
    names = {
        "node": "node_id",
        "types": "event_types",
        "slot": "slot",
        "core": "core_index",
        "hash": "wp_hash",
        "bytes": "bytes",
    }
    selection = {name: values[given] for name, given in names.items()}
    place = values["cursor"]
    window = asked(values).open(place=place and place.window)
    page, seen = await _events(questions, values, selection, window)
    listed = _listed(page)
    body = {
        "events": listed.pop("events"),
        "total": None if page.has_more else page.cursor.count,
        "limit": values["limit"],
        "offset": values["offset"],
        **listed,
        "timestamp": now_text(),
    }
    return Answer(body, seen)


async def live(questions: Questions, values: Values) -> Answer:
    """``/api/metrics/live``."""
    found, seen = await questions.live()
    return Answer(
        {
            "timestamp": now_text(),
            "latest_slot": found.chain["best_block"],
            "finalized_slot": found.chain["finalized_block"],
            "active_nodes": found.active_nodes,
            "last_10s": found.window(chain_stats.LIVE_SECONDS),
            "last_1m": found.window(chain_stats.MINUTE_SECONDS),
        },
        seen,
    )


_HANDLERS: Mapping[str, Handler] = {
    **{
        each.__name__: each
        for each in (
            stats,
            network,
            nodes,
            node,
            node_events,
            node_status,
            events,
            search,
            live,
        )
    },
    **EVENT_HANDLERS,
    **SESSION_HANDLERS,
    **PACKAGE_HANDLERS,
    **CORE_HANDLERS,
    **NODE_HANDLERS,
    **METRIC_HANDLERS,
    **ANALYTICS_HANDLERS,
}
HANDLERS: Mapping[str, Handler] = {name: windowed(each) for name, each in _HANDLERS.items()}


def node_json(node: Json) -> Json:
    """A merged node as the API shows it."""
    shown = {**node, "peer_id": node["node_id"]}
    return {name: shown.get(name) for name in _NODE}


def _connection_info(connection: Json) -> Json:
    began = datetime.fromisoformat(connection["connected_at"])
    return {
        "address": connection["address"],
        "event_count": connection["event_count"],
        "connected_duration_secs": max(0, int((datetime.now(UTC) - began).total_seconds())),
    }


async def _events(
    questions: Questions, values: Values, selection: Values, window: Window | None = None
) -> tuple[Page, Any]:
    place = values["cursor"] or Cursor(now_us(), window or Window())
    return await questions.events(selection, values["limit"], values["offset"], place)


def _listed(page: Page) -> Json:
    body: Json = {"events": page.events, "has_more": page.has_more}
    if page.has_more:
        body["next_cursor"] = cursors.encode(page.cursor)
    return body
