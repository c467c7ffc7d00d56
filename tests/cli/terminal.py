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
    """Return the lines that a terminal shows.

    It knows line ends, ``\\r``, and the sequences for upwards (A) and for clearing a line (K) and
    the screen below (J).
    """
    lines, row, column = [""], 0, 0
    for token in re.findall(r"\r|\n|\x1b\[[0-9;]*[A-Za-z]|[^\r\n\x1b]+", output):
        if token == "\n":
            row += 1
            lines += [""] * (row == len(lines))
        elif token == "\r":
            column = 0
        elif token.startswith("\x1b"):
            row -= int(token[2:-1] or 1) if token.endswith("A") else 0
            if token[-1] in "JK":
                lines[row] = lines[row][:column]
            if token[-1] == "J":
                del lines[row + 1 :]
        else:
            before = lines[row].ljust(column)
            column += len(token)
            lines[row] = before[: column - len(token)] + token + before[column:]
    return lines


class Terminal:
    """A pseudo-terminal of a width."""

    def __init__(self, columns: int = 80, rows: int = 24) -> None:
        self.master, self.slave = os.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.stream: TextIO = os.fdopen(os.dup(self.slave), "w")
        self.output = ""

    def read(self) -> str:
        """Read what was written meanwhile; return everything written so far."""
        with suppress(OSError):  # EIO: no process has it open any more
            while select.select([self.master], [], [], 0)[0]:
                if not (data := os.read(self.master, 1 << 16)):
                    break
                self.output += data.decode(errors="replace")
        return self.output

    def wait_for(self, pattern: str) -> str:
        """Read until the pattern has been written; return everything written so far."""
        end = time.monotonic() + DEADLINE
        while not re.search(pattern, self.read()):
            assert time.monotonic() < end, f"waited in vain for {pattern}: {self.output!r}"
            select.select([self.master], [], [], 0.1)
        return self.output

    def close(self) -> None:
        """Close both ends."""
        self.stream.close()
        os.close(self.slave)
        os.close(self.master)


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
