"""``tart/aggregate/keyed/pipelines.py``: rows are what really became of blocks and packages."""

from __future__ import annotations

import json

import pytest

from tart.aggregate.core.tables import BLOCK_STEPS, PACKAGE_STEPS, ROWS
from tart.aggregate.keyed.pipelines import BlockPipeline, PackagePipeline
from tart.protocol.events import EventKind
from tart.query.core.aggregate_columns import OUTLINE
from tests.aggregate.batches import aggregate, rows, troubled_network


def by_root(table):
    """Rows by (peer id, session ordinal, event id of the root)."""
    played = troubled_network()
    peers = [node["node"] for node in played.facts.of("node")]
    return {
        (peers[row["node"]], played.sessions[row["session"]].ordinal, row["root"]): row
        for row in rows(aggregate(played), table)
    }


def happened(*variants):
    """Facts by the root they refer to."""
    found: dict = {}
    for fact in troubled_network().facts.events(*variants):
        root = fact["event_id"] if fact["root"] is None else fact["root"]["event_id"]
        found.setdefault((fact["node"], fact["session"], root), []).append(fact)
    return found


def test_each_block_begun_has_one_row():
    assert by_root("blocks").keys() == happened("Authoring", "Importing").keys()


def test_each_work_package_begun_has_one_row():
    begun = happened("WorkPackageSubmission", "WorkPackageBeingShared")
    assert by_root("packages").keys() == begun.keys()


@pytest.mark.no_cover
@pytest.mark.parametrize(("table", "steps"), [("blocks", BLOCK_STEPS), ("packages", PACKAGE_STEPS)])
def test_each_step_has_the_timestamp_of_its_event(table, steps):
    found, compared = by_root(table), 0
    for number, step in steps.items():
        facts = {
            f["type"]: f["event"] for f in troubled_network().facts.sent if f["type"] == number
        }
        for root, of_root in happened(*facts.values()).items():
            if root in found:
                assert found[root][step] == of_root[0]["node_us"], (root, step)
                compared += 1
    assert compared > 100


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("table", "variants"),
    [
        ("blocks", ("AuthoringFailed", "BlockVerificationFailed", "BlockExecutionFailed")),
        ("packages", ("WorkPackageFailed",)),
    ],
)
def test_a_failed_pipeline_has_the_time_and_reason_of_its_failure(table, variants):
    found, failed = by_root(table), happened(*variants)
    assert failed
    for root, (fact, *_) in failed.items():
        if root in found:
            row = found[root]
            assert (row["outcome"], row["failed_type"]) == ("failed", fact["type"])
            assert (row["failed"], row["reason"]) == (fact["node_us"], fact["data"]["reason"])
    others = {root for root, row in found.items() if row["outcome"] == "failed"}
    assert others <= failed.keys()


def test_a_block_has_its_slot_hash_parent_and_costs():
    found = by_root("blocks")
    for root, (fact, *_) in happened("Authoring").items():
        assert found[root]["slot"] == fact["data"]["slot"]
        assert found[root]["parent"].hex() == fact["data"]["parent"]
    for root, (fact, *_) in happened("Authored", "Importing").items():
        if root in found:
            assert found[root]["hash"].hex() == fact["data"]["outline"]["hash"]
    for root, (fact, *_) in happened("BlockExecuted").items():
        if root in found:
            costs = [cost for _, cost in fact["data"]["accumulate_costs"]]
            assert found[root]["services"] == len(costs)
            assert found[root]["gas"] == sum(each["total"]["gas_used"] for each in costs)


def test_a_work_package_has_its_hash_core_report_and_guarantee():
    found = by_root("packages")
    for root, (fact, *_) in happened("WorkPackageReceived").items():
        if root in found:
            assert found[root]["hash"].hex() == fact["about"]["package"]
            assert found[root]["core"] == fact["about"]["core"]
    for root, (fact, *_) in happened("WorkReportBuilt").items():
        if root in found:
            assert found[root]["report"].hex() == fact["about"]["report"]
            assert found[root]["erasure_root"].hex() == fact["about"]["erasure_root"]
    # With a third signature there is a better guarantee of the same report.
    for root, (*_, fact) in happened("GuaranteeBuilt").items():
        if root in found:
            outline = fact["data"]["outline"]
            assert found[root]["guarantee_slot"] == outline["slot"]
            assert json.loads(found[root]["guarantors"]) == outline["guarantors"]


def test_equal_event_ids_of_two_nodes_are_distinct_pipelines():
    packages: dict = {}
    for (node, session, root), row in by_root("packages").items():
        if row["hash"] is not None:
            packages.setdefault((session, root), {})[node] = row["hash"]
    collided = [each for each in packages.values() if len(set(each.values())) > 1]
    assert collided, "the network has no colliding ids"


def test_pipeline_rows_have_the_columns_of_their_table():
    assert len(BlockPipeline(kind=40).row()) == len(ROWS["blocks"])
    assert len(PackagePipeline(kind=90).row()) == len(ROWS["packages"])


def test_a_failed_work_package_stays_failed():
    package = PackagePipeline(kind=90)
    package.fail(92, 5, "first")
    package.fail(92, 6, "second")
    package.advance(109, 7, {})
    assert package.values["reason"] == "first"
    assert package.values["outcome"] == "failed"
    assert "distributed" not in package.values


def test_sums_of_64_bit_costs_do_not_overflow():
    most = (1 << 64) - 1
    cost = {"total": {"gas_used": most, "elapsed_ns": most}}
    package = PackagePipeline(outcome="unfinished")
    package.advance(101, 5, {"costs": [cost, cost, cost]})
    assert package.values["refine_gas"] == package.values["refine_ns"] == 3 * most
    package.increase("sent", 65_536)
    assert package.values["sent"] == 65_536
    block = BlockPipeline(outcome="unfinished", kind=40)
    block.advance(47, 5, {"accumulate_costs": [(1, cost), (2, cost)]})
    assert block.values["gas"] == block.values["elapsed_ns"] == 2 * most


def test_a_block_is_done_when_executed_and_if_authored_here_also_authored():
    executed = {"accumulate_costs": []}
    imported = BlockPipeline(outcome="unfinished", kind=EventKind.IMPORTING)
    imported.advance(EventKind.BLOCK_EXECUTED, 5, executed)
    assert (imported.done, imported.values["outcome"]) == (True, "executed")
    authored = BlockPipeline(outcome="unfinished", kind=EventKind.AUTHORING)
    authored.advance(EventKind.BLOCK_EXECUTED, 5, executed)
    assert (authored.done, authored.values["outcome"]) == (False, "unfinished")
    outline = {**dict.fromkeys(OUTLINE, 0), "hash": bytes(32)}
    authored.advance(EventKind.AUTHORED, 6, {"outline": outline})
    assert (authored.done, authored.values["outcome"]) == (True, "authored")


def test_the_last_event_of_a_pipeline_is_the_newest_in_any_order():
    package = PackagePipeline()
    package.record_event(7, 70)
    package.record_event(5, 50)
    assert (package.values["last_seq"], package.values["ended_at"]) == (7, 70)
