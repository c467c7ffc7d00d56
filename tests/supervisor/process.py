"""A real process under test: its lines, its end, and no leftovers.

Waits are for a line, an exit or an end-of-file, each with one generous deadline that only a
failing test ever reaches.
"""

from __future__ import annotations

import os
import re
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from tests.supervisor.fork_server import Forked

ROOT = Path(__file__).parents[2]
DEADLINE = 100.0


class Process:
    """``python -m module arguments`` in a session of its own; a context manager.

    ``program`` is run instead of Python, with ``module`` as its first argument. One that is
    ``preloaded`` is of the module ``tart``, and forked from a process that has imported it.
    """

    def __init__(self, module, *arguments, environ=None, cwd=ROOT, program=None, preloaded=False):
        scrubbed = {key: value for key, value in os.environ.items() if key[:5] != "TART_"}
        scrubbed.pop("NOTIFY_SOCKET", None)
        env = scrubbed | {"PYTHONPATH": str(ROOT)} | (environ or {})
        words = [*map(str, arguments)]
        self._stderr = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed on exit
        if preloaded:
            self._popen = Forked(words, self._stderr, env, cwd)
        else:
            self._popen = subprocess.Popen(
                [*(program or [sys.executable, "-W", "error", "-m"]), module, *words],
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                env=env,
                cwd=cwd,
                start_new_session=True,
            )
        self._pending = b""
        self._lines = []
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._popen.stdout, selectors.EVENT_READ)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._popen.wait()
        self._selector.close()
        self._popen.stdout.close()
        self._stderr.close()

    @property
    def pid(self):
        return self._popen.pid

    def send(self, number):
        self._popen.send_signal(number)

    def line(self, pattern):
        """The first line not yet asked for that matches; waits for it."""
        deadline = time.monotonic() + DEADLINE
        while True:
            for index, each in enumerate(self._lines):
                if found := re.fullmatch(pattern, each):
                    del self._lines[index]
                    return found
            assert self._read(deadline), f"no line {pattern!r}; {self._lines} {self.errors()}"

    def ended(self):
        """Wait for the process, then for all that inherited its output; the exit code."""
        deadline = time.monotonic() + DEADLINE
        while self._read(deadline):
            pass
        return self.exited()

    def exited(self):
        """Wait for the process alone; the exit code."""
        return self._popen.wait(DEADLINE)

    def hang_up(self):
        """Close our end of its output."""
        self._selector.unregister(self._popen.stdout)
        self._popen.stdout.close()

    def rest(self):
        """Lines that no test asked for."""
        return self._lines

    def errors(self):
        """What was written to stderr so far."""
        self._stderr.seek(0)
        return self._stderr.read()

    def _read(self, deadline):
        if not self._selector.select(max(0.0, deadline - time.monotonic())):
            raise TimeoutError(f"nothing came; {self._lines} {self.errors()}")
        chunk = os.read(self._popen.stdout.fileno(), 65536)
        *lines, self._pending = (self._pending + chunk).split(b"\n")
        self._lines += [each.decode() for each in lines]
        return bool(chunk)
