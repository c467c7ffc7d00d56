"""Each session on a connection of its own, against real sockets."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import asynccontextmanager, suppress

import pytest
import uvloop

from tart.cli import replay_connections as module
from tart.cli.replay_connections import Lines
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
async def playing(server):
    listening = await asyncio.start_server(server.talk, "127.0.0.1", 0)
    lines = Lines(*listening.sockets[0].getsockname())
    try:
        yield lines
    finally:
        lines.abort()
        listening.close()
        await server.finish()


async def take(lines, *steps):
    for step in steps:
        await lines.take(step)


def test_each_session_has_a_connection_and_its_bytes_in_order():
    async def main():
        server = Server()
        async with playing(server) as lines:
            await take(lines, send(5, b"a"), send(3, b"b"), send(5, b"c"), close(5), close(3))
            await lines.finish()
            assert server.heard == {0: b"ac", 1: b"b"}
            assert (lines.sessions, lines.records, lines.octets) == (2, 3, 3)
            assert (lines.failed, lines.unsent, lines.early) == (0, 0, 0)

    run(main())


def test_who_comes_after_somebody_went_does_not_overtake_him():
    async def main():
        server = Server()
        server.reading.clear()
        async with playing(server) as lines:
            await take(lines, send(1), close(1))
            later = asyncio.ensure_future(take(lines, send(2), close(2)))
            server.reading.set()
            await later
            await lines.finish()
        assert server.events == [("open", 0), ("close", 0), ("open", 1), ("close", 1)]

    run(main())


def test_a_server_that_never_closes_is_not_waited_for_again(monkeypatch):
    monkeypatch.setattr(module, "_PATIENCE_SECONDS", 0.05)

    async def main():
        server = Server()
        server.closing.clear()
        async with playing(server) as lines:
            await take(lines, send(1), close(1), send(2), close(2))
            monkeypatch.setattr(module, "_PATIENCE_SECONDS", 30)
            await take(lines, send(3))
            assert len(server.heard) >= 2
            server.closing.set()
            await take(lines, close(3))
            await lines.finish()
            assert lines.failed == 0

    run(main())


def test_a_server_that_does_not_read_makes_the_replay_wait_and_gets_everything():
    sent = bytes(64 << 10)

    async def main():
        server = Server()
        server.reading.clear()
        async with playing(server) as lines:

            async def everything():
                for _ in range(400):
                    await lines.take(send(1, sent))

            sending = asyncio.ensure_future(everything())
            await eventually(lambda: lines._lines and not lines._lines[1].writable.is_set())
            assert lines.records < 400
            server.reading.set()
            await sending
            await take(lines, close(1))
            await lines.finish()
            assert server.heard == {0: sent * 400}
            assert lines.failed == 0

    run(main())


def test_nobody_there_ends_it_at_once():
    async def main():
        with socket.socket() as held:
            held.bind(("127.0.0.1", 0))
            with pytest.raises(StartupError, match="cannot be reached"):
                await Lines(*held.getsockname()).take(send(1))

    run(main())


def test_a_connection_that_cannot_be_made_later_is_counted_and_the_others_go_on(caplog):
    async def main():
        server = Server()
        async with playing(server) as lines:
            await take(lines, send(1, b"a"))
            there, lines._address = lines._address, ("127.0.0.1", 1)
            await take(lines, send(2, b"bcd"), send(2, b"ef"))
            lines._address = there
            await take(lines, send(3, b"g"), close(2), close(1), close(3))
            await lines.finish()
            assert server.heard == {0: b"a", 1: b"g"}
            assert (lines.sessions, lines.failed, lines.unsent) == (3, 1, 5)

    run(main())
    assert caplog.text.count("session 2 was not sent to its end") == 1


@pytest.mark.parametrize(
    ("ending", "more", "counted"),
    [
        ("close", [], (0, 0, 1)),
        ("close", [b"more"], (1, 4, 0)),
        ("reset", [], (1, 0, 0)),
        ("reset", [b"more", b"again"], (1, 9, 0)),
    ],
)
def test_a_server_that_hangs_up_early_is_told_from_one_that_misses_something(ending, more, counted):
    async def main():
        server = Server()
        server.takes, server.ending = 1, ending
        async with playing(server) as lines:
            await take(lines, send(1))
            await lines._lines[1].gone.wait()
            await take(lines, *(send(1, data) for data in more), close(1))
            await lines.finish()
            assert (lines.failed, lines.unsent, lines.early) == counted

    run(main())


def test_what_a_server_never_reads_is_counted_in_the_end(monkeypatch):
    monkeypatch.setattr(module, "_PATIENCE_SECONDS", 0.05)

    async def main():
        server = Server()
        server.reading.clear()
        async with playing(server) as lines:
            await take(lines, send(1, bytes(20 << 20)), close(1))
            await lines.finish()
            assert lines.failed == 1
            assert 0 < lines.unsent < 20 << 20

    run(main())
