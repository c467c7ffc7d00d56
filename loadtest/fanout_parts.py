"""Readers of live events, and ten nodes that send to them: the parts of the scenario ``fanout``.

``python -m loadtest.fanout_parts`` runs one of the two parts. The nodes send 250 events/s, all ten
at the same moment, as nodes of a network do that import the same block. The readers read and count;
the delay of each event is measured at a few of them, because parsing costs.
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import uvloop

from loadtest.dialogue import options, send, wait_for
from loadtest.streams import received_at
from tart.testing import FakeNode
from tart.units import JCE_UNIX_SECONDS

NODES = 10
RATE = 250.0
# The readers of which every event's delay is taken.
_TIMED = 5
_KEY = "dGhlIHNhbXBsZSBub25jZQ=="
_EVENT = b'"event_type":'


def paths(kind: str) -> Iterator[str]:
    """Yield the paths that readers open, one after the other."""
    number = 0
    while True:
        if kind == "websocket":
            yield "/api/ws"
        elif kind == "distinct":
            # Each reader has a filter that no other has, and that every event passes.
            ends = {"type": "EventTypeRange", "start": 0, "end": 255 - number % 100}
            others = [{"type": "Slot", "slot": number}, ends]
            yield f"/api/ws?filter={quote(json.dumps({'type': 'Any', 'filters': others}))}"
        elif kind == "sse":
            yield "/api/events/stream"
        else:
            # Behind an event of a directory that there is not: what came since now is missed.
            yield f"/api/events/stream?last_event_id={time.time_ns() // 1000 + number}.255"
        number += 1


class Reader(asyncio.Protocol):
    """One reader; ``seconds`` are the delays of its events if it is timed."""

    def __init__(self, path: str, host: str, *, timed: bool) -> None:
        upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        head = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n"
        if path.startswith("/api/ws"):
            head += f"{upgrade}Sec-WebSocket-Key: {_KEY}\r\n"
        self._head = f"{head}\r\n".encode()
        self._timed = timed
        self.events = self.bytes = self.reads = 0
        self.lost = False
        self.seconds: list[float] = []

    def connection_made(self, transport: Any) -> None:
        """asyncio: open the stream."""
        transport.write(self._head)

    def data_received(self, data: bytes) -> None:
        """asyncio: count events."""
        self.reads += 1
        self.bytes += len(data)
        self.events += data.count(_EVENT)
        if self._timed:
            now = time.time()
            self.seconds += (now - moment for moment in received_at(data))

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: the server closed it."""
        self.lost = True

    def reset(self) -> None:
        """Begin to count."""
        self.events = self.bytes = self.reads = 0
        self.seconds = []


async def read(api: str, kind: str, count: int) -> None:
    """Open readers, and count between ``go`` and ``stop``, until ``close``."""
    address = urlsplit(api)
    opened = paths(kind)
    readers = []
    for number in range(count):
        reader = Reader(next(opened), address.netloc, timed=number < _TIMED)
        await asyncio.get_running_loop().create_connection(
            lambda reader=reader: reader,  # type: ignore[misc]
            address.hostname,
            address.port,
        )
        readers.append(reader)
    # Each has had its greeting once an event has come.
    while not all(reader.events or reader.lost for reader in readers):  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    send(ready=True)
    await asyncio.to_thread(wait_for, "go")
    cpu = time.process_time()
    for reader in readers:
        reader.reset()
    await asyncio.to_thread(wait_for, "stop")
    counts = sorted(reader.events for reader in readers)
    send(
        events=sum(counts),
        fewest=counts[0],
        most=counts[-1],
        reads=sum(reader.reads for reader in readers),
        bytes=sum(reader.bytes for reader in readers),
        lost=sum(reader.lost for reader in readers),
        seconds=[moment for reader in readers for moment in reader.seconds],
        cpu_seconds=time.process_time() - cpu,
    )
    await asyncio.to_thread(wait_for, "close")


def play(host: str, port: int) -> None:
    """Send events at the rate until ``close``."""
    nodes = [FakeNode(number.to_bytes(32, "big")) for number in range(1, NODES + 1)]
    sockets = []
    for node in nodes:
        sockets.append(socket.create_connection((host, port)))
        sockets[-1].setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sockets[-1].sendall(node.connect())
    ended = threading.Event()
    threading.Thread(target=lambda: (wait_for("close"), ended.set()), daemon=True).start()
    send(ready=True)
    due, number = time.monotonic(), 0
    while not ended.wait(max(0.0, due - time.monotonic())):
        due += NODES / RATE
        number += 1
        now = round((time.time() - JCE_UNIX_SECONDS) * 1e6)
        for node, connected in zip(nodes, sockets, strict=True):
            connected.sendall(
                node.event("BestBlockChanged", now, slot=number, hash=number.to_bytes(32, "big"))[1]
            )


if __name__ == "__main__":
    given = options()
    if given["part"] == "nodes":
        play(given["host"], given["port"])
    else:
        uvloop.run(read(given["api"], given["kind"], given["count"]))
