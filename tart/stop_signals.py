"""SIGTERM and SIGINT (Ctrl-C): the first asks for an orderly stop, a late one ends at once.

One wish may arrive as several signals: ``timeout`` signals its child and then the whole group, a
terminal signals every process of the group, and a process may pass on what its children have got
already. So signals that follow the first within ``GRACE_SECONDS`` change nothing.

Only light modules may be imported here: the supervisor uses this before it forks.
"""

from __future__ import annotations

import atexit
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum, auto

GRACE_SECONDS = 5.0
NUMBERS = (signal.SIGTERM, signal.SIGINT)


class Request(Enum):
    """The meaning of a signal."""

    STOP = auto()
    # The same wish again; reported once.
    REPEAT = auto()
    IGNORE = auto()
    KILL = auto()


class StopSignals:
    """The stop signals that a process has received.

    Args:
        grace_seconds: The time after the first in which others mean the same.
    """

    def __init__(self, grace_seconds: float = GRACE_SECONDS) -> None:
        self.grace_seconds = grace_seconds
        self._first: float | None = None
        self._repeated = False

    @property
    def received(self) -> bool:
        """True once a signal has come."""
        return self._first is not None

    def receive(self, now: float) -> Request:
        """Return what a signal asks for that arrives at ``now``, monotonic seconds."""
        if self._first is None:
            self._first = now
            return Request.STOP
        if now - self._first >= self.grace_seconds:
            return Request.KILL
        if self._repeated:
            return Request.IGNORE
        self._repeated = True
        return Request.REPEAT

    def advice(self, number: signal.Signals) -> str:
        """Return how to end at once, as the end of a log line."""
        again = "press Ctrl-C again" if number is signal.SIGINT else f"send {number.name} again"
        return f"{again} after {self.grace_seconds:g} s to stop at once"


def print_repetition(signals: StopSignals, number: int) -> None:
    """Say on stderr that a repeated signal changes nothing, and how to end at once."""
    # Not through a buffer, which the signal may have interrupted.
    with suppress(OSError):
        os.write(2, f"tart: stopping; {signals.advice(signal.Signals(number))}\n".encode())


@contextmanager
def stop_on_signal(
    stop: Callable[[], object], *, grace_seconds: float = GRACE_SECONDS
) -> Iterator[None]:
    """Call ``stop`` on the first stop signal; end the process on one after the grace.

    The process then ends by the signal itself, without a traceback, whatever it waits for. If a
    signal has come, these handlers stay when the block ends: the command is finishing, and
    another Ctrl-C must not break into that.

    Args:
        stop: Called on the main thread between any two steps of the program.
        grace_seconds: See ``StopSignals``.
    """
    signals = StopSignals(grace_seconds)

    def receive(number: int, frame: object) -> None:
        match signals.receive(time.monotonic()):
            case Request.STOP:
                stop()
            case Request.REPEAT:
                print_repetition(signals, number)
            case Request.KILL:
                signal.signal(number, signal.SIG_DFL)
                os.kill(os.getpid(), number)
            case Request.IGNORE:
                pass

    before = {number: signal.signal(number, receive) for number in NUMBERS}
    try:
        yield
    finally:
        if signals.received:
            # Python takes its handlers away before it ends: a repeated signal would then kill it.
            atexit.register(ignore_stop_signals)
        else:
            for number, handler in before.items():
                signal.signal(number, handler)


def ignore_stop_signals() -> None:
    """Let a repeated signal not break into the end of the process."""
    for number in NUMBERS:
        signal.signal(number, signal.SIG_IGN)
