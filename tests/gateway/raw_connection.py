"""A bare TCP connection to a gateway, for requests that no client would send."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tests.gateway.running import Running

GET = b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"
SQL = b"POST /api/sql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


class RawConnection:
    """A bare connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self.writer.write(data)

    async def answer(self) -> tuple[int, bytes]:
        """Return status and body of the next answer."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return int(head.split()[1]), await self.reader.readexactly(length)

    async def wait_closed(self) -> bool:
        """Wait for the end, whatever comes before it."""
        with suppress(ConnectionError):
            await self.reader.read()
        return True


@asynccontextmanager
async def connected(gateway: Running, data: bytes = b"") -> AsyncIterator[RawConnection]:
    """Open a connection and send ``data`` on it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    try:
        writer.write(data)
        yield RawConnection(reader, writer)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
