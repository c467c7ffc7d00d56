"""Handlers of the reference of event types: JSON and a web page, made at the first request."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from tart import json_encoding
from tart.gateway.api import event_pages
from tart.gateway.fanout.queries import QueryClient
from tart.gateway.handlers.windows import Handler, Values
from tart.gateway.http.responses import Answer
from tart.query.topics.event_reference import event_reference


@cache
def _document() -> bytes:
    return json_encoding.dumps(event_reference())


@cache
def _page() -> bytes:
    return event_pages.event_page().encode()


async def event_types(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/event-types``."""
    return Answer(_document)


async def event_page(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/docs/events``."""
    return Answer(_page)


EVENT_REFERENCE_HANDLERS: Mapping[str, Handler] = {
    "event_types": event_types,
    "event_page": event_page,
}
