"""``tart/gateway/handlers/grafana.py``: queries to the shards and the answers."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tart.query.core.rfc3339 import server_time
from tart.units import DAY_US, HOUR_US, MINUTE_US, SECOND_US
from tests.gateway.fake_shard import NODE_A, node
from tests.gateway.running import Running

pytestmark = pytest.mark.anyio


def window(length_us: int, *, ago_us: int = 0) -> str:
    """A window that ends some time ago, as Grafana writes it."""
    end = time.time_ns() // 1000 - ago_us
    return f"start={server_time(end - length_us)}&end={server_time(end)}"


def asked(gateway: Running, name: str) -> list[dict[str, Any]]:
    return [each.parameters for each in gateway.shards[0].requests if each.name == name]


@pytest.mark.parametrize(
    ("length", "interval", "step"),
    [
        (HOUR_US, "6s", 10 * SECOND_US),
        (HOUR_US, "12s", 20 * SECOND_US),
        (HOUR_US, "1m", MINUTE_US),
        (12 * HOUR_US, "30s", MINUTE_US),
        (3 * DAY_US, "1m", HOUR_US),
        (5 * HOUR_US, "6s", 20 * SECOND_US),
    ],
)
async def test_buckets_are_no_shorter_than_counts_are_kept(
    gateway: Running, length: int, interval: str, step: int
) -> None:
    await gateway.json(f"/api/grafana/timeseries?{window(length)}&interval={interval}")
    (query,) = asked(gateway, "aggregate_sum")
    assert (query["table"], query["step_us"], query["by"]) == ("counts", step, ["bucket", "type"])


async def test_a_window_ends_before_the_bucket_of_its_end_except_for_the_present_one(
    gateway: Running,
) -> None:
    minute = time.time_ns() // 1000 // MINUTE_US * MINUTE_US
    path = "/api/grafana/timeseries?core=0&"
    for end, last in ((minute - MINUTE_US, minute - MINUTE_US - 1), (minute - 1, None)):
        await gateway.json(
            f"{path}start={server_time(minute - HOUR_US + 7)}&end={server_time(end)}"
        )
        query = asked(gateway, "aggregate_sum")[-1]
        assert query["window"]["start_us"] == minute - HOUR_US
        assert query["window"]["end_us"] == (last or minute - MINUTE_US - 1)
    await gateway.json(f"{path}{window(HOUR_US)}")
    assert asked(gateway, "aggregate_sum")[-1]["window"]["end_us"] >= minute


async def test_an_empty_window_has_an_empty_answer(gateway: Running) -> None:
    at = server_time(1_795_176_000_000_000)
    assert await gateway.json(f"/api/grafana/timeseries?start={at}&end={at}") == []


async def test_groups_and_conditions_select_table_key_and_rows(gateway: Running) -> None:
    gateway.gateway.registry.record(0, [node()])
    for query, table, key, where in (
        ("group_by=node", "counts", "node", {}),
        ("group_by=core&core=3", "core_events", "core", {"core": [3]}),
        (f"core=1&node={{{NODE_A}}}", "core_events", "type", {"core": [1], "node": [NODE_A]}),
        ("event_types={system,42}&node=", "counts", "type", {"type": [0, 42]}),
    ):
        await gateway.json(f"/api/grafana/timeseries?{window(HOUR_US)}&{query}")
        sent = asked(gateway, "aggregate_sum")[-1]
        assert (sent["table"], sent["by"], sent["where"]) == (table, ["bucket", key], where)


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("event_types=Autored", "event_types"),
        ("group_by=service", "group_by"),
        ("interval=soon", "interval"),
        ("core=-1", "core"),
        ("node=0x12", "node"),
        ("limit=5", "limit"),
    ],
)
async def test_what_dashboards_do_not_send_is_refused(
    gateway: Running, query: str, parameter: str
) -> None:
    body = await gateway.json(f"/api/grafana/timeseries?{window(HOUR_US)}&{query}", 400)
    assert body["error"]["param"] == parameter


async def test_event_types_are_those_of_the_groups(gateway: Running) -> None:
    rows = await gateway.json("/api/grafana/event-types?group={blocks,tickets}")
    assert {row["group"] for row in rows} == {"blocks", "tickets"}
    assert len(await gateway.json("/api/grafana/event-types")) == 115
    failures = await gateway.json("/api/grafana/event-types?group=failures")
    assert len(failures) == 27
    assert "failures" not in {row["group"] for row in failures}
