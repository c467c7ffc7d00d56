"""The standard streams of a command: what may be wrong with them, and what is done about it.

- One that is closed, as by ``>&-``, becomes the null device: a file that is opened later would
  otherwise take its number and receive what is printed.
- A character that the locale's encoding lacks is printed as ``?``; a name that is not text in the
  locale's encoding, byte for byte.
- stdout or stderr that cannot be written (a full disk, a reader that left) is discarded, because
  Python would write it again at its end, complain, and change the exit code.
"""

from __future__ import annotations

import io
import os
import sys

from tart.printable import printable_lines
from tart.style import style_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

# Handlers with which a character that the encoding lacks is an error; the latter is that of the
# locale C.
_FAIL = ("strict", "surrogateescape")
_NAMES = ("stdin", "stdout", "stderr")


def prepare() -> None:
    """Open the standard streams that are closed, and let no character end a command."""
    if any(getattr(sys, name) is None for name in _NAMES):
        _open_closed()
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors in _FAIL:
        is_utf8 = sys.stdout.encoding.lower().replace("-", "") == "utf8"
        sys.stdout.reconfigure(errors="surrogateescape" if is_utf8 else "replace")


def print_error(sentence: str) -> None:
    """Print a sentence on what went wrong to stderr.

    It may have the name of a file or a server's message: nothing in it moves the cursor.
    """
    prefix = style_for(sys.stderr, os.environ).error("tart:")
    print_note(f"{prefix} {printable_lines(sentence)}")


def print_note(text: str) -> None:
    """Print text to stderr; one that cannot be written changes no exit code."""
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        _discard(sys.stderr)


def discard_stdout() -> None:
    """Send what was not written to stdout, and what will be, to the null device."""
    _discard(sys.stdout)


def _discard(stream: TextIO) -> None:
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)


def stdout_fails() -> bool:
    """Return whether stdout has something to write and cannot."""
    try:
        sys.stdout.flush()
    except OSError:
        return True
    return False


def _open_closed() -> None:
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    for number, name in enumerate(_NAMES):
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, "w" if number else "r", closefd=False))  # noqa: SIM115
