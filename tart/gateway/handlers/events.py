"""Handlers of events: pages of them, single ones, and their traces."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from tart.errors import NotFound, ShardUnavailable
from tart.gateway.fanout.queries import Coverage, Questions, coverage, now_text, now_us, together
from tart.gateway.handlers.windows import asked
from tart.gateway.http.responses import Answer
from tart.query.answers.events import Events, SearchResult
from tart.query.core import cursor as cursors
from tart.query.core.cursor import Cursor
from tart.query.core.merge import Page
from tart.query.core.windows import Window

Values = Mapping[str, Any]
Handler = Callable[[Questions, Values], Awaitable[Answer]]


async def node_events(questions: Questions, values: Values) -> Answer:
    """``/api/nodes/{id}/events``."""
    selection = {"node": values["id"], "bytes": values["bytes"]}
    # A node that is known but has no events left is not an unknown node.
    (page, seen), _ = await together(
        _events(questions, values, selection), questions.node(values["id"])
    )
    return Answer(_listed(page), seen)


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
    body: SearchResult = {
        **_listed(page),
        "total": None if page.has_more else page.cursor.count,
        "limit": values["limit"],
        "offset": values["offset"],
        "timestamp": now_text(),
    }
    return Answer(body, seen)


async def event(questions: Questions, values: Values) -> Answer:
    """``/api/events/{id}``."""
    return await _one(questions, "event", values)


async def trace(questions: Questions, values: Values) -> Answer:
    """``/api/events/{id}/trace``."""
    return await _one(questions, "trace", values)


async def _one(questions: Questions, name: str, values: Values) -> Answer:
    """What the one shard says that has an id."""
    answers = await questions.scatter(name, values)
    seen = coverage(answers)
    found = next((value for _, value in answers.values if value is not None), None)
    if found is None:
        if len(seen.shards) != seen.total:
            raise ShardUnavailable("no shard that answered has that event, and not all did")
        raise NotFound(f"no event {values['id']} is kept", "id")
    # One shard's word is all of it.
    return Answer(found, Coverage(frozenset(range(seen.total)), seen.total))


async def _events(
    questions: Questions, values: Values, selection: Values, window: Window | None = None
) -> tuple[Page, Coverage]:
    place = values["cursor"] or Cursor(now_us(), window or Window())
    return await questions.events(selection, values["limit"], values["offset"], place)


def _listed(page: Page) -> Events:
    body: Events = {"events": page.events, "has_more": page.has_more}
    if page.has_more:
        body["next_cursor"] = cursors.encode(page.cursor)
    return body


EVENT_HANDLERS: Mapping[str, Handler] = {
    each.__name__: each for each in (node_events, events, search, event, trace)
}
