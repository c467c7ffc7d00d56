"""``tart/shard/queries/packages.py``: packages of a directory, from the aggregates."""

from __future__ import annotations

from tart.query.core.query import decode_partial
from tart.query.shard_queries.packages import samples_by_pair
from tests.shard.packages import HASH, REPORT, Handling
from tests.shard.running import DEADLINE, fake_node, query_of, run


async def of(shard, name, **parameters):
    """The merged answer of one shard."""
    shard.forget_answers()
    query = query_of(name, **parameters)
    value, attachment = await shard.control.run(query, DEADLINE, 0.0)
    return query.merge([(0, decode_partial(query, value, attachment))])


def test_the_state_of_a_package_is_that_of_its_leading_guarantor(tmp_path):
    async def scenario(shard):
        secondary = Handling(shard, fake_node(2)).share().receive().sign()
        primary = Handling(shard, fake_node(1)).submit().receive().guarantee()
        (state,) = await of(shard, "package_states")
        assert (state["hash"], state["node"]) == (HASH.hex(), primary.node_id)
        assert (state["submissions"], state["shares"]) == (1, 1)
        assert state["nodes"] == sorted([primary.node_id, secondary.node_id])
        assert state["submitted_to"] == primary.node_id
        assert (state["core"], state["any_report"]) == (3, REPORT.hex())
        assert state["guaranteed"] is not None

    run(scenario, tmp_path)


def test_attempts_of_unknown_packages_are_counted_as_unidentified(tmp_path):
    async def scenario(shard):
        Handling(shard, fake_node(1)).submit().fail("reset")
        Handling(shard, fake_node(2)).submit().receive()
        found = await of(shard, "package_stages")
        assert found.unidentified == {"submissions": 1, "shares": 0, "failed": 1}
        assert (found.distinct(), found.distinct("received"), found.distinct("failed")) == (1, 1, 0)
        assert (await of(shard, "package_stages", core=3)).distinct() == 1
        assert (await of(shard, "package_stages", core=4)).distinct() == 0

    run(scenario, tmp_path)


def test_counts_without_gas_are_zero(tmp_path):
    async def scenario(shard):
        handling = Handling(shard, fake_node(1)).submit().receive()
        (row,) = await of(shard, "package_counts", by=["node"])
        assert (row["node"], row["rows"], row["received"]) == (handling.node_id, 1, 1)
        assert (row["gas_used"], row["processing_us"], row["bundle_bytes"]) == (0, 0, 0)

    run(scenario, tmp_path)


def test_an_unfinished_guarantee_has_ended_once_it_is_inactive(tmp_path):
    async def scenario(shard):
        Handling(shard, fake_node(1)).submit().receive().guarantee()
        for settled, count in ((0, 0), (1 << 60, 1), (None, 1)):
            (row,) = await of(shard, "package_counts", inactive_since_us=settled)
            assert (row["guaranteed"], row["guaranteed_ended"]) == (1, count)

    run(scenario, tmp_path)


def test_an_unfinished_guarantee_has_ended_with_its_connection(tmp_path):
    async def scenario(shard):
        handlings = [Handling(shard, fake_node(number)) for number in (1, 2)]
        for each in handlings:
            each.submit().receive().guarantee()
        shard.ingest.close_session(handlings[0].session, "gone")
        for flushed in (False, True):
            if flushed:
                shard.ingest.flush_aggregates()
                await shard.settled()
            (row,) = await of(shard, "package_counts", inactive_since_us=0)
            assert (row["guaranteed"], row["guaranteed_ended"]) == (2, 1)

    run(scenario, tmp_path)


def test_durations_are_between_steps_of_one_row(tmp_path):
    async def scenario(shard):
        Handling(shard, fake_node(1)).submit().receive().guarantee()
        found = samples_by_pair(await of(shard, "step_durations"))
        assert sum(found["submitted_to_received"].values()) == 1
        assert sum(found["submitted_to_distributed"].values()) == 0

    run(scenario, tmp_path)


def test_package_rows_are_found_by_each_of_their_hashes_and_by_id(tmp_path):
    async def scenario(shard):
        one = Handling(shard, fake_node(1)).submit().receive().guarantee()
        Handling(shard, fake_node(2)).submit()
        for name in (HASH, REPORT):
            (row,) = await of(shard, "package_rows", hashes=[name.hex()])
            assert (row["node"], row["session"], row["root"]) == (
                one.node_id,
                one.session.api_id,
                one.root,
            )
        assert await of(shard, "package_rows", hashes=["ab" * 32]) == []
        assert await of(shard, "package_rows", hashes=[]) == []
        # Both began with the first event of their connections.
        assert len(await of(shard, "package_rows", root=one.root)) == 2
        assert len(await of(shard, "package_rows", root=one.root, node=one.node_id)) == 1
        assert len(await of(shard, "package_rows", root=one.root, session=one.session.api_id)) == 1

    run(scenario, tmp_path)
