"""The list of all routes.

Pure. ``ROUTES`` is the only list of routes. Handlers are registered by ``name``, parameters are
read by ``Route.read``, and OpenAPI, the documentation page and the SDK are generated from it.
"""

from __future__ import annotations

from tart.gateway.api.route import Route
from tart.gateway.api.routes.access import ACCESS_ROUTES
from tart.gateway.api.routes.analytics import ANALYTICS_ROUTES
from tart.gateway.api.routes.events import EVENT_ROUTES
from tart.gateway.api.routes.metrics import METRIC_ROUTES
from tart.gateway.api.routes.network import NETWORK_ROUTES
from tart.gateway.api.routes.nodes import NODE_ROUTES
from tart.gateway.api.routes.packages import PACKAGE_ROUTES
from tart.gateway.api.routes.server import SERVER_ROUTES
from tart.gateway.api.routes.sessions import SESSION_ROUTES
from tart.gateway.api.routes.streams import STREAM_ROUTES

ROUTES: tuple[Route, ...] = (
    *SERVER_ROUTES,
    *NETWORK_ROUTES,
    *NODE_ROUTES,
    *EVENT_ROUTES,
    *SESSION_ROUTES,
    *PACKAGE_ROUTES,
    *METRIC_ROUTES,
    *ANALYTICS_ROUTES,
    *STREAM_ROUTES,
    *ACCESS_ROUTES,
)
