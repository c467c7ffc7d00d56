"""``tart demo``: a server and a simulated network that feeds it, until Ctrl-C.

Two child processes, exactly what a user would start in two terminals. This process starts
them in order, prints where to look, and stops them in the opposite order.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Mapping

from tart.cli.arguments import add_config
from tart.errors import StartupError
from tart.stop_signals import GRACE_SECONDS

NODES, CORES = 6, 2
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_INTRODUCTION = """\
tart is running with a simulated network of {nodes} validators and {cores} cores.

  the chain        curl http://{api}/api/stats
  the nodes        curl http://{api}/api/nodes
  their events     curl 'http://{api}/api/events?limit=3'
  live counters    curl http://{api}/api/metrics/live
  all routes       http://{api}/api/docs

Your own node may send to {telemetry}. Ctrl-C stops everything.

open http://{api}/"""
# The text above is for people: between its lines stand warnings and errors alone.
_LOG = {"TART_LOG_LEVEL": "warning", "TART_LOG_FORMAT": "text"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_config(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run until interrupted and return the server's exit code.

    Raises:
        StartupError: The server did not become ready; it has printed why.
    """
    if arguments.config is None:
        flags, environ = [], {**_LOG, **os.environ}
    else:
        flags, environ = ["--config", str(arguments.config)], dict(os.environ)
    print("starting tart …", flush=True)
    stop = _Stop()
    server = _start("serve", *flags, stdout=subprocess.PIPE, environ=environ)
    stop.pass_on_to(server)
    assert server.stdout is not None
    with server.stdout as output:
        ready = dict(part.split("=") for part in output.readline().split() if "=" in part)
    if "telemetry" not in ready:
        server.wait()
        if stop.requested:
            return 0
        raise StartupError("the server did not start")
    print(_INTRODUCTION.format(nodes=NODES, cores=CORES, **_reachable(ready)), flush=True)
    size = ["--nodes", str(NODES), "--cores", str(CORES)]
    network = _start("simulate", "--target", ready["telemetry"], *size)
    code = server.wait()
    network.terminate()
    try:
        network.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        network.kill()
        network.wait()
    return code


class _Stop:
    """Handles stop signals of this process: the server gets each, and decides what it means.

    Ctrl-C in a terminal reaches all three processes, but ``kill``, or the end of a terminal's
    session, this one alone. Neither may leave the server behind.
    """

    def __init__(self) -> None:
        self.requested = False
        self._server: subprocess.Popen[str] | None = None
        for number in _STOP_SIGNALS:
            signal.signal(number, self._receive)

    def pass_on_to(self, server: subprocess.Popen[str]) -> None:
        """Pass signals on to the server, also one that came while it was started."""
        self._server = server
        if self.requested:
            server.terminate()

    def _receive(self, number: int, frame: object) -> None:
        self.requested = True
        if self._server is not None:
            self._server.terminate()


def _start(
    command: str,
    *arguments: str,
    stdout: int | None = None,
    environ: Mapping[str, str] | None = None,
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tart", command, *arguments],
        stdout=stdout,
        env=environ,
        text=True,
    )


def _reachable(addresses: dict[str, str]) -> dict[str, str]:
    """Return the addresses with the loopback address in place of the wildcard."""
    return {
        name: text.replace("0.0.0.0", "127.0.0.1").replace("[::]", "[::1]")
        for name, text in addresses.items()
    }
