"""``tart/query/answers/grafana.py``: figures have the members and values that it declares."""

from __future__ import annotations

from tart.query.grafana import event_counts, event_groups
from tests.query.answers.checking import check


def test_counts_of_every_group():
    row = {"bucket": 0, "count": 1, "type": 42, "node": "aa" * 32, "core": 1}
    for figure in (
        event_counts.counts_by_type,
        event_counts.counts_by_node,
        event_counts.counts_by_core,
    ):
        (found,) = figure([row])
        check("GrafanaCount", found)
    for found in event_groups.event_types(None):
        check("GrafanaEventType", found)
