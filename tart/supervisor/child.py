"""The life of a child process, from the fork to its exit code; never returns.

This is one of the few places that catch everything: an error that a person can act on becomes one
sentence, any other a traceback, both exit code 1, and the supervisor decides what follows. The
process ends by ``os._exit``: what the supervisor had open, registered or buffered before the fork
is not this process's to clean up.
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
from tart.process_title import set_title

Target = Callable[[ProcessHandle], int | None]

_log = logging.getLogger(__name__)


def live(
    name: str,
    target: Target,
    *,
    status_pipe: int,
    lifeline: int,
    foreign: Iterable[int],
    heartbeat_seconds: float,
    startup_seconds: float,
    restarted: bool,
) -> NoReturn:
    """Run ``target`` and exit with the code that it returns.

    Args:
        name: Its part in the server, which becomes the title of the process.
        target: The callable; an exception is logged and becomes exit code 1.
        status_pipe: Write end of the pipe from which the supervisor reads messages.
        lifeline: Read end of the pipe whose write end only the supervisor may hold.
        foreign: Descriptors of the supervisor that this process must not keep open.
        heartbeat_seconds: See ``ProcessHandle``.
        startup_seconds: See ``ProcessHandle``.
        restarted: See ``ProcessHandle``.
    """
    code = 1
    try:
        for descriptor in foreign:
            os.close(descriptor)
        _reset_signals()
        set_title(name)
        status = _StatusPipe(status_pipe, name)
        handle = ProcessHandle(
            ready=status.ready,
            lifeline=lifeline,
            heartbeat=status.heartbeat,
            heartbeat_seconds=heartbeat_seconds,
            extend_startup=status.extend_startup,
            waive_startup=status.waive_startup,
            startup_seconds=startup_seconds,
            restarted=restarted,
        )
        code = _run(target, handle)
    finally:
        # Whatever happened above, this process must not go on as a second supervisor.
        with suppress(Exception):
            logging.shutdown()
        flush_streams()
        os._exit(code)


def flush_streams() -> None:
    """Flush stdout and stderr: before a fork, or both sides would write, and before the end."""
    for stream in (sys.stdout, sys.stderr):
        # ``None`` if it was closed at the start; broken if its reader has gone since.
        with suppress(OSError, ValueError):
            if stream is not None:
                stream.flush()


def _run(target: Target, handle: ProcessHandle) -> int:
    try:
        return target(handle) or 0
    except TartError as error:
        _log.error("%s", error)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except BaseException:
        _log.exception("stopped by an unexpected exception (a bug in tart)")
    return 1


def _reset_signals() -> None:
    """Undo the supervisor's handlers; ignore a terminal's signals, which it handles."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    # Blocked since before the fork, so that no signal met the supervisor's handlers here.
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


class _StatusPipe:
    """The messages of this process to the supervisor."""

    def __init__(self, descriptor: int, name: str) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._name = name
        self._ready = False
        self._waived = False

    def ready(self) -> None:
        """Report that this process accepts; a second call does nothing."""
        if not self._ready:
            self._ready = True
            if self._waived:
                set_title(self._name)
            self._send(READY)

    def heartbeat(self) -> None:
        """Report that this process is alive."""
        self._send(HEARTBEAT)

    def extend_startup(self) -> None:
        """Report that this process still starts and makes progress."""
        self._send(EXTEND_STARTUP)

    def waive_startup(self) -> None:
        """Report the same, and that the other processes should not wait."""
        if not self._waived:
            self._waived = True
            set_title(self._name, "recovering")
        self._send(WAIVE_STARTUP)

    def _send(self, message: bytes) -> None:
        # A broken pipe: the supervisor is gone, which the lifeline shows as well. A full pipe:
        # the supervisor has not read 65,536 messages and needs no other.
        with suppress(BrokenPipeError, BlockingIOError):
            os.write(self._descriptor, message)
