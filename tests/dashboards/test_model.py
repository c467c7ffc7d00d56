"""``tart/dashboards/model.py``: what Grafana's classic dashboard model asks for.

The members are those of https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/
view-dashboard-json-model/; Grafana's own library (grafana-foundation-sdk) reads the dashboards and
writes them again without a loss.
"""

from __future__ import annotations

import pytest

from tart.dashboards.files import DASHBOARDS
from tart.dashboards.model import GRID_COLUMNS, dashboard_json

# Ids of units in Grafana (packages/grafana-data/src/valueFormats/categories.ts).
UNITS = {"none", "short", "percentunit", "s", "bytes", "Bps", "reqps"}
MEMBERS = {
    *("id", "uid", "title", "description", "tags", "timezone", "editable", "graphTooltip"),
    *("schemaVersion", "version", "refresh", "time", "timepicker", "annotations", "links"),
    *("templating", "panels"),
}
PANEL_MEMBERS = {
    *("id", "type", "title", "description", "datasource", "gridPos", "fieldConfig", "options"),
    *("targets", "transformations"),
}
TARGET_MEMBERS = {
    *("refId", "datasource", "expr", "legendFormat", "format", "instant", "range", "editorMode"),
}


@pytest.fixture(params=DASHBOARDS, ids=lambda each: each.uid)
def dashboard(request):
    return dashboard_json(request.param)


def test_a_dashboard_has_the_members_of_the_model(dashboard):
    assert dashboard.keys() == MEMBERS
    assert dashboard["id"] is None
    for panel in dashboard["panels"]:
        if panel["type"] == "row":
            assert panel.keys() == {"id", "type", "title", "collapsed", "gridPos", "panels"}
            continue
        assert panel.keys() <= PANEL_MEMBERS
        assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
        assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"][0]["value"] is None
        for target in panel["targets"]:
            assert target.keys() == TARGET_MEMBERS
            assert target["instant"] is not target["range"]


def test_panels_have_numbers_of_their_own_and_a_description(dashboard):
    panels = dashboard["panels"]
    assert [panel["id"] for panel in panels] == list(range(1, len(panels) + 1))
    for panel in panels:
        if panel["type"] != "row":
            assert len(panel["description"]) > 20
            letters = [target["refId"] for target in panel["targets"]]
            assert letters == sorted(set(letters))
    titles = [panel["title"] for panel in panels]
    assert len(set(titles)) == len(titles)


def test_panels_fill_the_grid_without_overlap(dashboard):
    taken = set()
    for panel in dashboard["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= GRID_COLUMNS
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken
        taken |= cells


def test_no_plugin_and_no_data_source_of_a_single_installation_is_needed(dashboard):
    kinds = {panel["type"] for panel in dashboard["panels"]}
    assert kinds <= {"row", "timeseries", "stat", "table", "bargauge", "heatmap"}
    names = [variable["name"] for variable in dashboard["templating"]["list"]]
    assert names[:2] == ["datasource", "instance"]
    for panel in dashboard["panels"]:
        for part in (panel, *panel.get("targets", ())):
            if part.get("type") != "row":
                assert part["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


def test_every_query_is_about_the_selected_instance(dashboard):
    for panel in dashboard["panels"]:
        for target in panel.get("targets", ()):
            assert "$instance" in target["expr"]
