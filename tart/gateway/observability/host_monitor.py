"""The host monitor: samples the machine every few seconds, whether anyone asks or not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tart.background_tasks import Background
from tart.gateway.observability.host_stats import read_host
from tart.gateway.observability.host_usage import HostHistory, HostSample

SAMPLE_SECONDS = 10.0


class HostMonitor:
    """The use of the machine.

    Args:
        background: Guards each sample.
        interval_seconds: The time between two samples.
        read: Returns a sample; runs on a thread.

    Attributes:
        history: The samples.
    """

    def __init__(
        self,
        background: Background,
        interval_seconds: float = SAMPLE_SECONDS,
        read: Callable[[], HostSample] = read_host,
    ) -> None:
        self.history = HostHistory()
        self._background = background
        self._interval_seconds = interval_seconds
        self._read = read
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start to sample."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop sampling."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            with self._background.guard("host metrics"):
                self.history.add(await asyncio.to_thread(self._read))
            await asyncio.sleep(self._interval_seconds)
