"""``tart demo``: a server and a simulated network that feeds it, until Ctrl-C.

Two child processes, exactly what a user would start in two terminals. This process starts
them in order, prints where to look, and stops them in the opposite order.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys

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

Your own node may send to {telemetry}. Ctrl-C stops everything."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_config(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run until interrupted and return the server's exit code.

    Raises:
        StartupError: The server did not become ready; it has printed why.
    """
    flags = [] if arguments.config is None else ["--config", str(arguments.config)]
    server = _start("serve", *flags, stdout=subprocess.PIPE)
    assert server.stdout is not None
    ready = dict(part.split("=") for part in server.stdout.readline().split() if "=" in part)
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


def _start(command: str, *arguments: str, stdout: int | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tart", command, *arguments], stdout=stdout, text=True
    )


def _reachable(addresses: dict[str, str]) -> dict[str, str]:
    """Return the addresses with the loopback address in place of the wildcard."""
    return {name: text.replace("0.0.0.0", "127.0.0.1") for name, text in addresses.items()}
