"""``tart/gateway/handlers/grafana_nodes.py``: queries about nodes, blocks and cores."""

from __future__ import annotations

import pytest

from tart.units import DAY_US, HOUR_US, MINUTE_US
from tests.gateway.fake_shard import NODE_A, NODE_B
from tests.gateway.handlers.test_grafana import asked, window
from tests.gateway.running import Running

pytestmark = pytest.mark.anyio


async def test_reports_of_a_long_window_have_longer_buckets(gateway: Running) -> None:
    gateway.know(NODE_A, NODE_B)
    for length, step in ((HOUR_US, MINUTE_US), (7 * DAY_US, 10 * MINUTE_US)):
        await gateway.json(f"/api/grafana/node-stats?{window(length)}&node={{{NODE_A},{NODE_B}}}")
        query = asked(gateway, "aggregate_sum")[-1]
        assert (query["table"], query["step_us"]) == ("status", step)
        assert query["where"] == {"node": [NODE_A, NODE_B]}


async def test_convergence_asks_for_the_blocks_authored_in_the_window(gateway: Running) -> None:
    gateway.shards[0].authored = ["01" * 32]
    rows = await gateway.json(f"/api/grafana/blocks/convergence?{window(HOUR_US)}&event_type=12")
    assert rows == []
    sights, deliveries = asked(gateway, "aggregate_rows")
    assert deliveries["where"] == {"type": [12], "hash": ["01" * 32]}
    # Blocks are finalized after the window, too.
    assert deliveries["window"]["end_us"] == sights["window"]["end_us"] + HOUR_US


async def test_an_author_has_a_block_when_it_authored_it_and_began_before(
    gateway: Running,
) -> None:
    gateway.shards[0].authored = ["01" * 32]
    path = f"/api/grafana/blocks/convergence?{window(HOUR_US)}&event_type"
    (row,) = await gateway.json(f"{path}=Authored")
    assert (row["event_type"], row["node_count"]) == (42, 1)
    assert {row[f"p{share}_ms"] for share in (50, 75, 95, 99, 100)} == {0}
    assert len(asked(gateway, "aggregate_rows")) == 1
    await gateway.json(f"{path}=40")
    began = asked(gateway, "aggregate_rows")[-1]
    assert (began["table"], began["where"]["hash"]) == ("blocks", ["01" * 32])


async def test_one_core_is_asked_for(gateway: Running) -> None:
    await gateway.json(f"/api/grafana/cores?{window(HOUR_US)}&core=3")
    assert asked(gateway, "package_stages")[-1]["core"] == 3
    assert asked(gateway, "aggregate_sum")[-1]["where"] == {"core": [3]}
