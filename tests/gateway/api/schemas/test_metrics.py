"""``tart/gateway/api/schemas/metrics.py``: what the figures give has the shape they promise."""

from __future__ import annotations

import pytest

from tart.gateway.api.schemas.metrics import METRIC_SCHEMAS
from tart.query.core import merge
from tart.query.topics import blocks, latency, realtime, slots, time_series, top_nodes
from tests.gateway.json_schema import violations
from tests.query.topics.test_blocks import CHAIN, row
from tests.query.topics.test_realtime import NODES, answer
from tests.query.topics.test_slots import A, event
from tests.query.topics.test_slots import answer as slot_answer
from tests.query.topics.test_time_series import EVERY, SPREAD, named

NOW = "2026-11-20T12:00:00.000000Z"
ENDS = {"timestamp": NOW, "window": {"start": NOW, "end": NOW}}
TITLE = {"metric": "x", "interval_minutes": 5, "duration_hours": 1.0, **ENDS}


def check(name, body):
    assert violations(body, METRIC_SCHEMAS[name]) == []
    assert body.keys() <= METRIC_SCHEMAS[name]["properties"].keys()


@pytest.mark.parametrize("recent", [[], [row(1), row(2, slot=None, outcome="failed", reason="x")]])
def test_blocks(recent):
    authored = [{"hash": "01", "node": A}]
    check("Blocks", {**blocks.blocks({42: 1}, CHAIN, authored, recent), **ENDS})


def test_a_slot():
    said = {**event(A, 1, NOW), "received_at": NOW}
    listed = {"events_by_node": slots.by_node([said]), "has_more": True}
    check("Slot", {**slots.slot(7, [slot_answer([])]), **listed})
    check("Slot", slots.slot(7, [slot_answer([[62, A, 1]], [[62, "0a" * 32]], 1, 2)]))


def test_series_of_every_metric_and_group():
    counts = {(at, 11): 5 for at in EVERY.starts}
    for rows in (
        time_series.blocks(EVERY, [named(EVERY.start_us, 11)], [], counts, {}),
        time_series.events(EVERY, counts, {}),
        time_series.throughput(EVERY, [], {}),
    ):
        check("Timeseries", {**TITLE, "data": rows})
        listed = METRIC_SCHEMAS["Timeseries"]["properties"]["data"]["items"]["properties"]
        assert all(each.keys() <= listed.keys() for each in rows)
    failed = [{"bucket": EVERY.start_us, "type": 22, "node": A, "count": 1}]
    built = [{"bucket": EVERY.start_us, "core": 1, "node": A, "count": 1}]
    for rows in (
        time_series.events_by_node(EVERY, SPREAD),
        time_series.events_by_type(EVERY, SPREAD),
        time_series.failures_by_category(EVERY, failed),
        time_series.guarantees_by_core(EVERY, built),
    ):
        assert rows
        check("GroupedTimeseries", {**TITLE, "group_by": "x", "data": rows})
        listed = METRIC_SCHEMAS["GroupedTimeseries"]["properties"]["data"]["items"]["properties"]
        assert all(each.keys() <= listed.keys() for each in rows)


@pytest.mark.parametrize("since", [0, 100])
def test_the_last_seconds(since):
    answers = [answer({95: {NODES[0]}}, NODES, since)]
    body = realtime.realtime(merge.seconds([(0, answers[0])]), answers, 100, 10, None)
    check("Realtime", {**body, "timestamp": NOW})


def test_durations_of_every_group():
    rows = [{"parent": 43, "type": 45, "bin": 40, "count": 1, "node": A}]
    for steps in (
        latency.by_step(rows),
        latency.by_step(rows, {A: "x 1"}),
        latency.by_step(rows, {}),
        latency.by_core([("built", 1, 30, 2), ("built", None, 30, 2)]),
    ):
        check("Latency", {"group_by": "x", "steps": steps, **ENDS})


@pytest.mark.parametrize("types", [None, [62, 250]])
def test_who_sends_most(types):
    check("TopNodes", {**top_nodes.top([{"node": A, "count": 1}], [], types, 5, 0), **ENDS})
