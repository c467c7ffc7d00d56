"""Long text on a terminal: through the user's pager, or as it is where there is none."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping

# As git does: quit if it fits one screen, colours, long lines chopped, the screen not cleared.
_LESS_OPTIONS = "FRSX"
_NO_PAGER = ("", "cat")


def pager_command(environ: Mapping[str, str]) -> list[str] | None:
    """Return the command of the pager: that of ``PAGER``, or less; ``None`` without one."""
    chosen = environ.get("PAGER", "less").strip()
    if chosen in _NO_PAGER:
        return None
    try:
        command = shlex.split(chosen)
    except ValueError:
        return None
    return command if shutil.which(command[0], path=environ.get("PATH")) else None


def show(text: str, *, paged: bool, environ: Mapping[str, str] = os.environ) -> None:
    """Write text to stdout; through a pager if it is wanted and exceeds a screen.

    Args:
        text: Whole lines.
        paged: Whether a pager may be used; it is only if stdout is a terminal.
        environ: Environment variables.

    Raises:
        BrokenPipeError: The reader of stdout has left.
    """
    lines = text.count("\n")
    command = pager_command(environ) if paged and sys.stdout.isatty() else None
    if command is None or lines < shutil.get_terminal_size().lines:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    settings = {"LESS": _LESS_OPTIONS, "LV": "-c", **environ}
    sys.stdout.flush()
    # Ctrl-C belongs to the pager until it ends.
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        # A pager that is left early reads no more, which is no error.
        subprocess.run(command, input=text.encode(), env=settings, check=False)
    finally:
        signal.signal(signal.SIGINT, previous)
