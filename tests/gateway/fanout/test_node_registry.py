"""The node registry and its file."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tart.gateway.fanout.node_registry import SCHEMA_VERSION, NodeRegistry
from tart.ipc.messages import NodeChanged
from tart.query.core.rfc3339 import rfc3339
from tests.gateway.fake_shard import NODE_A, NODE_B, NOON, node, raw
from tests.gateway.running import Running, eventually, running_gateway


def use(path: Path, test: Callable[[NodeRegistry], None], **arguments: Any) -> NodeRegistry:
    """Open the registry, run ``test`` and close it."""

    async def run() -> NodeRegistry:
        registry = NodeRegistry(path, **arguments)
        await registry.start()
        try:
            test(registry)
        finally:
            await registry.stop()
        return registry

    return asyncio.run(run())


def rows(path: Path) -> list[tuple[Any, ...]]:
    database = sqlite3.connect(path)
    try:
        return database.execute(
            "SELECT node_id, first_seen_at, last_seen_at FROM nodes ORDER BY node_id"
        ).fetchall()
    finally:
        database.close()


def test_reports_survive_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "control.sqlite"
    use(path, lambda registry: registry.record(1, [node(), node(NODE_B)]))

    def check(registry: NodeRegistry) -> None:
        assert len(registry) == 2
        assert NODE_A in registry
        found = registry.shard_reports(1, is_up=True, rendering="hex")
        assert sorted(found, key=lambda each: each["node_id"]) == [node(), node(NODE_B)]

    use(path, check)
    assert rows(path) == [
        (NODE_A, rfc3339(NOON), rfc3339(NOON)),
        (NODE_B, rfc3339(NOON), rfc3339(NOON)),
    ]


def test_the_first_sight_of_all_nodes_is_known_also_after_a_restart(tmp_path: Path) -> None:
    def record(registry: NodeRegistry) -> None:
        assert registry.first_seen_at is None
        registry.record(0, [node(first_seen_at=rfc3339(NOON + 5))])
        registry.record(1, [node(NODE_B, first_seen_at=rfc3339(NOON - 5))])
        # A shard may forget what has expired.
        registry.record(1, [node(NODE_B, first_seen_at=rfc3339(NOON + 9))])
        assert registry.first_seen_at == rfc3339(NOON - 5)

    use(tmp_path / "c", record)
    reopened = use(tmp_path / "c", lambda registry: None)
    assert reopened.first_seen_at == rfc3339(NOON + 5)


def test_a_node_is_merged_from_the_reports_of_all_shards(tmp_path: Path) -> None:
    def check(registry: NodeRegistry) -> None:
        registry.record(0, [node(event_count=3)])
        registry.record(1, [node(event_count=4)])
        registry.record(1, [node(event_count=5)])
        merged = registry.node(NODE_A, "hex")
        assert merged is not None
        assert merged["event_count"] == 8
        assert registry.forgotten_nodes({}, "hex") == [merged]
        assert registry.forgotten_nodes({NODE_A: {}}, "hex") == []
        assert registry.node(NODE_B, "hex") is None

    use(tmp_path / "c", check)


def test_a_node_that_no_shard_knows_is_not_connected(tmp_path: Path) -> None:
    def check(registry: NodeRegistry) -> None:
        registry.record(0, [node()])
        merged = registry.node(NODE_A, "hex")
        assert merged is not None
        assert (merged["is_connected"], merged["connections"]) == (False, [])

    use(tmp_path / "c", check)


def test_only_a_shard_that_is_alive_may_have_connections(tmp_path: Path) -> None:
    def check(registry: NodeRegistry) -> None:
        registry.record(0, [node(), node(NODE_B)])
        (late,) = registry.shard_reports(0, is_up=True, rendering="hex", node_id=NODE_A)
        (gone,) = registry.shard_reports(0, is_up=False, rendering="hex", node_id=NODE_A)
        assert late["is_connected"] is True
        assert (gone["is_connected"], gone["connections"]) == (False, [])
        assert registry.shard_reports(1, is_up=True, rendering="hex") == []

    use(tmp_path / "c", check)


def test_connected_nodes_are_those_of_shards_that_are_up(tmp_path: Path) -> None:
    def check(registry: NodeRegistry) -> None:
        registry.record(0, [node(), node(NODE_B, is_connected=False)])
        registry.record(1, [node(NODE_B)])
        assert registry.connected({0, 1}) == {NODE_A, NODE_B}
        assert registry.connected({0}) == {NODE_A}
        assert registry.connected(set()) == set()

    use(tmp_path / "c", check)


def test_hashes_of_a_node_are_rendered_in_hex_or_as_arrays(tmp_path: Path) -> None:
    def check(registry: NodeRegistry) -> None:
        registry.record(0, [node(), node(NODE_B, node_info=None, best=None)])
        shown = registry.node(NODE_A, "array")
        assert shown is not None
        assert shown["node_info"]["genesis"] == [0] * 32
        assert shown["node_info"]["details"]["peer_id"] == [0xAA] * 32
        assert shown["node_info"]["details"]["peer_address"]["ipv6"][-4:] == [127, 0, 0, 1]
        assert shown["best"]["hash"] == [0x11] * 32
        assert registry.node(NODE_A, "hex") != shown
        bare = registry.node(NODE_B, "array")
        assert bare is not None
        assert bare["node_info"] is None

    use(tmp_path / "c", check)


def test_the_longest_unseen_nodes_are_removed_beyond_the_maximum(tmp_path: Path) -> None:
    path = tmp_path / "c"
    ids = [f"{i:064x}" for i in range(31)]

    def fill(registry: NodeRegistry) -> None:
        for i, each in enumerate(ids):
            registry.record(0, [node(each, last_seen_at=rfc3339(NOON + i))])
        assert len(registry) <= 30
        assert ids[0] not in registry
        assert ids[-1] in registry

    use(path, lambda registry: registry.record(0, [node(each) for each in ids[:20]]))
    use(path, fill, maximum=30)
    assert [row[0] for row in rows(path)][-1] == ids[-1]
    assert ids[0] not in [row[0] for row in rows(path)]


@pytest.mark.parametrize("kind", ["garbage", "newer", "directory"])
def test_without_its_file_the_registry_lacks_only_earlier_runs(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    path = tmp_path / "control.sqlite"
    if kind == "garbage":
        path.write_bytes(b"this is no database" * 100)
    elif kind == "directory":
        path.mkdir()
    else:
        database = sqlite3.connect(path)
        database.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
        database.close()

    def check(registry: NodeRegistry) -> None:
        registry.record(0, [node()])
        assert NODE_A in registry

    assert use(path, check).failures == 1
    assert "cannot open the node registry" in caplog.text


def test_a_failed_write_of_the_registry_is_logged_and_retried(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "c"

    def check(registry: NodeRegistry) -> None:
        database = sqlite3.connect(path)
        database.execute("DROP TABLE nodes")
        database.close()
        registry.record(0, [node()])

    registry = use(path, check)
    assert NODE_A in registry
    assert "cannot write the node registry" in caplog.text


def test_the_registry_file_is_in_wal_mode_with_its_schema_version(tmp_path: Path) -> None:
    path = tmp_path / "c"
    use(path, lambda registry: None)
    database = sqlite3.connect(path)
    try:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert database.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
    finally:
        database.close()


# --- In a running gateway -------------------------------------------------------------


def with_gateway(directory: Path, test: Callable[[Running], Awaitable[None]]) -> None:
    async def run() -> None:
        async with running_gateway(
            directory, prepare=lambda shards: shards[0].nodes.append(node())
        ) as running:
            await test(running)

    asyncio.run(run())


def test_nodes_of_a_missing_shard_are_listed(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        await eventually(lambda: NODE_A in gateway.gateway.registry)
        await gateway.shards[0].stop()
        body = await gateway.json("/api/nodes")
        assert body["shards"] == {"answered": 1, "total": 2}
        (only,) = body["nodes"]
        assert (only["node_id"], only["is_connected"]) == (NODE_A, False)
        for suffix in ("", "/status", "/events"):
            await gateway.json(f"/api/nodes/{NODE_A}{suffix}")

    with_gateway(tmp_path, check)


def test_a_node_of_a_late_shard_is_shown_as_last_reported(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        await eventually(lambda: NODE_A in gateway.gateway.registry)
        gateway.shards[0].push(NodeChanged(raw(node(event_count=77))))
        gateway.shards[0].answers["nodes"] = lambda _: None
        gateway.gateway.queries._deadline = 0.2
        await eventually(
            lambda: (gateway.gateway.registry.node(NODE_A, "hex") or {}).get("event_count") == 77
        )
        (only,) = (await gateway.json("/api/nodes"))["nodes"]
        assert (only["is_connected"], only["event_count"]) == (True, 77)

    with_gateway(tmp_path, check)


def test_nodes_outlive_their_events_and_the_gateway(tmp_path: Path) -> None:
    async def first(gateway: Running) -> None:
        await eventually(lambda: NODE_A in gateway.gateway.registry)

    with_gateway(tmp_path, first)

    async def run() -> None:
        async with running_gateway(tmp_path) as gateway:
            (only,) = (await gateway.json("/api/nodes"))["nodes"]
            assert (only["node_id"], only["is_connected"]) == (NODE_A, False)
            details = await gateway.json(f"/api/nodes/{NODE_A}")
            assert details["event_count"] == 3
            assert (await gateway.json("/api/network"))["network"]["total_nodes"] == 1

    asyncio.run(run())


def test_node_information_outlives_the_event_log(tmp_path: Path) -> None:
    unnamed = {"node_info": None, "implementation_name": None, "implementation_version": None}

    async def check(gateway: Running) -> None:
        shard, registry = gateway.shards[0], gateway.gateway.registry
        shard.push(NodeChanged(raw(node())))
        await eventually(lambda: NODE_A in registry)
        shard.nodes = [node(event_count=9, **unnamed)]
        shard.push(NodeChanged(raw(shard.nodes[0])))
        for bytes_as in ("hex", "array"):
            (found,) = (await gateway.json(f"/api/nodes?bytes={bytes_as}"))["nodes"]
            assert found["implementation_name"] == "fake-node"
            assert found["event_count"] == 9
            single = await gateway.json(f"/api/nodes/{NODE_A}?bytes={bytes_as}")
            assert single["node_info"] == found["node_info"]
            genesis = found["node_info"]["genesis"]
            assert genesis == ("0x" + "00" * 32 if bytes_as == "hex" else [0] * 32)

    with_gateway(tmp_path, check)
