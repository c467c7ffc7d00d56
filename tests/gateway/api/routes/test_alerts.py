"""``tart/gateway/api/routes/alerts.py``: who may do what, and that nothing is cached."""

from __future__ import annotations

import pytest

from tart.access.roles import Role
from tart.errors import BadQuery
from tart.gateway.api.contract import ROUTES
from tart.gateway.api.route import Cache, Kind
from tart.gateway.api.routes.alerts import ALERT_ROUTES

BY_NAME = {route.name: route for route in ROUTES}


def test_viewers_read_operators_silence_and_see_messages_and_admins_reload() -> None:
    roles = {route.name: route.role for route in ALERT_ROUTES}
    assert {name for name, role in roles.items() if role is Role.VIEWER} == {
        *("alerts", "alert_stream", "alert_rules", "alert_history", "silences", "anomalies")
    }
    assert {name for name, role in roles.items() if role is Role.OPERATOR} == {
        *("create_silence", "end_silence", "deliveries", "retry_delivery", "send_test")
    }
    assert roles["reload_alert_rules"] is Role.ADMIN


def test_answers_are_not_cached() -> None:
    answers = [route for route in ALERT_ROUTES if route.kind is Kind.ANSWER]
    assert {route.cache for route in answers} == {Cache.LIVE}


@pytest.mark.parametrize(
    ("route", "query", "way_out"),
    [
        ("alerts", "state=fireing", "pending, firing, resolved"),
        ("alerts", "severity=page", "critical, warning, info"),
        ("alerts", "node=xyz", "hex digits"),
        ("alerts", "rule=x", "it takes limit, state"),
        ("alert_history", "before=0", "before must be an integer from 1"),
        ("alert_history", "start=yesterday", "RFC 3339"),
        ("deliveries", "state=lost", "queued, delivered, dead"),
    ],
)
def test_a_filter_of_a_wrong_type_is_refused_with_the_way_out(
    route: str, query: str, way_out: str
) -> None:
    path = {each.name: "1" for each in BY_NAME[route].parameters if each.where == "path"}
    with pytest.raises(BadQuery, match=way_out):
        BY_NAME[route].read(query, path)
