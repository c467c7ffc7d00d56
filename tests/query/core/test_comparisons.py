"""``tart/query/core/comparisons.py``: two windows of one request, and the data kept."""

from __future__ import annotations

import pytest

from tart.config.schema import AggregatesConfig
from tart.query.core.comparisons import ComparedWindows, tables_available_from
from tart.query.core.windows import Window
from tart.units import DAY_US, HOUR_US, MINUTE_US

NOON = 20_000 * DAY_US + DAY_US // 2
YESTERDAY = ComparedWindows(NOON - HOUR_US, NOON, DAY_US)


def test_the_earlier_window_is_as_long_and_as_long_ago_as_requested():
    assert YESTERDAY.earlier(0) == Window(NOON - DAY_US - HOUR_US, NOON - DAY_US)
    assert YESTERDAY.comparison(0) == {
        "ago_seconds": 86_400,
        "overlap_seconds": 0,
        "missing_seconds": 0,
    }


def test_windows_that_overlap_say_by_how_much():
    windows = ComparedWindows(NOON - HOUR_US, NOON, 20 * MINUTE_US)
    assert windows.comparison(0)["overlap_seconds"] == 40 * 60


@pytest.mark.parametrize(
    ("before_end", "missing"), [(15 * MINUTE_US, 45 * 60), (0, 60 * 60), (2 * HOUR_US, 0)]
)
def test_an_earlier_window_begins_where_data_does(before_end, missing):
    available_from = NOON - DAY_US - before_end
    part = YESTERDAY.earlier(available_from)
    assert part == Window(max(available_from, NOON - DAY_US - HOUR_US), NOON - DAY_US)
    assert YESTERDAY.comparison(available_from)["missing_seconds"] == missing


@pytest.mark.parametrize("available_from", [None, NOON, NOON - DAY_US + 1])
def test_there_is_no_earlier_window_of_which_nothing_is_kept(available_from):
    assert YESTERDAY.earlier(available_from) is None
    assert YESTERDAY.comparison(available_from)["missing_seconds"] == 3600


def test_tables_are_complete_after_the_hour_in_which_their_rows_expire():
    retention = AggregatesConfig(row_retention_days=30, hourly_days=365)
    now = NOON + MINUTE_US
    assert tables_available_from([], retention, now) == 0
    assert tables_available_from(["counts", "latency"], retention, now) == (
        NOON - 365 * DAY_US + HOUR_US
    )
    assert tables_available_from(["counts", "blocks"], retention, now) == (
        NOON - 30 * DAY_US + HOUR_US
    )
