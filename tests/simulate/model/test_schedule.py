from __future__ import annotations

from tart.simulate.model.schedule import Process, Schedule


def talker(schedule: Schedule, heard: list[tuple[int, str]], name: str, *waits: int) -> Process:
    for wait in waits:
        heard.append((schedule.now, name))
        yield wait
    heard.append((schedule.now, name))


def run(schedule: Schedule, until: int) -> None:
    while schedule.step(until):
        pass


def test_processes_run_in_order_of_time():
    schedule, heard = Schedule(100), []
    schedule.start(talker(schedule, heard, "a", 10, 10), 5)
    schedule.start(talker(schedule, heard, "b", 3, 30))
    run(schedule, 200)
    assert heard == [(100, "b"), (103, "b"), (105, "a"), (115, "a"), (125, "a"), (133, "b")]


def test_processes_due_at_once_run_in_the_order_of_scheduling():
    schedule, heard = Schedule(0), []
    for name in "cab":
        schedule.start(talker(schedule, heard, name), 7)
    run(schedule, 7)
    assert [name for _, name in heard] == ["c", "a", "b"]


def test_time_advances_exactly_to_the_requested_time():
    schedule, heard = Schedule(0), []
    schedule.start(talker(schedule, heard, "a", 10))
    run(schedule, 9)
    assert (schedule.now, len(schedule), heard) == (9, 1, [(0, "a")])
    run(schedule, 10)
    assert (schedule.now, len(schedule)) == (10, 0)


def test_simulated_time_does_not_decrease():
    schedule = Schedule(50)
    assert not schedule.step(20)
    assert schedule.now == 50
