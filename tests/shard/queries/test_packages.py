"""``tart/shard/queries/packages.py``: packages of a directory, from the aggregates."""

from __future__ import annotations

from tart.query.packages import packages
from tests.shard.packages import HASH, REPORT, Handling
from tests.shard.running import fake_node, run


async def of(shard, name, **parameters):
    shard.aggregator._cache.clear()
    return await shard.ask(name, **parameters)


def test_a_package_is_as_far_as_its_leading_guarantor(tmp_path):
    async def scenario(shard):
        secondary = Handling(shard, fake_node(2)).share().receive().sign()
        primary = Handling(shard, fake_node(1)).submit().receive().guarantee()
        (state,) = packages.states([await of(shard, "states")], 10)
        assert (state["hash"], state["node"]) == (HASH.hex(), primary.node_id)
        assert (state["submissions"], state["shares"]) == (1, 1)
        assert state["nodes"] == sorted([primary.node_id, secondary.node_id])
        assert state["submitted_to"] == primary.node_id
        assert (state["core"], state["any_report"]) == (3, REPORT.hex())
        assert state["guaranteed"] is not None

    run(scenario, tmp_path)


def test_attempts_whose_package_never_became_known_stand_apart(tmp_path):
    async def scenario(shard):
        Handling(shard, fake_node(1)).submit().fail("reset")
        Handling(shard, fake_node(2)).submit().receive()
        found = packages.handled([await of(shard, "handled")])
        assert found.unidentified == {"submissions": 1, "shares": 0, "failed": 1}
        assert (found.distinct(), found.distinct("received"), found.distinct("failed")) == (1, 1, 0)
        assert packages.handled([await of(shard, "handled", core=3)]).distinct() == 1
        assert packages.handled([await of(shard, "handled", core=4)]).distinct() == 0

    run(scenario, tmp_path)


def test_a_tally_without_gas_is_zero_and_not_the_greatest_number(tmp_path):
    async def scenario(shard):
        handling = Handling(shard, fake_node(1)).submit().receive()
        (row,) = packages.tallied([await of(shard, "tallied", by=["node"])], ["node"])
        assert (row["node"], row["rows"], row["received"]) == (handling.node_id, 1, 1)
        assert (row["gas_used"], row["processing_us"], row["bundle_bytes"]) == (0, 0, 0)

    run(scenario, tmp_path)


def test_what_is_not_over_counts_once_it_is_settled(tmp_path):
    async def scenario(shard):
        Handling(shard, fake_node(1)).submit().receive().guarantee()
        for settled, count in ((0, 0), (1 << 60, 1), (None, 1)):
            (row,) = packages.tallied([await of(shard, "tallied", settled_us=settled)], [])
            assert (row["guaranteed"], row["guaranteed_over"]) == (1, count)

    run(scenario, tmp_path)


def test_what_a_connection_left_open_is_over_at_once(tmp_path):
    async def scenario(shard):
        handlings = [Handling(shard, fake_node(number)) for number in (1, 2)]
        for each in handlings:
            each.submit().receive().guarantee()
        shard.ingest.close_session(handlings[0].session, "gone")
        for flushed in (False, True):
            if flushed:
                shard.ingest.flush_aggregates()
                await shard.settled()
            (row,) = packages.tallied([await of(shard, "tallied", settled_us=0)], [])
            assert (row["guaranteed"], row["guaranteed_over"]) == (2, 1)

    run(scenario, tmp_path)


def test_durations_are_within_a_row(tmp_path):
    async def scenario(shard):
        Handling(shard, fake_node(1)).submit().receive().guarantee()
        found = packages.durations([await of(shard, "steps")])
        assert sum(found["submitted_to_received"].values()) == 1
        assert sum(found["submitted_to_distributed"].values()) == 0

    run(scenario, tmp_path)


def test_rows_are_found_by_any_hash_of_theirs_and_by_id(tmp_path):
    async def scenario(shard):
        one = Handling(shard, fake_node(1)).submit().receive().guarantee()
        Handling(shard, fake_node(2)).submit()
        for name in (HASH, REPORT):
            (row,) = await of(shard, "handlings", hashes=[name.hex()])
            assert (row["node"], row["session"], row["root"]) == (
                one.node_id,
                one.session.api_id,
                one.root,
            )
        assert await of(shard, "handlings", hashes=["ab" * 32]) == []
        assert await of(shard, "handlings", hashes=[]) == []
        # Both began with the first event of their connections.
        assert len(await of(shard, "handlings", root=one.root)) == 2
        assert len(await of(shard, "handlings", root=one.root, node=one.node_id)) == 1
        assert len(await of(shard, "handlings", root=one.root, session=one.session.api_id)) == 1

    run(scenario, tmp_path)
