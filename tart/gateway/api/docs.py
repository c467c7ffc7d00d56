"""HTML page of the API's documentation, without external resources.

Pure. Rendered from the same declarations as the OpenAPI document.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from http import HTTPStatus

from tart.gateway.api.components import schemas
from tart.gateway.api.contract import ROUTES
from tart.gateway.api.docs_script import SCRIPT
from tart.gateway.api.html import html, relative
from tart.gateway.api.openapi import statuses
from tart.gateway.api.parameters import Json, Parameter
from tart.gateway.api.route import Kind, Route
from tart.gateway.api.routes.figures import FIGURES_PAGE
from tart.query.sql.reference import PATH as SQL_PAGE
from tart.query.topics.conformance import RULE_PAGES

PATH = "/api/docs"
EVENTS = "/api/docs/events"
# Families of routes by the beginnings of their paths; the first that fits counts.
_FAMILIES: Mapping[str, tuple[str, ...]] = {
    "Events and SQL": ("/api/events", "/api/event-types", "/api/ws", "/api/sql"),
    "Nodes": ("/api/nodes", "/api/sessions", "/api/conformance", "/api/validators"),
    "Blocks and network": ("/api/blocks", "/api/slots", "/api/network", "/api/stats"),
    "Work-packages and cores": ("/api/workpackages", "/api/guarantees", "/api/cores"),
    "Data availability": ("/api/availability", "/api/preimages", "/api/da"),
    "Figures over time": ("/api/metrics", "/api/analytics"),
    "Server": ("/api/health", "/metrics", "/api/openapi", "/api/docs", "/llms", "/client"),
    "Administration": ("/api/keys", "/api/audit"),
    "Chain (RPC of a node)": ("/api/jam",),
}


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
        f'<a href="{relative(RULE_PAGES, PATH)}">rules</a>. Events: '
        f'<a href="{relative(EVENTS, PATH)}">event types</a>. Tables: '
        f'<a href="{relative(SQL_PAGE, PATH)}">SQL</a>. Alerting: '
        f'<a href="{relative(FIGURES_PAGE, PATH)}">figures and built-in rules</a>.</p>'
    )
    yield (
        "<p>If keys are required, the operator of this server creates one with <code>tart keys "
        "create --name NAME --role viewer</code>. Send it as <code>Authorization: Bearer "
        "tart_…</code>, with a WebSocket or an event stream also as <code>?token=</code>. Paths "
        "are relative to the prefix that a proxy puts before this page. In the commands, "
        "<code>$TART</code> is the address of this server, <code>$TART_WS</code> the same with "
        "the scheme <code>ws</code>.</p>"
    )
    yield (
        '<div id="tools" hidden><label>Search <input id="search" type="search" '
        'placeholder="press / to search"></label> <label>API key <input id="key" '
        'type="password" autocomplete="off"></label></div>'
    )
    yield "<nav>"
    families = _families()
    for family, routes in families.items():
        yield f"<strong>{escape(family)}</strong>"
        for route in routes:
            method = "" if route.method == "GET" else f"{route.method} "
            yield f'<a href="#{route.name}"><code>{method}{escape(route.path)}</code></a>'
    yield "</nav>"
    for family, routes in families.items():
        yield f'<div data-family="{escape(family)}"><h2>{escape(family)}</h2>'
        for route in routes:
            yield from _route(route)
        yield "</div>"
    yield "<h2>Schemas</h2>"
    for name, schema in schemas().items():
        yield f'<h3 id="schema-{name}">{name}</h3><pre>{_schema(schema)}</pre>'
    yield f"<script>{SCRIPT}</script>"


def _families() -> dict[str, list[Route]]:
    """Return the routes by family, in the order of ``_FAMILIES``; others follow by tag."""
    families: dict[str, list[Route]] = {name: [] for name in _FAMILIES}
    for route in ROUTES:
        families.setdefault(_family(route), []).append(route)
    return {name: routes for name, routes in families.items() if routes}


def _family(route: Route) -> str:
    if route.tag:
        return route.tag
    for name, prefixes in _FAMILIES.items():
        if route.path.startswith(prefixes):
            return name
    return "Server"


def _curl(route: Route) -> str:
    """Return a command that requests a route, with examples for its path parameters."""
    path = route.path
    for parameter in route.parameters:
        if parameter.where == "path":
            path = path.replace(f"{{{parameter.name}}}", parameter.name.upper())
    url = f"$TART{path}"
    if route.kind is Kind.WEBSOCKET:
        return f"python -m websockets $TART_WS{path}"
    options = "-N " if route.kind is Kind.EVENT_STREAM else ""
    if route.method != "GET":
        options += f"-X {route.method} "
    if route.body is not None:
        options += "-H 'Content-Type: application/json' -d '{…}' "
    return f"curl {options}{url}"


def _route(route: Route) -> Iterator[str]:
    tried = route.method == "GET" and route.kind in (Kind.ANSWER, Kind.PAGE)
    yield f'<section data-path="{escape(route.path)}" id="{route.name}"' + (
        ' data-tried="1">' if tried else ">"
    )
    yield f"<h3><code>{route.method} {escape(route.path)}</code></h3>"
    yield f"<p><strong>{escape(route.summary)}.</strong> {escape(route.description)}</p>"
    if route.parameters:
        yield "<table><tr><th>Parameter</th><th>Default</th><th>Meaning</th></tr>"
        yield from map(_parameter, route.parameters)
        yield "</table>"
    if route.body is not None:
        name = route.body.__name__
        link = f'<a href="#schema-{name}">{name}</a>' if name in schemas() else "an array of texts"
        yield f"<p>The body is JSON: {link}.</p>"
    answers = ", ".join(f"{status} {HTTPStatus(status).phrase}" for status in statuses(route))
    shape = ""
    if route.answer is not None and (name := getattr(route.answer, "__name__", "")) in schemas():
        shape = f' Answers <a href="#schema-{name}">{name}</a>.'
    yield f"<p>{answers}.{shape}</p><pre>{escape(_curl(route))}</pre></section>"


def _parameter(parameter: Parameter) -> str:
    names = ", ".join(
        f"<code>{escape(name)}</code>" for name in (parameter.name, *parameter.aliases)
    )
    default = f"<code>{escape(parameter.default)}</code>" if parameter.default else ""
    where = " (in the path)" if parameter.where == "path" else ""
    return (
        f'<tr data-name="{parameter.name}" data-where="{parameter.where}" '
        f'data-value="{escape(parameter.default or "")}"><td>{names}{where}</td><td>{default}</td>'
        f"<td>{escape(parameter.description)}</td></tr>"
    )


def _schema(schema: Json) -> str:
    return escape(json.dumps(schema, indent=1))
