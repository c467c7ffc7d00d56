import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.alerting.rules.durations import format_duration, parse_duration
from tart.units import DAY_US, HOUR_US, MINUTE_US, SECOND_US


@pytest.mark.parametrize(
    ("text", "us"),
    [
        ("0", 0),
        ("0s", 0),
        ("30s", 30 * SECOND_US),
        ("5m", 5 * MINUTE_US),
        ("1h30m", HOUR_US + 30 * MINUTE_US),
        ("1d", DAY_US),
        ("2w", 14 * DAY_US),
        ("1y", 365 * DAY_US),
        ("250ms", 250_000),
        ("1m500ms", MINUTE_US + 500_000),
    ],
)
def test_durations_are_those_of_prometheus(text, us):
    assert parse_duration(text) == us


@pytest.mark.parametrize(
    "text", ["", "5", "5 m", "m", "30m1h", "-5m", "1.5h", "5M", "5min", "999y"]
)
def test_what_is_not_a_duration_is_refused(text):
    with pytest.raises(ValueError, match=r"is not a duration; write one as|longer than 100 years"):
        parse_duration(text)


@given(st.integers(0, 10 * 365 * DAY_US // 1000))
def test_a_duration_written_is_the_duration_read(milliseconds):
    assert parse_duration(format_duration(milliseconds * 1000)) == milliseconds * 1000


def test_durations_are_written_in_few_parts():
    assert format_duration(90 * MINUTE_US) == "1h30m"
    assert format_duration(8 * DAY_US) == "8d"
    assert format_duration(0) == "0s"
