"""jamtart's routes of 2026 about events, nodes, blocks and cores against what really happened."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from tart.query.core.rfc3339 import server_time
from tart.query.core.windows import time_us
from tart.query.grafana.event_groups import EVENT_GROUPS
from tart.units import HOUR_US, MINUTE_US
from tests.e2e.received import Received

# Their figures are those of the other routes: one system, in which shards are merged, is enough.
pytestmark = pytest.mark.parametrize(
    "truth", ["5 shards, restarted"], indirect=True, scope="session"
)


@pytest.fixture(scope="module")
def received(truth):
    return Received(truth)


def ask(truth, path, **parameters):
    """A route's answer about the last hours, in which everything happened."""
    now = time.time_ns() // 1000
    window = {"start": server_time(now - 5 * HOUR_US), "end": server_time(now)}
    return truth.system.get(path, **{**window, **parameters})


def test_counts_by_type_node_and_core(truth, received):
    counts = truth.facts.counts()
    rows = ask(truth, "/api/grafana/timeseries")
    by_type = Counter()
    for row in rows:
        by_type[row["event_type"]] += row["count"]
    assert by_type == counts
    assert [row["ts"] for row in rows] == sorted(row["ts"] for row in rows)
    by_bucket = Counter(
        (each["at"] - each["at"] % MINUTE_US, each["event_type"]) for each in received.events
    )
    assert {(time_us(row["ts"], ""), row["event_type"]): row["count"] for row in rows} == by_bucket
    by_node = Counter()
    for row in ask(truth, "/api/grafana/timeseries", group_by="node_id", interval="6s"):
        by_node[row["node_id"]] += row["count"]
    assert by_node == Counter(each["node_id"] for each in received.events)


@pytest.mark.parametrize("group", ["failures", "wp_pipeline", "status"])
def test_counts_of_a_group_at_a_node(truth, group):
    node = truth.facts.of("node")[0]["node"]
    rows = ask(truth, "/api/grafana/timeseries", event_types=f"{{{group}}}", node=node)
    wanted = {kind.number for kind in EVENT_GROUPS[group]}
    counts = truth.facts.counts(node)
    assert sum(row["count"] for row in rows) == sum(counts[number] for number in wanted)
    assert {row["event_type"] for row in rows} == {n for n in wanted if counts[n]}


def test_windows_that_meet_add_up(truth, received):
    middle = sorted(each["at"] for each in received.events)[len(received.events) // 2]
    first, last = server_time(middle - HOUR_US), server_time(middle + HOUR_US)
    for step in ("6s", "1m"):
        parts = [
            ask(truth, "/api/grafana/timeseries", start=start, end=end, interval=step)
            for start, end in ((first, server_time(middle)), (server_time(middle), last))
        ]
        total = sum(row["count"] for rows in parts for row in rows)
        assert total == len(received.events)
