"""Nodes, dashboards and stream readers for locust.

Blocking sockets and the encoder without I/O: locust runs on gevent, which would patch the
server's event loop, so nothing of the server is imported. What a node says is encoded once
and stamped anew for each write, so one process plays a thousand nodes.

``TART_LOAD_TELEMETRY`` is the telemetry port, ``TART_LOAD_EVENTS`` events a second of each
node, ``TART_LOAD_KEY`` a key of the API; ``shapes/`` has how the load grows and falls.
"""

from __future__ import annotations

import json
import os
import random
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

from locust import HttpUser, User, constant_pacing, task
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from tart.testing import FakeNode
from tart.units import JCE_UNIX_SECONDS, SECOND_US

EVENTS_PER_SECOND = float(os.environ.get("TART_LOAD_EVENTS", "20"))
WRITE_SECONDS = 1.0
DASHBOARD_SECONDS = 2.0
PATIENCE_SECONDS = 20.0
# Message length, then the time.
_TIME_AT = 4
_KEY = os.environ.get("TART_LOAD_KEY")
_HEADERS = {"Authorization": f"Bearer {_KEY}"} if _KEY else {}
# What the peer's terminal dashboard polls.
_POLLED = (
    *("/api/health/detailed", "/api/stats", "/api/nodes", "/api/events?limit=50"),
    *("/api/metrics/live", "/api/cores/status", "/api/workpackages", "/api/guarantees"),
)
_FILTERS = (
    {"type": "All"},
    {"type": "EventType", "event_type": 11},
    {"type": "EventTypeRange", "start": 120, "end": 131},
    {"type": "Group", "group": "blocks"},
)


def jce_now() -> int:
    """Microseconds of the JAM Common Era."""
    return int((time.time() - JCE_UNIX_SECONDS) * SECOND_US)


class Speech:
    """What a node says in a second: encoded once, stamped for each write."""

    def __init__(self, node: FakeNode, events: int) -> None:
        frames = [frame for frame in self._frames(node, events)]
        self.events = len(frames)
        self._data = bytearray(b"".join(frames))
        self._times = []
        offset = 0
        for frame in frames:
            self._times.append(offset + _TIME_AT)
            offset += len(frame)

    def stamped(self, now: int) -> bytes:
        """The frames, said at that moment, JCE microseconds."""
        for offset in self._times:
            struct.pack_into("<Q", self._data, offset, now)
        return bytes(self._data)

    @staticmethod
    def _frames(node: FakeNode, events: int) -> Iterator[bytes]:
        """Assurances, as most of a full network's events are, and some of the rest."""
        anchor, sender = random.randbytes(32), random.randbytes(32)
        slot = random.randrange(1 << 20)
        yield node.event("BestBlockChanged", 0, slot=slot, hash=anchor)[1]
        yield node.event("SyncStatusChanged", 0, synced=True)[1]
        for _ in range(max(0, events - 2)):
            yield node.event("AssuranceReceived", 0, sender=sender, anchor=anchor)[1]


class Measured(User):
    """A user that tells locust of its requests itself."""

    abstract = True

    @contextmanager
    def request(self, kind: str, name: str) -> Iterator[Callable[[int], None]]:
        """Measure the block; it says how many bytes it moved."""
        moved: list[int] = []
        started = time.perf_counter()
        failure: Exception | None = None
        try:
            yield moved.append
        except (OSError, WebSocketException) as error:
            failure = error
        self.environment.events.request.fire(
            request_type=kind,
            name=name,
            response_time=(time.perf_counter() - started) * 1000,
            response_length=sum(moved),
            exception=failure,
        )


class Node(Measured):
    """A node: a write a second of what it has to say."""

    wait_time = constant_pacing(WRITE_SECONDS)
    weight = 1024

    def on_start(self) -> None:
        """Connect and say who we are."""
        where = os.environ.get("TART_LOAD_TELEMETRY", "127.0.0.1:9000")
        host, _, port = where.rpartition(":")
        node = FakeNode(random.randbytes(32), name="locust")
        self._socket: socket.socket | None = None
        with self.request("TCP", "connect"):
            self._socket = socket.create_connection((host, int(port)), PATIENCE_SECONDS)
            self._socket.sendall(node.connect())
        self._speech = Speech(node, max(1, round(EVENTS_PER_SECOND * WRITE_SECONDS)))

    def on_stop(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()

    @task
    def speak(self) -> None:
        """One write of many events."""
        with self.request("TCP", "events") as moved:
            if self._socket is None:
                raise ConnectionError("never connected")
            data = self._speech.stamped(jce_now())
            self._socket.sendall(data)
            moved(len(data))


class Dashboard(HttpUser):
    """Somebody with the terminal dashboard open: all its routes every two seconds."""

    wait_time = constant_pacing(DASHBOARD_SECONDS)
    weight = 20

    def on_start(self) -> None:
        """Every request has the key, if there is one."""
        self.client.headers.update(_HEADERS)

    @task
    def poll(self) -> None:
        """One screen."""
        for path in _POLLED:
            with self.client.get(path, name=path.partition("?")[0], catch_response=True) as answer:
                seen, _, total = answer.headers.get("X-Tart-Shards", "").partition("/")
                if answer.ok and seen != total:
                    answer.failure(f"{seen} of {total} shards answered")


class Stream(Measured):
    """Somebody who reads live events over a WebSocket, filtered."""

    wait_time = constant_pacing(1.0)
    weight = 50

    def on_start(self) -> None:
        """Connect and subscribe."""
        at = urlsplit(self.host or "")
        scheme = "wss" if at.scheme == "https" else "ws"
        wanted = random.choice(_FILTERS)
        self._socket = None
        self._open = ExitStack()
        with self.request("WS", "subscribe"):
            self._socket = self._open.enter_context(
                connect(
                    f"{scheme}://{at.netloc}/api/ws?subscribe=none",
                    additional_headers=_HEADERS,
                    open_timeout=PATIENCE_SECONDS,
                    proxy=None,
                )
            )
            message = {"type": "Subscribe", "filter": wanted, "batch": True}
            self._socket.send(json.dumps(message))

    def on_stop(self) -> None:
        """Leave."""
        self._open.close()

    @task
    def read(self) -> None:
        """Take what has come in a second."""
        with self.request("WS", "read") as moved:
            if self._socket is None:
                raise ConnectionError("never connected")
            ends = time.monotonic() + 1.0
            while (left := ends - time.monotonic()) > 0:
                try:
                    moved(len(self._socket.recv(left)))
                except TimeoutError:
                    break
