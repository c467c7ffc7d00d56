"""``tart/gateway/handlers/packages.py``: packages and guarantees over several shards."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from tart.query.shard_queries.packages import PackageRows
from tests.gateway.fake_packages import PACKAGE, SESSION, add_package, handling
from tests.gateway.fake_shard import NODE_A, NODE_B, node
from tests.gateway.running import Running, running_gateway


def with_gateway(directory: Path, test: Callable[[Running], Awaitable[None]]) -> None:
    """Run one test against a gateway of its own, whose first shard knows a package."""

    async def run() -> None:
        async with running_gateway(directory, 2) as running:
            add_package(running.shards[0])
            await test(running)

    asyncio.run(run())


def test_an_event_id_of_two_packages_is_refused_with_candidates(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        other = handling(node=NODE_B, session=SESSION + 1, hash="ab" * 32)
        gateway.shards[1].answers["package_rows"] = lambda _: [other]
        body = await gateway.json("/api/workpackages/7/journey", 409)
        error = body["error"]
        assert (error["code"], error["param"]) == ("ambiguous", "hash")
        assert [each["node_id"] for each in error["candidates"]] == [NODE_A, NODE_B]
        assert [each["work_package_hash"] for each in error["candidates"]] == [PACKAGE, "ab" * 32]

    with_gateway(tmp_path, check)


def test_node_and_session_of_an_event_id_are_sent_to_the_shards(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        gateway.gateway.registry.record(0, [node()])
        await gateway.json(f"/api/workpackages/7/journey?node_id={NODE_A}&session={SESSION}")
        asked = [each for each in gateway.shards[0].requests if each.name == "package_rows"]
        query = PackageRows(root=7, node=NODE_A, session=SESSION)
        assert asked[0].query == query
        # By its hash then, for it may have been elsewhere, too.
        assert asked[1].query == PackageRows(hashes=[PACKAGE])

    with_gateway(tmp_path, check)


def test_an_unknown_package_is_404(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        gateway.shards[0].answers["package_rows"] = lambda _: []
        for path in ("journey", "journey/enhanced", "audit-progress"):
            body = await gateway.json(f"/api/workpackages/{PACKAGE}/{path}", 404)
            assert body["error"]["param"] == "hash"

    with_gateway(tmp_path, check)


def test_a_batch_is_in_the_given_order_without_unknown_packages(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        path = "/api/workpackages/batch/journey"
        asked = {"hashes": ["ab" * 32, f"0x{PACKAGE}", PACKAGE]}
        body = (await gateway.client.post(path, json=asked)).json()
        assert (body["requested"], body["found"]) == (3, 1)
        assert [each["hash"] for each in body["journeys"]] == [PACKAGE]
        empty = (await gateway.client.post(path, json={"hashes": []})).json()
        assert empty.keys() == {"journeys", "timestamp"}
        for wrong in ({}, {"hashes": "x"}, {"hashes": [1]}, {"hashes": ["ab" * 32] * 51}):
            response = await gateway.client.post(path, json=wrong)
            assert response.status_code == 400
            assert response.json()["error"]["param"] == "hashes"
        assert (await gateway.get(path)).status_code in (400, 405)

    with_gateway(tmp_path, check)


def test_the_newest_packages_are_requested_again_by_hash_from_all_shards(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        known = gateway.shards[0].answers["package_states"]({})
        gateway.shards[0].answers["package_states"] = lambda asked: known * 1000
        await gateway.json("/api/workpackages/active")
        asked = [each for each in gateway.shards[1].requests if each.name == "package_states"]
        assert asked[1].parameters["hashes"] == [PACKAGE]

    with_gateway(tmp_path, check)


def test_a_package_answer_of_one_shard_has_shards(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        await gateway.shards[1].stop()
        for path in ("/api/workpackages", "/api/guarantees/by-guarantor"):
            body = await gateway.json(path)
            assert body["shards"] == {"answered": 1, "total": 2}

    with_gateway(tmp_path, check)
