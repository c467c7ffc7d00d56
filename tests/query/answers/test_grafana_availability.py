"""``tart/query/answers/grafana_availability.py``: figures have the members that it declares."""

from __future__ import annotations

import pytest

from tart.query.answers import grafana_availability as answers
from tart.query.grafana import availability
from tests.query.answers.checking import check


@pytest.mark.parametrize(
    ("transfers", "answer"),
    [
        (availability.SHARDS, answers.GrafanaShardLatency),
        (availability.BUNDLES, answers.GrafanaBundleLatency),
        (availability.SEGMENTS, answers.GrafanaSegmentLatency),
        (availability.PREIMAGES, answers.GrafanaPreimageLatency),
    ],
)
def test_latencies_have_exactly_the_declared_members(transfers, answer):
    (row,) = availability.latencies_by_time(transfers, [], [{"bucket": 0, "count": 1}], answer)
    check(answer.__name__, row)
    assert row.keys() == answer.__annotations__.keys() | answer.__required_keys__


def test_requests_of_a_node():
    (row,) = availability.da_stats([{"node": "aa" * 32, "type": 120, "count": 2}], [], [])
    check("GrafanaNodeAvailability", row)
