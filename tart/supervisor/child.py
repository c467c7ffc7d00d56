"""The life of a forked part, from the fork to its exit code; never returns.

Here is one of the few places that catch everything: an error somebody can act on becomes one
sentence, any other a traceback, both exit code 1, and the supervisor decides what follows.
The process ends by ``os._exit``: what the supervisor had open, registered or buffered before
the fork is not this process' to clean up.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import NoReturn

from tart.errors import TartError
from tart.process_handle import EXTEND_STARTUP, HEARTBEAT, READY, WAIVE_STARTUP, ProcessHandle

Target = Callable[[ProcessHandle], int | None]

_log = logging.getLogger(__name__)


def live(
    target: Target,
    voice: int,
    lifeline: int,
    foreign: Iterable[int],
    beat_seconds: float,
    patience_seconds: float,
) -> NoReturn:
    """Run ``target`` and exit with what it returns.

    Args:
        target: the part; what it raises is logged and becomes exit code 1.
        voice: write end of the pipe on which the supervisor listens to this part.
        lifeline: read end of the pipe whose write end only the supervisor may hold.
        foreign: descriptors of the supervisor that this process must not keep open.
        beat_seconds: how often the part is to show that it is alive; 0: never.
        patience_seconds: see ``ProcessHandle``.
    """
    code = 1
    try:
        for each in foreign:
            os.close(each)
        _reset_signals()
        speak = _Voice(voice)
        startup = ProcessHandle(
            speak.ready,
            lifeline,
            speak.beat,
            beat_seconds,
            speak.advance,
            speak.waive,
            patience_seconds,
        )
        code = _run(target, startup)
    finally:
        # Whatever happened above, this process must not go on as a second supervisor.
        with suppress(Exception):
            logging.shutdown()
        flush_streams()
        os._exit(code)


def flush_streams() -> None:
    """Write what is buffered: before a fork, or both sides would write it, and before the end."""
    for stream in (sys.stdout, sys.stderr):
        # None if it was closed when we were started; broken if its reader has gone since.
        with suppress(OSError, ValueError):
            if stream is not None:
                stream.flush()


def _run(target: Target, startup: ProcessHandle) -> int:
    try:
        return target(startup) or 0
    except TartError as error:
        _log.error("%s", error)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except BaseException:
        _log.exception("failed by a fault in tart")
    return 1


def _reset_signals() -> None:
    """Undo the supervisor's handlers; a terminal's signals are its business, not ours."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    # Blocked since before the fork, so that no signal met the supervisor's handlers here.
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


class _Voice:
    """What this process tells the supervisor: that it gets on, that it accepts, that it lives."""

    def __init__(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._ready = False

    def ready(self) -> None:
        """This part accepts; a second call does nothing."""
        if not self._ready:
            self._ready = True
            self._say(READY)

    def beat(self) -> None:
        """This part is alive."""
        self._say(HEARTBEAT)

    def advance(self) -> None:
        """This part does not accept yet, and gets on."""
        self._say(EXTEND_STARTUP)

    def waive(self) -> None:
        """Likewise, and nobody is to wait for it."""
        self._say(WAIVE_STARTUP)

    def _say(self, byte: bytes) -> None:
        # With the supervisor gone nobody listens; the lifeline says so, too. And one that has
        # not listened for 65,536 beats needs no other.
        with suppress(BrokenPipeError, BlockingIOError):
            os.write(self._descriptor, byte)
