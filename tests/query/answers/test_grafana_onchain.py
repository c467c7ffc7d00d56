"""``tart/query/answers/grafana_onchain.py``: figures have the members that it declares."""

from __future__ import annotations

from tart.query.grafana import onchain
from tests.query.answers.checking import check
from tests.query.grafana.test_onchain import statistics


def test_services():
    for name, rows in (
        ("GrafanaChainService", onchain.services(statistics(), None)),
        ("GrafanaChainServiceBucket", onchain.services_by_time(statistics(), None, 10)),
        ("GrafanaChainServiceBlock", onchain.service_blocks(statistics(), 7, None)),
    ):
        for row in rows:
            check(name, row)
        assert rows
