"""Where a capture is read from or written to: a file, or a pipe called ``-``.

Nothing here holds up the event loop for a pipe, which may be slow: it is waited for. A file
is on this machine's disk and is read and written at once.
"""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

from tart.errors import ConfigError, StartupError

STANDARD = "-"
# Of what waits for a slow reader of ours: beyond the first nothing more should come, until
# there is less than the second.
HIGH_BYTES, LOW_BYTES = 16 << 20, 4 << 20

_CHUNK_BYTES = 64 << 10
# A pipe that can be written to has room for so much (PIPE_BUF), and blocks for more.
_PIPE_BYTES = 4096


@contextmanager
def readable(file: str) -> Iterator[int]:
    """A descriptor to read from.

    Raises:
        StartupError: the file cannot be read.
    """
    if file == STANDARD:
        yield sys.stdin.fileno()
        return
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise StartupError(f"{file} cannot be read: {error.strerror}") from None
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def writable(file: str) -> Iterator[int]:
    """A descriptor to write to; a file that is there begins anew.

    Raises:
        ConfigError: it is a terminal.
        StartupError: the file cannot be written.
    """
    if file == STANDARD:
        if os.isatty(sys.stdout.fileno()):
            raise ConfigError("stdout is a terminal, and a capture is no text: name a file")
        yield sys.stdout.fileno()
        return
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StartupError(f"{file} cannot be written: {error.strerror}") from None
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def write(descriptor: int, data: bytes) -> None:
    """Write all of it.

    Raises:
        StartupError: it cannot be written.
    """
    left = memoryview(data)
    try:
        while left:
            left = left[os.write(descriptor, left) :]
    except OSError as error:
        raise _unwritable(error) from None


async def chunks(descriptor: int) -> AsyncIterator[bytes]:
    """What can be read, as it comes.

    Raises:
        StartupError: it cannot be read.
    """
    piped = _is_pipe(descriptor)
    while True:
        if piped:
            await _something_to_read(descriptor)
        try:
            data = os.read(descriptor, _CHUNK_BYTES)
        except OSError as error:
            raise StartupError(f"the capture cannot be read: {error.strerror}") from None
        if not data:
            return
        yield data


async def _something_to_read(descriptor: int) -> None:
    loop = asyncio.get_running_loop()
    there = asyncio.Event()
    loop.add_reader(descriptor, there.set)
    try:
        await there.wait()
    finally:
        loop.remove_reader(descriptor)


class Output:
    """Writes in the order in which it is told, without waiting.

    Args:
        on_full: called with whether too much waits, when that changes.
        on_error: called when something could not be written; nothing is from then on.

    Attributes:
        error: why not.
    """

    def __init__(
        self,
        descriptor: int,
        on_full: Callable[[bool], None],
        on_error: Callable[[], None],
    ) -> None:
        self._descriptor = descriptor
        self._on_full = on_full
        self._on_error = on_error
        self._piped = _is_pipe(descriptor)
        self._waiting: deque[memoryview] = deque()
        self._bytes = 0
        self._full = False
        self._empty = asyncio.Event()
        self._empty.set()
        self.error: StartupError | None = None

    def write(self, data: bytes) -> None:
        """Take bytes, which are written soon."""
        if not data or self.error:
            return
        if not self._piped:
            try:
                write(self._descriptor, data)
            except StartupError as error:
                self._fail(error)
            return
        if not self._waiting:
            self._empty.clear()
            asyncio.get_running_loop().add_writer(self._descriptor, self._go_on)
        self._waiting.append(memoryview(data))
        self._count(len(data))

    async def drain(self, seconds: float) -> None:
        """Wait until everything is written, so long at most.

        Raises:
            StartupError: not everything could be.
        """
        try:
            async with asyncio.timeout(seconds):
                await self._empty.wait()
        except TimeoutError:
            self._fail(StartupError("the capture cannot be written: nobody reads it"))
        if self.error:
            raise self.error

    def _go_on(self) -> None:
        first = self._waiting.popleft()
        try:
            written = os.write(self._descriptor, first[:_PIPE_BYTES])
        except OSError as error:
            self._fail(_unwritable(error))
            return
        if written < len(first):
            self._waiting.appendleft(first[written:])
        self._count(-written)
        if not self._waiting:
            self._done()

    def _count(self, more: int) -> None:
        self._bytes += more
        full = self._bytes > (LOW_BYTES if self._full else HIGH_BYTES)
        if full is not self._full:
            self._full = full
            self._on_full(full)

    def _fail(self, error: StartupError) -> None:
        self.error = error
        self._waiting.clear()
        self._done()
        self._on_error()

    def _done(self) -> None:
        if self._piped:
            asyncio.get_running_loop().remove_writer(self._descriptor)
        self._empty.set()


def _unwritable(error: OSError) -> StartupError:
    return StartupError(f"the capture cannot be written: {error.strerror}")


def _is_pipe(descriptor: int) -> bool:
    return stat.S_ISFIFO(os.fstat(descriptor).st_mode)
