"""Times as text."""

from hypothesis import given
from hypothesis import strategies as st

from tart.query.core.rfc3339 import rfc3339, rfc3339_of_jce, server_time
from tart.query.core.windows import time_us

LAST_US = 253_402_300_800_000_000 - 1


def test_texts_of_times_have_six_digits_and_a_z() -> None:
    assert rfc3339(0) == "1970-01-01T00:00:00.000000Z"
    assert rfc3339(LAST_US) == "9999-12-31T23:59:59.999999Z"


def test_the_common_era_began_at_noon_of_new_year_2025() -> None:
    assert rfc3339_of_jce(0) == "2025-01-01T12:00:00.000000Z"


def test_times_beyond_the_year_9999_have_no_text() -> None:
    assert rfc3339(LAST_US + 1) is None
    assert rfc3339(-1) is None
    assert rfc3339_of_jce((1 << 64) - 1) is None


def test_a_server_time_always_has_a_text() -> None:
    assert server_time(0) == rfc3339(0)
    assert server_time(LAST_US + 1) == rfc3339(LAST_US)


@given(st.integers(0, LAST_US), st.integers(0, LAST_US))
def test_texts_of_times_sort_like_the_times(one: int, other: int) -> None:
    assert ((rfc3339(one) or "") < (rfc3339(other) or "")) == (one < other)


@given(st.integers(0, LAST_US))
def test_a_time_survives_its_text(us: int) -> None:
    assert time_us(rfc3339(us) or "", "t") == us
