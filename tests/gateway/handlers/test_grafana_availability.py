"""``tart/gateway/handlers/grafana_availability.py``: queries to the shards."""

from __future__ import annotations

import pytest

from tart.units import DAY_US, HOUR_US, MINUTE_US
from tests.gateway.fake_shard import NODE_A
from tests.gateway.handlers.test_grafana import asked, window
from tests.gateway.running import Running

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(("length", "step"), [(HOUR_US, MINUTE_US), (5 * DAY_US, HOUR_US)])
async def test_buckets_are_no_shorter_than_durations_are_kept(
    gateway: Running, length: int, step: int
) -> None:
    path = f"/api/grafana/bundle-latency?{window(length)}&interval=6s"
    assert await gateway.json(path) == []
    durations, failures = asked(gateway, "aggregate_sum")
    assert (durations["table"], failures["table"]) == ("latency", "counts")
    assert (durations["step_us"], failures["step_us"]) == (step, step)
    assert durations["window"] == failures["window"]
    assert durations["window"]["start_us"] % step == 0


async def test_one_node_may_be_selected(gateway: Running) -> None:
    gateway.know(NODE_A)
    assert await gateway.json(f"/api/grafana/da-stats?{window(HOUR_US)}&node={NODE_A}") == []
    sent = asked(gateway, "aggregate_sum")
    assert {each["table"] for each in sent} == {"counts", "latency", "shard_requests"}
    assert all(each["where"]["node"] == [NODE_A] for each in sent)
