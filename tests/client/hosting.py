"""What the client's tests share: who the node is, what servers got, servers that misbehave."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, Iterable
from itertools import count
from typing import Any

from tart.client import EventId, NodeInformation, node_information
from tart.protocol.connection import Connection, ReceivedEvent
from tart.protocol.decoding import decode_event
from tart.protocol.events import EventKind
from tart.testing import parameters_for

HASH = bytes(range(32))
PEER = bytes(range(64, 96))
# Attempts follow one another at once: a test waits for what happens, not for time.
AT_ONCE = (0.0, 0.001)
DEADLINE = 60.0


def information(cores: int = 2, version: int = 1, peer_id: bytes = PEER) -> NodeInformation:
    """A node of a small network."""
    return node_information(
        peer_id=peer_id,
        parameters=parameters_for(cores, 6),
        genesis=bytes(32),
        implementation_name="a node",
        implementation_version="1.0",
        gp_version="0.7.2",
        protocol_version=version,
    )


class Given:
    """The ids an emitter returned, by the timestamps it took: no two are equal."""

    def __init__(self) -> None:
        self._ticks = count(1)
        self.last = 0
        self.ids: dict[int, EventId] = {}

    def clock(self) -> int:
        """A time that nobody had before."""
        self.last = next(self._ticks)
        return self.last

    def keep(self, event_id: EventId) -> EventId:
        """Remember what the last call returned."""
        if event_id.connection:
            self.ids[self.last] = event_id
        return event_id

    def dropped(self, connection: int) -> dict[int, int]:
        """Timestamps of what was dropped on a connection, by event id."""
        return {
            each.number: timestamp
            for timestamp, each in self.ids.items()
            if each.connection == connection and not each.sent
        }


def check_received(given: Given, events: Iterable[ReceivedEvent]) -> int:
    """What a server derives from one connection's bytes is what the emitter said of them.

    Returns:
        The number of events, those that a Dropped stands for included.
    """
    connection, after = None, 0
    for event in events:
        assert (event.error, event.deviations) == (None, ())
        assert event.event_id == after
        after += 1
        if event.number == EventKind.DROPPED:
            fields = decode_event(EventKind.DROPPED, event.payload).fields
            after = event.event_id + fields["num"]
            connection = connection or given.ids[event.timestamp].connection
            dropped = given.dropped(connection)
            assert dropped[event.event_id] == event.timestamp
            assert dropped[after - 1] == fields["last_timestamp"]
            assert set(range(event.event_id, after)) <= set(dropped)
            continue
        told = given.ids[event.timestamp]
        connection = connection or told.connection
        assert told == EventId(connection, event.event_id, event.number, True)
    return after


def received(data: bytes | bytearray) -> list[ReceivedEvent]:
    """The events a server finds in a connection's bytes, however many came."""
    connection = Connection()
    events = connection.receive_data(bytes(data))
    assert connection.error is None
    return events


def reset(writer: asyncio.StreamWriter) -> None:
    """End a connection as a crash does: the other side gets a reset."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class Server:
    """A telemetry server that does with each connection what it is told.

    Args:
        behave: Gets the connection's number from 0 on, a buffer for what it read, and the
            connection; returns when it is to be closed.
        port: To listen on, 0 for a free one.
    """

    def __init__(
        self,
        behave: Callable[
            [int, bytearray, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[Any]
        ],
        port: int = 0,
    ) -> None:
        self.got: list[bytearray] = []
        self.address = ""
        self._behave = behave
        self._port = port
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def __aenter__(self) -> Server:
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", self._port)
        self.address = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: Any) -> None:
        self._server.close()
        # A connection that is being accepted has its transport some turns of the loop later.
        for _ in range(5):
            await asyncio.sleep(0)
        # A task that is cancelled before its first step never reaches its `finally`.
        for task, writer in self._connections.items():
            task.cancel()
            writer.transport.abort()
        await asyncio.gather(*self._connections, return_exceptions=True)
        # An aborted transport closes in the next turn.
        await asyncio.sleep(0)

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._server.is_serving():
            writer.transport.abort()
            return
        self._connections[asyncio.create_task(self._serve(reader, writer))] = writer

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        data = bytearray()
        self.got.append(data)
        try:
            await self._behave(len(self.got) - 1, data, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


async def keep_all(
    _number: int, data: bytearray, reader: asyncio.StreamReader, _writer: asyncio.StreamWriter
) -> None:
    """Behave: read to the end."""
    while chunk := await reader.read(1 << 16):
        data += chunk


async def until(condition: Callable[[], Any]) -> None:
    """Wait for a condition on the loop."""
    async with asyncio.timeout(DEADLINE):
        while not condition():  # noqa: ASYNC110 - of sockets and counters, too
            await asyncio.sleep(0.001)


def unused_address() -> str:
    """Where nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{sock.getsockname()[1]}"
