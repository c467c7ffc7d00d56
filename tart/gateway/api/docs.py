"""HTML page of the API's documentation, without external resources.

Pure. Rendered from the same declarations as the OpenAPI document.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from http import HTTPStatus

from tart.gateway.api.components import SCHEMAS
from tart.gateway.api.contract import ROUTES
from tart.gateway.api.html import html, relative
from tart.gateway.api.openapi import statuses
from tart.gateway.api.parameters import Json, Parameter
from tart.gateway.api.route import Route
from tart.query.sql.reference import PATH as SQL_PAGE
from tart.query.topics.conformance import RULE_PAGES

PATH = "/api/docs"


def page(version: str) -> str:
    """Return the whole page."""
    return html("tart API", _lines(version))


def _lines(version: str) -> Iterator[str]:
    yield f"<h1>tart API <small>{escape(version)}</small></h1>"
    yield (
        "<p>Lists are newest first, times are RFC 3339 in UTC, and values that cannot be known are "
        "null. If shards did not answer, <code>shards</code> has their number. Errors "
        'have the schema <a href="#schema-Error">Error</a>. For programs: '
        f'<a href="{relative("/api/openapi.json", PATH)}">OpenAPI</a>. Conformance: '
        f'<a href="{relative(RULE_PAGES, PATH)}">rules</a>. Tables: '
        f'<a href="{relative(SQL_PAGE, PATH)}">SQL</a>.</p>'
    )
    yield (
        "<p>If keys are required, the operator of this server creates one with <code>tart keys "
        "create --name NAME --role viewer</code>. Send it as <code>Authorization: Bearer "
        "tart_…</code>, with a WebSocket or an event stream also as <code>?token=</code>. Paths "
        "are relative to the prefix that a proxy puts before this page.</p><nav>"
    )
    for route in ROUTES:
        yield f'<a href="#{route.name}"><code>{escape(route.path)}</code></a>'
    yield "</nav>"
    for route in ROUTES:
        yield from _route(route)
    yield "<h1>Schemas</h1>"
    for name, schema in SCHEMAS.items():
        yield f'<h2 id="schema-{name}">{name}</h2><pre>{_schema(schema)}</pre>'


def _route(route: Route) -> Iterator[str]:
    yield f'<h2 id="{route.name}"><code>{route.method} {escape(route.path)}</code></h2>'
    yield f"<p><strong>{escape(route.summary)}.</strong> {escape(route.description)}</p>"
    if route.parameters:
        yield "<table><tr><th>Parameter</th><th>Default</th><th>Meaning</th></tr>"
        yield from map(_parameter, route.parameters)
        yield "</table>"
    if route.body is not None:
        name = route.body.__name__
        link = f'<a href="#schema-{name}">{name}</a>' if name in SCHEMAS else "an array of texts"
        yield f"<p>The body is JSON: {link}.</p>"
    answers = ", ".join(f"{status} {HTTPStatus(status).phrase}" for status in statuses(route))
    shape = ""
    if route.answer is not None and (name := getattr(route.answer, "__name__", "")) in SCHEMAS:
        shape = f' Answers <a href="#schema-{name}">{name}</a>.'
    yield f"<p>{answers}.{shape}</p>"


def _parameter(parameter: Parameter) -> str:
    names = ", ".join(
        f"<code>{escape(name)}</code>" for name in (parameter.name, *parameter.aliases)
    )
    default = f"<code>{escape(parameter.default)}</code>" if parameter.default else ""
    where = " (in the path)" if parameter.where == "path" else ""
    return (
        f"<tr><td>{names}{where}</td><td>{default}</td>"
        f"<td>{escape(parameter.description)}</td></tr>"
    )


def _schema(schema: Json) -> str:
    return escape(json.dumps(schema, indent=1))
