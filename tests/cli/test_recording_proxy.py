"""Real sockets on both sides, and what is recorded between them."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import asynccontextmanager

import pytest
import uvloop

from tart.cli.capture_io import HIGH_BYTES, read_chunks
from tart.cli.recording_proxy import RecordingProxy
from tart.errors import StartupError
from tart.protocol.capture import CLOSED, FRAME, OPENED, RAW
from tart.protocol.framing import frame
from tests.gateway.running import eventually
from tests.recorders import sessions

HELLO, A = frame(b"hello"), frame(b"a")
UNPARSEABLE = b"\xff" * 100_000


def run(main):
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(asyncio.wait_for(main, 30))


class Server:
    """Keeps what it is told; reads when it may."""

    def __init__(self):
        self.reading = asyncio.Event()
        self.reading.set()
        self.lines = []
        self.greeting, self.farewell, self.hangs_up = b"", b"", False
        self.over = asyncio.Queue()

    async def talk(self, reader, writer):
        heard = bytearray()
        self.lines.append(heard)
        writer.write(self.greeting)
        while not self.hangs_up and await self.reading.wait():
            data = await reader.read(65536)
            heard += data
            if not data:
                break
        writer.write(self.farewell)
        writer.close()
        self.over.put_nowait(bytes(heard))


@asynccontextmanager
async def recording_proxy(
    file, server=None, *, most=9, target=None, descriptor=None, high_bytes=HIGH_BYTES
):
    """Run a proxy that records into ``file``; yield it and its address."""
    listening = None
    if server is not None:
        listening = await asyncio.start_server(server.talk, "127.0.0.1", 0)
        target = listening.sockets[0].getsockname()
    stop = asyncio.Event()
    proxy = RecordingProxy(target, most, stop)
    opened = os.open(file, os.O_WRONLY | os.O_CREAT) if descriptor is None else descriptor
    proxy.begin(opened, high_bytes)
    listener = socket.create_server(("127.0.0.1", 0))
    serving = asyncio.ensure_future(proxy.serve(listener))
    proxy.stop = stop
    try:
        yield proxy, listener.getsockname()
    finally:
        serving.cancel()
        listener.close()
        try:
            await proxy.end()
        finally:
            if descriptor is None:
                os.close(opened)
            if listening is not None:
                listening.close()


def kinds(file):
    return [[(each.kind, each.content) for each in records] for records in sessions(file).values()]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (HELLO + A, [(OPENED, b"hello"), (FRAME, b"a"), (CLOSED, b"")]),
        (HELLO + A[:3], [(OPENED, b"hello"), (RAW, A[:3]), (CLOSED, b"")]),
        (frame(bytes(1 << 20)), [(OPENED, bytes(1 << 20)), (CLOSED, b"")]),
    ],
)
def test_bytes_pass_unchanged_both_ways_and_are_recorded(tmp_path, sent, expected):
    async def main():
        server = Server()
        server.farewell = b"heard you"
        async with recording_proxy(tmp_path / "c", server) as (_, address):
            reader, writer = await asyncio.open_connection(*address)
            writer.write(sent)
            writer.write_eof()
            assert await reader.read() == b"heard you"
            assert await server.over.get() == sent
            writer.close()

    run(main())
    assert kinds(tmp_path / "c") == [expected]


def test_bytes_without_framing_are_forwarded_and_logged(tmp_path, caplog):
    async def main():
        server = Server()
        async with recording_proxy(tmp_path / "c", server) as (proxy, address):
            _, writer = await asyncio.open_connection(*address)
            writer.write(HELLO + UNPARSEABLE)
            writer.close()
            assert await server.over.get() == HELLO + UNPARSEABLE
            assert proxy.recording.raw == 1

    run(main())
    (records,) = sessions(tmp_path / "c").values()
    assert b"".join(each.wire_bytes for each in records) == HELLO + UNPARSEABLE
    assert {each.kind for each in records[1:-1]} == {RAW}
    assert caplog.text.count("stream lost frame alignment") == 1


def test_a_proxy_without_a_server_only_records(tmp_path):
    async def main():
        async with recording_proxy(tmp_path / "c") as (proxy, address):
            for sent in (HELLO + A, b"", HELLO):
                reader, writer = await asyncio.open_connection(*address)
                writer.write(sent)
                writer.write_eof()
                assert await reader.read() == b""
                writer.close()
            await eventually(lambda: proxy.open == 0)

    run(main())
    assert kinds(tmp_path / "c") == [
        [(OPENED, b"hello"), (FRAME, b"a"), (CLOSED, b"")],
        [(OPENED, b"hello"), (CLOSED, b"")],
    ]


def test_a_server_that_does_not_read_pauses_the_node_without_loss(tmp_path):
    sent = frame(bytes(1000)) * 20_000

    async def main():
        server = Server()
        server.reading.clear()
        async with recording_proxy(tmp_path / "c", server) as (proxy, address):
            _, writer = await asyncio.open_connection(*address)
            writer.write(sent)
            await eventually(lambda: proxy.sides and any(side._pauses for side in proxy.sides))
            assert proxy.recording.octets < len(sent)
            server.reading.set()
            writer.close()
            assert await server.over.get() == sent

    run(main())
    ((opened, *frames, closed),) = kinds(tmp_path / "c")
    assert opened == (OPENED, bytes(1000))
    assert frames == [(FRAME, bytes(1000))] * 19_999
    assert closed == (CLOSED, b"")


def test_a_node_that_does_not_read_pauses_the_server(tmp_path):
    async def main():
        server = Server()
        server.farewell = bytes(20 << 20)
        async with recording_proxy(tmp_path / "c", server) as (proxy, address):
            reader, writer = await asyncio.open_connection(*address)
            reader._transport.pause_reading()
            writer.write(HELLO)
            writer.write_eof()
            await eventually(lambda: any(side.peer and side.peer._pauses for side in proxy.sides))
            reader._transport.resume_reading()
            assert await reader.read() == bytes(20 << 20)
            writer.close()

    run(main())


def test_a_capture_pipe_that_is_not_read_pauses_the_nodes(tmp_path):
    sent = frame(bytes(1000)) * 20_000
    reading, writing = os.pipe()

    async def main():
        server = Server()
        file = tmp_path / "c"
        options = {"descriptor": writing, "high_bytes": 100_000}
        async with recording_proxy(file, server, **options) as (proxy, address):
            _, writer = await asyncio.open_connection(*address)
            writer.write(sent)
            await eventually(lambda: any(side._pauses for side in proxy.sides))
            assert proxy.recording.octets < len(sent)
            writer.close()
            copying = asyncio.ensure_future(_copied(reading, file))
            assert await server.over.get() == sent
            await eventually(lambda: proxy.open == 0)
        os.close(writing)
        await copying

    async def _copied(descriptor, file):
        with file.open("wb") as out:
            async for data in read_chunks(descriptor):
                out.write(data)

    run(main())
    os.close(reading)
    assert len(kinds(tmp_path / "c")[0]) == 20_001


def test_a_capture_that_cannot_be_written_stops_the_proxy(tmp_path):
    reading, writing = os.pipe()

    async def main():
        async with recording_proxy(None, Server(), descriptor=writing) as (proxy, _):
            os.close(reading)
            await proxy.stop.wait()

    with pytest.raises(StartupError, match="the reader of the output closed it"):
        run(main())
    os.close(writing)


def test_a_server_s_early_bytes_and_its_end_reach_the_node(tmp_path):
    async def main():
        server = Server()
        server.greeting, server.hangs_up = b"go away", True
        async with recording_proxy(tmp_path / "c", server) as (_, address):
            reader, writer = await asyncio.open_connection(*address)
            assert await reader.read() == b"go away"
            writer.close()

    run(main())


def test_nodes_are_refused_when_the_server_cannot_be_reached(tmp_path, caplog):
    async def main():
        with socket.socket() as held:
            held.bind(("127.0.0.1", 0))
            async with recording_proxy(tmp_path / "c", target=held.getsockname()) as (
                proxy,
                address,
            ):
                reader, writer = await asyncio.open_connection(*address)
                assert await reader.read() == b""
                writer.close()
                assert proxy.refused == 1

    run(main())
    assert "no connection to the server" in caplog.text
    assert kinds(tmp_path / "c") == []


def test_a_node_beyond_the_connection_limit_is_refused(tmp_path):
    async def main():
        async with recording_proxy(tmp_path / "c", most=1) as (proxy, address):
            _, first = await asyncio.open_connection(*address)
            first.write(HELLO)
            await eventually(lambda: proxy.recording.frames == 1)
            reader, second = await asyncio.open_connection(*address)
            assert await reader.read() == b""
            assert (proxy.open, proxy.refused) == (1, 1)
            first.close()
            second.close()

    run(main())


def test_stopping_records_and_delivers_what_was_read_without_closing_sessions(
    tmp_path,
):
    async def main():
        server = Server()
        async with recording_proxy(tmp_path / "c", server) as (proxy, address):
            _, writer = await asyncio.open_connection(*address)
            writer.write(HELLO + A + A[:2])
            await eventually(lambda: proxy.recording.octets == len(HELLO + A + A[:2]))
        assert await server.over.get() == HELLO + A + A[:2]
        writer.close()

    run(main())
    assert kinds(tmp_path / "c") == [[(OPENED, b"hello"), (FRAME, b"a"), (RAW, A[:2])]]
