"""Subscribers of live events, each with its own filter, and one that does not read.

Delivery is measured at the subscriber: from ``received_at``, when the shard read the event, to
the receipt of its message. Both clocks are this machine's. The subscribers are one process, which
does as little as possible for a message, and whose own processor time is told: what it needs, the
server lacks.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import quote, urlsplit

import uvloop

from loadtest.dialogue import options, send, wait_for
from tart.protocol.events import EventKind

# Types of a full network, rare and frequent, together about as many events as all once.
_TYPES = (
    EventKind.STATUS,
    EventKind.BEST_BLOCK_CHANGED,
    EventKind.FINALIZED_BLOCK_CHANGED,
    EventKind.AUTHORED,
    EventKind.IMPORTING,
    EventKind.BLOCK_EXECUTED,
    EventKind.BLOCK_ANNOUNCED,
    EventKind.BLOCK_TRANSFERRED,
    EventKind.WORK_PACKAGE_RECEIVED,
    EventKind.REFINED,
    EventKind.GUARANTEE_BUILT,
    EventKind.SENDING_GUARANTEE,
    EventKind.GUARANTEE_SENT,
    EventKind.GUARANTEE_RECEIVED,
    EventKind.SENDING_SHARD_REQUEST,
    EventKind.RECEIVING_SHARD_REQUEST,
    EventKind.SHARD_REQUEST_SENT,
    EventKind.SHARDS_TRANSFERRED,
    EventKind.DISTRIBUTING_ASSURANCE,
    EventKind.ASSURANCE_SENT,
)

_EVENT = b'{"type":"event"'
_RECEIVED = b'"received_at":"'
_RECEIVED_BYTES = len(_RECEIVED) + 26
_LAGGED = re.compile(rb'{"type":"lagged","data":{"missed":(\d+)')
_UPGRADE = (
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def received_at(data: bytes) -> Iterator[float]:
    """Yield the times at which the shard read the events of a read, Unix seconds.

    An event that was cut by the end of the read is left out.
    """
    start = data.find(_RECEIVED)
    while 0 <= start < len(data) - _RECEIVED_BYTES:
        start += len(_RECEIVED)
        # The format of api.md: 2026-11-21T12:00:00.000000Z
        yield _minute(data[start : start + 17]) + float(data[start + 17 : start + 26])
        start = data.find(_RECEIVED, start)


@cache
def _minute(text: bytes) -> float:
    return datetime.fromisoformat(f"{text.decode()}00+00:00").timestamp()


class Messages:
    """Splits what a server sends on a WebSocket into messages, the handshake's answer left out."""

    def __init__(self) -> None:
        self._data = b""
        self._open = False

    def split(self, data: bytes) -> Iterator[bytes]:
        """Yield the messages that a read completes."""
        data = self._data + data if self._data else data
        start = 0
        if not self._open and (head := data.find(b"\r\n\r\n")) >= 0:
            self._open, start = True, head + 4
        while self._open and len(data) >= start + 2:
            # Frames of a server are not masked (RFC 6455, 5.2).
            size, extended = data[start + 1], 0
            if size > 125:
                extended = 2 if size == 126 else 8
                if len(data) < start + 2 + extended:
                    break
                size = int.from_bytes(data[start + 2 : start + 2 + extended], "big")
            first = start + 2 + extended
            if len(data) < first + size:
                break
            start = first + size
            yield data[first:start]
        self._data = data[start:]


class Subscriber(asyncio.Protocol):
    """One subscriber and the delays of its events.

    Args:
        wanted: Its filter.
        host: Host and port of the server.
        reads: Whether it reads what the server sends.

    Attributes:
        seconds: Delay of each event.
        missed: Events that the server reports as not sent.
    """

    def __init__(self, wanted: dict[str, Any], host: str, *, reads: bool) -> None:
        path = f"/api/ws?filter={quote(json.dumps(wanted))}"
        self._request = _UPGRADE.format(path=path, host=host).encode()
        self._reads = reads
        self._messages = Messages()
        self.seconds: list[float] = []
        self.missed = 0

    def connection_made(self, transport: Any) -> None:
        """asyncio: subscribe."""
        transport.write(self._request)
        if not self._reads:
            transport.pause_reading()

    def data_received(self, data: bytes) -> None:
        """asyncio: take the delays of events."""
        now = time.time()
        for message in self._messages.split(data):
            if message.startswith(_EVENT):
                self.seconds += (now - moment for moment in received_at(message))
            elif lagged := _LAGGED.match(message):
                self.missed += int(lagged[1])


async def run(api: str, count: int) -> None:
    """Run all subscribers until ``close``; their processor time is counted from ``go`` on."""
    address = urlsplit(api)
    filters: list[dict[str, Any]] = [
        {"type": "EventType", "event_type": _TYPES[number % len(_TYPES)]} for number in range(count)
    ]
    subscribers = [Subscriber(wanted, address.netloc, reads=True) for wanted in filters]
    stalled = Subscriber({"type": "All"}, address.netloc, reads=False)
    transports = []
    for subscriber in (*subscribers, stalled):
        transport, _ = await asyncio.get_running_loop().create_connection(
            lambda subscriber=subscriber: subscriber,  # type: ignore[misc]
            address.hostname,
            address.port,
        )
        transports.append(transport)
    send(ready=True)
    await asyncio.to_thread(wait_for, "go")
    cpu, began = time.process_time(), time.monotonic()
    await asyncio.to_thread(wait_for, "close")
    cores = (time.process_time() - cpu) / (time.monotonic() - began)
    delays = sorted(delay for each in subscribers for delay in each.seconds)
    send(seconds=delays, missed=sum(each.missed for each in subscribers), cores=cores)
    for transport in transports:
        transport.abort()


if __name__ == "__main__":
    given = options()
    uvloop.run(run(given["api"], given["subscribers"]))
