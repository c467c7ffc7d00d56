"""``tart/gateway/process.py``: ready, signals, lifeline, address, certificate."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import warnings
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import pytest
import trustme
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tart.errors import StartupError
from tart.gateway.process import listen
from tests.gateway.fake_shard import FakeShard
from tests.gateway.running import config_for, eventually
from tests.running import free_port

SCRIPT = """
import os, sys
from pathlib import Path
from tart.gateway.process import run_gateway
from tart.process_handle import ProcessHandle
from tests.gateway.running import config_for

directory, port, ready, lifeline = Path(sys.argv[1]), *map(int, sys.argv[2:5])
api = dict(each.split("=") for each in sys.argv[5:])
handle = ProcessHandle(lambda: os.write(ready, b"r") and None, lifeline)
sys.exit(run_gateway(2, config_for(directory, **api), "127.0.0.1", port, handle))
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


@contextmanager
def gateway_process(directory: Path, **api: str) -> Iterator[Process]:
    """``run_gateway`` in a process of its own, tied to us as to the supervisor."""
    ready_read, ready_write = os.pipe()
    lifeline_read, lifeline_write = os.pipe()
    os.set_blocking(ready_read, False)
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", SCRIPT, str(directory)]
        + [str(number) for number in (port, ready_write, lifeline_read)]
        + [f"{key}={value}" for key, value in api.items()],
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
    directory: Path,
    test: Callable[[Process, list[FakeShard]], Awaitable[None]],
    **api: str,
) -> None:
    """Run one test against a gateway process and two shards that are not started yet."""
    run_path = config_for(directory).run_path
    with gateway_process(directory, **api) as process:

        async def run() -> None:
            shards = [FakeShard(i, run_path / f"{i:02d}.sock") for i in range(2)]
            try:
                await test(process, shards)
            finally:
                for shard in shards:
                    await shard.stop()

        asyncio.run(run())


@pytest.mark.slow
def test_the_gateway_is_ready_with_all_shards_and_stops_on_sigterm(tmp_path: Path) -> None:
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
        async with connect(url, proxy=None, open_timeout=100) as client:
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


def mistakes_of_rules(port: int) -> list[str]:
    """The mistakes of the rule file."""
    with urlopen(f"http://127.0.0.1:{port}/api/alerts/rules", timeout=60) as answer:
        errors: list[str] = json.load(answer)["errors"]
        return errors


@pytest.mark.slow
def test_sighup_reloads_the_rules_and_a_wrong_file_changes_nothing(tmp_path: Path) -> None:
    async def check(process: Process, shards: list[FakeShard]) -> None:
        await eventually(process.is_accepting)
        assert await asyncio.to_thread(mistakes_of_rules, process.port) == []
        (tmp_path / "alerts.toml").write_text("gruop_wait = '30s'\n")
        process.process.send_signal(signal.SIGHUP)
        await eventually(lambda: mistakes_of_rules(process.port))
        (mistake,) = await asyncio.to_thread(mistakes_of_rules, process.port)
        assert mistake.startswith("alerts.toml:1: gruop_wait: there is no such key")
        (tmp_path / "alerts.toml").write_text("group_wait = '30s'\n")
        process.process.send_signal(signal.SIGHUP)
        await eventually(lambda: not mistakes_of_rules(process.port))

    with_process(tmp_path, check)


@pytest.mark.slow
def test_the_gateway_stops_when_the_supervisor_exits(tmp_path: Path) -> None:
    async def check(process: Process, shards: list[FakeShard]) -> None:
        await eventually(process.is_accepting)
        os.close(process.lifeline)
        assert await process.exit_code() == 0

    with_process(tmp_path, check)


def test_an_unusable_address_is_a_startup_error() -> None:
    with pytest.raises(StartupError, match=r"192\.0\.2\.1:1"):
        listen("192.0.2.1", 1)


def test_the_gateway_listens_on_ipv6() -> None:
    try:
        listening = listen("::1", 0)
    except StartupError:
        pytest.skip("this machine has no IPv6")
    with listening:
        assert listening.family == socket.AF_INET6


def issued(directory: Path, name: str) -> str:
    """A certificate for ``name`` with its key in the directory; its serial number."""
    certificate = trustme.CA().issue_cert(name, "127.0.0.1")
    certificate.private_key_and_cert_chain_pem.write_to_path(directory / "new.pem")
    (directory / "new.pem").rename(directory / "c.pem")
    return name


def presented(port: int, version: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED) -> bytes:
    """The certificate that a new connection is shown, in DER."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = min(version, ssl.TLSVersion.TLSv1_2)
        context.maximum_version = version
    with (
        socket.create_connection(("127.0.0.1", port), timeout=60) as connection,
        context.wrap_socket(connection) as secured,
    ):
        found = secured.getpeercert(binary_form=True)
        assert found
        return found


@pytest.mark.slow
def test_sighup_reloads_the_certificate_and_ignores_a_bad_one(
    tmp_path: Path,
) -> None:
    issued(tmp_path, "one.example")

    async def check(process: Process, shards: list[FakeShard]) -> None:
        await eventually(process.is_accepting)
        first = await asyncio.to_thread(presented, process.port)
        assert b"one.example" in first
        (tmp_path / "c.pem").write_text("nonsense")
        process.process.send_signal(signal.SIGHUP)
        await asyncio.sleep(0)
        assert await asyncio.to_thread(presented, process.port) == first
        issued(tmp_path, "two.example")
        process.process.send_signal(signal.SIGHUP)
        await eventually(lambda: b"two.example" in presented(process.port))
        with pytest.raises(ssl.SSLError):
            await asyncio.to_thread(presented, process.port, ssl.TLSVersion.TLSv1_1)

    with_process(tmp_path, check, tls_certificate=str(tmp_path / "c.pem"))
