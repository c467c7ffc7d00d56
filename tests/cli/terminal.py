"""A pseudo-terminal that commands run on, and its screen."""

from __future__ import annotations

import fcntl
import os
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from tests.running import DEADLINE
from tests.supervisor.process import ROOT


def screen(output: str) -> list[str]:
    """Return the lines that a terminal shows; it knows line ends, ``\\r`` and ``ESC [ K``."""
    lines, column = [""], 0
    for token in re.findall(r"\r|\n|\x1b\[[0-9;]*[A-Za-z]|[^\r\n\x1b]+", output):
        if token == "\n":
            lines.append("")
        elif token == "\r":
            column = 0
        elif token == "\x1b[K":
            lines[-1] = lines[-1][:column]
        elif not token.startswith("\x1b"):
            before = lines[-1].ljust(column)
            column += len(token)
            lines[-1] = before[: column - len(token)] + token + before[column:]
    return lines


class Terminal:
    """A pseudo-terminal of a width."""

    def __init__(self, columns: int = 80, rows: int = 24) -> None:
        self._master, self.slave = os.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.stream: TextIO = os.fdopen(os.dup(self.slave), "w")
        self.output = ""

    def read(self) -> str:
        """Read what was written meanwhile; return everything written so far."""
        with suppress(OSError):  # EIO: no process has it open any more
            while select.select([self._master], [], [], 0)[0]:
                if not (data := os.read(self._master, 1 << 16)):
                    break
                self.output += data.decode(errors="replace")
        return self.output

    def wait_for(self, pattern: str) -> str:
        """Read until the pattern has been written; return everything written so far."""
        end = time.monotonic() + DEADLINE
        while not re.search(pattern, self.read()):
            assert time.monotonic() < end, f"waited in vain for {pattern}: {self.output!r}"
            select.select([self._master], [], [], 0.1)
        return self.output

    def close(self) -> None:
        """Close both ends."""
        self.stream.close()
        os.close(self.slave)
        os.close(self._master)


@contextmanager
def terminal(columns: int = 80, rows: int = 24) -> Iterator[Terminal]:
    """A pseudo-terminal that is closed at the end."""
    opened = Terminal(columns, rows)
    try:
        yield opened
    finally:
        opened.close()


def start_on(
    shown: Terminal, *arguments: object, environ: dict[str, str] | None = None, **options: object
) -> subprocess.Popen[bytes]:
    """Start ``tart`` with the terminal as its controlling one; ``options`` go to ``Popen``."""
    slave = shown.slave
    streams = {"stdin": slave, "stdout": slave, "stderr": slave}
    return subprocess.Popen(
        [sys.executable, "-m", "tart", *map(str, arguments)],
        env={**os.environ, "TERM": "xterm", "PYTHONPATH": str(ROOT), **(environ or {})},
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(slave, termios.TIOCSCTTY, 0),
        **{**streams, **options},  # type: ignore[arg-type]
    )
