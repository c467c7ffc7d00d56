"""The host monitor goes on when a sample fails, and waits for none."""

from __future__ import annotations

import asyncio
import threading

from tart.background_tasks import Background
from tart.gateway.observability.host_monitor import HostMonitor
from tart.gateway.observability.host_usage import HostSample
from tests.gateway.observability.test_host_usage import sample
from tests.gateway.running import eventually


def test_a_failed_sample_costs_itself_alone() -> None:
    attempts: list[int] = []

    def read() -> HostSample:
        attempts.append(1)
        if len(attempts) == 1:
            raise OSError("injected")
        return sample(len(attempts))

    async def run() -> None:
        background = Background()
        monitor = HostMonitor(background, 0.001, read)
        monitor.start()
        await eventually(lambda: monitor.history.newest is not None)
        await monitor.stop()
        assert background.failures["host metrics"] == 1

    asyncio.run(run())


def test_a_kernel_that_hangs_does_not_stop_the_loop() -> None:
    release = threading.Event()

    def read() -> HostSample:
        release.wait(60)
        return sample()

    async def run() -> None:
        monitor = HostMonitor(Background(), 0.001, read)
        monitor.start()
        await asyncio.sleep(0.01)
        assert monitor.history.newest is None
        release.set()
        await eventually(lambda: monitor.history.newest is not None)
        await monitor.stop()

    asyncio.run(run())
