"""``tart/query/grafana/buckets.py``: lengths of buckets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.errors import BadQuery
from tart.query.core.windows import Window
from tart.query.grafana import buckets
from tart.units import DAY_US, HOUR_US, MINUTE_US, SECOND_US

# Of jamtart, commit 3d1e2078: what an interval becomes, in seconds.
SNAPPED = {
    "6s": 6,
    "24s": 24,
    "20s": 24,
    "3m": 300,
    "100ms": 6,
    "6000ms": 6,
    "10000ms": 12,
    "1h": 3600,
    "90m": 7200,
    "1d": 86_400,
    "2d": 86_400,
    "1w": 86_400,
    "1y": 86_400,
}


@pytest.mark.parametrize(("text", "seconds"), SNAPPED.items())
def test_an_interval_is_rounded_up_to_one_of_jamtart_s(text, seconds):
    assert buckets.interval_us(text) == seconds * SECOND_US


@pytest.mark.parametrize("text", ["", "0s", "99x", "1", "1.5m", "-1m", "5 minutes", "٣m"])
def test_what_is_no_length_is_refused(text):
    with pytest.raises(BadQuery, match="such as 30s") as refused:
        buckets.interval_us(text)
    assert refused.value.parameter == "interval"


@given(
    st.integers(0, 366 * DAY_US),
    st.sampled_from([10 * SECOND_US, MINUTE_US, HOUR_US]),
    st.sampled_from(buckets.WIDTHS),
    st.integers(1, 2000),
)
def test_buckets_divide_a_day_and_are_as_few_as_allowed(length, resolution, width, groups):
    step = buckets.bucket_us(Window(0, length - 1), resolution, width, groups)
    assert DAY_US % step == 0
    assert step % resolution == 0
    assert step >= width
    if step < DAY_US:
        assert length <= step * buckets.MAX_BUCKETS
        assert length // step * groups <= buckets.MAX_ROWS + groups


@pytest.mark.parametrize(("width", "step"), [(6, 10), (12, 20), (18, 20), (24, 30), (30, 30)])
def test_lengths_that_are_no_multiples_of_the_counts_become_the_next(width, step):
    window = Window(0, HOUR_US - 1)
    assert buckets.bucket_us(window, 10 * SECOND_US, width * SECOND_US) == step * SECOND_US
    assert buckets.bucket_us(window, MINUTE_US, width * SECOND_US) == MINUTE_US
