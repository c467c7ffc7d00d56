"""``tart/gateway/handlers/grafana_onchain.py``: queries to the shards."""

from __future__ import annotations

from typing import Any

import pytest

from tart.units import HOUR_US
from tests.gateway.fake_chain import FakeChain
from tests.gateway.handlers.test_grafana import asked, window
from tests.gateway.handlers.test_jam import at
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


async def test_where_the_chain_is_followed_the_figures_are_its_own(
    gateway: Running, chain: FakeChain
) -> None:
    times = f"start={at(1003)}&end={at(1013)}"
    first = sum(range(1003, 1013))

    async def ask(path: str, query: str = times) -> Any:
        return await gateway.json(f"/api/grafana/onchain/{path}?{query}")

    (service,) = await ask("services")
    assert (service["service_id"], service["accumulate_gas"]) == ("0x00000007", first)
    assert service["imports"] == 0
    (core,) = await ask("cores")
    assert (core["core"], core["gas_used"], core["popularity_avg"]) == (1, first, 4)
    for path, name in (("cores", "gas_used"), ("services", "accumulate_gas")):
        buckets = await ask(f"{path}/timeseries", f"{times}&interval=30s")
        assert len(buckets) == 3
        # The window begins with a whole bucket, of five slots.
        assert sum(bucket[name] for bucket in buckets) == sum(range(1000, 1013))
    blocks = await ask("cores/1")
    assert [block["slot"] for block in blocks] == list(range(1012, 1002, -1))
    assert blocks[0]["timestamp"] == at(1012)
    assert [block["slot"] for block in await ask("services/7")] == [each["slot"] for each in blocks]
    assert not await ask("services/8")
    assert not asked_of_shards(gateway)


async def test_tallies_of_validators_do_not_mix_epochs(gateway: Running, chain: FakeChain) -> None:
    # Epochs have 12 slots; one begins with slot 1008.
    asked = f"start={at(1003)}&end={at(1013)}"
    rows = await gateway.json(f"/api/grafana/onchain/validators?{asked}")
    assert sum(row["blocks_produced"] for row in rows) == 10
    assert rows[0]["assurances"] == 10
    buckets = await gateway.json(
        f"/api/grafana/onchain/validators/timeseries?{asked}&interval=30s&validator={{0,5}}"
    )
    assert {bucket["validator_index"] for bucket in buckets} == {0, 5}
    blocks = await gateway.json(f"/api/grafana/onchain/validators/0?{asked}")
    # The beginning of the first epoch is not known.
    assert [(block["slot"], block["assurances"]) for block in blocks] == [
        (slot, slot - 1007) for slot in range(1012, 1007, -1)
    ]
    empty = f"start={at(1)}&end={at(2)}"
    assert await gateway.json(f"/api/grafana/onchain/validators/0?{empty}") == []


def asked_of_shards(gateway: Running) -> list[Any]:
    return asked(gateway, "aggregate_sum")
