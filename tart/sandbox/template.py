"""A process from which sandboxes are forked, and the sandboxes that were forked from it.

To start a sandbox takes a third of a second of processor time: Python, DuckDB and the names of its
functions are loaded. So this is done once, in a template (``child``), and the process of a
statement is forked from it, which takes some milliseconds however many statements there are. A
template never sees a statement, so no statement sees anything of another.

Blocking, for threads. The template's own end is noticed at once, and the next statement starts
another one.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
from contextlib import suppress
from typing import IO

# The pid of a forked process, and the exit code of one that ended.
NUMBER = struct.Struct("<i")
# A template answers once it has loaded everything, and then at once.
_ANSWER_SECONDS = 20.0


def environment() -> dict[str, str]:
    """Return the environment of a process that runs a module of tart, and nothing else of ours."""
    return {"PYTHONPATH": os.pathsep.join(each for each in sys.path if each)}


class ForkedProcess:
    """A sandbox that waits for its job; used like ``subprocess.Popen``.

    Args:
        pid: Its process id.
        pidfd: A descriptor of the process, which never means another one.
        status: The pipe on which the template reports its end.
        stdin, stdout: The other ends of its pipes.
    """

    def __init__(
        self, pid: int, pidfd: int, status: int, stdin: IO[bytes], stdout: IO[bytes]
    ) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.stdin = stdin
        self.stdout = stdout
        self._pidfd = pidfd
        self._status = status

    def kill(self) -> None:
        """Kill it; without effect once it has ended."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def wait(self) -> int:
        """Return its exit code once it has ended; negative for a signal."""
        if self.returncode is None:
            reported = os.read(self._status, NUMBER.size)
            if len(reported) == NUMBER.size:
                (self.returncode,) = NUMBER.unpack(reported)
            else:
                # The template ended first: the exit code is not known.
                # ``poll``: the descriptors of a gateway with many clients are beyond ``select``.
                ended = select.poll()
                ended.register(self._pidfd, select.POLLIN)
                ended.poll()
                self.returncode = -signal.SIGKILL
        assert self.returncode is not None
        return self.returncode

    def release(self) -> None:
        """Close the descriptors, once it has ended."""
        os.close(self._pidfd)
        os.close(self._status)


class Template:
    """The template: started when it is needed first, and again if it has ended.

    Args:
        memory_bytes: DuckDB's memory limit in the sandboxes.
        idle_seconds: The time without a statement after which it ends; ``None``: it stays.

    Attributes:
        started: Templates started.
        forked: Sandboxes forked.
    """

    def __init__(self, memory_bytes: int, idle_seconds: float | None = None) -> None:
        self._memory_bytes = memory_bytes
        self._idle_seconds = idle_seconds
        self._lock = threading.Lock()
        self._running: tuple[subprocess.Popen[bytes], socket.socket] | None = None
        self._closed = False
        self.started = 0
        self.forked = 0

    @property
    def pid(self) -> int | None:
        """The process id of the template; ``None`` if none runs."""
        running = self._running
        return None if running is None else running[0].pid

    def start(self) -> None:
        """Start the template ahead of the first statement."""
        with self._lock, suppress(OSError):
            self._control()

    def fork(self) -> ForkedProcess:
        """Return a sandbox that waits for its job.

        Raises:
            OSError: There is no template, and none can be started.
        """
        with self._lock:
            try:
                return self._fork(self._control())
            except OSError:
                # It ended, for want of memory or of statements.
                self._discard()
            return self._fork(self._control())

    def close(self) -> None:
        """End the template, and start none any more."""
        with self._lock:
            self._closed = True
            self._discard()

    def _control(self) -> socket.socket:
        if self._running is None:
            if self._closed:
                raise OSError("closed")
            self._running = self._start()
        return self._running[1]

    def _start(self) -> tuple[subprocess.Popen[bytes], socket.socket]:
        own, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        own.settimeout(_ANSWER_SECONDS)
        command = (sys.executable, "-P", "-m", "tart.sandbox.child")
        idle = "" if self._idle_seconds is None else str(self._idle_seconds)
        try:
            with other:
                process = subprocess.Popen(
                    [*command, str(self._memory_bytes), "template", idle],
                    stdin=other.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=environment(),
                )
        except OSError:
            own.close()
            raise
        self.started += 1
        threading.Thread(
            target=self._collect, args=(process,), name="sandbox template", daemon=True
        ).start()
        return process, own

    def _collect(self, process: subprocess.Popen[bytes]) -> None:
        """Wait for the end of a template, so that it never stays as a zombie."""
        process.wait()
        with self._lock:
            if self._running is not None and self._running[0] is process:
                self._discard()

    def _discard(self) -> None:
        if self._running is not None:
            process, control = self._running
            self._running = None
            control.close()
            process.kill()
            process.wait()

    def _fork(self, control: socket.socket) -> ForkedProcess:
        """Ask the template for a process with these pipes."""
        ours: list[int] = []
        theirs: list[int] = []
        try:
            for reads in (True, False, False):
                source, sink = os.pipe()
                theirs.append(source if reads else sink)
                ours.append(sink if reads else source)
            socket.send_fds(control, [b"f"], theirs)
            answer, fds, _, _ = socket.recv_fds(control, NUMBER.size, 1)
            if len(answer) < NUMBER.size or not fds:
                raise BlockingIOError("the template cannot fork")
        except BaseException:
            for descriptor in ours:
                os.close(descriptor)
            raise
        finally:
            for descriptor in theirs:
                os.close(descriptor)
        self.forked += 1
        (pid,) = NUMBER.unpack(answer)
        stdin, stdout, status = ours
        return ForkedProcess(pid, fds[0], status, os.fdopen(stdin, "wb"), os.fdopen(stdout, "rb"))
