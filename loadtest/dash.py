"""``python -m loadtest.dash``: the CPU time of ``tart dash`` with the nodes of a large network.

A small server answers with figures of 1,023 nodes that change with each request, compressed as
tart compresses them. ``tart dash`` shows them in a pseudoterminal. Measured is the CPU time of its
process against the wall clock, after a warm-up.
"""

from __future__ import annotations

import argparse
import fcntl
import gzip
import json
import os
import pty
import random
import signal
import struct
import sys
import termios
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from typing import Any
from urllib.parse import urlsplit

_VARIANTS = 8
_BUCKETS = 31
_STATES = ("well", "well", "well", "well", "behind", "silent", "dropping")
_LEVELS = {"well": "well", "behind": "warning", "silent": "bad", "dropping": "warning"}
_WARM_UP_SECONDS = 5.0
_CHUNK = 1 << 16


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the figures, and return 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=1023)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--refresh", type=float, default=0.5, help="seconds between refreshes")
    parser.add_argument("--view", default="nodes")
    parser.add_argument("--size", default="160x50", help="columns x lines")
    given = parser.parse_args(arguments)
    columns, lines = map(int, given.size.split("x"))
    with _server(given.nodes) as (url, requests):
        pid, terminal = _dash(given.view, url, given.refresh, columns, lines)
        drawn = [0]
        threading.Thread(target=_drain, args=(terminal, drawn), daemon=True).start()
        time.sleep(_WARM_UP_SECONDS)
        began, cpu, bytes_before, requests_before = (
            time.monotonic(),
            _cpu(pid),
            drawn[0],
            requests[0],
        )
        time.sleep(given.seconds)
        wall, used = time.monotonic() - began, _cpu(pid) - cpu
        resident = _resident(pid)
        os.kill(pid, signal.SIGTERM)
        os.waitpid(pid, 0)
    print(
        f"{given.view}, {given.nodes} nodes, every {given.refresh:g} s, {given.size}: "
        f"{100 * used / wall:.1f} % of a core ({used:.2f} s of CPU in {wall:.1f} s), "
        f"{(requests[0] - requests_before) / wall:.1f} requests/s, "
        f"{(drawn[0] - bytes_before) / wall / 1000:.1f} kB/s to the terminal, "
        f"{resident / (1 << 20):.0f} MiB"
    )
    return 0


def _dash(view: str, url: str, refresh: float, columns: int, lines: int) -> tuple[int, int]:
    """Start the dashboard in a pseudoterminal; return its process and the terminal."""
    pid, terminal = pty.fork()
    if pid == 0:
        environ = {**os.environ, "TERM": "xterm-256color"}
        words = ["-m", "tart", "dash", view, "--url", url, "--refresh", str(refresh)]
        os.execve(sys.executable, [sys.executable, *words], environ)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    return pid, terminal


def _drain(terminal: int, drawn: list[int]) -> None:
    try:
        while data := os.read(terminal, _CHUNK):
            drawn[0] += len(data)
    except OSError:
        pass  # the program ended


def _cpu(pid: int) -> float:
    """Return the seconds of CPU that a process has used."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident(pid: int) -> int:
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def _server(nodes: int) -> Iterator[tuple[str, list[int]]]:
    """Yield the address of a server, and a counter of its requests."""
    requests = [0]
    rng = random.Random(0)
    answers = {
        "/api/nodes/summary": cycle(
            [_body(_summary(nodes, rng, turn)) for turn in range(_VARIANTS)]
        ),
        "/api/analytics/network-health": cycle(
            [_body({"overall_health": "healthy", "health_score": 99.0})]
        ),
    }

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            requests[0] += 1
            body = next(answers[urlsplit(self.path).path])
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", requests
    finally:
        server.shutdown()
        server.server_close()


def _body(answer: Any) -> bytes:
    return gzip.compress(json.dumps(answer, separators=(",", ":")).encode(), 5)


def _summary(nodes: int, rng: random.Random, turn: int) -> dict[str, Any]:
    """Return an answer of ``/api/nodes/summary`` whose figures change from turn to turn."""
    ids = random.Random(1)
    now = datetime.now(UTC)
    numbers = range(nodes)
    states = [rng.choice(_STATES) for _ in numbers]
    best = [10_000_000 + turn - rng.randrange(3) for _ in numbers]
    seen = [(now - timedelta(seconds=rng.random() * 3)).isoformat() for _ in numbers]
    return {
        "timestamp": now.isoformat(),
        "total": nodes,
        "connected": nodes,
        "levels": {"well": nodes, "warning": 0, "bad": 0, "no_data": 0},
        "network": {"best_slot": 10_000_000 + turn, "finalized_slot": 9_999_998 + turn},
        "implementations": [{"name": f"node-{it}", "version": "1.2.3"} for it in range(8)],
        "rules": [{"state": state, "level": _LEVELS[state], "meaning": ""} for state in _LEVELS],
        "buckets": {"start": now.isoformat(), "seconds": 10, "count": _BUCKETS},
        "nodes": {
            "node_id": sorted(ids.randbytes(32).hex() for _ in numbers),
            "implementation": [ids.randrange(8) for _ in numbers],
            "address": [f"10.0.{it >> 8}.{it & 255}:{40_000 + it}" for it in numbers],
            "state": states,
            "is_connected": [True] * nodes,
            "changed_at": seen,
            "last_seen_at": seen,
            "best_slot": best,
            "best_lag": [10_000_000 + turn - slot for slot in best],
            "finalized_slot": [slot - 3 for slot in best],
            "finalized_lag": [0] * nodes,
            "synced": [True] * nodes,
            "clock_offset_ms": [round(rng.gauss(0, 5), 3) for _ in numbers],
            "peers": [rng.randrange(40, 60) for _ in numbers],
            "validator_peers": [rng.randrange(40, 60) for _ in numbers],
            "events": [rng.randrange(200_000) for _ in numbers],
            "events_per_second": [round(rng.gauss(860, 40), 3) for _ in numbers],
            "series": [[rng.randrange(9000) for _ in range(_BUCKETS)] for _ in numbers],
            "dropped": [rng.randrange(2) for _ in numbers],
            "dropped_messages": [0] * nodes,
            "undecodable": [0] * nodes,
            "failures": [rng.randrange(40) for _ in numbers],
            "errors": [0] * nodes,
            "warnings": [rng.randrange(2) for _ in numbers],
            "infos": [0] * nodes,
            "finding": [None] * nodes,
            "finding_at": [None] * nodes,
        },
    }


if __name__ == "__main__":
    raise SystemExit(main())
