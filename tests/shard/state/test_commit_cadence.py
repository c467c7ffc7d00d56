"""``tart/shard/state/commit_cadence.py``: the age at which a batch is committed."""

from hypothesis import given
from hypothesis import strategies as st

from tart.shard.state.commit_cadence import PAYING_ROWS, CommitCadence

SECONDS = st.floats(0, 10)
CADENCES = st.builds(
    CommitCadence,
    flush_seconds=SECONDS,
    quiet_flush_seconds=SECONDS,
    flush_rows=st.integers(1, 4 * PAYING_ROWS),
    flush_bytes=st.integers(1, 1 << 20),
)
ROWS = st.integers(0, 5 * PAYING_ROWS)
BYTES = st.integers(0, 2 << 20)


@given(CADENCES, SECONDS, ROWS, BYTES)
def test_no_batch_waits_longer_than_its_limit_nor_less_than_pays(cadence, age, rows, size):
    left = cadence.seconds_left(age, rows, size)
    latest = max(cadence.flush_seconds, cadence.quiet_flush_seconds)
    assert 0 <= left <= max(0, latest - age)
    if left == 0:
        full = rows >= cadence.flush_rows or size >= cadence.flush_bytes
        pays = rows >= PAYING_ROWS and age >= cadence.flush_seconds
        assert full or pays or age >= latest
    elif rows >= PAYING_ROWS:
        assert age + left <= cadence.flush_seconds + 1e-9


@given(CADENCES, SECONDS, ROWS, BYTES, st.integers(0, 100), st.integers(0, 1000), st.floats(0, 1))
def test_a_batch_that_grows_and_ages_is_never_due_later(
    cadence, age, rows, size, more_rows, more_bytes, seconds
):
    before = cadence.seconds_left(age, rows, size)
    after = cadence.seconds_left(age + seconds, rows + more_rows, size + more_bytes)
    assert after <= max(0, before - seconds) + 1e-9


@given(CADENCES, SECONDS, ROWS, BYTES)
def test_below_the_next_number_of_rows_only_time_makes_a_batch_due(cadence, age, rows, size):
    left = cadence.seconds_left(age, rows, size)
    if left:
        below = cadence.next_rows(rows) - 1
        assert below >= rows
        assert cadence.seconds_left(age, below, size) == left


def test_a_busy_network_commits_after_the_shorter_time_a_quiet_one_after_the_longer():
    cadence = CommitCadence(0.025, 0.25, 20_000, 1 << 20)
    assert cadence.seconds_left(0, 1, 100) == cadence.seconds_left(0, 999, 100) == 0.25
    assert cadence.seconds_left(0.005, 1000, 100) == 0.025 - 0.005
    assert cadence.seconds_left(0.1, 1000, 100) == cadence.seconds_left(0, 20_000, 1) == 0
    assert not cadence.is_late(0.02)
    assert cadence.is_late(0.025)
