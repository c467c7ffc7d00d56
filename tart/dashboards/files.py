"""The files that bring the dashboards into Grafana: dashboards as JSON, and provisioning.

Their layout is that of Grafana's provisioning folder: Grafana reads ``*.yml`` in ``dashboards`` and
``datasources``, and the dashboards themselves in the folder that ``dashboards/tart.yml`` names.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from tart.dashboards.model import Dashboard, dashboard_json
from tart.dashboards.network import NETWORK
from tart.dashboards.server import SERVER

DASHBOARDS: tuple[Dashboard, ...] = (SERVER, NETWORK)
PROMETHEUS_URL = "http://127.0.0.1:9090"

_PROVIDER = """\
# Dashboards of tart, read from files: /etc/grafana/provisioning/dashboards/tart.yml
apiVersion: 1
providers:
  - name: tart
    folder: tart
    type: file
    disableDeletion: false
    allowUiUpdates: true
    updateIntervalSeconds: 30
    options:
      path: {}
"""
_DATASOURCE = """\
# The Prometheus that scrapes tart: /etc/grafana/provisioning/datasources/tart.yml
apiVersion: 1
datasources:
  - name: tart Prometheus
    type: prometheus
    uid: tart-prometheus
    access: proxy
    url: {}
    jsonData:
      # scrape_interval of Prometheus; rates are taken over four times as long.
      timeInterval: 15s
      httpMethod: POST
"""


def provisioning_files(directory: str, prometheus_url: str = PROMETHEUS_URL) -> Mapping[str, str]:
    """Return the files by their path below the provisioning folder.

    Args:
        directory: The absolute path of the provisioning folder.
        prometheus_url: Where Grafana reaches Prometheus.
    """
    return {
        "datasources/tart.yml": _DATASOURCE.format(json.dumps(prometheus_url)),
        "dashboards/tart.yml": _PROVIDER.format(json.dumps(f"{directory}/dashboards/tart")),
        **{f"dashboards/tart/{name}": text for name, text in dashboard_files().items()},
    }


def dashboard_files() -> Mapping[str, str]:
    """Return the dashboards as JSON to import, by file name."""
    return {
        f"{dashboard.uid}.json": json.dumps(dashboard_json(dashboard), indent=1) + "\n"
        for dashboard in DASHBOARDS
    }
