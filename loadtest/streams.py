"""Subscribers of live events, each with a filter of its own, and one that takes nothing.

Delivery is measured as the subscriber sees it: from ``received_at``, when the shard had read
the event, to the moment its message is here. Both clocks are this machine's.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from datetime import datetime
from functools import cache
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from loadtest.dialogue import options, say, wait_for

# Together about as much as everything once: types of a full network, rare and frequent.
_TYPES = (10, 11, 12, 42, 43, 47, 62, 68, 94, 101, 105, 106, 108, 112, 120, 121, 123, 125, 126, 128)


_EVENT = b'{"type":"event"'
_RECEIVED = b'"received_at":"'


def _received_at(data: bytes) -> float:
    """When the shard had read the event, Unix seconds."""
    at = data.index(_RECEIVED) + len(_RECEIVED)
    # As api.md has it: 2026-11-21T12:00:00.000000Z
    return _minute(data[at : at + 17]) + float(data[at + 17 : at + 26])


@cache
def _minute(text: bytes) -> float:
    return datetime.fromisoformat(f"{text.decode()}00+00:00").timestamp()


class Subscriber:
    """One of them, and how late each event was.

    Attributes:
        seconds: of each event.
        missed: events that the server says it did not send.
    """

    def __init__(self, wanted: dict[str, Any]) -> None:
        self.wanted = wanted
        self.seconds: list[float] = []
        self.missed = 0

    async def follow(self, socket: ClientConnection) -> None:
        """Subscribe and take what comes until the connection is closed."""
        await socket.send(json.dumps({"type": "Subscribe", "filter": self.wanted}))
        with contextlib.suppress(WebSocketException):
            while True:
                # Bytes, and no more of them read than is needed: who measures must not be
                # what is slow.
                data = await socket.recv(decode=False)
                now = time.time()
                if data.startswith(_EVENT):
                    self.seconds.append(now - _received_at(data))
                elif data.startswith(b'{"type":"lagged"'):
                    self.missed += orjson.loads(data)["data"]["missed"]


async def stall(socket: ClientConnection) -> None:
    """Ask for everything and take nothing."""
    await socket.send(json.dumps({"type": "Subscribe", "filter": {"type": "All"}}))
    assert socket.transport is not None
    socket.transport.pause_reading()  # type: ignore[attr-defined]
    await asyncio.Event().wait()


async def run(api: str, count: int) -> None:
    """All of them, from ``go`` to ``close``."""
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
        say(ready=True)
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
        say(seconds=delays, missed=sum(each.missed for each in subscribers))
        for socket in sockets:
            socket.transport.abort()


if __name__ == "__main__":
    given = options()
    asyncio.run(run(given["api"], given["subscribers"]))
