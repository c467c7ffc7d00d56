"""``tart/query/core/merge_aggregates.py``: rows of several shards as rows of one."""

from tart.query.core.merge_aggregates import merge_by_node, merge_rows


def test_rows_with_equal_keys_become_one_row():
    rows = [["a", 1, 5, 9], ["b", 2, 6, 8], ["a", 3, 4, 7]]
    assert merge_rows(rows, 1, ("sum", "min", "max")) == [["a", 4, 4, 9], ["b", 2, 6, 8]]


def test_an_unknown_value_changes_nothing():
    rows = [["a", None, None], ["a", 3, None], ["a", None, 7]]
    assert merge_rows(rows, 1, ("sum", "min")) == [["a", 3, 7]]


def test_the_last_value_is_that_of_the_newest_row():
    rows = [[10, "old"], [30, "new"], [20, "between"]]
    assert merge_rows(rows, 0, ("max", "last")) == [[30, "new"]]


def test_rows_without_keys_become_one_row():
    assert merge_rows([[1], [2], [3]], 0, ("sum",)) == [[6]]


def test_integers_beyond_64_bits_are_added_exactly():
    assert merge_rows([["a", 2**70], ["a", 2**70 + 1]], 1, ("sum",)) == [["a", 2**71 + 1]]


def test_a_node_on_two_shards_has_one_value():
    one = (["a", "b"], [[5, [0, 1], [3, 4]], [6, [1], [None]]])
    two = (["b"], [[5, [0], [10]], [6, [0], [2]]])
    assert merge_by_node([one, two], "sum") == {(5,): {"a": 3, "b": 14}, (6,): {"b": 2}}
    assert merge_by_node([one, two], "max") == {(5,): {"a": 3, "b": 10}, (6,): {"b": 2}}
