from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tart import units


def test_durations_are_in_microseconds():
    microsecond = timedelta(microseconds=1)
    assert timedelta(days=1) // microsecond == units.DAY_US
    assert timedelta(hours=1) // microsecond == units.HOUR_US
    assert timedelta(minutes=1) // microsecond == units.MINUTE_US
    assert timedelta(seconds=1) // microsecond == units.SECOND_US


def test_the_jam_common_era_begins_at_noon_of_2025():
    epoch = datetime(2025, 1, 1, 12, tzinfo=UTC)
    assert epoch.timestamp() == units.JCE_UNIX_SECONDS
    assert units.JCE_US == units.JCE_UNIX_SECONDS * units.SECOND_US


def test_milliseconds_are_rounded_to_microseconds():
    assert [units.ms(1_234.5678), units.ms(0), units.ms(None)] == [1.235, 0, None]
