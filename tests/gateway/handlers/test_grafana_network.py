"""``tart/gateway/handlers/grafana_network.py``: windows of the queries."""

from __future__ import annotations

import pytest

from tart.protocol.events import EventKind
from tart.units import DAY_US, HOUR_US, MINUTE_US
from tests.gateway.handlers.test_grafana import asked, window
from tests.gateway.running import Running

pytestmark = pytest.mark.anyio


async def test_the_busiest_minute_is_of_the_last_day(gateway: Running) -> None:
    body = await gateway.json(f"/api/grafana/stats?{window(3 * DAY_US)}")
    (query,) = [each for each in asked(gateway, "aggregate_sum") if each["by"] == ["bucket"]]
    assert query["where"] == {"type": [EventKind.AUTHORED]}
    assert query["step_us"] == MINUTE_US
    assert query["window"]["end_us"] - query["window"]["start_us"] == DAY_US - 1
    assert "window" in body


async def test_recent_failures_are_read_of_an_hour_however_long_the_window(
    gateway: Running,
) -> None:
    await gateway.json(f"/api/grafana/failure-rates?{window(30 * DAY_US)}")
    for query in asked(gateway, "events"):
        inside = query["cursor"]["window"]
        assert inside["end_us"] - inside["start_us"] < HOUR_US


async def test_best_blocks_are_looked_for_before_the_window(gateway: Running) -> None:
    await gateway.json(f"/api/grafana/sync-timeline?{window(HOUR_US)}&interval=1m")
    heads, counts = asked(gateway, "aggregate_by_node")
    assert (heads["table"], counts["table"]) == ("heads", "counts")
    assert counts["window"]["start_us"] - heads["window"]["start_us"] == HOUR_US
    assert heads["step_us"] == counts["step_us"] == MINUTE_US
