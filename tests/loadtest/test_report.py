"""Percentiles are interpolated as they say, and bars compare as the issue writes them."""

from __future__ import annotations

import math

import pytest

from loadtest import report
from loadtest.measure import read_metrics
from loadtest.report import BARS, Bar
from loadtest.scenarios import SCENARIOS

BUCKETS = {0.01: 0.0, 0.05: 80.0, 0.1: 100.0, math.inf: 100.0}


@pytest.mark.parametrize(
    ("share", "expected"), [(0.5, 0.035), (0.8, 0.05), (0.9, 0.075), (1.0, 0.1)]
)
def test_a_percentile_is_interpolated_within_its_bucket(share, expected):
    assert report.histogram_percentile(BUCKETS, share) == pytest.approx(expected)


def test_a_percentile_beyond_the_last_bound_is_infinite():
    assert report.histogram_percentile({0.1: 1.0, math.inf: 100.0}, 0.99) == math.inf
    assert report.histogram_maximum({0.1: 1.0, math.inf: 100.0}) == math.inf


def test_an_empty_histogram_has_no_percentile():
    assert report.histogram_percentile({}, 0.5) is None
    assert report.histogram_percentile({0.1: 0.0, math.inf: 0.0}, 0.5) is None
    assert report.histogram_maximum({0.1: 0.0}) is None
    assert report.percentile([], 0.5) is None


def test_the_maximum_is_the_bound_of_the_highest_bucket_in_use():
    assert report.histogram_maximum(BUCKETS) == 0.1


def test_a_histogram_difference_excludes_earlier_counts():
    before = {0.01: 0.0, 0.05: 80.0, 0.1: 90.0, math.inf: 90.0}

    only = report.histogram_difference(BUCKETS, before)

    assert only == {0.01: 0.0, 0.05: 0.0, 0.1: 10.0, math.inf: 10.0}


@pytest.mark.parametrize(("share", "expected"), [(0.5, 2), (0.51, 3), (0.99, 4), (1.0, 4)])
def test_percentiles_of_values_are_values(share, expected):
    assert report.percentile([4, 1, 3, 2], share) == expected


def test_a_target_is_met_at_its_limit_unless_strict():
    assert Bar("line", "", "lost", 10).met(10)
    assert not Bar("line", "", "lost", 10).met(10.01)
    assert not Bar("line", "", "lost", 10, strict=True).met(10)
    assert Bar("line", "", "lost", 10, strict=True).met(9.99)


def test_a_target_may_be_a_minimum():
    assert Bar("full", "", "held_share", 0.97, least=True).met(0.97)
    assert not Bar("full", "", "held_share", 0.97, least=True).met(0.96)


def test_every_bar_is_of_a_scenario():
    assert {bar.scenario for bar in BARS} <= set(SCENARIOS)


def test_the_table_shows_every_target_also_unmeasured_ones():
    results = {"line": {"figures": {"lost": 0, "write_p99_ms": 80.0}}}

    lines = report.bars(results).splitlines()

    assert len(lines) == len(BARS) + 2
    lost = next(line for line in lines if line.startswith("line") and "lost" in line)
    late = next(line for line in lines if line.startswith("line") and "latency" in line)
    assert lost.endswith("✓")
    assert late.endswith("✗")
    assert sum("not measured" in line for line in lines) == len(BARS) - 2


def test_a_shortened_run_is_marked_in_parentheses():
    lines = report.bars({"idle": {"altered": True, "figures": {"cores": 0.5}}}).splitlines()

    assert any(line.startswith("idle") and line.endswith("(✗)") for line in lines)


def test_a_smaller_scenario_replaces_one_that_was_not_run():
    lines = report.bars({"quick": {"figures": {"lost": 0}}}).splitlines()

    assert any(line.startswith("line, by quick") and line.endswith("(✓)") for line in lines)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1_234_567, "1,234,567"),
        (0.01234, "0.0123"),
        (7.7049, "7.70"),
        (123.4, "123"),
        (math.inf, "beyond the scale"),
    ],
)
def test_numbers_have_three_significant_digits(value, text):
    assert report.number(value) == text


def test_metrics_of_all_shards_are_added():
    text = "\n".join(
        [
            "# TYPE tart_events_committed counter",
            'tart_events_committed_total{shard="0"} 3',
            'tart_events_committed_total{shard="1"} 4',
            "# TYPE tart_commit_seconds histogram",
            'tart_commit_seconds_bucket{shard="0",le="0.1"} 1',
            'tart_commit_seconds_bucket{shard="0",le="+Inf"} 2',
            'tart_commit_seconds_bucket{shard="1",le="0.1"} 5',
            'tart_commit_seconds_bucket{shard="1",le="+Inf"} 5',
            "# EOF",
        ]
    )

    scrape = read_metrics(text)

    assert scrape.committed == 7
    assert scrape.latency == {0.1: 6, math.inf: 7}
    some = read_metrics(text, ["tart_events_committed_total"])
    assert some.samples == {"tart_events_committed_total": 7}
    assert not some.latency
