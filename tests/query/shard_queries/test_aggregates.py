"""``tart/query/shard_queries/aggregates.py``: rows of several shards as objects."""

from __future__ import annotations

from tart.query.shard_queries.aggregates import (
    AggregateByNode,
    AggregateRows,
    AggregateSum,
    Rows,
    SumRows,
    ValuesByNode,
)


def test_sums_of_several_shards_are_objects_of_keys_and_values():
    values = {"count": "sum", "last_at": "max"}
    one = SumRows(["type"], values, [[11, 2, 5], [12, 1, None]])
    two = SumRows(["type"], values, [[11, 2**64, 4]])
    assert AggregateSum("counts", by=["type"]).merge([(0, one), (1, two)]) == [
        {"type": 11, "count": 2**64 + 2, "last_at": 5},
        {"type": 12, "count": 1, "last_at": None},
    ]


def test_rows_of_several_shards_come_newest_first():
    one, two = Rows(["at", "slot"], "at", [[9, 1], [2, 2]]), Rows(["at", "slot"], "at", [[5, 3]])
    merged = AggregateRows("blocks").merge([(0, one), (1, two)])
    assert merged == [{"at": 9, "slot": 1}, {"at": 5, "slot": 3}, {"at": 2, "slot": 2}]


def test_rows_without_their_clock_stay_in_the_order_of_the_shards():
    one, two = Rows(["slot"], "at", [[1], [2]]), Rows(["slot"], "at", [[3]])
    merged = AggregateRows("blocks", columns=["slot"]).merge([(0, one), (1, two)])
    assert [row["slot"] for row in merged] == [1, 2, 3]


def test_distinct_rows_come_once():
    one, two = Rows(["slot"], "at", [[1], [2]]), Rows(["slot"], "at", [[2]])
    merged = AggregateRows("blocks", columns=["slot"], distinct=True).merge([(0, one), (1, two)])
    assert merged == [{"slot": 1}, {"slot": 2}]


def test_values_by_node_add_up_by_the_operation_of_the_shards():
    one = ValuesByNode("max", ["a", "b"], [[5, [0, 1], [3, 4]]])
    two = ValuesByNode("max", ["b"], [[5, [0], [10]]])
    merged = AggregateByNode("heads", "best", by=["bucket"]).merge([(0, one), (1, two)])
    assert merged == {(5,): {"a": 3, "b": 10}}


def test_a_query_reads_the_table_that_it_names():
    assert AggregateSum("counts").tables_read() == ("counts",)
    assert AggregateRows("blocks").tables_read() == ("blocks",)
    assert AggregateByNode("heads", "best").tables_read() == ("heads",)
