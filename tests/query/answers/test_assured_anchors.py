"""``tart/query/answers/assured_anchors.py``: figures have the members and values it declares."""

from __future__ import annotations

from tart.query.topics.assured_anchors import Anchors, anchor_coverage
from tests.query.answers.checking import check
from tests.query.topics.test_assured_anchors import ONE, A, B, coverage, delivery


def test_coverage_of_anchors() -> None:
    check("AvailabilityAnchors", anchor_coverage(Anchors({}, 0), [], [], {}, None))
    arrivals = (5_000, 9_000, [0, 1, 40, 1])
    check("AvailabilityAnchors", coverage(delivery(ONE, A, 0, arrivals), delivery(ONE, B, 2**40)))
