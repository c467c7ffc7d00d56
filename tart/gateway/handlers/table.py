"""The table of handlers: values of a route's parameters in, an ``Answer`` out.

``HANDLERS`` has one for each route of ``contract`` that is answered from the shards. Handlers of
the other routes are beside the state that they show, in ``app``.
"""

from __future__ import annotations

from collections.abc import Mapping

from tart.gateway.handlers.analytics import ANALYTICS_HANDLERS
from tart.gateway.handlers.availability import AVAILABILITY_HANDLERS
from tart.gateway.handlers.client_files import CLIENT_FILE_HANDLERS
from tart.gateway.handlers.comparisons import COMPARISON_HANDLERS
from tart.gateway.handlers.cores import CORE_HANDLERS
from tart.gateway.handlers.event_histogram import EVENT_HISTOGRAM_HANDLERS
from tart.gateway.handlers.event_reference import EVENT_REFERENCE_HANDLERS
from tart.gateway.handlers.events import EVENT_HANDLERS
from tart.gateway.handlers.exports import EXPORT_HANDLERS
from tart.gateway.handlers.figures import FIGURE_HANDLERS
from tart.gateway.handlers.finality import FINALITY_HANDLERS
from tart.gateway.handlers.grafana import GRAFANA_HANDLERS
from tart.gateway.handlers.grafana_availability import GRAFANA_AVAILABILITY_HANDLERS
from tart.gateway.handlers.grafana_guarantees import GRAFANA_GUARANTEE_HANDLERS
from tart.gateway.handlers.grafana_network import GRAFANA_NETWORK_HANDLERS
from tart.gateway.handlers.grafana_nodes import GRAFANA_NODE_HANDLERS
from tart.gateway.handlers.grafana_onchain import GRAFANA_ONCHAIN_HANDLERS
from tart.gateway.handlers.grafana_packages import GRAFANA_PACKAGE_HANDLERS
from tart.gateway.handlers.jam import JAM_HANDLERS
from tart.gateway.handlers.lookup import LOOKUP_HANDLERS
from tart.gateway.handlers.messages import MESSAGE_HANDLERS
from tart.gateway.handlers.metrics import METRIC_HANDLERS
from tart.gateway.handlers.network import NETWORK_HANDLERS
from tart.gateway.handlers.node_figures import NODE_FIGURE_HANDLERS
from tart.gateway.handlers.nodes import NODE_HANDLERS
from tart.gateway.handlers.packages import PACKAGE_HANDLERS
from tart.gateway.handlers.reconcile import RECONCILE_HANDLERS
from tart.gateway.handlers.sessions import SESSION_HANDLERS
from tart.gateway.handlers.slots import SLOT_HANDLERS
from tart.gateway.handlers.sql import SQL_HANDLERS
from tart.gateway.handlers.traces import TRACE_HANDLERS
from tart.gateway.handlers.windows import Handler, windowed

_HANDLERS: Mapping[str, Handler] = {
    **NETWORK_HANDLERS,
    **EVENT_HANDLERS,
    **EVENT_HISTOGRAM_HANDLERS,
    **EVENT_REFERENCE_HANDLERS,
    **FIGURE_HANDLERS,
    **LOOKUP_HANDLERS,
    **MESSAGE_HANDLERS,
    **EXPORT_HANDLERS,
    **SQL_HANDLERS,
    **SESSION_HANDLERS,
    **PACKAGE_HANDLERS,
    **CORE_HANDLERS,
    **NODE_HANDLERS,
    **NODE_FIGURE_HANDLERS,
    **COMPARISON_HANDLERS,
    **JAM_HANDLERS,
    **METRIC_HANDLERS,
    **SLOT_HANDLERS,
    **TRACE_HANDLERS,
    **ANALYTICS_HANDLERS,
    **AVAILABILITY_HANDLERS,
    **RECONCILE_HANDLERS,
    **FINALITY_HANDLERS,
    **GRAFANA_HANDLERS,
    **GRAFANA_PACKAGE_HANDLERS,
    **GRAFANA_GUARANTEE_HANDLERS,
    **GRAFANA_AVAILABILITY_HANDLERS,
    **GRAFANA_ONCHAIN_HANDLERS,
    **CLIENT_FILE_HANDLERS,
    **GRAFANA_NETWORK_HANDLERS,
    **GRAFANA_NODE_HANDLERS,
}
HANDLERS: Mapping[str, Handler] = {name: windowed(each) for name, each in _HANDLERS.items()}
