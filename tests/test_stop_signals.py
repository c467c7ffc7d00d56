"""``tart/stop_signals.py``: one wish may be several signals."""

import os
import signal
import sys

import pytest

from tart.stop_signals import Request, StopSignals
from tests.running import wait_for
from tests.supervisor.process import Process


def test_signals_within_the_grace_are_the_same_wish_and_one_after_it_kills():
    signals = StopSignals(5.0)
    assert not signals.received
    assert signals.receive(100.0) is Request.STOP
    assert signals.received
    assert [signals.receive(now) for now in (100.0, 103.0, 104.999)] == [
        Request.REPEAT,
        Request.IGNORE,
        Request.IGNORE,
    ]
    assert signals.receive(105.0) is Request.KILL


def test_the_advice_names_what_the_person_did():
    signals = StopSignals(5.0)
    assert signals.advice(signal.SIGINT) == "press Ctrl-C again after 5 s to stop at once"
    assert signals.advice(signal.SIGTERM) == "send SIGTERM again after 5 s to stop at once"


def main(grace_seconds, blocks):
    """A command that says when it is told to stop, and does so when a line comes."""
    from tart.stop_signals import stop_on_signal

    def stop():
        os.write(1, b"stopping\n")

    with stop_on_signal(stop, grace_seconds=float(grace_seconds)):
        os.write(1, b"ready\n")
        while blocks == "blocks" or not os.path.exists("finished"):
            signal.pause()
    # Handled until the very end, also when Python has taken its handlers away.
    os.kill(os.getpid(), signal.SIGINT)
    sys.modules["late"] = LateSignal()
    os.write(1, b"done\n")


class LateSignal:
    """Signals the process when Python clears its modules."""

    def __del__(self, kill=os.kill, pid=os.getpid, number=signal.SIGINT):
        kill(pid(), number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_command_that_does_not_stop_ends_by_a_late_signal_without_a_traceback(tmp_path, number):
    with Process("tests.test_stop_signals", "0", "blocks", cwd=tmp_path) as command:
        command.line("ready")
        command.send(number)
        command.line("stopping")
        command.send(number)
        assert command.ended() == -number
        assert command.errors() == ""


def test_a_command_that_is_told_twice_finishes_its_work(tmp_path):
    with Process("tests.test_stop_signals", "3600", "stops", cwd=tmp_path) as command:
        command.line("ready")
        command.send(signal.SIGINT)
        command.line("stopping")
        command.send(signal.SIGINT)
        said = "tart: stopping; press Ctrl-C again after 3600 s to stop at once\n"
        wait_for(lambda: command.errors() == said, "the repeated signal")
        (tmp_path / "finished").touch()
        command.send(signal.SIGTERM)
        command.line("done")
        assert command.ended() == 0
        assert command.errors() == said


if __name__ == "__main__":
    main(*sys.argv[1:])
