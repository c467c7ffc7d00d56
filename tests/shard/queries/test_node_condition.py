"""``tart/shard/queries/node_condition.py``: conditions on nodes as SQL."""

from __future__ import annotations

import pytest

from tart.shard.queries.node_condition import NodeCondition


@pytest.mark.parametrize(
    ("numbers", "sql"),
    [
        (None, "true"),
        ({}, "false"),
        ({0: []}, "false"),
        ({0: [1, 2], 3: [7]}, "(directory, node) IN ((0, 1), (0, 2), (3, 7))"),
    ],
)
def test_the_condition_names_each_node_by_directory_and_number(numbers, sql):
    assert str(NodeCondition(numbers)) == sql
