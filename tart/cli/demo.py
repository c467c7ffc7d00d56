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

NODES, CORES = 6, 2

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
    server = _start("serve", *flags, stdout=subprocess.PIPE, environ=environ)
    assert server.stdout is not None
    with server.stdout as output:
        ready = dict(part.split("=") for part in output.readline().split() if "=" in part)
    if "telemetry" not in ready:
        server.wait()
        raise StartupError("the server did not start")
    print(_INTRODUCTION.format(nodes=NODES, cores=CORES, **_reachable(ready)), flush=True)
    # Ctrl-C reaches all three processes; this one waits for the other two.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: server.terminate())
    size = ["--nodes", str(NODES), "--cores", str(CORES)]
    network = _start("simulate", "--target", ready["telemetry"], *size)
    code = server.wait()
    network.terminate()
    network.wait()
    return code


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
