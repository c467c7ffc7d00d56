"""Routes of jamtart's API of 2026 about events, nodes, blocks and cores.

Pure; part of ``api.contract``. Its Grafana dashboards read them. Where a figure of jamtart is
wrong, the description says what tart answers instead.
"""

from __future__ import annotations

from tart.gateway.api.grafana import CORE, EVENT_TYPE_LIST, NODES, RESOLUTION, interval, route
from tart.gateway.api.grafana import EventTypeList as _EventTypeList
from tart.gateway.api.parameters import Choice, Parameter
from tart.gateway.api.route import Route
from tart.query.answers import grafana as answers

GRAFANA_ROUTES: tuple[Route, ...] = (
    route(
        "timeseries",
        "Get counts of events by time and event type, node or core",
        "Ordered by time, then by group; groups and buckets without events are left out. With "
        "core, or grouped by core, only events that belong to a core are counted, in whole "
        f"minutes; group_by=core with core has that core only. {RESOLUTION}",
        list[answers.GrafanaCount],
        interval("1m"),
        Parameter(
            "group_by",
            Choice(("event_type", "node_id", "node", "core")),
            "The group of a row; node is node_id.",
            "event_type",
        ),
        EVENT_TYPE_LIST,
        NODES,
        CORE,
    ),
    route(
        "event-types",
        "Get the event types with jamtart's groups",
        "In ascending order.",
        list[answers.GrafanaEventType],
        Parameter(
            "group",
            _EventTypeList(),
            "Groups, event numbers and names, as in event_types of other routes. Empty means all.",
        ),
        ranged=False,
        scattered=False,
    ),
)
