"""A channel over a real Unix socket."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Generic

import msgspec

from tart.background_tasks import Background
from tart.ipc.channel import SHED_ABOVE_BYTES, Channel
from tart.ipc.messages import (
    REPLIES,
    REQUESTS,
    Cancel,
    LiveEvents,
    M,
    Missed,
    Reply,
    Request,
    Welcome,
)


class End(Generic[M]):
    """One end: what it received, and whether and why it was lost."""

    def __init__(self, decoder: msgspec.json.Decoder[M]) -> None:
        self.received: asyncio.Queue[M] = asyncio.Queue()
        self.lost: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
        self.made: asyncio.Future[Channel[M]] = asyncio.get_running_loop().create_future()
        self.channel: Channel[M] = Channel(
            decoder,
            lambda _, message: self.received.put_nowait(message),
            lambda _, error: self.lost.set_result(error),
            self.made.set_result,
        )


@asynccontextmanager
async def two_ends(path: Path) -> AsyncIterator[tuple[End[Request], End[Reply]]]:
    loop = asyncio.get_running_loop()
    server_end, client_end = End(REQUESTS), End(REPLIES)
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


def test_messages_arrive_in_the_order_in_which_they_were_sent(tmp_path: Path) -> None:
    async def run() -> None:
        async with two_ends(tmp_path / "s") as (server, client):
            assert server.channel.send(Welcome(0, 1))
            assert server.channel.send(Missed(1, 2))
            assert client.channel.send(Cancel(5))
            assert await client.received.get() == Welcome(0, 1)
            assert await client.received.get() == Missed(1, 2)
            assert await server.received.get() == Cancel(5)

    asyncio.run(run())


def test_a_closed_channel_sends_nothing_and_raises_nothing(tmp_path: Path) -> None:
    async def run() -> None:
        async with two_ends(tmp_path / "s") as (server, client):
            server.channel.close()
            assert not server.channel.send(Welcome(0, 1))
            await client.lost
            assert not client.channel.send(Cancel(5))
            assert not client.channel.writable
            client.channel.close()

    asyncio.run(run())


def test_queued_messages_are_written_before_the_channel_closes(tmp_path: Path) -> None:
    async def run() -> None:
        async with two_ends(tmp_path / "s") as (server, client):
            large = LiveEvents(0, [], bytes(4 << 20))
            server.channel.send(large)
            server.channel.close()
            assert await client.received.get() == large

    asyncio.run(run())


def test_a_channel_is_not_writable_while_the_other_side_does_not_read(tmp_path: Path) -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        end = End(REPLIES)
        ours, theirs = socket.socketpair()
        with theirs:
            await loop.create_unix_connection(lambda: end.channel, sock=ours)
            assert end.channel.writable
            end.channel.send(LiveEvents(0, [], bytes(SHED_ABOVE_BYTES + (4 << 20))))
            assert not end.channel.writable
        await end.lost

    asyncio.run(run())


def test_invalid_bytes_end_the_connection(tmp_path: Path) -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda *_: None)
        end = End(REPLIES)
        ours, theirs = socket.socketpair()
        with theirs:
            await loop.create_unix_connection(lambda: end.channel, sock=ours)
            theirs.sendall(struct.pack("<II", 5, 0) + b"hello")
            await end.lost
            assert end.received.empty()

    asyncio.run(run())


def test_a_failing_handler_does_not_affect_the_following_messages(tmp_path: Path) -> None:
    def handle(_: Channel[Reply], message: Reply) -> None:
        if isinstance(message, Missed):
            raise ZeroDivisionError
        received.put_nowait(message)

    received: asyncio.Queue[Reply] = asyncio.Queue()
    background = Background()

    async def run() -> None:
        loop = asyncio.get_running_loop()
        other = End(REQUESTS)
        server = await loop.create_unix_server(lambda: other.channel, tmp_path / "s")
        channel = Channel(REPLIES, handle, lambda _, error: None, background=background)
        await loop.create_unix_connection(lambda: channel, str(tmp_path / "s"))
        await other.made
        for message in (Welcome(0, 1), Missed(1, 2), Welcome(1, 5)):
            assert other.channel.send(message)
        assert [await received.get(), await received.get()] == [Welcome(0, 1), Welcome(1, 5)]
        assert channel.writable
        channel.close()
        await other.lost
        server.close()

    asyncio.run(run())
    assert background.failures == {"message Missed": 1}


def test_a_message_for_the_other_side_ends_the_connection(tmp_path: Path) -> None:
    async def run() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        async with two_ends(tmp_path / "s") as (server, client):
            client.channel.send(Welcome(0, 1))
            await client.lost
            assert server.received.empty()

    asyncio.run(run())
