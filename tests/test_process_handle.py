from tart.process_handle import ProcessHandle


def test_a_process_handle_has_ready_and_a_lifeline():
    calls = []
    startup = ProcessHandle(ready=lambda: calls.append("ready"), lifeline=7)

    startup.ready()

    assert calls == ["ready"]
    assert startup.lifeline == 7


class Loop:
    """Records the scheduled calls."""

    def __init__(self):
        self.later = []

    def call_later(self, delay, callback, *args):
        self.later.append((delay, callback, args))


def test_heartbeats_are_sent_by_the_loop_one_by_one():
    beats, loop = [], Loop()
    startup = ProcessHandle(
        lambda: None, 7, heartbeat=lambda: beats.append("beat"), heartbeat_seconds=2.0
    )

    startup.start_heartbeat(loop)
    for _ in range(3):
        ((delay, callback, args),) = loop.later
        assert delay == 2.0
        loop.later.clear()
        callback(*args)

    assert len(beats) == 4


def test_without_an_interval_no_heartbeat_is_sent():
    loop = Loop()
    ProcessHandle(lambda: None, 7).start_heartbeat(loop)

    assert loop.later == []
