"""``tart/query/core/log_histogram.py``: percentiles of merged bins."""

from hypothesis import given
from hypothesis import strategies as st

from tart.query.core.log_histogram import (
    BINS,
    PER_OCTAVE,
    mean_us,
    middle_us,
    nearest_ranks,
    percentile_ms,
    percentile_us,
    upper_us,
)
from tart.units import ms
from tests.cases import all_cases


def bin_of(duration):
    return min(int(PER_OCTAVE * (max(duration, 1).bit_length() - 1)), BINS - 1)


@all_cases("number", range(1, BINS))
def test_the_middle_of_a_bin_is_in_it(number):
    assert upper_us(number - 1) < middle_us(number) < upper_us(number)


def test_an_empty_histogram_has_no_percentile():
    assert percentile_us({}, 0.5) is None
    assert mean_us({}) is None


@given(st.dictionaries(st.integers(0, BINS - 1), st.integers(1, 50), min_size=1))
def test_a_percentile_is_the_bin_of_the_sample_of_that_rank(counts):
    samples = sorted(number for number, count in counts.items() for _ in range(count))
    for percent in (1, 50, 95, 99, 100):
        rank = max(1, -(-percent * len(samples) // 100))
        assert percentile_us(counts, percent / 100) == middle_us(samples[rank - 1])
    assert middle_us(min(counts)) <= mean_us(counts) * 1.000001


@given(
    st.dictionaries(st.integers(0, 100), st.integers(1, 9), min_size=1),
    st.lists(st.integers(1, 100), min_size=1).map(sorted),
)
def test_ranks_are_those_of_all_samples_in_order(counts, shares):
    samples = sorted(value for value, count in counts.items() for _ in range(count))
    expected = [samples[max(1, -(-share * len(samples) // 100)) - 1] for share in shares]
    assert nearest_ranks(counts, [share / 100 for share in shares]) == expected


def test_a_percentile_in_milliseconds_is_that_in_microseconds() -> None:
    counts = {10: 1, 40: 9}
    assert percentile_ms(counts, 0.95) == ms(percentile_us(counts, 0.95))
    assert percentile_ms({}, 0.5) is None
    assert percentile_ms({10: 0}, 0.5) is None
    assert percentile_ms(None, 0.5) is None
