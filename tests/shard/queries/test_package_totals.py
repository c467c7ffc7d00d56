"""``tart/shard/queries/package_totals.py``: stages and services of a directory's packages."""

from __future__ import annotations

import tart.shard.queries.package_totals as module
from tests.shard.packages import _OUTLINE, Handling
from tests.shard.queries.test_packages import of
from tests.shard.running import fake_node, run


def test_attempts_are_added_up_by_node_and_by_bucket(tmp_path):
    async def scenario(shard):
        one = Handling(shard, fake_node(1)).submit().receive().guarantee()
        Handling(shard, fake_node(2)).submit().fail("reset")
        rows = {row["node"]: row for row in await of(shard, "stage_totals")}
        assert len(rows) == 2
        mine = rows[one.node_id]
        assert (mine["attempts"], mine["ended"], mine["failed"]) == (1, 0, 0)
        assert (mine["total_count"], mine["bucket"]) == (0, None)
        (other,) = [row for node, row in rows.items() if node != one.node_id]
        assert (other["attempts"], other["ended"], other["failed"]) == (1, 1, 1)
        (total,) = await of(shard, "stage_totals", by_node=False)
        assert (total["node"], total["attempts"], total["failed"]) == (None, 2, 1)
        (row,) = await of(shard, "stage_totals", node=one.node_id, step_us=1_000_000)
        assert row["bucket"] % 1_000_000 == 0
        (row,) = await of(shard, "stage_totals", core=3)
        assert row["node"] == one.node_id

    run(scenario, tmp_path)


def item(service):
    return {
        "service_id": service,
        "payload_size": 1,
        "refine_gas_limit": 1,
        "accumulate_gas_limit": 1,
        "sum_of_extrinsic_lengths": 0,
        "imports": [],
        "num_exported_segments": 0,
    }


def test_a_package_has_the_services_of_its_items(tmp_path, monkeypatch):
    outline = {**_OUTLINE, "work_items": [item(7), item(8), item(7)]}

    async def scenario(shard):
        for number in (1, 2):
            handling = Handling(shard, fake_node(number)).submit()
            fields = {"submission_or_share_id": handling.root, "core": 3, "outline": outline}
            handling.say("WorkPackageReceived", **fields)
        Handling(shard, fake_node(3)).submit()
        found = await of(shard, "package_services")
        assert found.scale == 1
        assert len({package.key for package in found.packages}) == 1
        items = {package.service: package.items for package in found.packages}
        assert items == {7: 2, 8: 1}
        assert {package.all_items for package in found.packages} == {3}
        assert {package.refined for package in found.packages} == {0}
        assert {package.auth_gas for package in found.packages} == {None}
        monkeypatch.setattr(module, "SAMPLE_ROWS", 0)
        sample = await of(shard, "package_services")
        assert (sample.packages, sample.scale > 1) == ([], True)

    run(scenario, tmp_path)
