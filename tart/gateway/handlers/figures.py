"""Handlers of the catalogue of figures: JSON and a web page, made at the first request."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from tart import json_encoding
from tart.gateway.api.figure_pages import figure_catalogue, figure_page
from tart.gateway.fanout.queries import QueryClient
from tart.gateway.handlers.windows import Handler, Values
from tart.gateway.http.responses import Answer


@cache
def _document() -> bytes:
    return json_encoding.dumps(figure_catalogue())


@cache
def _page() -> bytes:
    return figure_page().encode()


async def figures(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/alerts/figures``."""
    return Answer(_document)


async def page(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/docs/figures``."""
    return Answer(_page)


FIGURE_HANDLERS: Mapping[str, Handler] = {"alert_figures": figures, "figure_page": page}
