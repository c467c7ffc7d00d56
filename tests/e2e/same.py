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
    "detailed_health": "processes and the machine",
    "live": "the last seconds of the clock",
    "realtime": "the last seconds of the clock",
    "event": "by an id that each system gives itself; search has the same events",
    "trace": "by such an id; tests/shard/queries/test_trace.py",
    "events": "the newest of many in order of arrival; search has those of a slot",
    "grafana_events": "the newest of many in order of arrival; search has those of a slot",
    "grafana_db_stats": "what the files of the shards take",
    "availability_anchors": "times between arrivals at the server; test_truth_availability.py",
    "conformance_examples": "three of each day on each shard, the first to arrive",
    "block_propagation": "times between arrivals at the server; tests/e2e/test_truth_analytics.py",
}
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
    "implementations": dict.fromkeys(("series", "total"), "by the time of arrival"),
    "grafana_failure_rates": {"recent_failures": "the newest of many, by arrival"},
    "grafana_wp_active": {"node_id": "of those that got as far, who was heard first"},
}


# Elements of one route's lists, by their name.
PARTS_OF = {
    "network_health": dict.fromkeys(
        ("Node Connectivity", "Event Throughput"), "of the last minute before it was asked"
    ),
}


def comparable(name: str, value: Any) -> Any:
    """What a route's answer says of the events alone, lists in an order of their own."""
    removed = {*REMOVED, *REMOVED_OF.get(name, ())}
    return _comparable(value, removed, {*PARTS_OF.get(name, ())})


def _comparable(value: Any, removed: set[str], parts: set[str]) -> Any:
    if isinstance(value, dict):
        return {key: _comparable(value[key], removed, parts) for key in value.keys() - removed}
    if isinstance(value, list):
        kept = [
            each for each in value if not (isinstance(each, dict) and each.get("name") in parts)
        ]
        return sorted((_comparable(each, removed, parts) for each in kept), key=_place)
    if isinstance(value, str) and _TIME.fullmatch(value):
        return "a time of the server's clock"
    # A sum of floats depends on the order of its parts.
    return round(value, 6) if isinstance(value, float) else value


def _place(value: Any) -> str:
    return repr(sorted(value.items()) if isinstance(value, dict) else value)


COMPARED = [
    route
    for route in ROUTES
    if route.method == "GET"
    and is_typeddict(route.answer)
    and route.role <= Role.VIEWER
    and route.name not in LEFT_OUT
]
