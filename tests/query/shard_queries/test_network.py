"""``tart/query/shard_queries/network.py``: figures of the network come by shard."""

from __future__ import annotations

from tart.query.shard_queries.network import LastStatement, Network


def test_answers_come_by_shard():
    assert Network().merge([(0, {"process": "a"}), (3, {"process": "b"})]) == {
        0: {"process": "a"},
        3: {"process": "b"},
    }


def test_a_statement_on_an_open_connection_counts_before_a_newer_one():
    old, new = (LastStatement(at == 1, at, "", {}) for at in (1, 2))
    assert old.rank > new.rank
