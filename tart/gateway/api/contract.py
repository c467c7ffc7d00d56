"""The list of all routes.

Pure. ``ROUTES`` is the only list of routes. Handlers are registered by ``name``, parameters are
read by ``Route.read``, and OpenAPI, the documentation page and the SDK are generated from it.
"""

from __future__ import annotations

from dataclasses import replace

from tart.gateway.api.common import COMPARE, CURSOR, has_counted_window
from tart.gateway.api.route import INT64, Route
from tart.gateway.api.routes.access import ACCESS_ROUTES
from tart.gateway.api.routes.agents import AGENT_ROUTES
from tart.gateway.api.routes.alerts import ALERT_ROUTES
from tart.gateway.api.routes.analytics import ANALYTICS_ROUTES
from tart.gateway.api.routes.availability import AVAILABILITY_ROUTES
from tart.gateway.api.routes.client_files import CLIENT_FILE_ROUTES
from tart.gateway.api.routes.comparisons import COMPARISON_ROUTES
from tart.gateway.api.routes.events import EVENT_ROUTES
from tart.gateway.api.routes.failures import FAILURE_ROUTES
from tart.gateway.api.routes.figures import FIGURE_ROUTES
from tart.gateway.api.routes.finality import FINALITY_ROUTES
from tart.gateway.api.routes.grafana import GRAFANA_ROUTES
from tart.gateway.api.routes.grafana_availability import GRAFANA_AVAILABILITY_ROUTES
from tart.gateway.api.routes.grafana_guarantees import GRAFANA_GUARANTEE_ROUTES
from tart.gateway.api.routes.grafana_onchain import GRAFANA_ONCHAIN_ROUTES
from tart.gateway.api.routes.grafana_packages import GRAFANA_PACKAGE_ROUTES
from tart.gateway.api.routes.jam import JAM_ROUTES
from tart.gateway.api.routes.live import LIVE_ROUTES
from tart.gateway.api.routes.logins import LOGIN_ROUTES
from tart.gateway.api.routes.lookup import LOOKUP_ROUTES
from tart.gateway.api.routes.metrics import METRIC_ROUTES
from tart.gateway.api.routes.network import NETWORK_ROUTES
from tart.gateway.api.routes.node_figures import NODE_FIGURE_ROUTES
from tart.gateway.api.routes.nodes import NODE_ROUTES
from tart.gateway.api.routes.packages import PACKAGE_ROUTES
from tart.gateway.api.routes.reconcile import RECONCILE_ROUTES
from tart.gateway.api.routes.server import SERVER_ROUTES
from tart.gateway.api.routes.sessions import SESSION_ROUTES
from tart.gateway.api.routes.slots import SLOT_ROUTES
from tart.gateway.api.routes.streams import STREAM_ROUTES
from tart.gateway.api.routes.traces import TRACE_ROUTES
from tart.gateway.api.routes.web_page import WEB_PAGE_ROUTES
from tart.query.answers.int64 import plan_of

_ROUTES = (
    *SERVER_ROUTES,
    *NETWORK_ROUTES,
    *NODE_ROUTES,
    *NODE_FIGURE_ROUTES,
    *COMPARISON_ROUTES,
    *EVENT_ROUTES,
    *SESSION_ROUTES,
    *LOOKUP_ROUTES,
    *PACKAGE_ROUTES,
    *METRIC_ROUTES,
    *SLOT_ROUTES,
    *TRACE_ROUTES,
    *ANALYTICS_ROUTES,
    *FAILURE_ROUTES,
    *AVAILABILITY_ROUTES,
    *JAM_ROUTES,
    *RECONCILE_ROUTES,
    *FINALITY_ROUTES,
    *LIVE_ROUTES,
    *ALERT_ROUTES,
    *FIGURE_ROUTES,
    *STREAM_ROUTES,
    *ACCESS_ROUTES,
    *LOGIN_ROUTES,
    *CLIENT_FILE_ROUTES,
    *WEB_PAGE_ROUTES,
    *GRAFANA_ROUTES,
    *GRAFANA_PACKAGE_ROUTES,
    *GRAFANA_GUARANTEE_ROUTES,
    *GRAFANA_AVAILABILITY_ROUTES,
    *GRAFANA_ONCHAIN_ROUTES,
    *AGENT_ROUTES,
)
# Streams and exports of events, whose answers have no type.
_OF_EVENTS = ("websocket", "event_stream", "export")


def _with_compare(route: Route) -> Route:
    """Return a route with the parameter for an earlier window, if it answers figures over one.

    Lists that are read page by page do not have it, nor do jamtart's routes, whose answers are as
    jamtart's.
    """
    if not has_counted_window(route.parameters) or CURSOR in route.parameters:
        return route
    return replace(route, parameters=(*route.parameters, COMPARE))


def _with_int64(route: Route) -> Route:
    """Return a route with the parameter for 64-bit integers, if its answer has some."""
    if plan_of(route.answer) is None and route.name not in _OF_EVENTS:
        return route
    return replace(route, parameters=(*route.parameters, INT64))


ROUTES: tuple[Route, ...] = tuple(_with_int64(_with_compare(route)) for route in _ROUTES)
