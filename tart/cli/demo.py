"""``tart demo``: a server and a simulated network that feeds it, until Ctrl-C.

Two child processes, exactly what a user would start in two terminals. Two of the simulated nodes
have an RPC, which the server follows unless the settings name others. This process starts
them in order, prints where to look, and stops them in the opposite order: when it is told to by
SIGINT, SIGTERM or SIGHUP, or when one of them ends. A shell starts a command in the background
with SIGINT ignored; a demo does not inherit that, or a script could not end it. A signal that comes
when the grace after the first is over kills both.

The children have sessions of their own, so that Ctrl-C reaches this process alone, and get SIGTERM
from the kernel if it is killed. Unless the settings name a data directory, the events are in a
temporary one, which is removed at the end.
"""

from __future__ import annotations

import argparse
import ctypes
import errno
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from types import FrameType, TracebackType
from typing import Any, Self

from tart.access.networks import LAST_PORT
from tart.cli.arguments import add_config
from tart.cli.progress import Progress
from tart.cli.simulate import check_size
from tart.config.addresses import join_address, parse_address
from tart.config.load import load
from tart.config.schema import Config
from tart.errors import ConfigError, StartupError
from tart.stop_signals import Request, StopSignals, print_repetition

NODES, CORES, SPEED = 6, 2, 1.0
_RPC_NODES = 2

_INTRODUCTION = """\
Open {page} in a browser, or run in another terminal:

  tart dash{client}
  tart status{client}

A simulated network of {nodes} validators and {cores} cores sends its telemetry here.

  the chain        curl {page}api/stats
  the nodes        curl {page}api/nodes
  their events     curl '{page}api/events?limit=3'
  live counters    curl {page}api/metrics/live
  all routes       {page}api/docs

Your own node may send to {telemetry}.
The events are in {data}.
Ctrl-C stops everything."""
# The text above is for people: between its lines stand warnings and errors alone.
_LOG = {"TART_LOG_LEVEL": "warning", "TART_LOG_FORMAT": "text"}
_STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}
# prctl: the signal that a process gets when its parent ends.
_PARENT_DEATH_SIGNAL = 1
# For the processes of a group to end after the first of them, and of one that was told to stop.
_GROUP_SECONDS, _STOP_SECONDS = 10.0, 60.0
_POLL_SECONDS = 0.05
# Errors that another port does not have; the server describes all others.
_PORT_ERRORS = {
    errno.EADDRINUSE: "in use, by another demo or server; choose another one",
    errno.EACCES: "only root may use it; choose one from 1024 on",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add = parser.add_argument
    add_config(parser)
    add("--port", type=int, metavar="N", help="port of the web page and the API; 0: any free port")
    add("--nodes", type=int, default=NODES, metavar="V", help=f"validators (default {NODES})")
    add("--cores", type=int, default=CORES, metavar="C", help=f"cores (default {CORES})")
    add(
        "--speed",
        type=float,
        default=SPEED,
        metavar="X",
        help="simulated seconds per second (default 1)",
    )
    add(
        "--data-dir",
        metavar="DIR",
        help="keep the events in DIR (default: data_dir if it is set, else a temporary directory)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run until interrupted and return the exit code.

    Raises:
        ConfigError: An argument or a setting is not valid.
        StartupError: A port is taken, the server did not become ready, or a process ended.
    """
    config = load(arguments.config, environ=os.environ, flags={"data_dir": arguments.data_dir})
    check_size(arguments.nodes, arguments.cores, arguments.speed)
    api, telemetry = _addresses(config, arguments.port)
    with _Signals() as signals, _data_directory(config) as (directory, description):
        serve = ["--api-bind", api, "--telemetry-bind", telemetry, "--data-dir", directory]
        if arguments.config is not None:
            serve += ["--config", str(arguments.config)]
        quiet = arguments.config is None or config.origins["log.level"] == "default"
        rpc = _rpc_addresses(config)
        environ = {**(_LOG if quiet else {}), **os.environ, **_rpc_setting(rpc)}
        print("starting tart …", flush=True)
        with _child("the server", ["serve", *serve], environ, signals) as server:
            ready = _wait_until_ready(server, signals)
            if not ready:
                return 0
            size = ["--nodes", str(arguments.nodes), "--cores", str(arguments.cores)]
            target = ["--target", ready["telemetry"], "--speed", str(arguments.speed)]
            chain = ["--rpc", ",".join(rpc)] if rpc else []
            words = ["simulate", *target, *size, *chain]
            with _child("the simulated network", words, environ, signals):
                secure = config.tls_paths is not None
                _introduce(arguments, ready, description, secure=secure)
                signals.wait()
    return int(signals.killed)


def _rpc_addresses(config: Config) -> list[str]:
    """Return free addresses for the RPC of nodes; none if the settings name others."""
    if config.rpc.urls:
        return []
    with ExitStack() as stack:
        sockets = [
            stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(_RPC_NODES)
        ]
        return [join_address(*each.getsockname()) for each in sockets]


def _rpc_setting(addresses: Sequence[str]) -> dict[str, str]:
    urls = ",".join(f"ws://{address}" for address in addresses)
    return {"TART_RPC_URLS": urls} if urls else {}


def _introduce(
    arguments: argparse.Namespace, ready: Mapping[str, str], data: str, *, secure: bool
) -> None:
    scheme = "https" if secure else "http"
    page = f"{scheme}://{_reachable(ready['api'])}/"
    text = _INTRODUCTION.format(
        page=page,
        client="" if page == "http://127.0.0.1:8080/" else f" --url {page.rstrip('/')}",
        nodes=arguments.nodes,
        cores=arguments.cores,
        telemetry=_reachable(ready["telemetry"]),
        data=data,
    )
    print(text, flush=True)


class _Signals:
    """A context in which signals to stop, and ends of children, are noted.

    Attributes:
        stopped: Whether a signal to stop arrived.
        killed: Whether a late one ended the children at once.
    """

    def __init__(self) -> None:
        self.stopped = False
        self.killed = False
        self._signals = StopSignals()
        self._children: list[_Child] = []
        self._previous: dict[int, Any] = {}
        self._reading, self._writing = os.pipe()

    def __enter__(self) -> Self:
        for descriptor in (self._reading, self._writing):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(self._writing, warn_on_full_buffer=False)
        for number in _STOP:
            # After nohup the end of the terminal stops nothing.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                self._previous[number] = signal.signal(number, self._stop)
        self._previous[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda number, frame: None)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        signal.set_wakeup_fd(-1)
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        os.close(self._reading)
        os.close(self._writing)

    def watch(self, child: _Child) -> None:
        """Let ``wait`` return when this child ends, too."""
        self._children.append(child)

    def wait(self, *descriptors: int) -> None:
        """Wait for a signal to stop, the end of a child, or data in one of the descriptors.

        Raises:
            StartupError: A child ended by itself.
        """
        while not self.stopped:
            for child in self._children:
                if (code := child.poll()) is not None:
                    raise StartupError(f"{child.name} {_ending(code)}; the demo was stopped")
            readable = select.select([self._reading, *descriptors], [], [])[0]
            with suppress(BlockingIOError):
                os.read(self._reading, 4096)
            if set(readable) - {self._reading}:
                return

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopped = True
        match self._signals.receive(time.monotonic()):
            case Request.REPEAT:
                print_repetition(self._signals, number)
            case Request.KILL:
                self.killed = True
                for child in self._children:
                    child.kill_group()
            case Request.STOP | Request.IGNORE:
                pass


class _Child(subprocess.Popen[str]):
    """A process of tart in a session of its own.

    Args:
        name: The process in words.
        words: Its command line.
        environ: Its environment variables.
    """

    def __init__(self, name: str, words: Sequence[str], environ: Mapping[str, str]) -> None:
        self.name = name
        prctl = ctypes.CDLL(None).prctl
        super().__init__(
            [sys.executable, "-m", "tart", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env=environ,
            text=True,
            start_new_session=True,
            preexec_fn=lambda: prctl(_PARENT_DEATH_SIGNAL, signal.SIGTERM),
        )

    def kill_group(self) -> None:
        """Kill the process and those it started, as far as they have not ended."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def stop(self) -> None:
        """End the process and those it started, by force if they take too long."""
        self.terminate()
        with Progress(f"stopping {self.name}"), suppress(subprocess.TimeoutExpired):
            self.wait(_STOP_SECONDS)
        end = time.monotonic() + _GROUP_SECONDS
        with suppress(ProcessLookupError):
            while time.monotonic() < end:
                os.killpg(self.pid, 0)
                time.sleep(_POLL_SECONDS)
        self.kill_group()
        self.wait()


@contextmanager
def _child(
    name: str, words: Sequence[str], environ: Mapping[str, str], signals: _Signals
) -> Iterator[_Child]:
    """A process that is stopped at the end."""
    with _Child(name, words, environ) as child:
        try:
            signals.watch(child)
            yield child
        finally:
            child.stop()


def _wait_until_ready(server: _Child, signals: _Signals) -> Mapping[str, str]:
    """Return the members of the line that a server prints once it is ready; none if stopped.

    Raises:
        StartupError: It ended before; it has printed why.
    """
    assert server.stdout is not None
    signals.wait(server.stdout.fileno())
    line = "" if signals.stopped else server.stdout.readline()
    if not line and not signals.stopped:
        raise StartupError(f"the server {_ending(server.wait())} before it was ready")
    return dict(part.split("=") for part in line.split() if "=" in part)


@contextmanager
def _data_directory(config: Config) -> Iterator[tuple[str, str]]:
    """Yield the data directory and its description; a temporary one is removed at the end."""
    if config.origins["data_dir"] != "default":
        yield str(config.data_path), str(config.data_path)
        return
    directory = tempfile.mkdtemp(prefix="tart-demo-")
    try:
        yield directory, f"{directory}, which is removed at the end"
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _addresses(config: Config, port: int | None) -> tuple[str, str]:
    """Return the addresses of the API and of the telemetry port.

    A telemetry port that the settings leave at its default may be any free one: the network is
    told.

    Raises:
        ConfigError: The number is not that of a port.
        StartupError: The API's port is taken.
    """
    host, configured = parse_address(config.api.bind, "api.bind")
    number = configured if port is None else port
    if not 0 <= number <= LAST_PORT:
        raise ConfigError(f"--port: {number} is not between 0 and {LAST_PORT}")
    if (error := _probe(host, number)) is not None and error.errno in _PORT_ERRORS:
        raise StartupError(f"port {number}: {_PORT_ERRORS[error.errno]} with --port")
    telemetry_host, telemetry_port = parse_address(config.telemetry.bind, "telemetry.bind")
    default = config.telemetry.bind == Config().telemetry.bind
    if default and _probe(telemetry_host, telemetry_port) is not None:
        telemetry_port = 0
    return join_address(host, number), join_address(telemetry_host, telemetry_port)


def _probe(host: str, port: int) -> OSError | None:
    """Return why a port cannot be listened on; ``None`` if it can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host, port), family=family):
            return None
    except OSError as error:
        return error


def _reachable(address: str) -> str:
    """Return an address with the loopback address in place of the wildcard."""
    host, port = parse_address(address, "address")
    return join_address(_LOOPBACK.get(host, host), port)


def _ending(code: int) -> str:
    if code < 0:
        with suppress(ValueError):
            return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"
