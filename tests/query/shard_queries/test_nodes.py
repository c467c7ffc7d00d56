"""``tart/query/shard_queries/nodes.py``: nodes and the present of several shards."""

from __future__ import annotations

from tart.query.core.merge import ChainStatements
from tart.query.core.nodes import StatedSlot
from tart.query.shard_queries.nodes import Chain, Live, LogLines, Statistics


def test_statistics_come_by_shard():
    assert Statistics().merge([(0, {"pid": 1}), (2, {"pid": 3})]) == {0: {"pid": 1}, 2: {"pid": 3}}


def test_the_newest_statement_of_a_node_counts():
    old, new = (
        StatedSlot(1, received_at, "", is_open=True, is_ahead=False) for received_at in (1, 2)
    )
    rows = [(0, [ChainStatements("a", old, None)]), (1, [ChainStatements("a", new, old)])]
    assert Chain().merge(rows) == {"a": (new, old)}


def test_live_counts_stay_apart_until_they_are_added():
    counts = {"since": 1, "seconds": [], "active": []}
    assert Live().merge([(0, counts), (1, counts)]) == [counts, counts]


def test_log_lines_that_several_processes_inherited_come_once():
    early, late = {"at": "1", "text": "start"}, {"at": "2", "text": "stop"}
    assert LogLines().merge([(0, [early]), (1, [early, late])]) == [early, late]
