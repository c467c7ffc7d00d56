"""Nodes and readers for locust: blocking sockets, and the encoder without I/O.

Never imports the server: gevent would patch its event loop.
"""

from __future__ import annotations

import os
import random
import socket
import time

from locust import HttpUser, User, between, constant, task

from tart.testing import FakeNode

JCE_UNIX_SECONDS = 1_735_732_800
EVENTS_PER_WRITE = 100


class Reader(HttpUser):
    """Somebody with a dashboard open."""

    wait_time = between(0.5, 1.5)
    weight = 1

    @task(3)
    def live(self) -> None:
        """What a dashboard polls most."""
        self.client.get("/api/metrics/live")

    @task(2)
    def recent_events(self) -> None:
        """The newest events of all nodes."""
        self.client.get("/api/events?limit=50", name="/api/events")

    @task
    def nodes(self) -> None:
        """All nodes."""
        self.client.get("/api/nodes")

    @task
    def stats(self) -> None:
        """Best and finalized block."""
        self.client.get("/api/stats")


class Node(User):
    """A node that sends assurances, the most frequent event of a full network."""

    wait_time = constant(0.1)
    weight = 4

    def on_start(self) -> None:
        """Connect and say who we are."""
        where = os.environ.get("TART_LOAD_TELEMETRY", "127.0.0.1:9000")
        host, _, port = where.rpartition(":")
        self._node = FakeNode(random.randbytes(32), name="locust")
        self._socket = socket.create_connection((host, int(port)))
        self._socket.sendall(self._node.connect())

    def on_stop(self) -> None:
        """Hang up."""
        self._socket.close()

    @task
    def assurances(self) -> None:
        """One write of many events."""
        now = int((time.time() - JCE_UNIX_SECONDS) * 1_000_000)
        anchor, sender = random.randbytes(32), random.randbytes(32)
        data = b"".join(
            self._node.event("AssuranceReceived", now, sender=sender, anchor=anchor)[1]
            for _ in range(EVENTS_PER_WRITE)
        )
        started = time.perf_counter()
        failure: OSError | None = None
        try:
            self._socket.sendall(data)
        except OSError as error:
            failure = error
        self.environment.events.request.fire(
            request_type="TCP",
            name="100 events",
            response_time=(time.perf_counter() - started) * 1000,
            response_length=len(data),
            exception=failure,
        )
