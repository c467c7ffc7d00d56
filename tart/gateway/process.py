"""The gateway as a process: its socket, event loop, signals and exit code."""

from __future__ import annotations

import asyncio
import inspect
import logging
import os
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
from tart.gateway.http.tls import reload_certificate, server_context
from tart.os_errors import reason
from tart.process_handle import ProcessHandle
from tart.rlimits import raise_limit_for_connections

log = logging.getLogger(__name__)

_SWITCH_INTERVAL_SECONDS = 0.001
_PROGRESS_SECONDS = 1.0


def listen(host: str, port: int) -> socket.socket:
    """Return a socket bound to an address.

    Raises:
        StartupError: The address cannot be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise StartupError(f"api.bind {host}:{port}: {reason(error)}") from None
    listening.setblocking(False)
    return listening


def run_gateway(count: int, config: Config, host: str, port: int, startup: ProcessHandle) -> int:
    """Run the gateway until it is told to stop; return its exit code."""
    logs.set_up(config.log, "gateway")
    # On a terminal Sanic would advise operators to use a flag that tart does not have.
    os.environ["SANIC_IGNORE_PRODUCTION_WARNING"] = "1"
    # Answers are merged on a thread; the event loop gets the interpreter's lock back after this.
    sys.setswitchinterval(_SWITCH_INTERVAL_SECONDS)
    uvloop.run(_serve(count, config, host, port, startup))
    return 0


async def _serve(count: int, config: Config, host: str, port: int, startup: ProcessHandle) -> None:
    stop = asyncio.Event()
    tls = server_context(config.tls_paths) if config.tls_paths else None
    # Three times the requests per second on /api/health; needs Sanic's source code.
    gateway = Gateway(
        count, config, touch_up=_has_source(HttpProtocol), restarted=startup.restarted
    )
    _watch(startup.lifeline, stop, _reloader(config, tls, gateway))
    raise_limit_for_connections(config.api.max_connections, "api.max_connections")
    await gateway.start(listen(host, port), tls)
    log.info("API listens on %s:%d", host, port)
    announcing = asyncio.create_task(_announce(gateway, startup))
    await stop.wait()
    announcing.cancel()
    await gateway.stop()
    log.info("stopped")


def _reloader(config: Config, tls: ssl.SSLContext | None, gateway: Gateway) -> Callable[[], None]:
    """Return the handler of SIGHUP: the common one, reloading the certificate and alert rules."""
    common = signal.getsignal(signal.SIGHUP)
    reloading: set[asyncio.Task[None]] = set()

    async def reload_rules() -> None:
        with gateway.background.guard("reload of alert rules"):
            await gateway.alerting.reload()

    def reload() -> None:
        if callable(common):
            common(signal.SIGHUP, None)
        if tls is not None and config.tls_paths is not None:
            try:
                reload_certificate(tls, config.tls_paths)
            except StartupError as error:
                log.error("SIGHUP: certificate not reloaded, the one in use stays: %s", error)
            else:
                certificate, _ = config.tls_paths
                log.info("SIGHUP: %s reloaded; new connections use it", certificate)
        task = asyncio.get_running_loop().create_task(reload_rules())
        reloading.add(task)  # the loop itself refers to tasks weakly
        task.add_done_callback(reloading.discard)

    return reload


def _watch(lifeline: int, stop: asyncio.Event, reload: Callable[[], None]) -> None:
    """Stop on SIGTERM and when the supervisor exits; ignore SIGINT from a terminal."""
    loop = asyncio.get_running_loop()

    def supervisor_exited() -> None:
        loop.remove_reader(lifeline)
        stop.set()

    loop.add_reader(lifeline, supervisor_exited)
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    loop.add_signal_handler(signal.SIGHUP, reload)


async def _announce(gateway: Gateway, startup: ProcessHandle) -> None:
    contacted = asyncio.create_task(gateway.shards.wait_all_contacted())
    # Shards have deadlines of their own; the gateway is not stuck while it waits for them.
    while not (await asyncio.wait([contacted], timeout=_PROGRESS_SECONDS))[0]:
        startup.extend_startup()
    startup.ready()
    startup.start_heartbeat(asyncio.get_running_loop())


def _has_source(kind: type) -> bool:
    try:
        return bool(inspect.getsource(kind))
    except OSError:
        return False
