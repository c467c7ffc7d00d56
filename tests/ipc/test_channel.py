"""A channel over a real Unix socket."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tart.background_tasks import Background
from tart.ipc.channel import SHED_ABOVE_BYTES, Channel
from tart.ipc.messages import Cancel, LiveEvents, Message, Missed, Welcome


class End:
    """One end: what it received, and whether and why it was lost."""

    def __init__(self) -> None:
        self.received: asyncio.Queue[Message] = asyncio.Queue()
        self.lost: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
        self.made: asyncio.Future[Channel] = asyncio.get_running_loop().create_future()
        self.channel = Channel(
            lambda _, message: self.received.put_nowait(message),
            lambda _, error: self.lost.set_result(error),
            self.made.set_result,
        )


@asynccontextmanager
async def two_ends(path: Path) -> AsyncIterator[tuple[End, End]]:
    loop = asyncio.get_running_loop()
    server_end, client_end = End(), End()
    server = await loop.create_unix_server(lambda: server_end.channel, path)
    try:
        await loop.create_unix_connection(lambda: client_end.channel, str(path))
        await server_end.made
        yield server_end, client_end
    finally:
        for end in (server_end, client_end):
            end.channel.close()
            await end.lost
        server.close()
        await server.wait_closed()


def test_both_ends_send_and_receive_in_order(tmp_path: Path) -> None:
    async def run() -> None:
        async with two_ends(tmp_path / "s") as (server, client):
            assert server.channel.send(Welcome(0, 1))
            assert server.channel.send(Missed(1, 2))
            assert client.channel.send(Cancel(5))
            assert await client.received.get() == Welcome(0, 1)
            assert await client.received.get() == Missed(1, 2)
            assert await server.received.get() == Cancel(5)

    asyncio.run(run())


def test_after_the_end_nothing_is_sent_and_nobody_raises(tmp_path: Path) -> None:
    async def run() -> None:
        async with two_ends(tmp_path / "s") as (server, client):
            server.channel.close()
            assert not server.channel.send(Welcome(0, 1))
            await client.lost
            assert not client.channel.send(Cancel(5))
            assert not client.channel.writable
            client.channel.close()

    asyncio.run(run())


def test_what_was_queued_is_written_before_the_end(tmp_path: Path) -> None:
    async def run() -> None:
        async with two_ends(tmp_path / "s") as (server, client):
            large = LiveEvents([], bytes(4 << 20))
            server.channel.send(large)
            server.channel.close()
            assert await client.received.get() == large

    asyncio.run(run())


def test_an_end_that_is_not_read_is_not_writable(tmp_path: Path) -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        end = End()
        ours, theirs = socket.socketpair()
        with theirs:
            await loop.create_unix_connection(lambda: end.channel, sock=ours)
            assert end.channel.writable
            end.channel.send(LiveEvents([], bytes(SHED_ABOVE_BYTES + (4 << 20))))
            assert not end.channel.writable
        await end.lost

    asyncio.run(run())


def test_a_peer_that_speaks_otherwise_is_cut_off(tmp_path: Path) -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda *_: None)
        end = End()
        ours, theirs = socket.socketpair()
        with theirs:
            await loop.create_unix_connection(lambda: end.channel, sock=ours)
            theirs.sendall(struct.pack("<II", 5, 0) + b"hello")
            await end.lost
            assert end.received.empty()

    asyncio.run(run())


def test_a_message_whose_handling_fails_costs_itself_alone(tmp_path: Path) -> None:
    def handle(_: Channel, message: Message) -> None:
        if isinstance(message, Missed):
            raise ZeroDivisionError
        received.put_nowait(message)

    received: asyncio.Queue[Message] = asyncio.Queue()
    background = Background()

    async def run() -> None:
        loop = asyncio.get_running_loop()
        other = End()
        server = await loop.create_unix_server(lambda: other.channel, tmp_path / "s")
        channel = Channel(handle, lambda _, error: None, background=background)
        await loop.create_unix_connection(lambda: channel, str(tmp_path / "s"))
        await other.made
        for message in (Welcome(0, 1), Missed(1, 2), Cancel(5)):
            assert other.channel.send(message)
        assert [await received.get(), await received.get()] == [Welcome(0, 1), Cancel(5)]
        assert channel.writable
        channel.close()
        await other.lost
        server.close()

    asyncio.run(run())
    assert background.failures == {"message Missed": 1}
