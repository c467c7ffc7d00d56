import pytest

from tart.supervisor.core.restart_policy import MAX_DELAY, GiveUp, RestartPolicy, Start, Wait

POLICY = RestartPolicy(backoff=0.5, crash_limit=5, crash_window=60.0)
PATIENT = RestartPolicy(backoff=0.5, crash_limit=10_000, crash_window=1e9)


def test_a_process_that_never_ended_is_started_at_once():
    assert POLICY.decide([], now=7.0) == Start()


@pytest.mark.parametrize(
    ("deaths", "pause"), [(1, 0.5), (2, 1.0), (3, 2.0), (4, 4.0), (5, 8.0), (6, 10.0), (5000, 10.0)]
)
def test_the_delay_doubles_with_each_end_up_to_a_limit(deaths, pause):
    assert PATIENT.decide([100.0] * deaths, now=100.0) == Wait(100.0 + pause)


def test_the_longest_delay_is_ten_seconds():
    assert MAX_DELAY == 10.0


def test_the_delay_counts_from_the_last_end():
    assert POLICY.decide([100.0], now=100.4) == Wait(100.5)
    assert POLICY.decide([100.0], now=100.5) == Start()


def test_ends_before_the_window_are_forgotten():
    assert POLICY.decide([0.0, 1.0, 2.0, 3.0, 100.0], now=100.0) == Wait(100.5)


def test_an_end_exactly_one_window_ago_is_forgotten():
    assert POLICY.decide([40.0, 100.0], now=100.0) == Wait(100.5)
    assert POLICY.decide([40.1, 100.0], now=100.0) == Wait(101.0)


def test_too_many_ends_in_the_window_are_given_up():
    exits = [100.0, 101.0, 102.0, 103.0, 159.9]

    assert POLICY.decide(exits, now=160.0) == GiveUp("ended 5 times within 60 s")
    assert isinstance(POLICY.decide(exits[1:], now=160.0), Wait)


def test_giving_up_is_final():
    assert isinstance(POLICY.decide([100.0] * 5, now=1e6), GiveUp)


def test_a_limit_of_one_gives_up_on_the_first_end():
    policy = RestartPolicy(backoff=0.5, crash_limit=1, crash_window=0.5)

    assert policy.decide([3.0], now=3.0) == GiveUp("ended once within 0.5 s")


def test_only_ends_inside_the_window_are_kept():
    assert POLICY.recent([1.0, 39.0, 41.0, 99.0], now=100.0) == [41.0, 99.0]
