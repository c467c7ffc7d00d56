"""``tart/query/shard_queries/summary.py``: summaries come by shard."""

from __future__ import annotations

from tart.query.core.query import decode_partial
from tart.query.shard_queries.summary import ChangedNode, Stated, Summary
from tart.shard.encoding.json_bytes import encode_answer


def test_answers_come_by_shard_with_all_that_was_stated():
    said = [Stated(value, True, False, 5, "::1") for value in (7, 6, True)]
    node = ChangedNode("aa" * 32, True, 5, 1, 2, 3, *said, None)
    answer = {
        "process": "p",
        "now_us": 5,
        "since": 1,
        "seconds": [(4, 1, ["aa"], [], 1, 0)],
        "by_type": {11: 1},
        "failures": 0,
        "findings": 0,
        "complete": True,
        "nodes": [node],
    }
    query = Summary(5, ("p",))
    assert query.merge([(1, decode_partial(query, *encode_answer(query, answer)))]) == {1: answer}
