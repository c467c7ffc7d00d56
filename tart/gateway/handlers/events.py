"""Handlers of events: pages of them, single ones, and their traces."""

from __future__ import annotations

from collections.abc import Mapping

from tart.errors import NotFound, ShardUnavailable
from tart.gateway.fanout.queries import Coverage, QueryClient, gather_all, now_text, now_us
from tart.gateway.handlers.windows import Handler, Values, request_window
from tart.gateway.http.responses import Answer
from tart.query.answers.events import Events, SearchResult
from tart.query.core import cursor as cursors
from tart.query.core.cursor import Cursor
from tart.query.core.event_names import selected_types
from tart.query.core.filters import Selection
from tart.query.core.merge import Page
from tart.query.shard_queries.events import Event, Trace


async def node_events(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/nodes/{id}/events``."""
    # A node that is known but has no events left is not an unknown node.
    (page, seen), _ = await gather_all(
        _events(queries, values, values["id"]), queries.node(values["id"])
    )
    return Answer(_listed(page), seen)


async def events(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/events``."""
    page, seen = await _events(queries, values, values["node_id"])
    return Answer(_listed(page), seen)


async def search(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/events/search``."""
    page, seen = await _events(queries, values, values["node_id"])
    body: SearchResult = {
        **_listed(page),
        "total": None if page.has_more else page.cursor.count,
        "limit": values["limit"],
        "offset": values["offset"],
        "timestamp": now_text(),
    }
    return Answer(body, seen)


async def event(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/events/{id}``."""
    return await _one(queries, Event(values["id"], values["bytes"]))


async def trace(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/events/{id}/trace``."""
    query = Trace(values["id"], values["limit"], values["depth"], values["bytes"])
    return await _one(queries, query)


async def _one(queries: QueryClient, query: Event | Trace) -> Answer:
    """Return the answer of the one shard that has an event."""
    event, seen = await queries.ask(query)
    if event is None:
        if len(seen.shards) != seen.total:
            raise ShardUnavailable("no shard that answered has that event, and not all did")
        raise NotFound(f"event {query.id} not found (never received or expired)", "id")
    # The answer of one shard is complete.
    return Answer(event, Coverage(frozenset(range(seen.total)), seen.total))


async def _events(queries: QueryClient, values: Values, node: str | None) -> tuple[Page, Coverage]:
    """Return a page of the events that fulfil the conditions of a request."""
    selection = selection_of(values, node)
    place = values["cursor"]
    window = request_window(values).open(place=place and place.window)
    place = place or Cursor(now_us(), window)
    limit, offset = values["limit"], values["offset"]
    return await queries.events(selection, limit, offset, place, values["bytes"])


def selection_of(values: Values, node: str | None) -> Selection:
    """Return the conditions of a request, without its window."""
    return Selection(
        node=node,
        types=selected_types(values["event_types"], values["exclude_types"]),
        slot=values["slot"],
        core=values["core_index"],
        hash=values["wp_hash"],
    )


def _listed(page: Page) -> Events:
    body: Events = {"events": page.events, "has_more": page.has_more}
    if page.has_more:
        body["next_cursor"] = cursors.encode(page.cursor)
    return body


EVENT_HANDLERS: Mapping[str, Handler] = {
    each.__name__: each for each in (node_events, events, search, event, trace)
}
