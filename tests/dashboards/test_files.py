"""``tart/dashboards/files.py``: dashboards as files, and how Grafana finds them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tart.dashboards.files import dashboard_files, provisioning_files

DOCS = Path(__file__).parents[2] / "docs" / "grafana"


@pytest.mark.parametrize("name", dashboard_files())
def test_the_dashboards_in_docs_are_those_of_the_code(name):
    """To write them again: ``tart grafana DIR`` and copy ``DIR/dashboards/tart/*.json``."""
    assert (DOCS / name).read_text() == dashboard_files()[name]


def test_provisioning_names_the_folder_of_the_dashboards_and_the_url():
    files = provisioning_files("/etc/grafana/provisioning", "http://prometheus:9090")
    assert 'path: "/etc/grafana/provisioning/dashboards/tart"\n' in files["dashboards/tart.yml"]
    assert 'url: "http://prometheus:9090"\n' in files["datasources/tart.yml"]
    assert json.loads(files["dashboards/tart/tart-network.json"])["uid"] == "tart-network"


def test_provisioning_has_the_members_that_grafana_reads():
    files = provisioning_files("/x")
    for name, members in (
        ("dashboards/tart.yml", ("apiVersion: 1", "providers:", "type: file", "options:")),
        ("datasources/tart.yml", ("apiVersion: 1", "type: prometheus", "access: proxy")),
    ):
        lines = [line.strip(" -") for line in files[name].splitlines()]
        assert set(members) <= set(lines)
