"""``tart/storage/core/latency_histogram.py``: durations in bins, in Prometheus' shape."""

import pytest

from tart.storage.core.latency_histogram import BOUNDS, LatencyHistogram


def of(*durations):
    histogram = LatencyHistogram()
    for each in durations:
        histogram.add(each)
    return histogram.as_json()


def test_an_empty_histogram_counts_nothing():
    assert of() == {"buckets": [[bound, 0] for bound in BOUNDS], "sum": 0.0, "count": 0}


@pytest.mark.parametrize(
    ("duration", "bound"),
    [
        (0.0, 0.0005),
        (-1.0, 0.0005),  # a clock that was set back
        (0.0005, 0.0005),
        (0.00051, 0.001),
        (0.021, 0.025),
        (10.0, 10.0),
    ],
)
def test_a_duration_counts_from_the_first_bound_that_is_not_below_it(duration, bound):
    counted = [each for each, count in of(duration)["buckets"] if count]
    assert counted == [each for each in BOUNDS if each >= bound]


def test_a_duration_beyond_every_bound_counts_in_the_total_alone():
    found = of(10.001, 1e9)
    assert [count for _, count in found["buckets"]] == [0] * len(BOUNDS)
    assert found["count"] == 2


def test_buckets_are_cumulative_and_sum_and_count_are_exact():
    found = of(0.001, 0.002, 0.003, 0.3, 60.0)
    assert found["count"] == 5
    assert found["sum"] == pytest.approx(60.306)
    cumulative = dict(found["buckets"])
    assert (cumulative[0.001], cumulative[0.0025], cumulative[0.5], cumulative[10.0]) == (
        1,
        2,
        4,
        4,
    )


def test_bounds_ascend():
    assert list(BOUNDS) == sorted(set(BOUNDS))
