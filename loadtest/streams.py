"""Subscribers of live events, each with its own filter, and one that does not read.

Delivery is measured at the subscriber: from ``received_at``, when the shard read the event, to
the receipt of its message. Both clocks are this machine's.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

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


class Subscriber:
    """One subscriber and the delays of its events.

    Attributes:
        wanted: Its filter.
        seconds: Delay of each event.
        missed: Events that the server reports as not sent.
    """

    def __init__(self, wanted: dict[str, Any]) -> None:
        self.wanted = wanted
        self.seconds: list[float] = []
        self.missed = 0

    async def follow(self, socket: ClientConnection) -> None:
        """Subscribe and read messages until the connection is closed."""
        await socket.send(json.dumps({"type": "Subscribe", "filter": self.wanted}))
        with contextlib.suppress(WebSocketException):
            while True:
                # Parses as few bytes as possible: the measurement must not be the bottleneck.
                data = await socket.recv(decode=False)
                now = time.time()
                if data.startswith(_EVENT):
                    self.seconds += (now - moment for moment in received_at(data))
                elif data.startswith(b'{"type":"lagged"'):
                    self.missed += orjson.loads(data)["data"]["missed"]


async def stall(socket: ClientConnection) -> None:
    """Subscribe to all events and do not read."""
    await socket.send(json.dumps({"type": "Subscribe", "filter": {"type": "All"}}))
    assert socket.transport is not None
    socket.transport.pause_reading()  # type: ignore[attr-defined]
    await asyncio.Event().wait()


async def run(api: str, count: int) -> None:
    """Run all subscribers, from ``go`` to ``close``."""
    url = f"{api.replace('http', 'ws', 1)}/api/ws?subscribe=none"
    subscribers = [
        Subscriber({"type": "EventType", "event_type": _TYPES[number % len(_TYPES)]})
        for number in range(count)
    ]
    async with contextlib.AsyncExitStack() as stack:
        sockets = [
            await stack.enter_async_context(connect(url, proxy=None, max_queue=None))
            for _ in range(count + 1)
        ]
        send(ready=True)
        await asyncio.to_thread(wait_for, "go")
        tasks = [
            asyncio.create_task(each.follow(socket))
            for each, socket in zip(subscribers, sockets, strict=False)
        ]
        tasks.append(asyncio.create_task(stall(sockets[-1])))
        await asyncio.to_thread(wait_for, "close")
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        delays = sorted(delay for each in subscribers for delay in each.seconds)
        send(seconds=delays, missed=sum(each.missed for each in subscribers))
        for socket in sockets:
            socket.transport.abort()


if __name__ == "__main__":
    given = options()
    asyncio.run(run(given["api"], given["subscribers"]))
