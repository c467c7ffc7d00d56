"""``tart/shard/state/limits.py``: limits of connections, and idle time."""

from tart.shard.state.limits import Admission, IdleTimer, RefusalReason


def test_connections_are_limited_in_all_and_from_one_address():
    admission = Admission(3, 2)
    assert admission.refusal("a") is None
    admission.add("a")
    admission.add("a")
    assert admission.refusal("a") is RefusalReason.TOO_MANY_FROM_ADDRESS
    assert admission.refusal("b") is None
    admission.add("b")
    assert admission.refusal("c") is RefusalReason.TOO_MANY
    admission.remove("a")
    assert admission.refusal("c") is admission.refusal("a") is None


def test_each_closed_connection_makes_room_for_one():
    admission = Admission(3, 3)
    for _ in range(3):
        admission.add("a")
    for _ in range(2):
        admission.remove("a")
    admission.add("b")
    assert admission.refusal("c") is None
    admission.add("c")
    assert admission.refusal("d") is RefusalReason.TOO_MANY


def test_a_host_without_open_connections_is_not_remembered():
    admission = Admission(10, 2)
    for host in map(str, range(100)):
        admission.refusal(host)
        admission.add(host)
        admission.remove(host)
    assert not admission._open


def test_idle_time_counts_from_the_first_sample_of_a_total():
    timer = IdleTimer()
    assert [timer.seconds(total, now) for total, now in ((0, 50), (0, 51), (3, 52), (3, 55))] == [
        0,
        1,
        0,
        3,
    ]
    timer.reset(56)
    assert timer.seconds(3, 58) == 2
