"""Each session on a connection of its own, against real sockets."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import asynccontextmanager, suppress

import pytest
import uvloop

from tart.cli.replay_connections import ReplayConnections
from tart.errors import StartupError
from tart.protocol.playback import Step
from tests.gateway.running import eventually


def run(main):
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(asyncio.wait_for(main, 30))


def send(session, data=b"x"):
    return Step(0.0, session, data)


def close(session):
    return Step(0.0, session, b"", closes=True)


class Server:
    """Notes when connections come and go, and what is said on them, by number."""

    def __init__(self):
        self.events = []
        self.heard = {}
        self.reading, self.closing = asyncio.Event(), asyncio.Event()
        self.reading.set()
        self.closing.set()
        self.takes = None
        self.ending = "close"
        self.talking = set()

    async def talk(self, reader, writer):
        self.talking.add(asyncio.current_task())
        with suppress(ConnectionError):
            await self._talk(reader, writer)
        writer.close()

    async def finish(self):
        self.reading.set()
        self.closing.set()
        if self.talking:
            await asyncio.wait(self.talking)

    async def _talk(self, reader, writer):
        number = len(self.heard)
        self.heard[number] = bytearray()
        self.events.append(("open", number))
        await self.reading.wait()
        while self.takes is None or len(self.heard[number]) < self.takes:
            data = await reader.read(65536)
            self.heard[number] += data
            if not data:
                break
        await self.closing.wait()
        self.events.append(("close", number))
        if self.ending == "reset":
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


@asynccontextmanager
async def playing(server, **options):
    listening = await asyncio.start_server(server.talk, "127.0.0.1", 0)
    replay = ReplayConnections(*listening.sockets[0].getsockname(), **options)
    try:
        yield replay
    finally:
        replay.abort()
        listening.close()
        await server.finish()


async def perform(replay, *steps):
    for step in steps:
        await replay.perform(step)


def test_each_session_has_a_connection_and_its_bytes_in_order():
    async def main():
        server = Server()
        async with playing(server) as replay:
            await perform(replay, send(5, b"a"), send(3, b"b"), send(5, b"c"), close(5), close(3))
            await replay.finish()
            assert server.heard == {0: b"ac", 1: b"b"}
            assert (replay.sessions, replay.records, replay.octets) == (2, 3, 3)
            assert (replay.failed, replay.unsent, replay.closed_early) == (0, 0, 0)

    run(main())


def test_a_session_that_follows_a_closed_one_does_not_overtake_it():
    async def main():
        server = Server()
        server.reading.clear()
        async with playing(server) as replay:
            await perform(replay, send(1), close(1))
            later = asyncio.ensure_future(perform(replay, send(2), close(2)))
            server.reading.set()
            await later
            await replay.finish()
        assert server.events == [("open", 0), ("close", 0), ("open", 1), ("close", 1)]

    run(main())


def test_a_server_that_never_closes_is_waited_for_only_once():
    async def main():
        server = Server()
        server.closing.clear()
        async with playing(server, close_timeout=0.05) as replay:
            await perform(replay, send(1), close(1), send(2), close(2))
            replay.close_timeout = 30
            await perform(replay, send(3))
            assert len(server.heard) >= 2
            server.closing.set()
            await perform(replay, close(3))
            await replay.finish()
            assert replay.failed == 0

    run(main())


def test_a_server_that_does_not_read_pauses_the_replay_and_gets_all_bytes():
    sent = bytes(64 << 10)

    async def main():
        server = Server()
        server.reading.clear()
        async with playing(server) as replay:

            async def everything():
                for _ in range(400):
                    await replay.perform(send(1, sent))

            sending = asyncio.ensure_future(everything())
            await eventually(
                lambda: replay._connections and not replay._connections[1].writable.is_set()
            )
            assert replay.records < 400
            server.reading.set()
            await sending
            await perform(replay, close(1))
            await replay.finish()
            assert server.heard == {0: sent * 400}
            assert replay.failed == 0

    run(main())


def test_a_replay_fails_at_once_when_the_server_cannot_be_reached():
    async def main():
        with socket.socket() as held:
            held.bind(("127.0.0.1", 0))
            with pytest.raises(StartupError, match="cannot be reached"):
                await ReplayConnections(*held.getsockname()).perform(send(1))

    run(main())


def test_a_later_connection_that_fails_is_counted_and_the_others_continue(caplog):
    async def main():
        server = Server()
        async with playing(server) as replay:
            await perform(replay, send(1, b"a"))
            there, replay._address = replay._address, ("127.0.0.1", 1)
            await perform(replay, send(2, b"bcd"), send(2, b"ef"))
            replay._address = there
            await perform(replay, send(3, b"g"), close(2), close(1), close(3))
            await replay.finish()
            assert server.heard == {0: b"a", 1: b"g"}
            assert (replay.sessions, replay.failed, replay.unsent) == (3, 1, 5)

    run(main())
    assert caplog.text.count("session 2 was not sent completely") == 1


@pytest.mark.parametrize(
    ("ending", "more", "counted"),
    [
        ("close", [], (0, 0, 1)),
        ("close", [b"more"], (1, 4, 0)),
        ("reset", [], (1, 0, 0)),
        ("reset", [b"more", b"again"], (1, 9, 0)),
    ],
)
def test_a_server_that_closes_early_fails_the_session_only_if_bytes_are_lost(ending, more, counted):
    async def main():
        server = Server()
        server.takes, server.ending = 1, ending
        async with playing(server) as replay:
            await perform(replay, send(1))
            await replay._connections[1].closed.wait()
            await perform(replay, *(send(1, data) for data in more), close(1))
            await replay.finish()
            assert (replay.failed, replay.unsent, replay.closed_early) == counted

    run(main())


def test_bytes_that_a_server_never_reads_are_counted_as_unsent():
    async def main():
        server = Server()
        server.reading.clear()
        async with playing(server, close_timeout=0.05) as replay:
            await perform(replay, send(1, bytes(20 << 20)), close(1))
            await replay.finish()
            assert replay.failed == 1
            assert 0 < replay.unsent < 20 << 20

    run(main())
