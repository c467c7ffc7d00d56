"""Answers of servers that were told the same, without what must differ. Pure.

Taken out is what is of the server's clock, of numbers that directories give, and of the
order in which nodes happened to be heard: that is another each time, over one shard as well.
"""

from __future__ import annotations

import re
from typing import Any, is_typeddict

from tart.access.roles import Role
from tart.gateway.api.contract import ROUTES

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z")
LEFT_OUT = {
    "server_history": "the machine",
    "anomalies": "the minutes in which events arrived",
    "failures": "by the time of arrival; tests/e2e/test_truth_failures.py",
    "failure": "likewise",
    "chain_reconcile": "needs the RPC of a node; tests/loadtest/test_reconcile.py",
    "alerts": "by the clock of their evaluation; tests/e2e/test_alerts.py",
    "alert_rules": "likewise",
    "alert_history": "likewise",
    "silences": "about the caller's wishes",
    "detailed_health": "processes and the machine",
    "server": "processes, the machine and requests",
    "event_fields": "by an id that each system gives itself; tests/e2e/test_truth_messages.py",
    "session_fields": "by such an id; tests/e2e/test_truth_messages.py",
    "live": "the last seconds of the clock",
    "realtime": "the last seconds of the clock",
    "event": "by an id that each system gives itself; search has the same events",
    "package_trace": "ids and times are of connections; tests/e2e/test_truth_traces.py",
    "block_trace": "likewise",
    "trace": "by such an id; tests/shard/queries/test_trace.py",
    "events": "the newest of many in order of arrival; search has those of a slot",
    "grafana_events": "the newest of many in order of arrival; search has those of a slot",
    "grafana_db_stats": "what the files of the shards take",
    "availability_anchors": "times between arrivals at the server; test_truth_availability.py",
    "conformance_examples": "three of each day on each shard, the first to arrive",
    "finality": "times between arrivals at the server; tests/e2e/test_truth_finality.py",
    "block_propagation": "times between arrivals at the server; tests/e2e/test_truth_analytics.py",
}
# Answers with slots in which something was heard, where a node named none, and those that the
# simulated network plays.
SLOTS_OF_THE_CLOCK = {"core_work_packages"}
PLAYED = range(10_000_000, 10_001_000)
# Of the last five minutes before they are asked: asked before others, so that all are in them.
FIRST = ("summary",)
# Members of any answer.
REMOVED = {
    "id": "an event's number in its directory",
    "session": "a connection's number in its directory",
    "next_cursor": "made of such numbers",
    "address": "the port that the kernel gave to the connection",
    "offset_ms": "between a node's clock and the server's",
    "connected_seconds": "by the server's clock",
    "uptime_hours": "by the server's clock",
    "events_per_second": "by the server's clock",
    "events_per_hour": "by the server's clock",
    "status_interval_seconds": "by the server's clock",
    "elapsed_ms": "between arrivals",
    "duration_ms": "between arrivals",
    "total_duration_ms": "between arrivals",
}
# Members of one route's answer.
REMOVED_OF = {
    "audits": dict.fromkeys(("series", "times", "reports"), "by the server's clock"),
    "availability_requests": dict.fromkeys(("series", "times"), "by the server's clock"),
    "preimages": {
        **dict.fromkeys(("series", "times", "spread_ms"), "by the server's clock"),
        "first_event": "an event's number in its directory",
    },
    "network_health": {
        **dict.fromkeys(("health_score", "overall_health"), "a mean over all parts"),
        "alerts": "one is of the last minute before it was asked",
    },
    "core_validators": {"is_active": "of the last minutes before it was asked"},
    "connection_timeline": dict.fromkeys(
        ("currently_active", "active_last_hour"), "of the last minutes before it was asked"
    ),
    "core_metrics": {"throughput_per_second": "of a window that ends when it is asked"},
    "conformance": {"examples": "three of each day, the first to arrive"},
    "active_workpackages": {"node_id": "of those that got as far, who was heard first"},
    "core_work_packages": {"node_id": "of those that got as far, who was heard first"},
    "workpackages": {"recent": "the newest of many, by arrival"},
    "guarantees": {"recent": "the newest of many, by arrival"},
    "core_guarantees": {"guarantee_history": "the newest of many, by arrival"},
    "da_stats_enhanced": {"recent_operations": "the newest of many, by arrival"},
    "execution": {"recent": "the newest of many, by arrival"},
    "blocks": {"recent_authored": "the newest of many, by arrival"},
    "failure_rates": {"recent_failures": "the newest of many, by arrival"},
    "assurances": {"anchors": "the newest of many, by arrival"},
    "grafana_stats": {
        "slot_events": "of the busiest minute of arrival",
        **dict.fromkeys(("events_per_sec_10s", "blocks_per_sec_10s"), "by the server's clock"),
    },
    "nodes_summary": {
        **dict.fromkeys(("series", "finding"), "by the time of arrival"),
        "clock_offset_ms": "between a node's clock and the server's",
    },
    "node_latencies": dict.fromkeys(("series", "band"), "by the time of arrival"),
    "node_slowest_steps": {"from_id": "an event's number in its directory"},
    "implementations": dict.fromkeys(("series", "total", "uptime_share"), "by the time of arrival"),
    "grafana_failure_rates": {"recent_failures": "the newest of many, by arrival"},
    "event_histogram": {"buckets": "by the time of arrival; the totals are of all"},
    "summary": {
        **dict.fromkeys(("shards_answered", "shards_total"), "the number of shards"),
        "sequence": "by the server's clock",
        "last_seen_ms": "a time of the server's clock",
        **dict.fromkeys(
            ("last_second", "last_10s", "events_by_type"), "the last seconds of the clock"
        ),
        **dict.fromkeys(("failures_total", "findings_total"), "since the shards started"),
        "number": "the order in which nodes were heard",
        **dict.fromkeys(("alerts", "alerts_by_severity"), "by the clock of their evaluation"),
    },
    "slots": dict.fromkeys(("until_50_ms", "until_90_ms", "until_99_ms"), "between arrivals"),
    "slot_propagation": {
        **dict.fromkeys(
            (
                *("until_50_ms", "until_90_ms", "until_99_ms", "ms", "had", "announced_to"),
                *("announced_by", "transferred", "importing", "verified", "executed", "best"),
                "finalized",
            ),
            "between arrivals",
        ),
        **dict.fromkeys(("node", "never"), "places in the order of arrivals"),
    },
    "grafana_network_health": {
        **dict.fromkeys(("health_score", "overall_health"), "a mean over all parts"),
        "alerts": "some are of the last minute before it was asked",
    },
    "cores_grid": dict.fromkeys(
        ("first_slot", "last_slot", "cells", "slots"),
        "without a guarantee a package has the slot of the server's clock",
    ),
    "work_funnel": {
        "last_node": "whose failure was the last to arrive",
        "example_event_id": "an event's number in its directory",
        # With reached and lost their sum is compared.
        **dict.fromkeys(("waiting", "stopped"), "of the last minute before it was asked"),
    },
    "waterfall": {
        **dict.fromkeys(
            ("start_event_id", "end_event_id", "event_id", "first_event_id", "last_event_id"),
            "an event's number in its directory",
        ),
        **dict.fromkeys(
            ("start_ms", "end_ms", "at_ms", "clock_offset_ms", "is_critical", "critical_path"),
            "by nodes' clocks that arrivals correct",
        ),
        **dict.fromkeys(
            ("first_ms", "p50_ms", "p90_ms", "last_ms", "bin_ms", "counts"), "between arrivals"
        ),
        **dict.fromkeys(
            ("guarantee_received_ms", "included_ms", "available_ms", "discarded_ms"),
            "between arrivals",
        ),
    },
    "grafana_wp_active": {"node_id": "of those that got as far, who was heard first"},
}


# Elements of one route's lists, by their name.
PARTS_OF = {
    "network_health": dict.fromkeys(
        ("Node Connectivity", "Event Throughput"), "of the last minute before it was asked"
    ),
    "grafana_network_health": dict.fromkeys(
        ("connectivity", "event_throughput"), "of the last minute before it was asked"
    ),
}


def comparable(name: str, value: Any) -> Any:
    """What a route's answer says of the events alone, lists in an order of their own."""
    if name in SLOTS_OF_THE_CLOCK:
        value = _played(value)
    removed = {*REMOVED, *REMOVED_OF.get(name, ())}
    return _comparable(value, removed, {*PARTS_OF.get(name, ())})


def _played(value: Any) -> Any:
    """An answer without slots of the server's clock."""
    if isinstance(value, list):
        return [_played(each) for each in value]
    if not isinstance(value, dict):
        return value
    found = {key: _played(each) for key, each in value.items()}
    if isinstance(found.get("slot"), int) and found["slot"] not in PLAYED:
        found["slot"] = "a slot of the server's clock"
    return found


def _comparable(value: Any, removed: set[str], parts: set[str]) -> Any:
    if isinstance(value, dict):
        # In one order, for that of lists is by what their elements look like.
        kept = sorted(value.keys() - removed)
        return {key: _comparable(value[key], removed, parts) for key in kept}
    if isinstance(value, list):
        elements = (each for each in value if not _is_left_out(each, parts))
        return sorted((_comparable(each, removed, parts) for each in elements), key=_place)
    if isinstance(value, str) and _TIME.fullmatch(value):
        return "a time of the server's clock"
    # A sum of floats depends on the order of its parts.
    return round(value, 6) if isinstance(value, float) else value


def _is_left_out(element: Any, parts: set[str]) -> bool:
    if not isinstance(element, dict):
        return False
    return element.get("name") in parts


def _place(value: Any) -> str:
    return repr(sorted(value.items()) if isinstance(value, dict) else value)


COMPARED = sorted(
    (
        route
        for route in ROUTES
        if route.method == "GET"
        and is_typeddict(route.answer)
        and route.role <= Role.VIEWER
        and route.name not in LEFT_OUT
    ),
    key=lambda route: route.name not in FIRST,
)
