"""``tart/shard/queries/package_outcomes.py``: outcomes of packages, from the aggregates."""

from __future__ import annotations

from tart.query.shard_queries.package_outcomes import OUTCOMES, REACHED
from tests.shard.packages import Handling
from tests.shard.queries.test_packages import of
from tests.shard.running import fake_node, run


def stages(found):
    return [
        (REACHED[stage], OUTCOMES[outcome])
        for stage, outcome in zip(found.stage, found.outcome, strict=True)
    ]


def test_a_package_has_the_stage_of_its_leading_guarantor(tmp_path):
    async def scenario(shard):
        Handling(shard, fake_node(2)).share().receive().sign()
        found = await of(shard, "package_outcomes")
        assert stages(found) == [("report_built", "report_built")]
        assert found.core.tolist() == [3]
        assert found.slot.tolist() == [-1]
        Handling(shard, fake_node(1)).submit().receive().guarantee()
        found = await of(shard, "package_outcomes")
        assert stages(found) == [("guarantee_built", "guarantee_built")]
        assert found.slot.tolist() != [-1]

    run(scenario, tmp_path)


def test_a_failure_has_its_reason_and_the_stage_it_came_to(tmp_path):
    async def scenario(shard):
        Handling(shard, fake_node(1)).submit().fail("reset")
        Handling(shard, fake_node(2)).submit().receive().fail("no memory")
        found = await of(shard, "package_outcomes")
        assert found.unidentified == {"submissions": 1, "shares": 0, "failed": 1}
        assert stages(found) == [("received", "failed")]
        assert [found.reasons[each] for each in found.reason] == ["no memory"]
        assert (await of(shard, "package_outcomes", core=4)).core.tolist() == []

    run(scenario, tmp_path)
