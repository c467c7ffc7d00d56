"""``tart/gateway/api/grafana.py``: parameters as Grafana sends them."""

from __future__ import annotations

import re

import pytest

from tart.errors import BadQuery
from tart.gateway.api import grafana
from tart.gateway.api.contract import ROUTES
from tart.gateway.api.grafana import (
    EventTypeList,
    IntegerList,
    Interval,
    NodeIdList,
    list_items,
)
from tart.gateway.api.parameters import Integer
from tart.gateway.api.route import Route
from tart.units import MINUTE_US
from tests.cases import all_cases

A, B = "aa" * 32, "bb" * 32
TAGGED = [route for route in ROUTES if route.tag == grafana.TAG]
RANGED = [route for route in TAGGED if any(each.name == "start" for each in route.parameters)]
DAY = "start=2026-11-20T12:00:00.000Z&end=2026-11-21T12:00:00%2B00:00"


@pytest.mark.parametrize(
    ("text", "items"),
    [("a", ["a"]), ("{a,b}", ["a", "b"]), (" a , b ", ["a", "b"]), ("", None), ("{}", None)],
)
def test_items_are_those_in_braces_or_without(text: str, items: list[str] | None) -> None:
    assert list_items(text, "x") == items


@pytest.mark.parametrize("text", ["a,", ",", "{a,,b}", ",".join("a" * 2001)])
def test_an_empty_item_or_too_many_are_refused(text: str) -> None:
    with pytest.raises(BadQuery) as refused:
        list_items(text, "node")
    assert refused.value.parameter == "node"


def test_event_types_nodes_and_services_are_read() -> None:
    assert EventTypeList().read("{system,Authored}", "x") == [0, 42]
    assert EventTypeList().read("", "x") is None
    assert NodeIdList().read(f"{{{B.upper()},{A},{A}}}", "node") == [A, B]
    assert NodeIdList().read("", "node") is None
    services = IntegerList((1 << 32) - 1)
    assert services.read("{0xffffffff,0X10,7,4294967295}", "service") == [7, 16, (1 << 32) - 1]
    assert services.read("", "service") is None
    assert Interval().read("90s", "interval") == 2 * MINUTE_US


@pytest.mark.parametrize(
    "text", ["4294967296", "0x100000000", "x", "-1", "0x", "1_0", "٣", "1" * 11, "0x1.5"]
)
def test_what_is_no_service_is_refused(text: str) -> None:
    with pytest.raises(BadQuery, match="integers from 0 to 4294967295") as refused:
        IntegerList((1 << 32) - 1).read(text, "service")
    assert refused.value.parameter == "service"


def test_a_node_that_is_none_is_refused() -> None:
    with pytest.raises(BadQuery) as refused:
        NodeIdList().read(f"{{{A},bb}}", "node")
    assert refused.value.parameter == "node"


def test_patterns_of_lists_match_what_is_read() -> None:
    for kind, texts in (
        (NodeIdList(), (A, f"{{{A},{B}}}", "")),
        (IntegerList(9), ("1", "{0x1,2}", "")),
        (Interval(), ("30s", "100ms")),
    ):
        for text in texts:
            assert re.search(kind.schema()["pattern"], text), text


@all_cases("route", RANGED, ids=lambda route: route.name)
def test_start_and_end_are_required_with_a_zone(route: Route) -> None:
    path = {each.name: "1" for each in route.parameters if each.where == "path"}
    for query, parameter in (
        ("end=2026-11-20T12:00:00Z", "start"),
        ("start=2026-11-20T12:00:00Z", "end"),
        ("start=1795176000&end=2026-11-20T12:00:00Z", "start"),
        ("start=2026-11-20T12:00:00&end=2026-11-20T12:00:00Z", "start"),
    ):
        with pytest.raises(BadQuery) as refused:
            route.read(query, path)
        assert refused.value.parameter == parameter


@all_cases("route", TAGGED, ids=lambda route: route.name)
def test_a_route_is_for_dashboards_and_says_so(route: Route) -> None:
    assert route.path.startswith("/api/grafana/")
    assert route.name.startswith("grafana_")
    assert not route.in_clients
    assert route.description


@all_cases("route", TAGGED, ids=lambda route: route.name)
def test_an_empty_value_is_as_if_the_parameter_were_not_given(route: Route) -> None:
    path = {
        each.name: "11" * 32 if each.name == "wp_hash" else "1"
        for each in route.parameters
        if each.where == "path"
    }
    window = DAY if route in RANGED else ""
    optional = [
        each.name for each in route.parameters if each.where == "query" and not each.required
    ]
    empty = "".join(f"&{name}=" for name in optional)
    assert route.read(window + empty, path) == route.read(window, path)
    if route in RANGED:
        with pytest.raises(BadQuery):
            route.read(f"start=&{DAY.partition('&')[2]}", path)


def test_limits_are_clamped_at_both_ends() -> None:
    for route in TAGGED:
        for limit in (each for each in route.parameters if each.name == "limit"):
            assert isinstance(limit.kind, Integer)
            assert limit.kind.clamped == (True, True), route.path
            assert limit.kind.read("-1", "limit") == limit.kind.low
            assert f"clamped to {limit.kind.low} to {limit.kind.high}" in limit.description


def test_a_misspelt_parameter_is_named_with_the_right_one() -> None:
    (route,) = [route for route in TAGGED if route.path == "/api/grafana/timeseries"]
    with pytest.raises(BadQuery, match="did you mean event_types"):
        route.read(f"{DAY}&event_type=42", {})
    values = route.read(f"{DAY}&event_types=blocks&interval=15s&node=&group_by=node_id", {})
    assert values["interval"] == 18_000_000
    assert values["node"] is None


# Of jamtart, August 2026: all paths below its /api/grafana.
PATHS = [
    "timeseries",
    "events-by-node",
    "event-types",
    "events",
    "guarantee-discards",
    "stats",
    "network-health",
    "failure-rates",
    "sync-timeline",
    "connections-timeline",
    "nodes",
    "node-stats",
    "node-stats-aggregate",
    "db-stats",
    "cores",
    "cores/{core_id}",
    "cores/{core_id}/metrics",
    "cores/{core_id}/validators",
    "wp-funnel",
    "wp-funnel-timeseries",
    "bottlenecks",
    "bottlenecks-timeseries",
    "wp-stats",
    "wp-active",
    "wp/{wp_hash}",
    "wp/batch",
    "validator-profiling",
    "validator-profiling-timeseries",
    "blocks/convergence",
    "blocks/contents",
    "blocks/summary",
    "services",
    "services/timeseries",
    "execution",
    "guarantees",
    "guarantees/by-guarantor",
    "validators/cores",
    "guarantee-convergence",
    "guarantee-convergence/detail",
    "assurance-convergence",
    "assurance-convergence/senders",
    "da-stats",
    "shard-latency",
    "bundle-latency",
    "segment-latency",
    "preimage-latency",
    "onchain/cores",
    "onchain/cores/timeseries",
    "onchain/cores/{core_id}",
    "onchain/services",
    "onchain/services/timeseries",
    "onchain/services/{service_id}",
    "onchain/validators",
    "onchain/validators/timeseries",
    "onchain/validators/{validator_idx}",
]


def test_every_path_of_jamtart_is_a_route_and_no_other() -> None:
    assert len(PATHS) == 55
    assert sorted(route.path for route in TAGGED) == sorted(
        f"/api/grafana/{each}" for each in PATHS
    )
