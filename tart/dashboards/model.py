"""Grafana's classic dashboard model (schema version 39), as far as tart's dashboards use it.

A dashboard is declared as rows of panels; ``dashboard_json`` lays the panels out and fills in what
the declaration leaves out. Grafana 11 and 12 read this model as it is, 13 converts it. Source:
https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Json = dict[str, Any]
Kind = Literal["timeseries", "stat", "table", "bargauge", "heatmap"]

SCHEMA_VERSION = 39
GRID_COLUMNS = 24
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}

GREEN, YELLOW, RED = "green", "yellow", "red"


@dataclass(frozen=True)
class Query:
    """A PromQL expression and the legend of its series, a template of labels."""

    expression: str
    legend: str = ""


@dataclass(frozen=True)
class Panel:
    """A panel.

    Attributes:
        title: The heading.
        description: The tooltip: the meaning of the figure, and the values to worry about.
        queries: The expressions.
        kind: Grafana's name of the visualization.
        unit: Grafana's id of the unit; https://github.com/grafana/grafana lists them in
            ``packages/grafana-data/src/valueFormats/categories.ts``.
        width: In columns, of 24.
        thresholds: Values from which a color holds, ascending; below the first it is green.
        stacked: Whether series add up.
        from_zero: Whether the axis begins at 0; else with the least value.
        quiet: Whether all values are 0, or there are none, while all is well.
    """

    title: str
    description: str
    queries: Sequence[Query]
    kind: Kind = "timeseries"
    unit: str = "short"
    width: int = 12
    thresholds: Sequence[tuple[float, str]] = ()
    stacked: bool = False
    from_zero: bool = True
    quiet: bool = False


@dataclass(frozen=True)
class Row:
    """A row of panels below a heading."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True)
class Variable:
    """A variable whose values are those of a label.

    Attributes:
        name: In expressions, ``$name``.
        label: On the page.
        query: Grafana's ``label_values(metric, label)``.
        several: Whether several values, or all, may be selected.
    """

    name: str
    label: str
    query: str
    several: bool = True


@dataclass(frozen=True)
class Dashboard:
    """A dashboard; ``uid`` is its address in Grafana."""

    uid: str
    title: str
    description: str
    variables: Sequence[Variable]
    rows: Sequence[Row]


def dashboard_json(dashboard: Dashboard) -> Json:
    """Return a dashboard as Grafana imports it."""
    return {
        "id": None,
        "uid": dashboard.uid,
        "title": dashboard.title,
        "description": dashboard.description,
        "tags": ["tart"],
        "timezone": "browser",
        "editable": True,
        "graphTooltip": 1,
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"},
        "timepicker": {},
        "annotations": {"list": []},
        "links": [
            {
                "type": "dashboards",
                "title": "tart",
                "tags": ["tart"],
                "asDropdown": False,
                "icon": "external link",
                "includeVars": False,
                "keepTime": True,
                "targetBlank": False,
                "tooltip": "",
                "url": "",
            }
        ],
        "templating": {"list": [_datasource_variable(), *map(_variable_json, dashboard.variables)]},
        "panels": _layout(dashboard.rows),
    }


def _datasource_variable() -> Json:
    return {
        "name": "datasource",
        "type": "datasource",
        "label": "Prometheus",
        "query": "prometheus",
        "current": {},
        "hide": 0,
        "includeAll": False,
        "multi": False,
        "options": [],
        "refresh": 1,
        "regex": "",
        "skipUrlSync": False,
    }


def _variable_json(variable: Variable) -> Json:
    every: Json = {"text": "All", "value": "$__all"} if variable.several else {}
    return {
        "name": variable.name,
        "type": "query",
        "label": variable.label,
        "datasource": DATASOURCE,
        "definition": variable.query,
        "query": {"query": variable.query, "refId": "StandardVariableQuery"},
        "current": every,
        "hide": 0,
        "includeAll": variable.several,
        "multi": variable.several,
        "options": [],
        # Again whenever the time range changes.
        "refresh": 2,
        "regex": "",
        "skipUrlSync": False,
        "sort": 1,
    }


def _layout(rows: Sequence[Row]) -> list[Json]:
    """Return headings and panels with their positions: left to right, then down."""
    panels: list[Json] = []
    top = 0
    for row in rows:
        panels.append(
            {
                "id": len(panels) + 1,
                "type": "row",
                "title": row.title,
                "collapsed": False,
                "gridPos": {"h": 1, "w": GRID_COLUMNS, "x": 0, "y": top},
                "panels": [],
            }
        )
        top += 1
        left = height = 0
        for panel in row.panels:
            if left + panel.width > GRID_COLUMNS:
                top, left, height = top + height, 0, 0
            own = 4 if panel.kind == "stat" else 8
            position = {"h": own, "w": panel.width, "x": left, "y": top}
            panels.append(_panel_json(panel, len(panels) + 1, position))
            left, height = left + panel.width, max(height, own)
        top += height
    return panels


def _panel_json(panel: Panel, number: int, position: Json) -> Json:
    defaults: Json = {
        "unit": panel.unit,
        "color": {"mode": "palette-classic"},
        "mappings": [],
        "thresholds": {
            "mode": "absolute",
            "steps": [
                {"color": GREEN, "value": None},
                *({"color": color, "value": value} for value, color in panel.thresholds),
            ],
        },
    }
    if panel.kind in ("stat", "bargauge"):
        defaults["color"] = {"mode": "thresholds"}
    if panel.kind == "timeseries":
        defaults["custom"] = _lines(panel)
        if panel.from_zero:
            defaults["min"] = 0
    body: Json = {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": DATASOURCE,
        "gridPos": position,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": _OPTIONS[panel.kind],
        "targets": [
            _target_json(panel.kind, query, chr(ord("A") + index))
            for index, query in enumerate(panel.queries)
        ],
    }
    if panel.kind == "table":
        body["transformations"] = [
            {
                "id": "organize",
                "options": {
                    "excludeByName": {"Time": True},
                    "includeByName": {},
                    "indexByName": {},
                    "renameByName": {"Value": panel.queries[0].legend},
                },
            }
        ]
    return body


def _target_json(kind: Kind, query: Query, letter: str) -> Json:
    instant = kind in ("table", "bargauge")
    formats = {"table": "table", "heatmap": "heatmap"}
    return {
        "refId": letter,
        "datasource": DATASOURCE,
        "expr": query.expression,
        "legendFormat": "" if kind == "table" else query.legend or "__auto",
        "format": formats.get(kind, "time_series"),
        "instant": instant,
        "range": not instant,
        "editorMode": "code",
    }


def _lines(panel: Panel) -> Json:
    return {
        "drawStyle": "line",
        "lineInterpolation": "linear",
        "lineWidth": 1,
        "fillOpacity": 40 if panel.stacked else 10,
        "gradientMode": "none",
        "showPoints": "auto",
        "pointSize": 4,
        "spanNulls": False,
        "stacking": {"group": "A", "mode": "normal" if panel.stacked else "none"},
        "thresholdsStyle": {"mode": "dashed" if panel.thresholds else "off"},
        "axisPlacement": "auto",
        "scaleDistribution": {"type": "linear"},
    }


_REDUCE = {"calcs": ["lastNotNull"], "fields": "", "values": False}
_OPTIONS: dict[Kind, Json] = {
    "timeseries": {
        "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "stat": {
        "colorMode": "value",
        "graphMode": "area",
        "justifyMode": "auto",
        "orientation": "auto",
        "reduceOptions": _REDUCE,
        "textMode": "auto",
        "wideLayout": True,
    },
    "bargauge": {
        "displayMode": "gradient",
        "minVizHeight": 10,
        "minVizWidth": 0,
        "namePlacement": "auto",
        "orientation": "horizontal",
        "reduceOptions": _REDUCE,
        "showUnfilled": True,
        "sizing": "auto",
        "valueMode": "color",
    },
    "table": {
        "cellHeight": "sm",
        "footer": {"countRows": False, "fields": "", "reducer": ["sum"], "show": False},
        "showHeader": True,
    },
    "heatmap": {
        "calculate": False,
        "cellGap": 1,
        "color": {
            "exponent": 0.5,
            "fill": "dark-orange",
            "mode": "scheme",
            "reverse": False,
            "scale": "exponential",
            "scheme": "Oranges",
            "steps": 64,
        },
        "exemplars": {"color": "rgba(255,0,255,0.7)"},
        "filterValues": {"le": 1e-9},
        "legend": {"show": True},
        "rowsFrame": {"layout": "auto"},
        "showValue": "never",
        "tooltip": {"mode": "single", "showColorScale": False, "yHistogram": False},
        "yAxis": {"axisPlacement": "left", "reverse": False, "unit": "s"},
    },
}
