"""A route without a comparison with the truth does not exist: every one is in some truth test."""

from __future__ import annotations

import re
from pathlib import Path

from tart.access.roles import Role
from tart.gateway.api.contract import ROUTES
from tests.cases import all_cases

HERE = Path(__file__).parent
SOURCES = "\n".join(path.read_text() for path in sorted(HERE.glob("*truth*.py")))
# What says nothing of a network, and why; or is compared elsewhere.
ELSEWHERE = {
    "health": "says that the gateway answers",
    "detailed_health": "about processes: tests/gateway/observability/test_health.py",
    "server_history": "about the machine: tests/gateway/observability/test_host_usage.py",
    "openapi": "the contract itself: tests/gateway/api/test_openapi.py",
    "openapi_below_docs": "likewise",
    "docs": "likewise",
    "event_types": "the types of JIP-3: tests/gateway/api/test_event_pages.py",
    "event_page": "likewise",
    "alert_figures": "declarations: tests/gateway/api/test_figure_pages.py",
    "figure_page": "likewise",
    "sql_tables": "declarations: tests/query/sql/test_reference.py",
    "sql_docs": "likewise: tests/gateway/api/test_sql_page.py",
    "llms": "likewise: tests/gateway/api/test_agent_guide.py",
    "javascript_client": "a file: tests/gateway/codegen/test_javascript.py",
    "javascript_types": "likewise",
    "login": "about the caller: tests/gateway/handlers/test_logins.py, tests/e2e/test_proxies.py",
    "logout": "likewise",
    "session": "likewise",
    "web_page": "files: tests/gateway/handlers/test_web_page.py, tests/web",
    "web_asset": "likewise",
    "mcp": "answers what other routes answer: tests/gateway/handlers/test_mcp.py",
    "rules": "likewise: tests/gateway/api/test_rule_pages.py",
    "rule": "likewise",
    "metrics": "about processes; what was sent is compared in test_network_metrics.py",
    "event": "its bytes are compared with what was sent: test_history.py, test_vectors.py",
    "trace": "test_history.py, tests/shard/queries/test_trace.py",
    "export": "equals the lists: test_history.py",
    "sql": "equals the lists: test_history.py",
    "events": "what was sent, byte by byte: test_vectors.py, test_identity.py",
    "search": "likewise",
    "node_events": "likewise",
    "websocket": "the order and the bytes: tests/gateway/live/test_websocket.py, test_streams",
    "metrics_stream": "sends what live, stats and realtime answer: tests/gateway/live/test_sse.py",
    "server": "about processes: tests/gateway/observability/test_server_report.py",
    "summary_stream": "sends what summary answers: tests/gateway/live/test_summary.py",
    "alerts": "a node that falls silent: tests/e2e/test_alerts.py",
    "anomalies": "scores: tests/alerting/anomalies/test_detector.py",
    "alert_stream": "sends what alerts answers: tests/gateway/live/test_alert_feed.py",
    "alert_rules": "about the server's own rules: tests/gateway/alerting/test_service.py",
    "alert_history": "with alerts",
    "silences": "with alerts",
    "create_silence": "with alerts",
    "end_silence": "with alerts",
    "reload_alert_rules": "about the server's own file: tests/gateway/alerting/test_service.py",
    "deliveries": "about messages: tests/gateway/alerting/test_service.py",
    "retry_delivery": "likewise",
    "send_test": "likewise",
    "set_failure_state": "tests/gateway/handlers/test_failures.py",
    "core_guarantors": "with guarantors/enhanced, by one test of test_truth_cores.py",
    "package_trace": "each with the times of its nodes: test_truth_traces.py",
    "block_trace": "likewise",
    "jam_stats": "needs the RPC of a node: tests/chain, tests/gateway/handlers/test_jam.py",
    "jam_services": "likewise",
    "jam_service": "likewise",
    "jam_cores": "likewise",
    "jam_core": "likewise",
    "jam_validators": "likewise",
    "jam_blocks": "likewise",
    "jam_block": "likewise",
    "jam_reorganisations": "likewise",
    "chain_reconcile": "needs such an RPC, too: tests/loadtest/test_reconcile.py",
    "grafana_event_types": "the types of JIP-3: tests/query/grafana/test_event_groups.py",
}


def is_asked(path: str) -> bool:
    """Whether a truth test names the path, whatever it puts in for parameters."""
    pattern = re.escape(path)
    pattern = re.sub(r"\\\{\w+\\\}", r"[^/\"'?]+", pattern)
    return re.search(rf"{pattern}[\"'?]", SOURCES) is not None


@all_cases("route", ROUTES, ids=lambda route: route.name)
def test_every_route_is_compared_with_the_truth(route):
    if route.role is Role.ADMIN:
        return
    assert is_asked(route.path) or route.name in ELSEWHERE, route.path


def test_the_exceptions_are_routes():
    assert ELSEWHERE.keys() <= {route.name for route in ROUTES}


def test_what_is_named_as_the_comparison_exists():
    named = re.findall(r"tests/[\w/]+\.py", " ".join(ELSEWHERE.values()))
    assert [name for name in named if not (HERE.parents[1] / name).is_file()] == []
