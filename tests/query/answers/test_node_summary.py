"""``tart/query/answers/node_summary.py``: figures have the members and values it declares."""

from __future__ import annotations

from tart.query.topics.node_summary import nodes_summary
from tests.query.answers.checking import check
from tests.query.topics.test_node_summary import A, B, breach, node, summary_input


def test_nodes_summary() -> None:
    check("NodesSummary", nodes_summary(summary_input()))
    rows = {"counts": [breach("events_dropped", summary_input().buckets.start_us)]}
    bare = node(B, best=None, finalized=None, is_connected=False, dropped_count=1 << 70)
    check("NodesSummary", nodes_summary(summary_input(node(A), bare, conformance=rows)))
