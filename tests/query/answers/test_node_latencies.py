"""``tart/query/answers/node_latencies.py``: figures have the members and values it declares."""

from __future__ import annotations

from tart.query.shard_queries.slow_steps import SlowStepRow
from tart.query.topics.node_latencies import node_latencies, slowest_steps
from tests.query.answers.checking import check
from tests.query.topics.test_node_latencies import IMPORT, row
from tests.query.topics.test_node_summary import BUCKETS, NOON, A


def test_node_latencies() -> None:
    check("NodeLatencies", node_latencies(A, [], [], BUCKETS))
    check("NodeLatencies", node_latencies(A, [row(40, 1, 1)], [row(40, 2)], BUCKETS))


def test_slowest_steps() -> None:
    rows = [SlowStepRow(0, 2, 1, 0, 9, NOON, None, None, -5)]
    check("SlowestSteps", slowest_steps(A, IMPORT, rows, searched=(NOON, NOON)))
