"""The simulator against a real server on a local port."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable
from contextlib import ExitStack, asynccontextmanager, suppress

import pytest
from websockets.asyncio.client import connect

from tart.errors import ConfigError, StartupError
from tart.protocol.connection import Connection
from tart.protocol.events import EVENTS
from tart.rpc.statistics import decode_statistics
from tart.simulate.model.fault_rates import TROUBLED
from tart.simulate.model.in_memory import MIXED
from tart.simulate.model.truth_reader import Facts
from tart.simulate.run import SimulationOptions, SimulationReport, simulate
from tests.simulate.played import NO_DROPS

DEADLINE = 60.0  # of a test that waits for something that never comes
# A simulation in a process of its own; prints the number of events sent.
RUN = """
import sys
from tart.simulate.run import SimulationOptions, run
print(run(SimulationOptions(port=int(sys.argv[1]), speed=20.0)).events_sent)
"""


class Server:
    """A telemetry server as small as can be: keeps what connections said.

    ``on_events`` is called with the server after each read that brought events.
    """

    def __init__(self, on_events: Callable[[Server], None] = lambda _: None) -> None:
        self.connections: list[Connection] = []
        self.events: list[list] = []
        self.port = 0
        self.reads = True
        self._on_events = on_events
        self._writers: set[asyncio.StreamWriter] = set()
        self._silence = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection, received = Connection(), []
        self.connections.append(connection)
        self.events.append(received)
        self._writers.add(writer)
        try:
            if not self.reads:
                await self._silence.wait()
            while data := await reader.read(1 << 16):
                events = connection.receive_data(data)
                received += events
                if events:
                    self._on_events(self)
        except ConnectionError:
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    def hang_up(self) -> None:
        """End every connection at once."""
        self._silence.set()
        for writer in self._writers:
            writer.transport.abort()

    def of_node(self, peer_id: bytes) -> list[int]:
        """Which connections were this node's."""
        return [
            at
            for at, each in enumerate(self.connections)
            if each.node and each.node.peer_id == peer_id
        ]

    @asynccontextmanager
    async def listening(self, port: int = 0):
        server = await asyncio.start_server(self.serve, "127.0.0.1", port, reuse_address=True)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.hang_up()
            await server.wait_closed()


def options(server: Server, **changes) -> SimulationOptions:
    quick = {"speed": 100.0, "retry_seconds": 0.01, "retry_limit_seconds": 0.05}
    return SimulationOptions(port=server.port, **(quick | changes))


def check(server: Server) -> None:
    """Everything the server has is good, and ids count from 0 on every connection."""
    for connection, events in zip(server.connections, server.events, strict=True):
        assert connection.error is None
        expected = 0
        for each in events:
            assert each.error is None
            assert not each.deviations
            assert each.event_id == expected
            dropped = EVENTS[each.number].variant == "Dropped"
            expected += int.from_bytes(each.payload[8:16], "little") if dropped else 1


def test_every_node_connects_and_sends_events():
    stop = asyncio.Event()

    def enough(server: Server) -> None:
        if len(server.events) == 6 and all(len(each) > 50 for each in server.events):
            stop.set()

    async def main():
        async with Server(enough).listening() as server, asyncio.timeout(DEADLINE):
            report = await simulate(options(server), stop)
        return server, report

    server, report = asyncio.run(main())
    check(server)
    assert len({each.node.peer_id for each in server.connections}) == 6
    assert report.reconnects == 0
    assert report.events_sent == sum(map(len, server.events)) > 300
    assert report.events_sent == sum(sum(each.events.values()) for each in report.nodes)
    assert report.events["Status"] > 0
    assert report.bytes_sent > 20 * report.events_sent


@pytest.mark.slow
def test_a_simulation_ends_after_its_duration():
    async def main():
        async with Server().listening() as server, asyncio.timeout(DEADLINE):
            report = await simulate(options(server, duration=0.3, protocol=0), asyncio.Event())
        return server, report

    server, report = asyncio.run(main())
    check(server)
    assert {each.node.protocol_version for each in server.connections} == {0}
    assert report.events_sent == sum(map(len, server.events)) > 0


def test_a_reconnected_node_counts_event_ids_from_0():
    stop = asyncio.Event()

    def progress(server: Server) -> None:
        if len(server.connections) == 6 and len(server.events[0]) > 30:
            server.hang_up()
        elif len(server.connections) == 12 and all(len(e) > 30 for e in server.events[6:]):
            stop.set()

    async def main():
        async with Server(progress).listening() as server, asyncio.timeout(DEADLINE):
            report = await simulate(options(server), stop)
        return server, report

    server, report = asyncio.run(main())
    check(server)
    assert report.reconnects == 6
    for connection in server.connections[:6]:
        first, second = server.of_node(connection.node.peer_id)
        assert server.events[second][0].event_id == 0
        assert first < second


def test_a_simulation_survives_a_restart_of_the_server():
    before, stop = asyncio.Event(), asyncio.Event()

    def all_tell(done: asyncio.Event) -> Callable[[Server], None]:
        def look(server: Server) -> None:
            if len(server.events) >= 6 and all(len(each) > 10 for each in server.events[:6]):
                done.set()

        return look

    async def main():
        first, second = Server(all_tell(before)), Server(all_tell(stop))
        async with asyncio.timeout(DEADLINE):
            async with first.listening():
                playing = asyncio.create_task(simulate(options(first), stop))
                await before.wait()
            async with second.listening(first.port):
                report = await playing
        return first, second, report

    first, second, report = asyncio.run(main())
    check(first)
    check(second)
    assert len(second.connections) == 6
    assert report.reconnects == 6


def test_a_simulation_without_a_server_keeps_retrying():
    stop = asyncio.Event()

    def enough(server: Server) -> None:
        stop.set()

    async def main():
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            server = Server(enough)
            server.port = taken.getsockname()[1]
            refused = asyncio.create_task(simulate(options(server, nodes=1), stop))
            await asyncio.sleep(0)
        async with asyncio.timeout(DEADLINE), server.listening(server.port):
            return await refused

    assert asyncio.run(main()).events_sent > 0


@pytest.mark.slow
def test_nodes_drop_events_when_the_server_does_not_read():
    stop = asyncio.Event()

    def look(report: SimulationReport) -> None:
        if all(each.dropped for each in report.nodes):
            stop.set()

    async def main():
        server = Server()
        server.reads = False
        async with server.listening(), asyncio.timeout(DEADLINE):
            given = options(
                server,
                speed=500.0,
                rates=NO_DROPS,
                buffer_bytes=4096,
                grace_seconds=0.05,
            )
            return await simulate(given, stop, look)

    report = asyncio.run(main())
    assert report.dropped > 0
    assert report.reconnects == 0


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_simulation_cleanly(number):
    """``run`` as the command line calls it, under uvloop, in a process of its own.

    A signal that comes after the run ends its process alone, not that of the tests.
    """
    connected = asyncio.Event()

    def enough(server: Server) -> None:
        if len(server.events) >= 6:
            connected.set()

    async def main() -> tuple[int | None, bytes]:
        async with Server(enough).listening() as server, asyncio.timeout(DEADLINE):
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", RUN, str(server.port)), stdout=subprocess.PIPE
            )
            try:
                await connected.wait()
                process.send_signal(number)
                process.send_signal(number)
                printed, _ = await process.communicate()
            finally:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        return process.returncode, printed

    status, printed = asyncio.run(main())
    assert status == 0
    assert int(printed) > 0


@pytest.mark.slow
def test_the_truth_matches_what_the_server_received_over_reconnects(tmp_path):
    stop, path = asyncio.Event(), tmp_path / "truth"

    def enough(server: Server) -> None:
        if len(server.connections) > 12 and all(len(each) > 20 for each in server.events):
            stop.set()

    async def main():
        async with Server(enough).listening() as server, asyncio.timeout(DEADLINE):
            given = options(server, rates=TROUBLED, protocol=MIXED, truth=path)
            return server, await simulate(given, stop)

    server, report = asyncio.run(main())
    facts = Facts.parse(path.read_bytes().splitlines())
    sessions: dict[str, int] = {}
    for connection, events in zip(server.connections, server.events, strict=True):
        assert connection.error is None
        if connection.node is None:  # it was being made when the run ended
            assert not events
            continue
        node = connection.node.peer_id.hex()
        session = sessions[node] = sessions.get(node, -1) + 1
        sent = [f for f in facts.sent if (f["node"], f["session"]) == (node, session)]
        assert [(f["event_id"], f["type"], f["node_us"]) for f in sent] == [
            (each.event_id, each.number, each.timestamp) for each in events
        ]
    assert facts.counts().total() == report.events_sent
    reasons = {each["reason"] for each in facts.of("closed")}
    assert reasons == {"hung up", "end of the run"}


def test_a_truth_that_cannot_be_written_is_one_sentence(tmp_path):
    given = SimulationOptions(truth=tmp_path / "nowhere" / "truth")
    with pytest.raises(ConfigError, match="nowhere/truth: cannot be written: its directory"):
        asyncio.run(simulate(given, asyncio.Event()))


def test_an_option_out_of_range_is_refused():
    with pytest.raises(ValueError, match="cores"):
        asyncio.run(simulate(SimulationOptions(cores=0), asyncio.Event()))


# --- The RPC of nodes --------------------------------------------------------------------


def free_ports(number: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [
            stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(number)
        ]
        return [each.getsockname()[1] for each in sockets]


async def call(client, method: str, *params: object):
    """The result of a call; notifications before it are passed over."""
    await client.send(json.dumps({"jsonrpc": "2.0", "id": 7, "method": method, "params": params}))
    while True:
        reply = json.loads(await client.recv())
        if "id" in reply:
            return reply["result"]


def test_the_rpc_of_nodes_shows_the_chain_as_it_grows():
    async def main():
        ports, stop = free_ports(2), asyncio.Event()
        async with asyncio.timeout(DEADLINE), Server().listening() as server:
            options = SimulationOptions(
                port=server.port, speed=20.0, rpc=[("127.0.0.1", port) for port in ports]
            )
            run = asyncio.create_task(simulate(options, stop))
            for port in ports:
                async with await connected(port) as client:
                    assert (await call(client, "parameters"))["V1"]["val_count"] == 6
                    subscription = await call(client, "subscribeBestBlock")
                    updates = []
                    while len(updates) < 3:
                        message = json.loads(await client.recv())
                        assert message["params"]["subscription"] == subscription
                        updates.append(message["params"]["result"])
                    assert updates[0]["slot"] < updates[2]["slot"]
                    blob = b64decode(await call(client, "statistics", updates[2]["header_hash"]))
                    statistics = decode_statistics(blob, cores=2, validators=6)
                    assert sum(each.blocks for each in statistics.current + statistics.previous) > 1
            stop.set()
            await run

    asyncio.run(main())


async def connected(port: int):
    """A client of the RPC, as soon as it listens."""
    while True:
        with suppress(OSError):
            return await connect(f"ws://127.0.0.1:{port}")
        await asyncio.sleep(0.02)


def test_an_address_of_the_rpc_that_is_taken_is_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = taken.getsockname()
        options = SimulationOptions(port=1, rpc=[address])
        with pytest.raises(StartupError, match=f"--rpc 127.0.0.1:{address[1]}: .* in use"):
            asyncio.run(simulate(options, asyncio.Event()))
