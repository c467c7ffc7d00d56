"""The floor of a server's cost: accepts the same bytes and splits them into frames.

uvloop and ``FrameBuffer`` only: frames are counted, but not checked or stored. A server's cost
above this is the processing of events.
"""

from __future__ import annotations

import asyncio
import sys
import time

import uvloop

from loadtest.dialogue import send
from tart.protocol.framing import FrameBuffer


class Frames(asyncio.Protocol):
    """One connection that counts frames."""

    total = 0
    reads = 0

    def __init__(self) -> None:
        self._buffer = FrameBuffer()

    def data_received(self, data: bytes) -> None:
        """asyncio: count the frames."""
        Frames.reads += 1
        Frames.total += len(self._buffer.receive_data(data))


async def serve() -> None:
    """Accept connections; send the counters at each ``count``, until another word."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Frames, "127.0.0.1", 0, backlog=1024)
    send(port=server.sockets[0].getsockname()[1])
    words: asyncio.Queue[str] = asyncio.Queue()
    loop.add_reader(sys.stdin, lambda: words.put_nowait(sys.stdin.readline().strip()))
    while await words.get() == "count":
        send(frames=Frames.total, reads=Frames.reads, cpu_seconds=time.process_time())


if __name__ == "__main__":
    uvloop.run(serve())
