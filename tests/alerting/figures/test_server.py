"""Figures of the server."""

from __future__ import annotations

import pytest

from tart.alerting.figures.counter_history import CounterHistory
from tart.alerting.figures.inputs import Inputs
from tart.alerting.figures.server import count_shard
from tart.units import DAY_US, HOUR_US, MINUTE_US
from tests.alerting.figures.making import NOON, measure, measurement_of, server, statistics


def of(state, *earlier):
    """Inputs with the counters of earlier states, ten minutes apart, and of this one."""
    counters = CounterHistory()
    for index, each in enumerate((*earlier, state)):
        for shard, known in each.statistics.items():
            counters.add(NOON + (index - len(earlier)) * 10 * MINUTE_US, count_shard(shard, known))
    return Inputs(server=state, server_counters=counters)


def test_a_shard_that_does_not_answer_is_missing():
    assert measure("shards_missing", inputs=of(server(statistics(), None))) == {None: 1.0}


def test_shares_of_disk_memory_and_descriptors():
    state = server(statistics(), disk=(25, 100), memory=(30, 40), descriptors=0.5)
    inputs = of(state)
    assert measure("disk_free_share", inputs=inputs) == {None: 0.25}
    assert measure("memory_free_share", inputs=inputs) == {None: 0.75}
    assert measure("descriptors_used_share", inputs=inputs) == {None: 0.5}


def test_what_is_not_known_has_no_value():
    inputs = of(server(statistics()))
    for figure in (
        "disk_free_share",
        "memory_free_share",
        "descriptors_used_share",
        "disk_full_hours",
        "certificate_expires_days",
        "backup_age_hours",
    ):
        assert measure(figure, inputs=inputs) == {}


def test_times_of_certificate_backup_and_full_disk():
    state = server(
        statistics(),
        full_in_hours=30.0,
        certificate_ends_us=NOON + 10 * DAY_US,
        backup_us=NOON - 36 * HOUR_US,
    )
    inputs = of(state)
    assert measure("disk_full_hours", inputs=inputs) == {None: 30.0}
    assert measure("certificate_expires_days", inputs=inputs) == {None: 10.0}
    assert measure("backup_age_hours", inputs=inputs) == {None: 36.0}
    expired = of(server(statistics(), certificate_ends_us=NOON - DAY_US))
    assert measure("certificate_expires_days", inputs=expired) == {None: -1.0}


def paused(count: int, pid: int = 1):
    return statistics(pid, ingest_pauses={"rate": 50, "buffer": count})


def test_pauses_are_counted_in_the_window_and_those_of_single_nodes_are_not():
    inputs = of(server(paused(5)), server(paused(2)), server(paused(2)))
    assert measure("ingest_pauses", inputs=inputs) == {None: 3.0}


def test_a_window_that_was_not_observed_to_its_start_has_what_is_known_or_no_value():
    assert measure("ingest_pauses", inputs=of(server(paused(5)))) == {None: None}
    inputs = of(server(paused(5), None), server(paused(2), paused(2, pid=2)))
    assert measure("ingest_pauses", inputs=inputs) == {None: 3.0}
    inputs = of(server(paused(2), None), server(paused(2), paused(2, pid=2)))
    assert measure("ingest_pauses", inputs=inputs) == {None: None}


def failed(count: int):
    return statistics(derived_failures={"aggregates": count, "live": count})


def test_failures_of_derived_work_are_those_of_all_stages():
    before = server(failed(1))
    inputs = of(server(failed(2)), before, before, before)
    assert measure("derived_failures", inputs=inputs) == {None: 2.0}


def writes(*cumulative: int):
    bounds = zip((0.01, 0.1, 1.0), cumulative[:-1], strict=True)
    histogram = {"buckets": [[*each] for each in bounds], "sum": 1.0, "count": cumulative[-1]}
    return statistics(write_seconds=histogram)


@pytest.mark.parametrize(
    ("now", "value"),
    [
        ((1099, 1100, 1100, 1100), 0.01),
        ((1090, 1099, 1100, 1100), 0.1),
        ((1090, 1090, 1090, 1100), 2.0),
    ],
)
def test_the_write_latency_is_the_99th_percentile_of_the_writes_in_the_window(now, value):
    before = server(writes(1000, 1000, 1000, 1000))
    inputs = of(server(writes(*now)), before)
    assert measure("write_latency_seconds", inputs=inputs) == {None: value}


def test_the_write_latency_is_that_of_the_slowest_shard_and_none_without_writes():
    idle = server(writes(5, 5, 5, 5))
    assert measure("write_latency_seconds", inputs=of(idle, idle)) == {}
    missing = server(None)
    assert measure("write_latency_seconds", inputs=of(missing)) == {None: None}
    measurement = measurement_of("write_latency_seconds", inputs=of(missing))
    assert not measurement.is_complete
