"""Nodes, dashboards and stream readers for locust.

Blocking sockets and the encoder without I/O: locust runs on gevent, which would patch the
server's event loop, so nothing of the server is imported. A node's events are encoded once
and get new timestamps for each write, so one process simulates a thousand nodes.

``TART_LOAD_TELEMETRY`` is the telemetry port, ``TART_LOAD_EVENTS`` the events per second of
each node, ``TART_LOAD_KEY`` an API key; ``shapes/`` has the shapes of the load.
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

from tart.protocol.events import EventKind
from tart.testing import FakeNode
from tart.units import JCE_UNIX_SECONDS, SECOND_US

EVENTS_PER_SECOND = float(os.environ.get("TART_LOAD_EVENTS", "20"))
WRITE_SECONDS = 1.0
DASHBOARD_SECONDS = 2.0
TIMEOUT_SECONDS = 20.0
# The timestamp follows the message length.
_TIMESTAMP_OFFSET = 4
_KEY = os.environ.get("TART_LOAD_KEY")
_HEADERS = {"Authorization": f"Bearer {_KEY}"} if _KEY else {}
# The routes that jamtart's terminal dashboard polls.
_POLLED = (
    "/api/health/detailed",
    "/api/stats",
    "/api/nodes",
    "/api/events?limit=50",
    "/api/metrics/live",
    "/api/cores/status",
    "/api/workpackages",
    "/api/guarantees",
)
_FILTERS = (
    {"type": "All"},
    {"type": "EventType", "event_type": EventKind.BEST_BLOCK_CHANGED},
    {
        "type": "EventTypeRange",
        "start": EventKind.SENDING_SHARD_REQUEST,
        "end": EventKind.ASSURANCE_RECEIVED,
    },
    {"type": "Group", "group": "blocks"},
)


def jce_now() -> int:
    """Return microseconds of the JAM Common Era."""
    return int((time.time() - JCE_UNIX_SECONDS) * SECOND_US)


class EventBlock:
    """A node's events of a second: encoded once, with new timestamps for each write."""

    def __init__(self, node: FakeNode, events: int) -> None:
        frames = [frame for frame in self._frames(node, events)]
        self.events = len(frames)
        self._data = bytearray(b"".join(frames))
        self._times = []
        offset = 0
        for frame in frames:
            self._times.append(offset + _TIMESTAMP_OFFSET)
            offset += len(frame)

    def with_timestamp(self, now: int) -> bytes:
        """Return the frames with this timestamp, JCE microseconds."""
        for offset in self._times:
            struct.pack_into("<Q", self._data, offset, now)
        return bytes(self._data)

    @staticmethod
    def _frames(node: FakeNode, events: int) -> Iterator[bytes]:
        """Return mostly assurances, like the events of a full network, and some others."""
        anchor, sender = random.randbytes(32), random.randbytes(32)
        slot = random.randrange(1 << 20)
        yield node.event("BestBlockChanged", 0, slot=slot, hash=anchor)[1]
        yield node.event("SyncStatusChanged", 0, synced=True)[1]
        for _ in range(max(0, events - 2)):
            yield node.event("AssuranceReceived", 0, sender=sender, anchor=anchor)[1]


class Measured(User):
    """A user that reports its requests to locust itself."""

    abstract = True

    @contextmanager
    def request(self, kind: str, name: str) -> Iterator[Callable[[int], None]]:
        """Measure the block, which reports the bytes it transferred."""
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
    """A node that writes its events once a second."""

    wait_time = constant_pacing(WRITE_SECONDS)
    weight = 1024

    def on_start(self) -> None:
        """Connect and send node information."""
        address = os.environ.get("TART_LOAD_TELEMETRY", "127.0.0.1:9000")
        host, _, port = address.rpartition(":")
        node = FakeNode(random.randbytes(32), name="locust")
        self._socket: socket.socket | None = None
        with self.request("TCP", "connect"):
            self._socket = socket.create_connection((host, int(port)), TIMEOUT_SECONDS)
            self._socket.sendall(node.connect())
        self._events = EventBlock(node, max(1, round(EVENTS_PER_SECOND * WRITE_SECONDS)))

    def on_stop(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()

    @task
    def send_events(self) -> None:
        """Write the events of a second."""
        with self.request("TCP", "events") as moved:
            if self._socket is None:
                raise ConnectionError("never connected")
            data = self._events.with_timestamp(jce_now())
            self._socket.sendall(data)
            moved(len(data))


class Dashboard(HttpUser):
    """A terminal dashboard, which polls all its routes every two seconds."""

    wait_time = constant_pacing(DASHBOARD_SECONDS)
    weight = 20

    def on_start(self) -> None:
        """Add the key, if any, to all requests."""
        self.client.headers.update(_HEADERS)

    @task
    def poll(self) -> None:
        """Poll all routes once."""
        for path in _POLLED:
            with self.client.get(path, name=path.partition("?")[0], catch_response=True) as answer:
                seen, _, total = answer.headers.get("X-Tart-Shards", "").partition("/")
                if answer.ok and seen != total:
                    answer.failure(f"{seen} of {total} shards answered")


class Stream(Measured):
    """A reader of live events over a WebSocket, with a filter."""

    wait_time = constant_pacing(1.0)
    weight = 50

    def on_start(self) -> None:
        """Connect and subscribe."""
        address = urlsplit(self.host or "")
        scheme = "wss" if address.scheme == "https" else "ws"
        wanted = random.choice(_FILTERS)
        self._socket = None
        self._open = ExitStack()
        with self.request("WS", "subscribe"):
            self._socket = self._open.enter_context(
                connect(
                    f"{scheme}://{address.netloc}/api/ws?subscribe=none",
                    additional_headers=_HEADERS,
                    open_timeout=TIMEOUT_SECONDS,
                    proxy=None,
                )
            )
            message = {"type": "Subscribe", "filter": wanted, "batch": True}
            self._socket.send(json.dumps(message))

    def on_stop(self) -> None:
        """Close the connection."""
        self._open.close()

    @task
    def read(self) -> None:
        """Read messages for a second."""
        with self.request("WS", "read") as moved:
            if self._socket is None:
                raise ConnectionError("never connected")
            ends = time.monotonic() + 1.0
            while (left := ends - time.monotonic()) > 0:
                try:
                    moved(len(self._socket.recv(left)))
                except TimeoutError:
                    break
