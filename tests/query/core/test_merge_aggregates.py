"""``tart/query/core/merge_aggregates.py``: rows of several shards as rows of one."""

from tart.query.core.merge_aggregates import merged, spread


def test_equal_keys_become_one_row():
    rows = [["a", 1, 5, 9], ["b", 2, 6, 8], ["a", 3, 4, 7]]
    assert merged(rows, 1, ("sum", "min", "max")) == [["a", 4, 4, 9], ["b", 2, 6, 8]]


def test_what_nobody_knows_changes_nothing():
    rows = [["a", None, None], ["a", 3, None], ["a", None, 7]]
    assert merged(rows, 1, ("sum", "min")) == [["a", 3, 7]]


def test_the_last_value_is_that_of_the_newest_row():
    rows = [[10, "old"], [30, "new"], [20, "between"]]
    assert merged(rows, 0, ("max", "last")) == [[30, "new"]]


def test_without_keys_all_is_one_row():
    assert merged([[1], [2], [3]], 0, ("sum",)) == [[6]]


def test_values_by_node_are_one_where_two_shards_know_the_node():
    one = {"nodes": ["a", "b"], "rows": [[5, [0, 1], [3, 4]], [6, [1], [None]]]}
    two = {"nodes": ["b"], "rows": [[5, [0], [10]], [6, [0], [2]]]}
    assert spread([one, two], "sum") == {(5,): {"a": 3, "b": 14}, (6,): {"b": 2}}
    assert spread([one, two], "max") == {(5,): {"a": 3, "b": 10}, (6,): {"b": 2}}
