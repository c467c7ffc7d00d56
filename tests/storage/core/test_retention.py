"""``tart/storage/core/retention.py``: which files go, by age and by size."""

import math

import pytest

from tart.storage.core.files import first_segment, other_segment
from tart.storage.core.retention import (
    STABLE_SECONDS,
    ClockMonitor,
    StoredPeriod,
    expired_periods,
)
from tart.units import HOUR_US
from tests.storage.running import NOON

NOW = NOON / 1_000_000
HOUR = 3600.0


def held(root, hour, *, age=0.0, size=10, current=False, directory=0):
    """The files of that hour after noon, last written ``age`` hours ago."""
    file = first_segment(root, directory, NOON + hour * HOUR_US, 1)
    return StoredPeriod([file, other_segment(file)], size, NOW - age * HOUR, current)


def dropped(files, *, hours=math.inf, size=math.inf):
    found = expired_periods(files, NOW, retain_seconds=hours * HOUR, retain_bytes=size)
    assert all([file.segment for file in segments] in ([0, 1], [0]) for segments in found)
    return [(segments[0].directory, (segments[0].period - NOON) // HOUR_US) for segments in found]


def test_a_period_expires_by_its_last_write(tmp_path):
    files = [held(tmp_path, hour, age=-hour) for hour in (-4, -3, -2, -1)]
    assert dropped(files, hours=3) == [(0, -4), (0, -3)]
    assert dropped(files, hours=5) == []


def test_the_current_period_never_expires(tmp_path):
    files = [held(tmp_path, -9, age=9, size=100, current=True)]
    assert dropped(files, hours=1, size=1) == []


@pytest.mark.parametrize(
    ("limit", "expected"), [(40, []), (39, [-4]), (30, [-4]), (29, [-4, -3]), (1, [-4, -3, -2])]
)
def test_the_oldest_periods_expire_until_the_rest_fits(tmp_path, limit, expected):
    files = [held(tmp_path, hour, current=hour == -1) for hour in (-1, -3, -4, -2)]
    assert [hour for _, hour in dropped(files, size=limit)] == expected


def test_directories_without_a_shard_age_and_count_alike(tmp_path):
    files = [
        held(tmp_path, -1, current=True),
        held(tmp_path, -2, age=2, directory=3),
        held(tmp_path, -3, age=3),
        held(tmp_path, -4, age=4, directory=2),
    ]
    assert dropped(files, hours=2) == [(2, -4), (0, -3), (3, -2)]
    assert dropped(files, size=25) == [(2, -4), (0, -3)]


def test_a_file_name_of_a_wrong_clock_does_not_affect_retention(tmp_path):
    just_written_in_1970 = StoredPeriod([first_segment(tmp_path, 0, 0, 24)], 10, NOW - 60, False)
    long_ago_named_2081 = held(tmp_path, 500_000, age=30)
    assert dropped([just_written_in_1970], hours=24) == []
    assert dropped([long_ago_named_2081], hours=24) == [(0, 500_000)]


def test_a_file_written_in_the_future_expires_only_by_size(tmp_path):
    files = [held(tmp_path, -2, age=-1000), held(tmp_path, -1, current=True)]
    assert dropped(files, hours=1) == []
    assert dropped(files, size=15) == [(0, -2)]


def test_a_clock_is_stable_after_a_while_without_a_step():
    clock = ClockMonitor(NOW, 0.0)
    assert not clock.is_stable(NOW + 10, 10.0)
    assert not clock.is_stable(NOW + STABLE_SECONDS - 1, STABLE_SECONDS - 1)
    assert clock.is_stable(NOW + STABLE_SECONDS, STABLE_SECONDS)


@pytest.mark.parametrize("step", [1e9, 3600.0, -3600.0, -1e9])
def test_a_step_makes_a_clock_unstable_again(step):
    clock = ClockMonitor(NOW, 0.0)
    at = STABLE_SECONDS
    assert clock.is_stable(NOW + at, at)
    at += 1
    assert not clock.is_stable(NOW + at + step, at)
    assert not clock.is_stable(NOW + at + step + STABLE_SECONDS - 1, at + STABLE_SECONDS - 1)
    at += STABLE_SECONDS
    assert clock.is_stable(NOW + at + step, at)


def test_a_clock_that_is_corrected_slowly_stays_stable():
    clock = ClockMonitor(NOW, 0.0)
    assert clock.is_stable(NOW + STABLE_SECONDS + 5, STABLE_SECONDS)
