"""``tart/gateway/api/routes/access.py``, and what all routes say of who may use them."""

from __future__ import annotations

import pytest

from tart.access.roles import Role
from tart.gateway.api.contract import ROUTES
from tart.gateway.api.route import Cache
from tart.gateway.api.routes.access import ACCESS_ROUTES

OF_OPERATORS = {
    *("sql", "export", "set_failure_state"),
    *("create_silence", "end_silence", "deliveries", "retry_delivery", "send_test"),
}
ALERTING = {"reload_alert_rules"}


def test_only_routes_without_data_are_public() -> None:
    files = {"javascript_client", "javascript_types", "web_page", "web_asset"}
    documents = {"openapi", "openapi_below_docs", "docs", "llms", "event_types", "event_page"}
    named = {route.name for route in ROUTES if route.role is Role.ANYONE}
    logins = {"login", "logout", "session"}
    pages = {"rules", "rule", "sql_docs", "sql_tables", "alert_figures", "figure_page"}
    assert named == {*documents, "health", *pages, *files, *logins}
    assert not any(route.scattered for route in ROUTES if route.role is Role.ANYONE)


def test_expensive_routes_need_an_operator_and_administration_an_admin() -> None:
    assert {route.name for route in ROUTES if route.role is Role.OPERATOR} == OF_OPERATORS
    admins = {route.name for route in ROUTES if route.role is Role.ADMIN}
    assert admins == {"server_log", *ALERTING, *(route.name for route in ACCESS_ROUTES)}


@pytest.mark.parametrize("route", ACCESS_ROUTES, ids=lambda route: route.name)
def test_administrative_routes_are_not_cached(route) -> None:
    assert route.cache is Cache.LIVE


def test_only_streams_take_a_key_in_the_url() -> None:
    streams = {"websocket", "metrics_stream", "summary_stream", "event_stream", "alert_stream"}
    assert {route.name for route in ROUTES if route.token} == streams
