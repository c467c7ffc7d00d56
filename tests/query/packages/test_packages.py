"""``tart/query/packages/packages.py``: durations, shares and means of packages."""

from __future__ import annotations

from collections import Counter

from tart.query.core.windows import Window
from tart.query.packages import packages
from tart.query.shard_queries.packages import PAIRS, StepSamples
from tart.units import DAY_US, HOUR_US, MINUTE_US


def test_pairs_without_samples_have_no_percentiles():
    durations = {"received_to_authorized": Counter({40: 3}), "authorized_to_refined": Counter()}
    shown = packages.all_percentiles(durations)
    assert shown.keys() == {"received_to_authorized"}
    assert shown["received_to_authorized"]["sample_count"] == 3
    assert packages.percentiles({}) is None


def test_nothing_has_no_share_and_no_mean():
    assert packages.share(0, 0) is packages.mean_ms(0, 0) is None


def test_buckets_are_whole_minutes_and_not_more_than_the_limit():
    for length in (MINUTE_US, HOUR_US, DAY_US, 30 * DAY_US):
        window = Window(7 * MINUTE_US, 7 * MINUTE_US + length - 1)
        step = packages.latency_step_us(window)
        assert step % MINUTE_US == 0
        body = packages.latency_over_time([], window, step)
        assert 1 <= len(body["buckets"]) <= packages.MAX_BUCKETS
        assert body["stages"] == []


def test_durations_are_in_the_bucket_in_which_their_package_began():
    window = Window(0, 3 * MINUTE_US - 1)
    rows = [
        StepSamples(1, 40, count, bucket=bucket * MINUTE_US) for bucket, count in ((0, 3), (2, 1))
    ]
    body = packages.latency_over_time([*rows, *rows], window, MINUTE_US)
    (stage,) = body["stages"]
    assert stage["stage"] == list(PAIRS)[1]
    assert stage["counts"] == [6, 0, 2]
    assert stage["p50_ms"][1] is stage["p95_ms"][1] is None
    assert stage["p50_ms"][0] == stage["p50_ms"][2] is not None
    assert body["bucket_seconds"] == 60
