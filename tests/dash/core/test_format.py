"""Texts of numbers, durations and ids."""

from datetime import UTC, datetime

import pytest

from tart.dash.core import format as form

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("function", "cases"),
    [
        (form.number, {0: "0", 1234567: "1,234,567", 1.25: "1.2", 3.0: "3", None: "–"}),
        (
            form.compact,
            {0: "0", 9999: "9999", 0.5: "0.5", 12_345: "12.3k", 999_960: "1000k", 5e15: "5000T"}
            | {2_500_000: "2.5M", None: "–", 123.4: "123"},
        ),
        (form.rate, {64.7: "64.7/s", None: "–"}),
        (form.size, {0: "0 B", 1536: "1.5 KiB", 3 << 30: "3.0 GiB", 2 << 40: "2.0 TiB", None: "–"}),
        (form.percent, {1: "100 %", 0.005: "0.5 %", None: "–"}),
        (
            form.milliseconds,
            {0.34: "340 µs", 12.0: "12 ms", 99.96: "100 ms", 3400: "3.4 s", 600_000: "10 min 0 s"}
            | {None: "–"},
        ),
        (
            form.duration,
            {0: "0 s", 61: "1 min 1 s", 3725: "1 h 2 min", 90_000: "1 d 1 h", None: "–", -1: "0 s"},
        ),
        (form.short_id, {None: "–", "0xabcd": "abcd", "0123456789": "01234567…"}),
        (form.plain, {None: "–", "a\x1b[2Jb": "a\ufffd[2Jb"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_texts(function, cases):
    assert {value: function(value) for value in cases} == cases


def test_ages_are_in_one_unit():
    assert form.age("2026-11-30T11:59:56.500000Z", NOW) == "3 s"
    assert form.age("2026-11-30T11:48:00.000000Z", NOW) == "12 min"
    assert form.age("2026-11-30T09:00:00.000000Z", NOW) == "3 h"
    assert form.age("2026-11-20T12:00:00.000000Z", NOW) == "10 d"
    assert form.age(None, NOW) == "–"
    # A server whose clock is ahead.
    assert form.age("2026-11-30T12:00:09.000000Z", NOW) == "0 s"


def test_the_time_of_day_has_milliseconds():
    assert form.clock("2026-11-30T11:59:56.500999Z") == "11:59:56.500"
    assert form.clock(None) == "–"


def test_cells_have_text_and_value():
    assert form.number_cell(1000).text == "1,000"
    assert form.text_cell("a\tb").value == "a\tb"
    assert form.age_cell(None, NOW).value is None
