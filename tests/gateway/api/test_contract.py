"""The table of routes itself."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest

from tart.errors import BadQuery
from tart.gateway.api.contract import ROUTES
from tart.gateway.api.grafana import TAG
from tart.gateway.api.route import Route
from tart.gateway.handlers.table import HANDLERS
from tests.cases import all_cases

BY_NAME = {route.name: route for route in ROUTES}


def test_names_and_paths_are_unique() -> None:
    assert len(BY_NAME) == len(ROUTES)
    assert len({(route.path, route.method) for route in ROUTES}) == len(ROUTES)


def test_the_contract_has_all_routes() -> None:
    """Those for jamtart's dashboards are in ``routes/test_grafana.py``."""
    assert {route.path for route in ROUTES if route.tag != TAG} == {
        "/metrics/network",
        "/mcp",
        "/llms.txt",
        "/api/health",
        "/api/health/detailed",
        "/api/stats",
        "/api/network",
        "/api/nodes",
        "/api/nodes/{id}",
        "/api/nodes/{id}/events",
        "/api/nodes/{id}/status",
        "/api/events",
        "/api/events/search",
        "/api/events/{id}",
        "/api/events/{id}/trace",
        "/api/events/{id}/fields",
        "/api/events/histogram",
        "/api/search",
        "/api/sessions/{session}/fields",
        "/api/events/export",
        "/api/sql",
        "/api/metrics/live",
        "/api/ws",
        "/metrics",
        "/api/openapi.json",
        "/api/docs/openapi.json",
        "/api/docs",
        "/api/docs/events",
        "/api/docs/figures",
        "/api/alerts/figures",
        "/api/event-types",
        "/client/tart.js",
        "/client/tart.d.ts",
        "/",
        "/assets/{file}",
        "/api/login",
        "/api/logout",
        "/api/session",
        "/api/sessions",
        "/api/nodes/{id}/sessions",
        "/api/conformance",
        "/api/conformance/matrix",
        "/api/conformance/examples",
        "/api/nodes/{id}/conformance",
        "/api/docs/rules",
        "/api/docs/sql",
        "/api/sql/tables",
        "/api/docs/rules/{code}",
        "/api/workpackages",
        "/api/workpackages/active",
        "/api/workpackages/funnel",
        "/api/workpackages/latency",
        "/api/workpackages/{hash}/journey",
        "/api/workpackages/{hash}/waterfall",
        "/api/workpackages/{hash}/trace.otlp.json",
        "/api/blocks/{hash}/trace.otlp.json",
        "/api/workpackages/{hash}/journey/enhanced",
        "/api/workpackages/{hash}/audit-progress",
        "/api/workpackages/batch/journey",
        "/api/guarantees",
        "/api/guarantees/by-guarantor",
        "/api/cores/status",
        "/api/cores/grid",
        "/api/cores/{core_index}/guarantees",
        "/api/cores/{core_index}/guarantors",
        "/api/cores/{core_index}/guarantors/enhanced",
        "/api/cores/{core_index}/work-packages",
        "/api/cores/{core_index}/validators",
        "/api/cores/{core_index}/metrics",
        "/api/cores/{core_index}/bottlenecks",
        "/api/keys",
        "/api/keys/{id}",
        "/api/audit",
        "/api/network/topology",
        "/api/network/links",
        "/api/nodes/summary",
        "/api/nodes/{id}/latencies",
        "/api/nodes/{id}/latencies/slowest",
        "/api/implementations",
        "/api/implementations/compare",
        "/api/validators/cores",
        "/api/nodes/{id}/status/enhanced",
        "/api/nodes/{id}/peers",
        "/api/nodes/{id}/timeline",
        "/api/da/stats",
        "/api/da/stats/enhanced",
        "/api/metrics/execution",
        "/api/jam/stats",
        "/api/jam/services",
        "/api/jam/services/{service_id}",
        "/api/jam/cores",
        "/api/jam/cores/{core_index}",
        "/api/jam/validators",
        "/api/jam/blocks",
        "/api/jam/blocks/{hash}",
        "/api/jam/reorganisations",
        "/api/blocks",
        "/api/slots",
        "/api/slots/{slot}",
        "/api/slots/{slot}/propagation",
        "/api/metrics/timeseries",
        "/api/metrics/timeseries/grouped",
        "/api/metrics/realtime",
        "/api/metrics/latency",
        "/api/nodes/top",
        "/api/analytics/failure-rates",
        "/api/failures",
        "/api/failures/{fingerprint}",
        "/api/failures/{fingerprint}/state",
        "/api/analytics/block-propagation",
        "/api/analytics/network-health",
        "/api/analytics/sync-status/timeline",
        "/api/analytics/connections/timeline",
        "/api/analytics/assurances",
        "/api/availability/anchors",
        "/api/availability/requests",
        "/api/chain/reconcile",
        "/api/audits",
        "/api/finality",
        "/api/preimages",
        "/api/metrics/stream",
        "/api/server",
        "/api/server/history",
        "/api/server/log",
        "/api/summary",
        "/api/summary/stream",
        "/api/alerts",
        "/api/alerts/stream",
        "/api/alerts/rules",
        "/api/alerts/rules/reload",
        "/api/alerts/history",
        "/api/anomalies",
        "/api/alerts/silences",
        "/api/alerts/silences/{id}",
        "/api/alerts/deliveries",
        "/api/alerts/deliveries/{id}/retry",
        "/api/alerts/send-test",
        "/api/events/stream",
    }


def test_every_handler_has_its_route() -> None:
    assert HANDLERS.keys() <= BY_NAME.keys()


@all_cases("route", ROUTES, ids=lambda route: route.name)
def test_the_declaration_of_a_route_is_complete(route: Route) -> None:
    in_path = {each.name for each in route.parameters if each.where == "path"}
    assert in_path == set(re.findall(r"{(\w+)}", route.path))
    assert route.summary
    assert all(each.description for each in route.parameters)
    assert (route.method == "POST") == (route.body is not None)
    names = [name for each in route.parameters for name in (each.name, *each.aliases)]
    assert len(names) == len(set(names))


@all_cases("route", ROUTES, ids=lambda route: route.name)
def test_every_route_refuses_unknown_parameters_and_names_known_ones(route: Route) -> None:
    path = {each.name: "1" for each in route.parameters if each.where == "path"}
    for name in ("nonsense", "Limit", "", "limit ", "\U0001f389"):
        with pytest.raises(BadQuery) as refused:
            route.read(f"{quote(name)}=1", path)
        assert refused.value.parameter == name
        assert route.path in str(refused.value)
        assert any(known in str(refused.value) for known in route.query_names)


@pytest.mark.parametrize(
    ("route", "name", "way_out"),
    [
        ("search", "event_typ", "did you mean event_type?"),
        ("events", "node", "did you mean node_id?"),
        ("node_events", "node_id", "/api/nodes/{id}/events has no node_id"),
        ("stats", "durations", "did you mean duration?"),
        ("metrics", "x", "it takes bytes"),
        ("nodes", "token", "send it as a header"),
    ],
)
def test_a_refused_parameter_gets_a_suggestion(route: str, name: str, way_out: str) -> None:
    with pytest.raises(BadQuery, match=re.escape(way_out)):
        BY_NAME[route].read(f"{name}=1", {})


@all_cases("route", ROUTES, ids=lambda route: route.name)
def test_every_route_accepts_and_validates_bytes(route: Route) -> None:
    assert "bytes" in route.query_names
    assert route.token == ("token" in route.query_names)
    with pytest.raises(BadQuery) as refused:
        route.read("bytes=octal", {})
    assert refused.value.parameter == "bytes"


def test_a_repeated_parameter_is_refused() -> None:
    with pytest.raises(BadQuery) as refused:
        BY_NAME["stats"].read("duration=5m&duration=5m", {})
    assert refused.value.parameter == "duration"


def test_a_query_cannot_replace_a_path_parameter() -> None:
    with pytest.raises(BadQuery) as refused:
        BY_NAME["node"].read("id=" + "bb" * 32, {"id": "aa" * 32})
    assert refused.value.parameter == "id"


def test_a_query_has_a_limited_number_of_fields() -> None:
    with pytest.raises(BadQuery):
        BY_NAME["stats"].read("a&" * 101, {})
