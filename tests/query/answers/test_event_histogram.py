"""``tart/query/answers/event_histogram.py``: histograms have the members it declares."""

from __future__ import annotations

from tart.query.topics.event_histogram import event_histogram
from tart.query.topics.time_series import Buckets
from tests.gateway.fake_shard import NODE_A, node
from tests.query.answers.checking import check


def test_histograms_of_both_sources_are_valid():
    counts, nodes = [(0, 11, 2), (0, 250, 1)], [(NODE_A, 3)]
    reasons = [{"type": 41, "reason": "no", "count": 1}]
    for known, source in ((reasons, "aggregates"), (None, "event log")):
        answer = event_histogram(
            Buckets(0, 99, 10),
            counts,
            nodes,
            known,
            [node()],
            failures=(),
            source=source,
            top=3,
        )
        check("EventHistogramAnswer", answer)
