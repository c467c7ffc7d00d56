"""``tart/gateway/handlers/grafana_onchain.py``: queries to the shards."""

from __future__ import annotations

import pytest

from tart.units import HOUR_US
from tests.gateway.handlers.test_grafana import asked, window
from tests.gateway.running import Running

pytestmark = pytest.mark.anyio
HOUR = window(HOUR_US)


async def test_statistics_come_from_executions_and_the_blocks_that_nodes_reached(
    gateway: Running,
) -> None:
    for path in ("services", "services/timeseries", "services/0x7"):
        assert await gateway.json(f"/api/grafana/onchain/{path}?{HOUR}") == []
        executions, reached = asked(gateway, "aggregate_sum")[-2:]
        assert (executions["table"], reached["table"]) == ("executions", "reached")
        assert reached["window"]["start_us"] < executions["window"]["start_us"]


async def test_a_path_with_a_word_is_no_number(gateway: Running) -> None:
    body = await gateway.json(f"/api/grafana/onchain/services/x?{HOUR}", 400)
    assert body["error"]["param"] == "service_id"
    for path in ("cores", "cores/timeseries", "cores/1", "validators/timeseries?validator={1,2}"):
        separator = "&" if "?" in path else "?"
        assert await gateway.json(f"/api/grafana/onchain/{path}{separator}{HOUR}") == []
        assert not asked(gateway, "aggregate_sum")
