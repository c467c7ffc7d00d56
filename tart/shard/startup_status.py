"""The progress of a shard's start, for the supervisor, the server log and the gateway.

The work runs on a thread, which reports each step; the loop stays free to receive a stop. A start
that takes longer than the other processes wait is published on the shard's Unix socket: a client
that connects there gets the progress, and nothing else, until the shard answers queries.
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
SEND_SECONDS = 1.0


class StartupStatus:
    """The progress of one start.

    Args:
        shard: The shard's index.
        handle: The ties to the supervisor.
        path: The shard's Unix socket.
    """

    def __init__(self, shard: int, handle: ProcessHandle, path: Path) -> None:
        self._shard = shard
        self._handle = handle
        self._path = path
        self._began = self._logged = time.monotonic()
        self._interrupted = threading.Event()
        # The working thread replaces it as a whole; the loop reads it.
        self._progress = ("opening files", 0, 0)
        self._channels: list[Channel[Request]] = []

    def interrupt(self) -> None:
        """Make the work end at its next step."""
        self._interrupted.set()

    def report(self, activity: str, done: int, total: int) -> None:
        """Report progress; called on the thread that works.

        Args:
            activity: What is being done.
            done: How much of it is done.
            total: How much there is; 0 if unknown.

        Raises:
            StartInterrupted: The work is to end here; what was written is not done again.
        """
        if self._interrupted.is_set():
            raise StartInterrupted("told to stop while starting")
        self._progress = activity, done, total
        self._handle.extend_startup()
        now = time.monotonic()
        if now - self._logged >= LOG_SECONDS:
            self._logged = now
            log.info("%s; nodes are accepted afterwards", self.text)

    @property
    def text(self) -> str:
        """The activity, with a percentage if that is known."""
        activity, done, total = self._progress
        return f"{activity}, {100 * done // total} %" if total else activity

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        """Serve the progress inside the block, once the start takes longer than is waited for."""
        serving = asyncio.create_task(self._serve())
        try:
            yield
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)

    async def _serve(self) -> None:
        await asyncio.sleep(self._handle.startup_seconds)
        log.warning("the start takes long: %s; other shards are ready without this one", self.text)
        server = await asyncio.get_running_loop().create_unix_server(
            lambda: Channel(REQUESTS, _ignore, self._remove, self._add), self._path
        )
        try:
            self._handle.waive_startup()
            while True:
                await asyncio.sleep(SEND_SECONDS)
                for channel in self._channels:
                    self._send(channel)
        finally:
            server.close()
            for channel in list(self._channels):
                channel.close()

    def _add(self, channel: Channel[Request]) -> None:
        self._channels.append(channel)
        self._send(channel)

    def _remove(self, channel: Channel[Request], error: Exception | None) -> None:
        self._channels.remove(channel)

    def _send(self, channel: Channel[Request]) -> None:
        if channel.writable:
            seconds = time.monotonic() - self._began
            channel.send(Recovering(self._shard, os.getpid(), self.text, seconds))


def _ignore(channel: Channel[Request], message: Request) -> None:
    """Ignore a request: only a shard that sent ``Welcome`` answers."""
