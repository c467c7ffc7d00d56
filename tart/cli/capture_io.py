"""Files and pipes (``-``) that captures are read from and written to.

Pipes may be slow, so they are read and written when they are ready, without blocking the event
loop. Files are on a local disk and are read and written directly.
"""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

from tart.cli.named_files import unreadable, unwritable
from tart.errors import ConfigError, ReaderLeft, StartupError
from tart.os_errors import reason

STANDARD = "-"
# Backpressure for a slow reader of the capture: producers pause above this, and resume below a
# quarter of it.
HIGH_BYTES = 16 << 20

_CHUNK_BYTES = 64 << 10
# A writable pipe takes this much without blocking (PIPE_BUF).
_PIPE_BYTES = 4096


def source_name(file: str) -> str:
    """Return the name of an input for messages."""
    return "stdin" if file == STANDARD else file


@contextmanager
def open_input(file: str) -> Iterator[int]:
    """Open a file, or stdin, and yield its descriptor.

    Raises:
        ConfigError: The file cannot be read.
    """
    if file == STANDARD:
        yield sys.stdin.fileno()
        return
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise unreadable(file, error) from None
    try:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise ConfigError(f"{file}: is a directory; name a capture in it")
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def open_output(file: str) -> Iterator[int]:
    """Open a file, which is overwritten, or stdout, and yield its descriptor.

    Raises:
        ConfigError: The file cannot be opened, or stdout is a terminal.
        StartupError: The disk is full.
    """
    if file == STANDARD:
        if os.isatty(sys.stdout.fileno()):
            raise ConfigError("stdout is a terminal, and a capture is binary: name a file")
        yield sys.stdout.fileno()
        return
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise unwritable(file, error) from None
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def write(descriptor: int, data: bytes) -> None:
    """Write all bytes.

    Raises:
        StartupError: They cannot be written.
    """
    remaining = memoryview(data)
    try:
        while remaining:
            remaining = remaining[os.write(descriptor, remaining) :]
    except OSError as error:
        raise _write_error(error) from None


async def read_chunks(descriptor: int) -> AsyncIterator[bytes]:
    """Read a file or pipe to its end.

    Raises:
        StartupError: It cannot be read.
    """
    piped = _is_pipe(descriptor)
    while True:
        if piped:
            await _wait_readable(descriptor)
        try:
            data = os.read(descriptor, _CHUNK_BYTES)
        except OSError as error:
            raise StartupError(f"the capture cannot be read: {reason(error)}") from None
        if not data:
            return
        yield data


async def _wait_readable(descriptor: int) -> None:
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(descriptor, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(descriptor)


class Output:
    """A queue of bytes to a file or pipe; ``write`` never waits.

    Args:
        descriptor: The file or pipe.
        on_full: Called with whether the queue is full, when that changes.
        on_error: Called when a write failed; nothing more is written.
        high_bytes: The queue is full above this, until it is below a quarter.

    Attributes:
        error: The failure.
    """

    def __init__(
        self,
        descriptor: int,
        on_full: Callable[[bool], None],
        on_error: Callable[[], None],
        high_bytes: int = HIGH_BYTES,
    ) -> None:
        self._descriptor = descriptor
        self._high_bytes = high_bytes
        self._low_bytes = high_bytes // 4
        self._on_full = on_full
        self._on_error = on_error
        self._piped = _is_pipe(descriptor)
        self._queue: deque[memoryview] = deque()
        self._bytes = 0
        self._full = False
        self._empty = asyncio.Event()
        self._empty.set()
        self.error: StartupError | None = None

    def write(self, data: bytes) -> None:
        """Queue bytes."""
        if not data or self.error:
            return
        if not self._piped:
            try:
                write(self._descriptor, data)
            except StartupError as error:
                self._fail(error)
            return
        if not self._queue:
            self._empty.clear()
            asyncio.get_running_loop().add_writer(self._descriptor, self._write_some)
        self._queue.append(memoryview(data))
        self._add_bytes(len(data))

    async def drain(self, seconds: float) -> None:
        """Wait until everything is written.

        Raises:
            StartupError: Not everything was written within ``seconds``.
        """
        try:
            async with asyncio.timeout(seconds):
                await self._empty.wait()
        except TimeoutError:
            self._fail(StartupError("the capture cannot be written: the pipe is not read"))
        if self.error:
            raise self.error

    def _write_some(self) -> None:
        first = self._queue.popleft()
        try:
            written = os.write(self._descriptor, first[:_PIPE_BYTES])
        except OSError as error:
            self._fail(_write_error(error))
            return
        if written < len(first):
            self._queue.appendleft(first[written:])
        self._add_bytes(-written)
        if not self._queue:
            self._finish()

    def _add_bytes(self, count: int) -> None:
        self._bytes += count
        full = self._bytes > (self._low_bytes if self._full else self._high_bytes)
        if full is not self._full:
            self._full = full
            self._on_full(full)

    def _fail(self, error: StartupError) -> None:
        self.error = error
        self._queue.clear()
        self._finish()
        self._on_error()

    def _finish(self) -> None:
        if self._piped:
            asyncio.get_running_loop().remove_writer(self._descriptor)
        self._empty.set()


def _write_error(error: OSError) -> StartupError:
    if isinstance(error, BrokenPipeError):
        return ReaderLeft()
    return StartupError(f"the capture cannot be written: {reason(error)}")


def _is_pipe(descriptor: int) -> bool:
    return stat.S_ISFIFO(os.fstat(descriptor).st_mode)
