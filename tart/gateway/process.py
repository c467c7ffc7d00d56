"""The gateway as a process: its socket, its loop, its signals, its exit.

What it serves is ``app``.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import signal
import socket
import ssl
import sys
from collections.abc import Callable

import uvloop
from sanic.server import HttpProtocol

from tart import logs
from tart.config.schema import Config
from tart.errors import StartupError
from tart.gateway.app import Gateway
from tart.gateway.http.tls import context_of, read_again
from tart.process_handle import ProcessHandle
from tart.rlimits import raise_limit_for_connections

log = logging.getLogger(__name__)

_SWITCH_SECONDS = 0.001
_ADVANCE_SECONDS = 1.0


def listen(host: str, port: int) -> socket.socket:
    """A bound socket; ``StartupError`` if the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise StartupError(f"api.bind {host}:{port}: {error.strerror}") from None
    listening.setblocking(False)
    return listening


def run_gateway(count: int, config: Config, host: str, port: int, startup: ProcessHandle) -> int:
    """Be the gateway process until told to stop; its exit code."""
    logs.set_up(config.log, "gateway")
    # The loop waits for what is put together apart no longer than it must.
    sys.setswitchinterval(_SWITCH_SECONDS)
    uvloop.run(_serve(count, config, host, port, startup))
    return 0


async def _serve(count: int, config: Config, host: str, port: int, startup: ProcessHandle) -> None:
    stop = asyncio.Event()
    secured = context_of(config.tls_paths) if config.tls_paths else None
    _watch(startup.lifeline, stop, _reloader(config, secured))
    raise_limit_for_connections(config.api.max_connections, "api.max_connections")
    # Three times the requests a second on /api/health; needs Sanic's source to be there.
    gateway = Gateway(count, config, touch_up=_has_source(HttpProtocol))
    await gateway.start(listen(host, port), secured)
    log.info("answering on %s:%d", host, port)
    announcing = asyncio.create_task(_announce(gateway, startup))
    await stop.wait()
    announcing.cancel()
    await gateway.stop()
    log.info("stopped")


def _reloader(config: Config, secured: ssl.SSLContext | None) -> Callable[[], None]:
    """What SIGHUP does: what it does in every process, and the certificate."""
    common = signal.getsignal(signal.SIGHUP)

    def reload() -> None:
        if callable(common):
            common(signal.SIGHUP, None)
        if secured is not None and config.tls_paths is not None:
            try:
                read_again(secured, config.tls_paths)
            except StartupError as error:
                log.error("the certificate in use stays: %s", error)
            else:
                log.info("certificate read again")

    return reload


def _watch(lifeline: int, stop: asyncio.Event, reload: Callable[[], None]) -> None:
    """Stop on SIGTERM and when the supervisor is gone; a terminal's SIGINT is not ours."""
    loop = asyncio.get_running_loop()

    def gone() -> None:
        loop.remove_reader(lifeline)
        stop.set()

    loop.add_reader(lifeline, gone)
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    loop.add_signal_handler(signal.SIGHUP, reload)


async def _announce(gateway: Gateway, startup: ProcessHandle) -> None:
    heard = asyncio.create_task(gateway.shards.wait_all_heard())
    # Shards have deadlines of their own; waiting for them is no standstill of ours.
    while not (await asyncio.wait([heard], timeout=_ADVANCE_SECONDS))[0]:
        startup.extend_startup()
    startup.ready()
    startup.start_heartbeat(asyncio.get_running_loop())


def _has_source(kind: type) -> bool:
    try:
        return bool(inspect.getsource(kind))
    except OSError:
        return False
