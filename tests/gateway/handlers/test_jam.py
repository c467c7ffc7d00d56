"""``tart/gateway/handlers/jam.py``: queries to the chain process, over a store of real files."""

from __future__ import annotations

import pytest

from tart.gateway.api.routes.jam import JAM_ROUTES
from tart.query.core.rfc3339 import rfc3339
from tart.units import JCE_US, SECOND_US
from tests.chain.store.running import block_hash
from tests.gateway.fake_chain import FakeChain
from tests.gateway.json_schema import SCHEMAS, violations
from tests.gateway.running import Running, eventually

pytestmark = pytest.mark.anyio

ROUTES = (
    "stats",
    "services",
    "services/7",
    "cores",
    "cores/1",
    "validators",
    "blocks",
    f"blocks/{block_hash(1005)}",
    "reorganisations",
)


def at(slot: int) -> str:
    return rfc3339(JCE_US + slot * 6 * SECOND_US)


def window(first: int, last: int) -> str:
    return f"start={at(first)}&end={at(last)}"


@pytest.mark.parametrize("route", ROUTES)
async def test_without_rpc_one_sentence_says_what_to_set(gateway: Running, route: str) -> None:
    body = await gateway.json(f"/api/jam/{route}", 503)
    assert body["error"]["code"] == "not_configured"
    assert "rpc.urls" in body["error"]["message"]


async def test_a_process_that_is_away_is_another_sentence(
    gateway: Running, chain: FakeChain
) -> None:
    process = gateway.gateway.queries.chain_process
    await chain.stop()
    await eventually(lambda: not process.up)
    body = await gateway.json("/api/jam/cores", 503)
    assert "restarting" in body["error"]["message"]


async def test_the_state_has_the_best_block(gateway: Running, chain: FakeChain) -> None:
    body = await gateway.json("/api/jam/stats")
    assert (body["slot"], body["core_count"], body["forks"]) == (1019, 2, 1)
    assert [core["gas_used"] for core in body["cores"]] == [0, 1019]
    assert body["services"][0]["activity"]["accumulate_gas_used"] == 1019


async def test_windows_are_of_slots(gateway: Running, chain: FakeChain) -> None:
    body = await gateway.json(f"/api/jam/cores?{window(1005, 1009)}")
    assert body["cores"][1]["gas_used"] == sum(range(1005, 1010)) == body["totals"]["gas_used"]
    assert (body["slots"]["first_slot"], body["slots"]["last_slot"]) == (1005, 1009)
    assert body["slots"]["blocks"] == 5
    assert body["series"] == []
    one = await gateway.json(f"/api/jam/cores/1?{window(1005, 1009)}")
    assert one["core"] == body["cores"][1]
    assert (await gateway.json(f"/api/jam/cores/9?{window(1, 2)}", 404))["error"]["param"] == (
        "core_index"
    )


async def test_a_series_adds_up_to_the_figure_of_its_window(
    gateway: Running, chain: FakeChain
) -> None:
    asked = f"{window(1000, 1019)}&step=1m"
    cores = await gateway.json(f"/api/jam/cores?{asked}")
    assert sum(each["gas_used"] for each in cores["series"]) == cores["totals"]["gas_used"]
    assert [each["slot"] for each in cores["series"]] == [1000, 1010]
    assert cores["series"][0]["at"].startswith("2025-01-01T13:40:00")
    services = await gateway.json(f"/api/jam/services?{asked}")
    (service,) = services["services"]
    assert service["activity"]["accumulate_count"] == 20
    assert sum(each["accumulate_count"] for each in services["series"]) == 20
    single = await gateway.json(f"/api/jam/services/0x7?{asked}")
    assert single["service"] == service
    assert single["series"] == services["series"]
    await gateway.json(f"/api/jam/services/8?{asked}", 404)
    validators = await gateway.json(f"/api/jam/validators?{asked}")
    for name in ("blocks", "assurances", "guarantees"):
        assert sum(each[name] for each in validators["series"]) == sum(
            each[name] for each in validators["epochs"]
        )
    some = await gateway.json(f"/api/jam/validators?{asked}&validator=0,5")
    assert {each["validator_index"] for each in some["validators"]} == {0, 5}


async def test_blocks_are_listed_and_shown(gateway: Running, chain: FakeChain) -> None:
    body = await gateway.json(f"/api/jam/blocks?{window(1005, 1015)}")
    assert [each["slot"] for each in body["blocks"]][:7] == [
        1015,
        1014,
        1013,
        1012,
        1011,
        1010,
        1010,
    ]
    assert body["complete"]
    body = await gateway.json(f"/api/jam/blocks?{window(1005, 1015)}&forks=exclude&limit=3")
    assert (len(body["blocks"]), body["complete"], body["slots"]["forks"]) == (3, False, 1)
    fork = await gateway.json(f"/api/jam/blocks/{block_hash(1010, 1)}")
    assert (fork["block"]["status"], fork["assurers"]) == ("fork", [0, 5])
    await gateway.json(f"/api/jam/blocks/{'0' * 64}", 404)


async def test_reorganisations_are_those_to_blocks_of_the_window(
    gateway: Running, chain: FakeChain
) -> None:
    body = await gateway.json(f"/api/jam/reorganisations?{window(1000, 1019)}")
    assert [each["common_slot"] for each in body["reorganisations"]] == [1009]
    body = await gateway.json(f"/api/jam/reorganisations?{window(1011, 1019)}")
    assert body["reorganisations"] == []


async def test_answers_have_the_documented_form(gateway: Running, chain: FakeChain) -> None:
    asked = window(1000, 1019)
    for route, path in zip(JAM_ROUTES, ROUTES, strict=True):
        names = {parameter.name for parameter in route.parameters}
        query = f"?{asked}" if "start" in names else ""
        query += "&step=1m" if "step" in names else ""
        body = await gateway.json(f"/api/jam/{path}{query}")
        assert violations(body, SCHEMAS[route.answer.__name__]) == []
