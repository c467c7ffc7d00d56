"""The progress of a long command: one line on the terminal of stderr, redrawn until it ends.

There is no line unless stderr is a terminal that can redraw it and the command runs in its
foreground; stdout never has any. A thread draws, so that counting costs an addition, the line
also moves while a command waits, and a terminal that is slow holds up nothing. The line appears
after a third of a second: a command that is done sooner shows none.

Lines of the log stand above it. Other text for the terminal is written inside ``hidden``:

    with Progress("backup", total=size, unit="bytes") as progress:
        for part in parts:
            copy(part)
            progress.advance(len(part))
        with progress.hidden():
            print("a finding")
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self, TextIO

from tart.cli.render.progress_line import Advance, progress_line
from tart.style import is_terminal

_FIRST_SECONDS = 0.35
_REDRAW_SECONDS = 0.1
# The rate is that of this many drawings, the last ten seconds.
_SAMPLES = 100
_COLUMNS = 80
# To the first column, and clear the line from there.
_CLEAR = "\r\x1b[K"


class Progress:
    """A context in which the line is shown.

    Args:
        what: The operation in one or two words, such as ``backup``.
        total: The whole amount; ``None`` if it is unknown.
        unit: Plural of what is counted, such as ``events``; ``bytes`` are shown as KiB, MiB …;
            empty: nothing is counted, the line shows the time.
        count: Returns the amount that is done, in place of ``advance``; any thread may call it.
        stream: The stream for the line; default: stderr.
        environ: Environment variables.

    Attributes:
        what: May be changed while the line is shown.
        total: Likewise, when it becomes known.
        done: The amount so far.
        enabled: Whether there is a line.
    """

    def __init__(
        self,
        what: str,
        total: float | None = None,
        *,
        unit: str = "",
        count: Callable[[], float] | None = None,
        stream: TextIO | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self.what = what
        self.total = total
        self.done: float = 0
        self._unit = unit
        self._count = count
        self._log_handlers: list[logging.StreamHandler[TextIO]] = []
        self._stream = sys.stderr if stream is None else stream
        self.enabled = can_redraw(self._stream, environ)
        self._began = time.monotonic()
        self._samples: deque[tuple[float, float]] = deque(maxlen=_SAMPLES)
        self._drawn = False
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        self._samples.append((self._began, self.done))
        if self.enabled:
            self._guard_log()
            self._thread = threading.Thread(target=self._draw, name="progress", daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
        self._clear()
        for handler in self._log_handlers:
            handler.setStream(self._stream)

    def advance(self, amount: float = 1) -> None:
        """Add an amount that is done; to be called by one thread."""
        self.done += amount

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """Clear the line while other text is written to the terminal."""
        with self._lock:
            self._clear()
            yield

    def _guard_log(self) -> None:
        """Let the lines of the log clear the line first."""
        for handler in logging.getLogger().handlers:
            if isinstance(handler, logging.StreamHandler) and handler.stream is self._stream:
                handler.setStream(_LogStream(self, self._stream))
                self._log_handlers.append(handler)

    def _draw(self) -> None:
        pause = _FIRST_SECONDS
        while not self._ended.wait(pause):
            pause = _REDRAW_SECONDS
            with self._lock:
                if not self._write_line():
                    return

    def _write_line(self) -> bool:
        """Draw the line; return whether the terminal is still there."""
        try:
            descriptor = self._stream.fileno()
            if not _in_foreground(descriptor):
                return True
            width = os.get_terminal_size(descriptor).columns or _COLUMNS
            line = progress_line(self.what, self._unit, self._advance(), width)
            self._stream.write(f"{_CLEAR}{line}")
            self._stream.flush()
        except (OSError, ValueError):
            return False
        self._drawn = True
        return True

    def _advance(self) -> Advance:
        now = time.monotonic()
        done = self.done if self._count is None else self._count()
        before, done_before = self._samples[0]
        self._samples.append((now, done))
        rate = (done - done_before) / (now - before) if now > before else None
        return Advance(done=done, total=self.total, rate=rate, seconds=now - self._began)

    def _clear(self) -> None:
        if not self._drawn:
            return
        self._drawn = False
        try:
            self._stream.write(_CLEAR)
            self._stream.flush()
        except (OSError, ValueError):
            pass  # the terminal is gone


class _LogStream:
    """The stream of a log's handler while a progress is shown on the same terminal."""

    def __init__(self, progress: Progress, stream: TextIO) -> None:
        self._progress = progress
        self._stream = stream

    def write(self, text: str) -> None:
        """Write a line of the log above that of the progress."""
        with self._progress.hidden():
            self._stream.write(text)
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def can_redraw(stream: TextIO | None, environ: Mapping[str, str]) -> bool:
    """Return whether the stream is a terminal that can clear a line."""
    return is_terminal(stream) and environ.get("TERM", "") not in ("", "dumb")


def _in_foreground(descriptor: int) -> bool:
    """Return whether the terminal is this command's; in the background it is another's."""
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        return True  # not the controlling terminal
