"""Texts of times and durations, and the windows they make."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.errors import BadQuery
from tart.query.core.windows import (
    PRESETS,
    Window,
    align_window,
    bounded_window,
    duration_us,
    resolve,
    time_us,
)
from tart.units import SECOND_US

NOW = 1_795_176_000 * SECOND_US


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5m", 300),
        ("15m", 900),
        ("1h", 3600),
        ("6h", 21_600),
        ("24h", 86_400),
        ("1s", 1),
        ("90s", 90),
        ("366d", 366 * 86_400),
        ("007m", 420),
    ],
)
def test_a_duration_is_a_count_of_a_unit(text: str, seconds: int) -> None:
    assert duration_us(text) == seconds * SECOND_US


@pytest.mark.parametrize(
    "text",
    ["", "5", "m", "0s", "-5m", "5 m", "5M", "1w", "1.5h", "367d", "999999999s", "٣m", "5m\n"],
)
def test_an_invalid_duration_is_refused_with_its_parameter(text: str) -> None:
    with pytest.raises(BadQuery, match="15m") as refused:
        duration_us(text)
    assert refused.value.parameter == "duration"


def test_the_presets_of_jamtart_are_durations() -> None:
    assert all(duration_us(each) > 0 for each in PRESETS)


@pytest.mark.parametrize(
    ("text", "us"),
    [
        ("2026-11-20T12:00:00Z", NOW),
        ("2026-11-20t12:00:00z", NOW),
        ("2026-11-20 12:00:00Z", NOW),
        (" 2026-11-20T12:00:00Z ", NOW),
        ("2026-11-20T13:00:00+01:00", NOW),
        ("2026-11-20T13:00:00 01:00", NOW),  # a '+' that a URL turned into a space
        ("2026-11-20T06:30:00-05:30", NOW),
        ("2026-11-20T12:00:00.5Z", NOW + 500_000),
        ("2026-11-20T12:00:00.123456789Z", NOW + 123_456),
        ("2026-11-20T11:59:60Z", NOW),
        ("1970-01-01T00:00:00Z", 0),
    ],
)
def test_a_time_is_rfc_3339(text: str, us: int) -> None:
    assert time_us(text, "start_time") == us


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "1795176000",
        "2026-11-20",
        "2026-11-20T12:00:00",
        "2026-11-20T12:00Z",
        "2026-13-20T12:00:00Z",
        "2026-02-30T12:00:00Z",
        "2026-11-20T25:00:00Z",
        "2026-11-20T12:00:00+24:00",
        "2026-11-20T12:00:00+00:60",
        "0000-11-20T12:00:00Z",
        "2026-W47-5T12:00:00Z",
        "20261120T120000Z",
    ],
)
def test_an_invalid_time_is_refused_with_its_parameter(text: str) -> None:
    with pytest.raises(BadQuery, match="RFC 3339") as refused:
        time_us(text, "end_time")
    assert refused.value.parameter == "end_time"


def test_a_window_by_duration_ends_now() -> None:
    assert resolve(NOW, duration=60) == Window(NOW - 60, NOW)


def test_explicit_ends_take_precedence_over_a_duration() -> None:
    assert resolve(NOW, start_us=5, duration=60) == Window(5, None)
    assert resolve(NOW, end_us=5, duration=60) == Window(None, 5)


def test_a_window_without_parameters_is_open() -> None:
    assert resolve(NOW) == Window()


def test_one_instant_is_a_window_but_a_reversed_one_is_not() -> None:
    assert resolve(NOW, start_us=5, end_us=5) == Window(5, 5)
    with pytest.raises(BadQuery):
        resolve(NOW, start_us=6, end_us=5)


@given(st.integers(0, 1 << 60), st.integers(1, 1 << 60))
def test_halves_of_a_window_cover_it_without_overlap(start: int, length: int) -> None:
    first, second = Window(start, start + length).halves()
    assert (first.start_us, second.end_us) == (start, start + length)
    assert first.end_us is not None
    assert second.start_us == first.end_us + 1
    assert start <= first.end_us < start + length


@pytest.mark.parametrize("window", [Window(None, 5), Window(5, None), Window(5, 5)])
def test_an_open_or_single_moment_window_has_no_halves(window: Window) -> None:
    assert window.halves() == ()


def test_a_bounded_window_has_both_ends_and_ends_now_at_the_latest():
    now = 400 * 86_400 * SECOND_US * 40
    hour = 3_600 * SECOND_US
    assert bounded_window(now, duration=hour) == Window(now - hour, now)
    assert bounded_window(now, duration=hour, start_us=now - 5) == Window(now - 5, now)
    assert bounded_window(now, duration=hour, end_us=now - 5) == Window(now - 5 - hour, now - 5)
    for end in (now + 5, now + 25 * hour, 1 << 60):
        assert bounded_window(now, duration=hour, end_us=end) == Window(now - hour, now)
        both = bounded_window(now, duration=hour, start_us=now - 5, end_us=end)
        assert both == Window(now - 5, now)


@pytest.mark.parametrize(
    ("start", "end"),
    [(1 << 60, None), (-1, None), (None, -1), (None, 5), (0, None), (9 << 50, 8 << 50)],
)
def test_an_invalid_bounded_window_is_refused(start, end):
    with pytest.raises(BadQuery):
        bounded_window(10 << 50, duration=3_600 * SECOND_US, start_us=start, end_us=end)


@pytest.mark.parametrize(
    ("window", "aligned"),
    [
        (Window(None, None), Window(None, None)),
        (Window(25, 49), Window(20, 49)),
        # The step that contains the end counts later events, too.
        (Window(25, 45), Window(20, 39)),
        (Window(20, 39), Window(20, 39)),
        (Window(None, 45), Window(None, 39)),
        # Without the end of a step a window is empty.
        (Window(21, 25), Window(20, 19)),
        (Window(25, 100), Window(20, 100)),
    ],
)
def test_an_aligned_window_has_whole_steps(window: Window, aligned: Window) -> None:
    assert align_window(window, 10, now_us=100) == aligned


def test_consecutive_aligned_windows_do_not_overlap() -> None:
    first, second = (align_window(Window(*ends), 10, 1000) for ends in ((0, 44), (45, 89)))
    assert first.end_us is not None
    assert first.end_us + 1 == second.start_us
