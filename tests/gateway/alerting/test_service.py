"""The service composed: see also the handlers, over HTTP."""

from __future__ import annotations

from tart.config.schema import Config
from tart.gateway.alerting.rule_source import RuleSource
from tart.gateway.alerting.service import AlertService
from tart.gateway.live.alert_feed import AlertFeed


def test_a_service_that_has_evaluated_nothing_says_so() -> None:
    service = AlertService(lambda: 2, AlertFeed(), 30.0, RuleSource(Config()))
    body = service.alerts()
    assert body["evaluated_at"] is None
    assert (body["alerts"], body["counts"]["firing"]) == ([], 0)
    assert (body["shards_answered"], body["shards_total"]) == (0, 2)
