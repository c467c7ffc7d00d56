"""``tart/shard/state/commit_cadence.py``: the age at which a batch is committed."""

import math

from hypothesis import given
from hypothesis import strategies as st

from tart.shard.state.commit_cadence import GROWTH, PAYING_ROWS, CommitCadence

SECONDS = st.floats(0.001, 10)
CADENCES = st.builds(
    CommitCadence,
    flush_seconds=SECONDS,
    quiet_flush_seconds=SECONDS,
    flush_rows=st.integers(1, 4 * PAYING_ROWS),
    flush_bytes=st.integers(1, 1 << 20),
)
AGES = st.floats(0, 10)
ROWS = st.integers(0, 5 * PAYING_ROWS)
BYTES = st.integers(0, 2 << 20)
DEFAULTS = CommitCadence(0.025, 0.4, 20_000, 8 << 20)


@given(CADENCES, AGES, ROWS, BYTES)
def test_no_batch_waits_longer_than_its_limit_nor_is_committed_before_it_pays(
    cadence, age, rows, size
):
    left = cadence.seconds_left(age, rows, size)
    latest = max(cadence.flush_seconds, cadence.quiet_flush_seconds)
    assert 0 <= left <= max(0, latest - age)
    if left == 0:
        full = rows >= cadence.flush_rows or size >= cadence.flush_bytes
        worth = rows * age >= PAYING_ROWS * cadence.flush_seconds * (1 - 1e-9)
        assert full or age >= latest or (worth and age >= cadence.flush_seconds)
    elif rows >= PAYING_ROWS:
        assert age + left <= cadence.flush_seconds + 1e-9


@given(CADENCES, AGES, ROWS, BYTES, st.integers(0, 100), st.integers(0, 1000), st.floats(0, 1))
def test_a_batch_that_grows_and_ages_is_never_due_later(
    cadence, age, rows, size, more_rows, more_bytes, seconds
):
    before = cadence.seconds_left(age, rows, size)
    after = cadence.seconds_left(age + seconds, rows + more_rows, size + more_bytes)
    assert after <= max(0, before - seconds) + 1e-9


@given(CADENCES, ROWS)
def test_until_it_is_asked_again_a_batch_waits_little_longer_than_its_rows_are_worth(cadence, rows):
    now = cadence.seconds_left(0, rows, 0)
    next_rows = cadence.next_rows(rows)
    if now:
        assert rows < next_rows <= cadence.flush_rows
        # Numbers of rows are whole.
        assert now <= cadence.seconds_left(0, next_rows - 1, 0) * (GROWTH + 1e-6)


@given(CADENCES)
def test_a_growing_batch_is_asked_about_a_few_times_only(cadence):
    rows, asked = 0, 0
    while rows < cadence.flush_rows:
        rows, asked = cadence.next_rows(rows), asked + 1
    assert asked <= 30


def test_the_age_of_a_commit_follows_the_rate():
    def age(rate):
        return next(
            ms for ms in range(2000) if not DEFAULTS.seconds_left(ms / 1e3, rate * ms // 1000, 0)
        )

    rates = (10, 100, 1000, 10_000, 25_000, 50_000, 200_000)
    assert [age(rate) for rate in rates] == [400, 400, 159, 50, 32, 25, 25]
    assert age(1_000_000) == 20, "20,000 rows are full"
    for rate in rates[2:-2]:
        assert math.isclose(age(rate) / 1e3, math.sqrt(25 / rate), rel_tol=0.05)


def test_a_query_does_not_miss_what_is_older_than_the_flush():
    assert not DEFAULTS.is_late(0.02, 1)
    assert DEFAULTS.is_late(0.025, PAYING_ROWS - 1)
    # It is committed after that time, or the shard is behind.
    assert not DEFAULTS.is_late(0.025, PAYING_ROWS)
