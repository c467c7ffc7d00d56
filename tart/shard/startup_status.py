"""What a shard says of itself while it starts: to the supervisor, the log and the gateway.

The work is done on a thread, which reports each step; the loop stays free to be told to stop.
A start that takes longer than others wait for is told on the shard's Unix socket: who
connects there hears how far it is, and nothing else, until the shard answers questions.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tart.errors import StartInterrupted
from tart.ipc.channel import Channel
from tart.ipc.messages import REQUESTS, Recovering, Request
from tart.process_handle import ProcessHandle

log = logging.getLogger(__name__)

LOG_SECONDS = 5.0
TELL_SECONDS = 1.0


class Recovery:
    """How far one start is.

    Args:
        path: of the shard's Unix socket.
    """

    def __init__(self, shard: int, startup: ProcessHandle, path: Path) -> None:
        self._shard = shard
        self._startup = startup
        self._path = path
        self._began = self._logged = time.monotonic()
        self._interrupted = threading.Event()
        # Replaced as a whole by the thread that works; the loop looks at it.
        self._state = ("opening files", 0, 0)
        self._channels: list[Channel[Request]] = []

    def interrupt(self) -> None:
        """Have the work end at its next step."""
        self._interrupted.set()

    def told(self, what: str, done: int, total: int) -> None:
        """So much of something is done; on the thread that does it.

        Raises:
            StartInterrupted: it is to end here; what was written stays, and is not done again.
        """
        if self._interrupted.is_set():
            raise StartInterrupted("told to stop while starting")
        self._state = what, done, total
        self._startup.extend_startup()
        now = time.monotonic()
        if now - self._logged >= LOG_SECONDS:
            self._logged = now
            log.info("%s; nodes are accepted afterwards", self.text)

    @property
    def text(self) -> str:
        """What is being done, and how much of it is."""
        what, done, total = self._state
        return f"{what}, {100 * done // total} %" if total else what

    @asynccontextmanager
    async def shown(self) -> AsyncIterator[None]:
        """Tell whoever connects, once the start takes longer than it is waited for."""
        showing = asyncio.create_task(self._show())
        try:
            yield
        finally:
            showing.cancel()
            await asyncio.gather(showing, return_exceptions=True)

    async def _show(self) -> None:
        await asyncio.sleep(self._startup.startup_seconds)
        log.warning("the start takes long: %s; other shards are ready without this one", self.text)
        server = await asyncio.get_running_loop().create_unix_server(
            lambda: Channel(REQUESTS, _nothing, self._lost, self._made), self._path
        )
        try:
            self._startup.waive_startup()
            while True:
                await asyncio.sleep(TELL_SECONDS)
                for channel in self._channels:
                    self._tell(channel)
        finally:
            server.close()
            for channel in list(self._channels):
                channel.close()

    def _made(self, channel: Channel[Request]) -> None:
        self._channels.append(channel)
        self._tell(channel)

    def _lost(self, channel: Channel[Request], error: Exception | None) -> None:
        self._channels.remove(channel)

    def _tell(self, channel: Channel[Request]) -> None:
        if channel.writable:
            seconds = time.monotonic() - self._began
            channel.send(Recovering(self._shard, os.getpid(), self.text, seconds))


def _nothing(channel: Channel[Request], message: object) -> None:
    """Questions are asked of who said Welcome."""
