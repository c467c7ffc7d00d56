"""The gateway as a process: ready, signals, lifeline, address; and that nothing is left over."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tart.errors import StartupError
from tart.gateway.app import listen
from tests.gateway.fake_shard import FakeShard
from tests.gateway.running import config_for, eventually, running_gateway

SCRIPT = """
import os, sys
from pathlib import Path
from tart.gateway.app import run_gateway
from tart.startup import Startup
from tests.gateway.running import config_for

directory, port, ready, lifeline = Path(sys.argv[1]), *map(int, sys.argv[2:])
startup = Startup(lambda: os.write(ready, b"r") and None, lifeline)
sys.exit(run_gateway(2, config_for(directory), "127.0.0.1", port, startup))
"""


@dataclass
class Process:
    """A gateway process: its port, and our ends of its ties."""

    process: subprocess.Popen[bytes]
    port: int
    ready: int
    lifeline: int

    def is_ready(self) -> bool:
        """Whether it has called ``ready``."""
        try:
            return bool(os.read(self.ready, 1))
        except BlockingIOError:
            return False

    def is_accepting(self) -> bool:
        """Whether its port takes connections."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    async def exit_code(self) -> int:
        """Wait for its end."""
        await eventually(lambda: self.process.poll() is not None)
        return self.process.returncode


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def gateway_process(directory: Path) -> Iterator[Process]:
    """``run_gateway`` in a process of its own, tied to us as to the supervisor."""
    ready_read, ready_write = os.pipe()
    lifeline_read, lifeline_write = os.pipe()
    os.set_blocking(ready_read, False)
    port = _free_port()
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", SCRIPT, str(directory)]
        + [str(number) for number in (port, ready_write, lifeline_read)],
        pass_fds=(ready_write, lifeline_read),
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": "."},
    )
    os.close(ready_write)
    os.close(lifeline_read)
    with process:
        try:
            yield Process(process, port, ready_read, lifeline_write)
        finally:
            process.kill()
            os.close(ready_read)
            with suppress(OSError):
                os.close(lifeline_write)


def with_process(
    directory: Path, test: Callable[[Process, list[FakeShard]], Awaitable[None]]
) -> None:
    """Run one test against a gateway process and two shards that are not started yet."""
    run_path = config_for(directory).run_path
    with gateway_process(directory) as process:

        async def run() -> None:
            shards = [FakeShard(i, run_path / f"{i:02d}.sock") for i in range(2)]
            try:
                await test(process, shards)
            finally:
                for shard in shards:
                    await shard.stop()

        asyncio.run(run())


@pytest.mark.slow
def test_it_is_ready_once_every_shard_is_there_and_stops_on_sigterm(tmp_path: Path) -> None:
    async def check(process: Process, shards: list[FakeShard]) -> None:
        await eventually(process.is_accepting)
        await shards[0].start()
        await eventually(lambda: shards[0].channels)
        assert not process.is_ready()
        await shards[1].start()
        await eventually(process.is_ready)
        for harmless in (signal.SIGINT, signal.SIGHUP):
            process.process.send_signal(harmless)
        url = f"ws://127.0.0.1:{process.port}/api/ws"
        async with connect(url, proxy=None) as client:
            await client.recv()
            process.process.terminate()
            with pytest.raises(ConnectionClosed) as closed:
                await _read_all(client)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1001
        assert await process.exit_code() == 0
        assert not process.is_accepting()

    with_process(tmp_path, check)


async def _read_all(client: ClientConnection) -> None:
    while True:
        await client.recv()


@pytest.mark.slow
def test_it_stops_when_the_supervisor_is_gone(tmp_path: Path) -> None:
    async def check(process: Process, shards: list[FakeShard]) -> None:
        await eventually(process.is_accepting)
        os.close(process.lifeline)
        assert await process.exit_code() == 0

    with_process(tmp_path, check)


def test_an_address_that_cannot_be_had_is_the_operators() -> None:
    with pytest.raises(StartupError, match=r"192\.0\.2\.1:1"):
        listen("192.0.2.1", 1)


def test_ipv6_is_an_address_too() -> None:
    try:
        listening = listen("::1", 0)
    except StartupError:
        pytest.skip("this machine has no IPv6")
    with listening:
        assert listening.family == socket.AF_INET6


def test_several_gateways_live_in_one_process_and_leave_nothing(tmp_path: Path) -> None:
    async def run() -> None:
        before = len(asyncio.all_tasks())
        async with (
            running_gateway(tmp_path / "1") as one,
            running_gateway(tmp_path / "2") as two,
            one.websocket(),
        ):
            assert (await one.json("/api/health"))["status"] == "ok"
            assert (await two.json("/api/health"))["status"] == "ok"
        await eventually(lambda: len(asyncio.all_tasks()) == before)

    asyncio.run(run())


def test_a_running_request_ends_before_the_gateway_does(tmp_path: Path) -> None:
    async def run() -> None:
        async with running_gateway(tmp_path, deadline_seconds=0.2) as gateway:
            for shard in gateway.shards:
                shard.answers["chain"] = lambda _: None
            asking = asyncio.create_task(gateway.get("/api/stats"))
            await eventually(
                lambda: any(each.name == "chain" for each in gateway.shards[0].requests)
            )
            stopping = asyncio.create_task(gateway.gateway.stop())
            response = await asking
            assert response.status_code == 504
            await stopping

    asyncio.run(run())
