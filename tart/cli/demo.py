"""``tart demo``: the server and a simulated network feeding it, until Ctrl-C.

Two child processes, exactly what a person would start by hand in two terminals; this one
only starts them in order, says where to look, and stops them in the opposite order.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from tart.errors import StartupError

NODES, CORES = 6, 2

_LOOK = """\
tart is running with a simulated network of {nodes} validators and {cores} cores.

  the chain        curl http://{api}/api/stats
  the nodes        curl http://{api}/api/nodes
  their events     curl 'http://{api}/api/events?limit=3'
  live counters    curl http://{api}/api/metrics/live
  all routes       http://{api}/api/docs

Your own node may send to {telemetry}. Ctrl-C stops everything."""


def demo(config: Path | None) -> int:
    """Run until interrupted; returns the server's exit code.

    Raises:
        StartupError: the server did not become ready; it has said why.
    """
    arguments = [] if config is None else ["--config", str(config)]
    server = _start("serve", *arguments, stdout=subprocess.PIPE)
    assert server.stdout is not None
    ready = dict(part.split("=") for part in server.stdout.readline().split() if "=" in part)
    if "telemetry" not in ready:
        server.wait()
        raise StartupError("the server did not start")
    print(_LOOK.format(nodes=NODES, cores=CORES, **_reachable(ready)), flush=True)
    # Ctrl-C reaches all three processes; this one waits for the other two.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: server.terminate())
    network = _start(
        "simulate",
        *("--target", ready["telemetry"], "--nodes", str(NODES), "--cores", str(CORES)),
    )
    code = server.wait()
    network.terminate()
    network.wait()
    return code


def _start(command: str, *arguments: str, stdout: int | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tart", command, *arguments], stdout=stdout, text=True
    )


def _reachable(addresses: dict[str, str]) -> dict[str, str]:
    """An address that is bound everywhere is reached at home."""
    return {name: text.replace("0.0.0.0", "127.0.0.1") for name, text in addresses.items()}
