"""Windows of every route that has one: empty before the first event, told, and adding up.

Which routes these are follows from their declarations, so a new one without an entry here
does not pass.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Collection
from typing import Any

import pytest

from tart.gateway.api.common import COMPARE
from tart.gateway.api.contract import ROUTES
from tart.gateway.api.grafana import TAG
from tart.gateway.api.parameters import Time
from tart.gateway.api.route import Route
from tart.query.core.rfc3339 import rfc3339
from tart.query.core.windows import time_us
from tart.units import HOUR_US, SECOND_US
from tests.gateway.json_schema import SCHEMAS

# What windows do has nothing to do with where events are: one of the systems is enough. Every
# request to five shards is five queries: `make soak` has them.
pytestmark = pytest.mark.parametrize(
    "truth",
    ["1 shard", pytest.param("5 shards, restarted", marks=pytest.mark.soak)],
    indirect=True,
    scope="session",
)

MILLISECOND = 1000


def ends_of(route: Route) -> tuple[str, str] | None:
    """The names of a route's start and end, if its window has them."""
    names = {each.name for each in route.parameters if isinstance(each.kind, Time)}
    for start, end in (("start", "end"), ("start_time", "end_time")):
        if end in names:
            return start, end
    return None


# Those for jamtart's dashboards have half-open windows: test_truth_grafana.py. What the gateway
# itself has done, such as the history of alerts, is no window of events.
# Nor has this server a chain: tests/gateway/handlers/test_reconcile.py.
WINDOWED = [
    route
    for route in ROUTES
    if ends_of(route) is not None
    and route.tag != TAG
    and route.scattered
    and route.name != "chain_reconcile"
]
# Beside the window: what makes an answer small enough, or one of those there are.
ASKED: dict[str, dict[str, Any]] = {
    "timeseries": {"metric": "events", "interval": 1},
    "grouped_timeseries": {"metric": "events", "group_by": "event_type", "interval": 60},
    "top_nodes": {"limit": 1000},
    "node_slowest_steps": {"limit": 100},
    "implementations_compare": {"metric": "restarts"},
    "assurances": {"limit": 1000},
    "availability_anchors": {"limit": 200},
    "preimages": {"limit": 1000},
    "conformance_examples": {"limit": 1000},
    "active_workpackages": {"limit": 1000},
    "node_timeline": {"limit": 1000, "categories": "status"},
    "search": {"limit": 1000, "event_types": "11"},
    "events": {"limit": 1000, "event_types": "BestBlockChanged"},
    "node_events": {"limit": 1000, "event_types": "status_events"},
    "export": {"event_types": "11,12"},
    "sessions": {"limit": 1000},
    "node_sessions": {"limit": 1000},
}


def numbers(*path: str) -> Callable[[Any], int]:
    """The sum of the integers at a path; ``*`` is all members or elements."""

    def total(body: Any) -> int:
        found = [body]
        for name in path:
            inner: list[Any] = []
            for each in found:
                if each is None:
                    continue
                if name == "*":
                    inner += each.values() if isinstance(each, dict) else each
                else:
                    inner.append(each[name])
            found = inner
        return sum(int(each or 0) for each in found)

    return total


def counted(name: str) -> Callable[[Any], int]:
    """How many elements a list has."""
    return lambda body: len(body[name])


# Figures of each route that count events or rows, so that those of windows add up.
ADDING: dict[str, list[Callable[[Any], int]]] = {
    "blocks": [numbers("totals", "*"), numbers("authoring_by_node", "*", "blocks_authored")],
    "timeseries": [numbers("data", "*", "total_events")],
    "grouped_timeseries": [numbers("data", "*", "events")],
    "latency": [numbers("steps", "*", "count")],
    "top_nodes": [numbers("total_events")],
    "failure_rates": [
        *(numbers("overall", each) for each in ("total_events", "failed_events", "attempts")),
        numbers("by_category", "*", "attempts"),
        numbers("by_category", "*", "failures"),
        numbers("by_reason", "*", "count"),
    ],
    "failure": [numbers("count"), numbers("failing_nodes", "*", "count")],
    "failures": [numbers("totals", "failures"), numbers("failures", "*", "count")],
    "network_health": [
        lambda body: sum(
            each["metrics"].get(name, 0)
            for each in body["components"]
            for name in ("attempts", "failures", "operations", "authored", "guarantees")
        )
    ],
    "connection_timeline": [
        numbers("timeline", "*", "connections"),
        numbers("timeline", "*", "disconnections"),
        numbers("timeline", "*", "peer_connections", "*"),
        numbers("by_node", "*", "total_events"),
    ],
    "assurances": [numbers("totals", "*")],
    "availability_anchors": [numbers("total_anchors")],
    "availability_requests": [
        numbers("kinds", "*", side, name)
        for side in ("requester", "server")
        for name in ("started", "transferred", "failed")
    ],
    "audits": [
        *(numbers("recovery", name) for name in ("shard_requests", "bundles_transferred")),
        numbers("nodes", "*", "served"),
    ],
    "finality": [
        numbers("node_delay", "count"),
        numbers("nodes", "*", "finalized_events"),
        numbers("series", "finalized_blocks", "*"),
    ],
    "preimages": [numbers("totals", "announced"), numbers("nodes", "*", "requested")],
    "topology": [
        numbers("network_stats", f"{each}_last_hour")
        for each in ("block_announcements", "block_transfers", "ticket_transfers")
    ],
    "nodes_summary": [numbers("nodes", each, "*") for each in ("events", "failures")],
    "node_latencies": [numbers("steps", "*", "node", "count")],
    "node_slowest_steps": [counted("examples")],
    "validators_cores": [numbers("core_summary", "*", "total_guarantees")],
    "node_status_enhanced": [numbers("guarantee_activity", "guarantees_built")],
    "node_peers": [numbers("connections", "*"), counted("history")],
    "node_timeline": [numbers("category_counts", "*", "count"), numbers("event_count")],
    "da_stats": [numbers("preimage_activity", "*")],
    "da_stats_enhanced": [
        numbers("by_node", "*", each)
        for each in ("requests_sent", "requests_received", "read_ops_last_hour", "writes_failed")
    ],
    "execution": [
        numbers("refinement", "total_refined"),
        numbers("refinement", "packages_refined"),
        numbers("refinement", "total_gas_used"),
        numbers("authorization", "total_gas_used"),
        numbers("accumulation", "reports"),
    ],
    "workpackages": [numbers("events", "*")],
    "work_latency": [numbers("stages", "*", "counts", "*")],
    "active_workpackages": [numbers("failure_breakdown", "*")],
    "guarantees": [numbers("totals", "*"), numbers("by_node", "*", "guarantees_built")],
    "guarantors": [
        numbers("guarantors", "*", each)
        for each in ("total_guarantees", "sent", "send_failed", "packages_guaranteed")
    ],
    "core_guarantees": [numbers("recent_guarantors", "*", "guarantee_count")],
    "core_guarantors": [numbers("guarantors", "*", "guarantee_count")],
    "enhanced_core_guarantors": [numbers("guarantors", "*", "signature_count")],
    "core_validators": [numbers("validators", "*", "packages")],
    "core_metrics": [
        numbers("stats", each)
        for each in ("refinements_completed", "refinements_failed", "reports_built")
    ],
    "core_bottlenecks": [numbers("stats", "total_events")],
    "conformance": [numbers("rules", "*", "count")],
    "node_conformance": [numbers("findings", "*", "count")],
    "conformance_matrix": [numbers("cells", "*", "count")],
    "conformance_examples": [counted("examples")],
    "search": [counted("events")],
    "events": [counted("events")],
    "event_histogram": [numbers("total"), numbers("buckets", "*", "events")],
    "node_events": [counted("events")],
    "export": [len],
}
# Those whose figures are of distinct things or of states, which windows share.
SHARED: dict[str, Callable[[Any], int]] = {
    "block_propagation": numbers("blocks"),
    "links": numbers("total_links"),
    "implementations": numbers("implementations", "*", "nodes"),
    "implementations_compare": numbers("groups", "*", "nodes"),
    "sync_timeline": numbers("timeline", "*", "total_nodes"),
    "cores_grid": numbers("outcomes", "*"),
    "work_funnel": numbers("stages", "*", "reached"),
    "cores_status": numbers("cores", "*", "work_packages_last_hour"),
    "core_work_packages": numbers("total_recent"),
    "sessions": counted("sessions"),
    "node_sessions": counted("sessions"),
}


@pytest.fixture(scope="module")
def moments_received(received):
    """When events came, in order."""
    return sorted(each["at"] for each in received.events)


@pytest.fixture(scope="module")
def first(truth, moments_received):
    """The first moment that the server knows of: of an event, or a connection."""
    sessions = truth.system.get("/api/sessions", limit=1000)["sessions"]
    return min([moments_received[0], *(time_us(each["started_at"], "") for each in sessions)])


@pytest.fixture(scope="module")
def busiest(received):
    """The node with the most events."""
    ((node, _),) = Counter(each["node_id"] for each in received.events).most_common(1)
    return node


class Windows:
    """Asks a route for windows."""

    def __init__(self, system, events, first, node, route):
        self.system, self.route, self.first, self.node = system, route, first, node
        self.events = events
        # Before any of the moments it is cut at, whatever the time of day.
        self.start = self.first // HOUR_US * HOUR_US - HOUR_US

    def ask(self, start, end, **more):
        """The answer of a window, an export as its lines."""
        path = self.route.path.replace("{id}", self.node).replace("{core_index}", "0")
        if "{fingerprint}" in path:
            (group,) = self.system.get("/api/failures", limit=1)["failures"]
            path = path.replace("{fingerprint}", group["fingerprint"])
        names = ends_of(self.route)
        assert names is not None
        given = dict(zip(names, (rfc3339(start), rfc3339(end)), strict=True))
        asked = {**ASKED.get(self.route.name, {}), **given, **more}
        if self.route.name != "export":
            return self.system.get(path, **asked)
        response = self.system.http.get(path, params=asked)
        assert response.status_code == 200
        return response.text.splitlines()

    @property
    def figures(self):
        """What is counted of an answer."""
        name = self.route.name
        return ADDING.get(name) or [SHARED[name]]


@pytest.fixture
def windows(truth, moments_received, first, busiest, request):
    return Windows(truth.system, moments_received, first, busiest, request.param)


EVERY = pytest.mark.parametrize(
    "windows", WINDOWED, ids=[route.name for route in WINDOWED], indirect=True
)


MOMENTS = (
    *("timestamp", "window", "throughput_per_second"),
    *("first_slot", "last_slot"),
    # How long the buckets of durations are depends on their age.
    *("times", "series", "bucket_seconds"),
    *("buckets", "series", "searched_from", "searched_until", "scanned_at"),
)


def without(names: Collection[str], value: Any) -> Any:
    """An answer without the members of these names, wherever they are."""
    if isinstance(value, dict):
        return {name: without(names, each) for name, each in value.items() if name not in names}
    return [without(names, each) for each in value] if isinstance(value, list) else value


def test_every_route_with_a_window_is_here_and_has_it_in_its_answer(truth):
    assert {route.name for route in WINDOWED} == ADDING.keys() | SHARED.keys()
    for route in WINDOWED:
        if route.answer is not None:
            assert "window" in SCHEMAS[route.answer.__name__]["required"], route.name


# The nearest is the one that a wrong rounding would fill.
@pytest.mark.parametrize(
    "before",
    [
        1,
        pytest.param(MILLISECOND, marks=pytest.mark.soak),
        pytest.param(11 * 60 * SECOND_US, marks=pytest.mark.soak),
    ],
)
@EVERY
def test_a_window_that_ends_before_the_first_event_is_empty(windows, before):
    end = windows.first - before
    found = windows.ask(end - HOUR_US, end)
    assert [figure(found) for figure in windows.figures] == [0] * len(windows.figures)
    # As empty as any: it has nothing that a window of long ago has not.
    long_ago = windows.ask(end - HOUR_US - 720 * HOUR_US, end - 720 * HOUR_US)
    assert without(MOMENTS, found) == without(MOMENTS, long_ago)


@EVERY
def test_an_answer_tells_the_window_it_has(windows):
    last = windows.events[-1]
    for start, end in ((windows.first - 7, last), (windows.first + 1, last - 1)):
        found = windows.ask(start, end)
        if windows.route.name == "export":
            return
        told = [time_us(found["window"][name], "") for name in ("start", "end")]
        assert told[0] <= start
        # In whole buckets one that begins where it ends is of nothing.
        assert told[1] <= end or told[1] == told[0]
        again = windows.ask(*told)
        assert again["window"] == found["window"]
        assert [figure(again) for figure in windows.figures] == [
            figure(found) for figure in windows.figures
        ]


COMPARABLE = [route for route in WINDOWED if COMPARE in route.parameters]


def test_every_route_of_figures_over_a_window_can_be_compared(truth):
    lists = {"node_timeline", "node_events", "events", "search", "export"}
    assert {route.name for route in WINDOWED} - {route.name for route in COMPARABLE} == {
        *lists,
        *("sessions", "node_sessions"),
    }
    for route in ROUTES:
        answer = SCHEMAS.get(getattr(route.answer, "__name__", ""), {"properties": {}})
        assert ("earlier" in answer["properties"]) == (COMPARE in route.parameters), route.name


@pytest.mark.parametrize(
    "windows", COMPARABLE, ids=[route.name for route in COMPARABLE], indirect=True
)
def test_the_earlier_answer_is_that_of_a_request_for_the_earlier_window(windows):
    events = windows.events
    ago = max(1, (events[-1] - events[0]) // 2 // SECOND_US)
    # The second window begins before the first event of all.
    for length in (ago * SECOND_US, HOUR_US):
        end = events[-1]
        start = end - length
        both = windows.ask(start, end, compare=f"{ago}s")
        comparison, earlier = both.pop("comparison"), both.pop("earlier")
        assert both.keys() - {"timestamp"} == windows.ask(start, end).keys() - {"timestamp"}
        missing = round(comparison["missing_seconds"] * SECOND_US)
        assert (missing > 0) == (start - ago * SECOND_US < windows.first)
        assert comparison["ago_seconds"] == ago
        assert comparison["overlap_seconds"] == (length / SECOND_US - ago)
        alone = windows.ask(start - ago * SECOND_US + missing, end - ago * SECOND_US)
        # Alerts have the moment of the answer, too.
        assert without({"timestamp"}, earlier) == without({"timestamp"}, alone)


# Where a window is cut in two: within, and at the beginnings of buckets.
CUTS: dict[str, Callable[[list[int]], int]] = {
    "after the first event": lambda events: events[0],
    "between events": lambda events: events[len(events) // 3],
    "at a minute": lambda events: events[len(events) // 2] // (60 * SECOND_US) * 60 * SECOND_US,
    "before ten minutes": lambda events: events[-1] // (600 * SECOND_US) * 600 * SECOND_US - 1,
}
# Between events rows of the log are told apart, at a minute rows of the aggregates.
IN_EVERY_RUN = ("between events", "at a minute")


@pytest.mark.parametrize(
    "cuts",
    [
        pytest.param(IN_EVERY_RUN, id="two cuts"),
        pytest.param(CUTS.keys() - {*IN_EVERY_RUN}, id="more cuts", marks=pytest.mark.soak),
    ],
)
@EVERY
def test_windows_that_follow_one_another_add_up(windows, cuts):
    if windows.route.name in SHARED:
        pytest.skip("of distinct things and states: two windows may share them")
    until = time.time_ns() // 1000 + HOUR_US
    whole = [figure(windows.ask(windows.start, until)) for figure in windows.figures]
    assert any(whole), "a test that compares nothing"
    for cut in cuts:
        moment = CUTS[cut](windows.events)
        first = windows.ask(windows.start, moment)
        rest = windows.ask(moment + 1, until)
        parts = [figure(first) + figure(rest) for figure in windows.figures]
        assert parts == whole, json.dumps({"cut at": rfc3339(moment)})
