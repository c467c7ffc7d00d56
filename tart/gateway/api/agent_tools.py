"""The tools that AI agents are offered: groups of routes, each called a view of its tool.

Pure. A tool has an argument ``view`` that chooses the route, and the parameters of its routes as
further arguments, with the schemas that the routes declare. A few tools with views cost an agent
a tenth of the text that a tool for each route would.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tart.access.roles import Role
from tart.errors import BadQuery, Forbidden
from tart.gateway.api.common import FORMAT_PARAMETERS
from tart.gateway.api.contract import ROUTES
from tart.gateway.api.parameters import Json, Parameter
from tart.gateway.api.route import Route
from tart.protocol.events import EventKind
from tart.query.core.event_names import view_name
from tart.query.sql.tables import TABLES
from tart.suggestions import reject_unknown

_ROUTES = {route.name: route for route in ROUTES}
# Tables that are not of one event type.
MAIN_TABLES = tuple(sorted(TABLES.keys() - {view_name(kind.variant) for kind in EventKind}))
LIMIT = 10  # results of a list, unless the agent asks for more
# Parameters that are of no use to an agent: it pages with cursors, and reads hex.
_LEFT_OUT = FORMAT_PARAMETERS | {"bytes", "int64", "offset"}


@dataclass(frozen=True)
class RouteCall:
    """A call of a route, as its URL and body would say it.

    Attributes:
        query: The query text of the URL.
        path: The path parameters.
        body: The body's members; ``None`` for a route without a body.
        omitted: Members that the answer leaves out.
    """

    route: Route
    query: str
    path: dict[str, str]
    body: dict[str, Any] | None
    omitted: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Tool:
    """One tool.

    Attributes:
        views: Names of views to names of routes, the default first.
        omitted: Members that the answers of a view leave out, at any depth: long, and also in
            the answers about one node.
        body: Name, type and description of the arguments that make the body.
    """

    name: str
    title: str
    description: str
    views: Mapping[str, str]
    body: tuple[tuple[str, str, str], ...] = ()
    omitted: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def routes(self, role: Role) -> dict[str, Route]:
        """Return the routes that a caller with this role may use, by view."""
        routes = {view: _ROUTES[name] for view, name in self.views.items()}
        return {view: route for view, route in routes.items() if route.role <= role}

    def input_schema(self, role: Role) -> Json:
        """Return the JSON Schema of the arguments for callers with this role."""
        routes = self.routes(role)
        properties: dict[str, Json] = {}
        if len(routes) > 1:
            views = "; ".join(f"{view}: {route.summary}" for view, route in routes.items())
            properties["view"] = {
                "type": "string",
                "enum": list(routes),
                "default": next(iter(routes)),
                "description": f"{views}.",
            }
        for view, route in routes.items():
            for parameter in _parameters(route):
                known = properties.setdefault(parameter.name, _property(parameter))
                if len(routes) > 1:
                    known.setdefault("views", []).append(view)
        for described in properties.values():
            _name_views(described, len(routes))
        for name, kind, description in self.body:
            properties[name] = {"type": kind, "description": description}
        required = [name for name, _, _ in self.body]
        schema: Json = {"type": "object", "properties": properties, "additionalProperties": False}
        return {**schema, "required": required} if required else schema

    def call(self, arguments: Mapping[str, Any], role: Role) -> RouteCall:
        """Return the call of the route that the arguments choose.

        Raises:
            BadQuery: An argument is missing, unknown or of the wrong type.
            Forbidden: No view of the tool is permitted to the role.
        """
        routes = self.routes(role)
        if not routes:
            least = min(_ROUTES[name].role for name in self.views.values())
            raise Forbidden(f"{self.name} needs a key with the role {least}")
        given = {name: value for name, value in arguments.items() if value is not None}
        view = given.pop("view", None) or self._view_for(given, routes)
        if not isinstance(view, str) or view not in routes:
            raise BadQuery(f"view must be one of {', '.join(routes)}", "view")
        route = routes[view]
        names = [each.name for each in _parameters(route)]
        body_names = [name for name, _, _ in self.body]
        known = [*(["view"] if len(routes) > 1 else []), *names, *body_names]
        self._reject_of_other_views(given, known, view, routes)
        reject_unknown(given, known, f"{self.name} with view {view}")
        texts = {name: _text(name, given[name]) for name in names if name in given}
        if "limit" in names:
            texts.setdefault("limit", str(LIMIT))
        path = {}
        for parameter in route.parameters:
            if parameter.where == "path":
                if parameter.name not in texts:
                    raise BadQuery(f"view {view} needs {parameter.name}", parameter.name)
                path[parameter.name] = texts.pop(parameter.name)
        body = {name: given.get(name) for name in body_names} if route.body else None
        omitted = self.omitted.get(view, frozenset())
        return RouteCall(route, urlencode(texts), path, body, omitted)

    def _view_for(self, given: Mapping[str, Any], routes: Mapping[str, Route]) -> str:
        """Return the first view that takes the arguments, all that it needs among them."""
        for view, route in routes.items():
            parameters = _parameters(route)
            needed = {each.name for each in parameters if each.where == "path"}
            if needed <= given.keys() <= {each.name for each in parameters}:
                return view
        return next(iter(routes))

    def _reject_of_other_views(
        self, given: Mapping[str, Any], known: list[str], view: str, routes: Mapping[str, Route]
    ) -> None:
        """Refuse an argument that only other views take, and name them."""
        for name in given:
            takers = [
                other
                for other, route in routes.items()
                if name in (each.name for each in _parameters(route))
            ]
            if name not in known and takers:
                raise BadQuery(f"{name} belongs to the views {', '.join(takers)}, not {view}", name)


def _parameters(route: Route) -> list[Parameter]:
    return [each for each in route.parameters if each.name not in _LEFT_OUT]


def _property(parameter: Parameter) -> Json:
    default = {"default": LIMIT} if parameter.name == "limit" else {}
    return {**parameter.schema(), **default, "description": parameter.description}


def _name_views(described: Json, views: int) -> None:
    """Write into the description for which views a parameter is, unless it is for all."""
    names = described.pop("views", None)
    if names is not None and len(names) < views:
        described["description"] = f"For {', '.join(names)}. {described['description']}"


def _text(name: str, value: Any) -> str:
    """Return an argument as the text of a query parameter."""
    match value:
        case bool():
            return str(value).lower()
        case int() | str():
            return str(value)
        case float() if value.is_integer():
            return str(int(value))
        case list():
            return ",".join(_text(name, each) for each in value)
        case _:
            raise BadQuery(f"{name} must be text, a number, a Boolean or a list of them", name)


TOOLS: tuple[Tool, ...] = (
    Tool(
        "network",
        "The network",
        "Start here. Health, best and finalized block, failures, propagation and sync of the "
        "whole JAM network.",
        {
            "health": "network_health",
            "blocks": "stats",
            "parameters": "network",
            "failures": "failure_rates",
            "propagation": "block_propagation",
            "sync": "sync_timeline",
            "assurances": "assurances",
            "data_availability": "da_stats_enhanced",
        },
    ),
    Tool(
        "alerts",
        "Alerts",
        "What is wrong now and since when, by rules with thresholds: of the network, its nodes and "
        "this server; what was wrong before; the rules with their last values.",
        {"now": "alerts", "history": "alert_history", "rules": "alert_rules"},
        omitted={"now": frozenset({"annotations", "fingerprint", "page", "is_builtin"})},
    ),
    Tool(
        "failures",
        "Failure groups",
        "Failures with the same reason, grouped over nodes and versions: how often, since when, "
        "whether it is new or came back, and what came before and after it.",
        {"groups": "failures", "one": "failure"},
    ),
    Tool(
        "nodes",
        "Nodes",
        "The nodes that send telemetry: all of them, or one by its id (64 hex digits): what it "
        "last reported, its connections, what its telemetry gets wrong, its newest events.",
        {
            "list": "nodes",
            "top_senders": "top_nodes",
            "one": "node",
            "status": "node_status",
            "timeline": "node_timeline",
            "sessions": "node_sessions",
            "conformance": "node_conformance",
        },
        omitted={"list": frozenset({"node_info", "statements", "peer_id", "finalized"})},
    ),
    Tool(
        "events",
        "Events",
        "Single events as the nodes sent them. Raw events are stored for hours; counts and "
        "latencies (tool metrics) for months.",
        {"search": "search", "one": "event", "trace": "trace", "types": "event_types"},
    ),
    Tool(
        "work_packages",
        "Work-packages and guarantees",
        "The way of work-packages from submission to distribution: counts by stage, the newest, "
        "the journey of one by its hash with durations and errors, and guarantees.",
        {
            "counts": "workpackages",
            "newest": "active_workpackages",
            "journey": "enhanced_journey",
            "audit": "audit_progress",
            "guarantees": "guarantees",
            "guarantors": "guarantors",
        },
    ),
    Tool(
        "cores",
        "Cores",
        "The load of all cores, or of one core: its throughput, its guarantors, where it is slow.",
        {
            "list": "cores_status",
            "metrics": "core_metrics",
            "work_packages": "core_work_packages",
            "guarantors": "core_guarantors",
            "bottlenecks": "core_bottlenecks",
        },
    ),
    Tool(
        "slot",
        "Blocks",
        "The blocks and events of one slot, or the blocks of a window by author.",
        {"one": "slot", "window": "blocks"},
    ),
    Tool(
        "metrics",
        "Metrics",
        "Counts by time and group, latency percentiles of each step by node or implementation, "
        "gas and time of execution.",
        {
            "timeseries": "timeseries",
            "grouped": "grouped_timeseries",
            "latency": "latency",
            "execution": "execution",
        },
        omitted={"latency": frozenset({"histogram"})},
    ),
    Tool(
        "conformance",
        "Conformance to JIP-3",
        "What the telemetry of the nodes gets wrong, by rule: counts, first and last time.",
        {"all": "conformance"},
    ),
    Tool(
        "sql",
        "SQL",
        "One read-only SELECT (DuckDB's dialect) over all stored events. Narrow it with a "
        "condition on received_at, aggregate, and use LIMIT: answers are cut to what fits.",
        {"query": "sql"},
        body=(
            (
                "query",
                "string",
                f"One SELECT over the tables {', '.join(MAIN_TABLES)}, and one for each event "
                "type, named like block_announced. DESCRIBE TABLE_NAME lists columns. Hashes "
                "are BLOB: unhex('01ab…') is a literal. Name columns instead of *.",
            ),
        ),
    ),
    Tool(
        "server",
        "This server",
        "Health of tart itself, by component: whether answers can be trusted to be complete.",
        {"health": "detailed_health"},
    ),
)


TOOLS_BY_NAME = {tool.name: tool for tool in TOOLS}


def describe_tools(role: Role) -> list[Json]:
    """Return what ``tools/list`` answers to callers with this role."""
    return [
        {
            "name": tool.name,
            "title": tool.title,
            "description": tool.description,
            "inputSchema": tool.input_schema(role),
            "annotations": {"readOnlyHint": True, "openWorldHint": True},
        }
        for tool in TOOLS
        if tool.routes(role)
    ]
