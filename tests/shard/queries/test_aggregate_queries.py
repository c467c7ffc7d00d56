"""``tart/shard/queries/aggregate_queries.py``: queries to the aggregates of a real shard."""

from __future__ import annotations

from collections import Counter

import pytest

from tart.aggregate.core.tables import OPERATIONS, ROWS, TABLES
from tart.errors import BadQuery
from tart.shard.queries import aggregate_queries as module
from tests.aggregate.batches import troubled_network
from tests.shard.ingest.test_aggregator import everything, told
from tests.shard.running import run

FACTS = troubled_network().facts
NODES = [node["node"] for node in FACTS.of("node")]


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    """Ask a shard that was told everything; half of it is in the file."""
    root = tmp_path_factory.mktemp("aggregated")
    half = len(troubled_network().sessions) // 2

    async def first(shard):
        told(shard, troubled_network().sessions[:half])
        shard.ingest.flush_aggregates()

    async def then(shard):
        told(shard, troubled_network().sessions[half:])

    run(first, root)
    run(then, root)

    def ask(name, **parameters):
        return run(lambda shard: shard.ask(name, **parameters), root)

    return ask


def test_counts_by_node_and_type(ask):
    found = ask("aggregate_sum", table="counts", by=["node", "type"])
    expected = Counter(
        {(node, number): n for node in NODES for number, n in FACTS.counts(node).items()}
    )
    assert {(node, number): count for node, number, count in found} == expected


def test_times_become_multiples_of_the_step(ask):
    found = ask("aggregate_sum", table="counts", by=["bucket"], step_us=3_600_000_000)
    assert all(bucket % 3_600_000_000 == 0 for bucket, _ in found)
    assert sum(count for _, count in found) == everything(troubled_network())


def test_filters_select_rows_by_column(ask):
    number = 131
    found = ask(
        "aggregate_sum", table="counts", by=["node"], where={"type": [number], "node": NODES[:2]}
    )
    assert dict(found) == {node: FACTS.counts(node)[number] for node in NODES[:2]}
    assert ask("aggregate_sum", table="counts", by=["node"], where={"node": ["ab" * 32]}) == []
    assert ask("aggregate_sum", table="counts", by=["node"], where={"type": []}) == []


def test_rows_outside_the_window_are_not_counted(ask):
    ((first,), *_) = sorted(row[:1] for row in ask("aggregate_sum", table="counts", by=["bucket"]))
    assert ask("aggregate_sum", table="counts", by=["type"], end_us=first) == []
    everything_since = ask("aggregate_sum", table="counts", by=[], start_us=first)
    assert everything_since == [[everything(troubled_network())]]


def test_top_returns_the_greatest_rows(ask):
    ((number, count),) = ask("aggregate_sum", table="counts", by=["type"], top=1)
    assert (number, count) == FACTS.counts().most_common(1)[0]


def test_a_sum_can_be_limited_to_some_values(ask):
    (row,) = ask("aggregate_sum", table="status", by=[], values=["samples", "max_num_peers"])
    said = [f["data"]["num_peers"] for f in FACTS.events("Status")]
    assert row == [len(said), max(said)]


def test_every_table_can_be_summed_by_all_its_keys(ask):
    for table, operations in OPERATIONS.items():
        keys = [name for name in TABLES[table] if name not in operations]
        found = ask("aggregate_sum", table=table, by=keys)
        # No event of JIP-3 has a role yet: tests/e2e/test_coming_events.py.
        assert (not found) == (table == "role_events"), table
        assert {len(row) for row in found} <= {len(keys) + len(operations)}


def test_every_table_of_rows_is_listed_newest_first(ask):
    for table, columns in ROWS.items():
        found = ask("aggregate_rows", table=table, limit=5)
        assert 0 < len(found) <= 5
        assert all(list(row) == list(columns) for row in found)
        clock = module.clock_column(table)
        times = [row[clock] for row in found]
        assert times == sorted(times, reverse=True)


def test_distinct_rows_are_returned_once(ask):
    found = ask("aggregate_rows", table="packages", columns=["hash"], distinct=True, limit=10_000)
    hashes = [row["hash"] for row in found if row["hash"]]
    named = FACTS.events("WorkPackageReceived", "DuplicateWorkPackage")
    received = {f["about"]["package"] for f in named}
    assert len(hashes) == len(set(hashes))
    assert set(hashes) <= received


def test_sightings_of_blocks_give_first_seen_and_propagation(ask):
    sighted = ask("first_seen_blocks")
    known = {f["block"] for f in FACTS.of("block")}
    assert {row[0] for row in sighted} <= known
    block = sighted[0][0]
    nodes = {node for _, node, *_ in ask("block_propagation", hashes=[block])}
    assert len(nodes) == sighted[0][3]
    assert nodes <= set(NODES)
    assert ask("block_propagation", hashes=[]) == []


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("aggregate_sum", {"table": "blocks"}),
        ("aggregate_sum", {"table": "nothing"}),
        ("aggregate_rows", {"table": "nothing"}),
        ("aggregate_by_node", {"table": "blocks", "value": "count"}),
        ("aggregate_rows", {"table": "counts"}),
        ("aggregate_sum", {"table": "counts", "where": {"nothing": [1]}}),
    ],
)
def test_unknown_tables_and_columns_are_rejected(ask, name, parameters):
    with pytest.raises(BadQuery):
        ask(name, **parameters)


def test_too_many_rows_are_refused(ask, monkeypatch):
    monkeypatch.setattr(module, "MAX_ROWS", 3)
    with pytest.raises(BadQuery, match="too many rows"):
        ask("aggregate_sum", table="counts", by=["type"])


def test_text_in_a_filter_stays_text(ask):
    assert ask("aggregate_rows", table="packages", where={"outcome": ["'; DROP TABLE x; --"]}) == []


def test_a_value_by_node_names_each_node_once(ask):
    found = ask("aggregate_by_node", table="counts", value="count", by=["type"])
    assert sorted(found["nodes"]) == sorted(NODES)
    shown = {
        (found["nodes"][place], number): value
        for number, places, values in found["rows"]
        for place, value in zip(places, values, strict=True)
    }
    assert shown == {
        (node, number): n for node in NODES for number, n in FACTS.counts(node).items()
    }


def test_too_many_values_by_node_are_refused(ask, monkeypatch):
    monkeypatch.setattr(module, "MAX_VALUES_BY_NODE", 5)
    with pytest.raises(BadQuery, match="shorter window"):
        ask("aggregate_by_node", table="counts", value="count", by=["type"])
    with pytest.raises(BadQuery, match="no value"):
        ask("aggregate_by_node", table="counts", value="nothing", by=["type"])
