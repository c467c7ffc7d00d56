"""A server of channels on one Unix socket, with the queries that run for each of them.

Each query is a task, so that a slow query delays no other. A connection that ends, and a gateway
that no longer wants an answer, end the tasks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from tart.background_tasks import Background
from tart.ipc.channel import Channel
from tart.ipc.messages import REQUESTS, Request

# For how long a stop waits until the gateways have read what is queued for them.
_CLOSE_SECONDS = 1.0


class ChannelServer:
    """Serves gateways on one Unix socket.

    Args:
        received: Called with each request.
        made: Called with a new channel.
        lost: Called with a channel that has ended.
        background: Counts messages whose handling failed.
    """

    def __init__(
        self,
        received: Callable[[Channel[Request], Request], None],
        made: Callable[[Channel[Request]], None],
        lost: Callable[[Channel[Request]], None],
        background: Background,
    ) -> None:
        self._received = received
        self._on_made = made
        self._on_lost = lost
        self._background = background
        self._channels: dict[Channel[Request], dict[int, asyncio.Task[None]]] = {}
        self._channel_lost = asyncio.Event()
        self._server: asyncio.Server | None = None

    def __iter__(self) -> Iterator[Channel[Request]]:
        """Iterate over the open channels."""
        return iter(self._channels)

    def __len__(self) -> int:
        """Return the number of open channels."""
        return len(self._channels)

    async def start(self, path: Path) -> None:
        """Listen at ``path``; the event loop replaces a socket file that a crash left behind."""
        self._server = await asyncio.get_running_loop().create_unix_server(
            lambda: Channel(REQUESTS, self._received, self._lost, self._made, self._background),
            path,
        )

    async def stop(self) -> None:
        """Stop listening and close every channel; abort those whose gateway does not read.

        An open channel would keep the event loop from closing.
        """
        if self._server is not None:
            self._server.close()
        for channel in list(self._channels):
            channel.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._wait_channels_lost()
        for channel in list(self._channels):
            channel.abort()
        # The loop reports the ends of aborted channels in its next rounds.
        await self._wait_channels_lost()
        if self._server is not None:
            await self._server.wait_closed()

    def run_query(
        self, channel: Channel[Request], number: int, query: Coroutine[Any, Any, None]
    ) -> None:
        """Run a query of a channel until it ends or is cancelled."""
        tasks = self._channels[channel]
        task = asyncio.get_running_loop().create_task(query)
        tasks[number] = task
        task.add_done_callback(lambda _: tasks.pop(number, None))

    def cancel_query(self, channel: Channel[Request], number: int) -> None:
        """Cancel a query; without effect once it has ended."""
        task = self._channels[channel].get(number)
        if task is not None:
            task.cancel()

    async def _wait_channels_lost(self) -> None:
        while self._channels:
            self._channel_lost.clear()
            await self._channel_lost.wait()

    def _made(self, channel: Channel[Request]) -> None:
        self._channels[channel] = {}
        self._on_made(channel)

    def _lost(self, channel: Channel[Request], error: Exception | None) -> None:
        self._on_lost(channel)
        for task in self._channels.pop(channel, {}).values():
            task.cancel()
        self._channel_lost.set()
