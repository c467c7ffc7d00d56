"""The whole of tart as a test runs it: real processes, free ports, a directory of its own."""

from __future__ import annotations

import re
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import httpx

from tart.testing import FakeNode
from tests.supervisor.process import Process

DEADLINE = 100.0
_READY = r"tart ready telemetry=(\S+):(\d+) api=(\S+) shards=(\d+)(?: recovering=\d+)?"
_SETTINGS = {
    # Who waits for something asks again and again: each time for what is there now.
    "TART_API_CACHE_SECONDS": "1e-6",
    # On a busy machine a start takes as long as a test waits for it.
    "TART_SUPERVISOR_READY_SECONDS": str(DEADLINE),
}

# Of a server whose figures are tested, not how soon it gives up.
PATIENT = {"TART_API_DEADLINE_SECONDS": "60", "TART_API_SQL_SECONDS": str(DEADLINE)}

Found = TypeVar("Found")


def wait_for(condition: Callable[[], Found], what: str = "") -> Found:
    """The first true value of ``condition``, asked again and again until the deadline.

    The longer it takes, the longer are the pauses: a request every 20 ms would keep a server busy
    that has to work for the answer.
    """
    start = time.monotonic()
    while not (found := condition()):
        waited = time.monotonic() - start
        assert waited < DEADLINE, f"waited in vain for {what or condition}"
        time.sleep(min(0.25, 0.02 + waited / 10))
    return found


class System:
    """A running tart: where nodes and people reach it."""

    def __init__(self, process: Process, data: Path | None = None) -> None:
        self.process = process
        self.data = data
        ready = process.line(_READY)
        self.telemetry = (ready[1], int(ready[2]))
        self.api = f"http://{ready[3]}"
        self.shards = int(ready[4])
        self.http = httpx.Client(base_url=self.api, timeout=DEADLINE, trust_env=False)

    def get(self, path: str, **parameters: Any) -> Any:
        """A route's JSON; anything but 200 is a failure."""
        response = self.http.get(path, params=parameters)
        assert response.status_code == 200, (path, response.status_code, response.text)
        return response.json()

    def connect(self) -> socket.socket:
        """A TCP connection to the telemetry port; close it with ``with``."""
        connected = socket.create_connection(self.telemetry, timeout=DEADLINE)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connected

    def node(self, peer_id: bytes | str) -> dict[str, Any]:
        """What the API says of one node; empty while it is not known."""
        wanted = peer_id if isinstance(peer_id, str) else peer_id.hex()
        response = self.http.get(f"/api/nodes/{wanted}")
        found: dict[str, Any] = response.json() if response.status_code == 200 else {}
        return found

    def events(self, peer_id: bytes, **parameters: Any) -> list[dict[str, Any]]:
        """All stored events of a node, oldest first, page by page."""
        path = f"/api/nodes/{peer_id.hex()}/events"
        page = self.get(path, limit=1000, **parameters)
        found = page["events"]
        while page["has_more"]:
            page = self.get(path, limit=1000, cursor=page["next_cursor"], **parameters)
            found += page["events"]
        return list(reversed(found))

    def committed(self) -> bool:
        """Whether events, and the ends of connections, are in the event log's files."""
        text = self.http.get("/metrics").text
        pending = re.findall(r"^tart_pending_(?:events|bytes)\{.*\} (\S+)$", text, re.MULTILINE)
        return len(pending) == 2 * self.shards and not any(map(float, pending))

    def wait_for_events(self, peer_id: bytes, count: int) -> list[dict[str, Any]]:
        """A node's events once there are ``count``, oldest first."""

        def enough() -> bool:
            node = self.node(peer_id)
            return bool(node) and node["event_count"] >= count

        wait_for(enough, f"{count} events of {peer_id.hex()}")
        return wait_for(
            lambda: events if len(events := self.events(peer_id)) >= count else None,
            f"{count} stored events of {peer_id.hex()}",
        )


@contextmanager
def running_system(
    data: Path,
    *,
    shards: int = 2,
    environ: dict[str, str] | None = None,
    module: str = "tart",
    api: str = "127.0.0.1:0",
    telemetry: str = "127.0.0.1:0",
    preloaded: bool = True,
) -> Iterator[System]:
    """tart with its files in ``data``; killed on leaving unless it has stopped.

    ``module`` is what Python runs, ``api`` and ``telemetry`` the addresses that are listened on.
    Unless ``preloaded`` the server is a new Python that imports everything.
    """
    arguments = ("--telemetry-bind", telemetry, "--api-bind", api)
    with Process(
        module,
        "serve",
        *arguments,
        *("--data-dir", data, "--shards", shards),
        environ=_SETTINGS | (environ or {}),
        cwd=data.parent,
        preloaded=preloaded and module == "tart",
    ) as process:
        system = System(process, data)
        try:
            yield system
        finally:
            system.http.close()


def free_port() -> int:
    """A port that nothing listens on, for a program that cannot choose one itself.

    Ports that the kernel gives, to a server with port 0 and to every client, are above 32767: of
    those another process may have it by the time that the program starts.
    """
    while True:
        # `random` has the same seed in all workers (pytest-randomly).
        port = 10_000 + secrets.randbelow(22_768)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def fake_peer_id(index: int) -> bytes:
    """A key no other test of the file uses."""
    return bytes([index]) * 32


def fake_node(index: int, **properties: Any) -> FakeNode:
    """A node with a key made from a small number."""
    return FakeNode(fake_peer_id(index), **properties)
