"""``tart/dashboards/server.py``: panels for all that alerts look at."""

from __future__ import annotations

import re
from pathlib import Path

from tart.dashboards.server import SERVER

ALERTS = Path(__file__).parents[2] / "systemd" / "prometheus" / "tart-alerts.yml"


def test_what_an_alert_looks_at_has_a_panel():
    shown = " ".join(
        query.expression for row in SERVER.rows for panel in row.panels for query in panel.queries
    )
    rules = re.findall(r"\b(tart_\w+)", ALERTS.read_text())
    assert {name for name in rules if name not in shown} == set()
