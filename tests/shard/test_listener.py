"""``tart/shard/listener.py``: real sockets, pressure passed on, bad peers cut off alone."""

import asyncio
import re
import socket
import struct

import pytest
import uvloop

from tart.shard.listener import listening_socket
from tests.shard.running import best, fake_node, framed, run, until

# More than the kernel keeps of one connection, on both sides.
LONG_EVENTS = 100
RESET_ON_CLOSE = (socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def listening(scenario):
    """The scenario, with the telemetry port open."""

    async def whole(shard):
        await shard.listen()
        return await scenario(shard)

    return whole


def test_what_nodes_send_is_stored(tmp_path):
    @listening
    async def scenario(shard):
        nodes = [fake_node(number) for number in range(5)]
        for node in nodes:
            await shard.connect(node.connect(), best(node, 1), best(node, 2))
        await until(lambda: shard.intake.statistics.events == 10)
        rows = await shard.stored()
        assert sorted((row[2], row[4], row[7]) for row in rows) == sorted(
            (number, event_id, event_id + 1) for number in range(5) for event_id in range(2)
        )
        assert (shard.listener.connections, shard.listener.total) == (5, 5)

    run(scenario, tmp_path)


@pytest.mark.slow
def test_bytes_may_come_one_at_a_time(tmp_path):
    @listening
    async def scenario(shard):
        node = fake_node()
        peer = await shard.connect()
        data = node.connect() + best(node, 1)
        for seen, byte in enumerate(data, 1):
            peer.send(bytes([byte]))
            await until(lambda seen=seen: shard.intake.statistics.bytes == seen)
        assert len(await shard.stored()) == 1

    run(scenario, tmp_path)


@pytest.mark.parametrize("reset", [False, True])
def test_a_node_that_leaves_is_recorded_with_the_reason(tmp_path, reset):
    @listening
    async def scenario(shard):
        node = fake_node()
        peer = await shard.connect(node.connect(), best(node, 1))
        await until(lambda: shard.intake.statistics.events == 1)
        if reset:
            peer.socket.setsockopt(*RESET_ON_CLOSE)
        peer.leave()
        await until(lambda: shard.listener.connections == 0)
        _, (_, what, _, address, _, reason) = await shard.sessions()
        assert what == "closed"
        assert address.startswith("127.0.0.1:")
        assert reason.startswith("[Errno 104]") if reset else reason == "closed by the node"

    run(scenario, tmp_path)


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        (framed(b"GET / HTTP/1.1"), "node_information"),
        (b"\xff\xff\xff\xff" + b"x" * 50, "frame_too_long"),
        (fake_node().connect() + b"\xff\xff\xff\xff", "frame_too_long"),
        (framed(b""), "node_information"),
    ],
)
def test_breaking_the_protocol_costs_that_connection_and_no_other(tmp_path, said, rule):
    @listening
    async def scenario(shard):
        node = fake_node(2)
        good = await shard.connect(node.connect())
        await until(lambda: shard.nodes.by_id)
        bad = await shard.connect(said)
        await bad.cut_off()
        await until(lambda: shard.listener.connections == 1)
        good.send(best(node, 1))
        await until(lambda: shard.intake.statistics.events == 1)
        assert shard.intake.statistics.protocol_errors == {rule: 1}
        assert len(await shard.undecodable()) == 1

    run(scenario, tmp_path)


def test_more_connections_than_allowed_are_closed_at_once_and_counted(tmp_path):
    @listening
    async def scenario(shard):
        node = fake_node()
        first = await shard.connect(node.connect())
        await shard.connect()
        await until(lambda: shard.listener.connections == 2)
        for _ in range(3):
            await (await shard.connect(fake_node(9).connect())).cut_off()
        assert (shard.listener.connections, shard.listener.rejected) == (2, 3)
        assert shard.listener.total == 2
        first.leave()
        await until(lambda: shard.listener.connections == 1)
        await shard.connect()
        await until(lambda: shard.listener.connections == 2)
        assert set(shard.nodes.by_id) == {"01" * 32}

    run(scenario, tmp_path, telemetry={"max_connections": 2})


def test_a_connection_reset_before_it_was_accepted_harms_nobody(tmp_path):
    @listening
    async def scenario(shard):
        complaints = []
        asyncio.get_running_loop().set_exception_handler(lambda _, what: complaints.append(what))
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", shard.port)) as hasty:
                hasty.setsockopt(*RESET_ON_CLOSE)
        node = fake_node()
        await shard.connect(node.connect())
        await until(lambda: shard.nodes.by_id)
        await until(lambda: shard.listener.connections == 1)
        assert complaints == []

    run(scenario, tmp_path)


def test_a_silent_connection_is_closed_and_one_that_said_who_it_is_may_be_silent(tmp_path):
    @listening
    async def scenario(shard):
        node = fake_node()
        known = await shard.connect(node.connect())
        await until(lambda: shard.nodes.by_id)
        silent = [await shard.connect(), await shard.connect(node.connect()[:20])]
        for each in silent:
            await each.cut_off()
        await until(lambda: shard.listener.connections == 1)
        known.send(best(node, 1))
        await until(lambda: shard.intake.statistics.events == 1)

    run(scenario, tmp_path, telemetry={"handshake_seconds": 0.05})


def test_a_connection_we_do_not_read_from_is_not_called_silent(tmp_path):
    @listening
    async def scenario(shard):
        node = fake_node()
        talker = await shard.connect(node.connect())
        await until(lambda: shard.nodes.by_id)
        shard.holding = True
        await shard.connect()
        await until(lambda: shard.listener.connections == 2)
        talker.send(best(node, 1))
        await until(lambda: not shard.intake.reading_allowed)
        # Several deadlines pass; this one shows that the loop has seen them.
        async with asyncio.timeout(10):
            for _ in range(10):
                await asyncio.sleep(0.01)
        assert shard.listener.connections == 2
        shard.release()
        await until(lambda: shard.listener.connections == 1)

    run(scenario, tmp_path, telemetry={"handshake_seconds": 0.02}, storage={"pending_bytes": 1})


def long_event(node):
    """An event of 20 kB."""
    return node.event("TicketsGenerated", 1, generating_id=0, ids=[bytes(32)] * 600)[1]


async def blast(peer, node, amount):
    """Send best blocks, waiting where TCP says so; how many."""
    for slot in range(amount):
        peer.send(best(node, slot))
        if not slot % 100:
            await peer.taken()
    await peer.taken()
    return amount


@pytest.mark.slow
def test_when_the_writer_is_held_up_nothing_is_read_and_nothing_is_lost(tmp_path):
    @listening
    async def scenario(shard):
        nodes = [fake_node(number) for number in range(3)]
        peers = [await shard.connect(node.connect()) for node in nodes]
        await until(lambda: len(shard.nodes.by_id) == 3)
        shard.holding = True
        peers[0].send(best(nodes[0], 0))
        await until(lambda: not shard.intake.reading_allowed)

        for peer, node in zip(peers, nodes, strict=True):
            peer.send(*(long_event(node) for _ in range(LONG_EVENTS)))
        stuck = await still(lambda: [peer.unsent for peer in peers])
        assert min(stuck) > 0, "the pressure reaches every node"
        shard.release()
        await until(lambda: shard.intake.statistics.events == 1 + 3 * LONG_EVENTS)
        assert len(await shard.stored()) == 1 + 3 * LONG_EVENTS
        assert shard.intake.statistics.pauses >= 1
        assert shard.intake.reading_allowed

    run(scenario, tmp_path, storage={"pending_bytes": 1})


async def still(measure):
    """What ``measure`` gives once it no longer changes."""
    before, unchanged = measure(), 0
    while unchanged < 20:
        await asyncio.sleep(0.005)
        now = measure()
        unchanged, before = (unchanged + 1 if now == before else 0), now
    return before


@pytest.mark.slow
def test_under_steady_pressure_every_event_sent_is_stored_once(tmp_path):
    """Batches of a few rows and a limit of a few batches: reading pauses all the time."""

    @listening
    async def scenario(shard):
        nodes = [fake_node(number) for number in range(4)]
        peers = [await shard.connect(node.connect()) for node in nodes]
        await asyncio.gather(*map(blast, peers, nodes, [3000] * 4))
        await until(lambda: shard.intake.statistics.events == 12_000)
        rows = await shard.stored()
        assert [row[0] for row in rows] == list(range(12_000))
        for session in range(4):
            own = [(row[4], row[7]) for row in rows if row[3] == session]
            assert own == [(slot, slot) for slot in range(3000)]
        assert shard.intake.statistics.pauses > 3
        assert shard.intake.reading_allowed

    run(scenario, tmp_path, storage={"pending_bytes": 5000, "flush_rows": 10})


@pytest.mark.slow
def test_a_connection_that_comes_during_a_pause_waits_like_the_others(tmp_path):
    @listening
    async def scenario(shard):
        first, second = fake_node(1), fake_node(2)
        peer = await shard.connect(first.connect())
        await until(lambda: shard.nodes.by_id)
        shard.holding = True
        peer.send(best(first, 0))
        await until(lambda: not shard.intake.reading_allowed)
        late = await shard.connect(second.connect())
        late.send(*(long_event(second) for _ in range(LONG_EVENTS)))
        assert await still(lambda: late.unsent) > 0
        shard.release()
        await until(lambda: shard.intake.statistics.events == 1 + LONG_EVENTS)

    run(scenario, tmp_path, storage={"pending_bytes": 150})


def test_stopping_closes_every_connection_and_records_why(tmp_path):
    @listening
    async def scenario(shard):
        nodes = [fake_node(number) for number in range(3)]
        peers = [await shard.connect(node.connect(), best(node, 1)) for node in nodes]
        await until(lambda: shard.intake.statistics.events == 3)
        await shard.listener.stop()
        assert shard.listener.connections == 0
        for peer in peers:
            await peer.cut_off()
        with pytest.raises(OSError, match="onnect"):
            await shard.connect()
        closed = [row for row in await shard.sessions() if row[1] == "closed"]
        assert [row[5] for row in closed] == ["server stopping"] * 3
        assert len(await shard.stored()) == 3

    run(scenario, tmp_path)


def test_a_connection_that_slips_in_while_it_stops_is_not_taken(tmp_path):
    @listening
    async def scenario(shard):
        late = [socket.create_connection(("127.0.0.1", shard.port)) for _ in range(20)]
        async with asyncio.timeout(10):
            await shard.listener.stop()
        for each in late:
            each.close()
        # The kernel had accepted it, the loop had not yet said so.
        assert shard.listener.admit(object(), "192.0.2.1:4") is None
        assert shard.listener.connections == 0
        assert shard.listener.rejected == 0

    run(scenario, tmp_path)


def test_a_listener_that_never_listened_stops(tmp_path):
    async def scenario(shard):
        await shard.listener.stop()

    run(scenario, tmp_path)


@pytest.mark.parametrize(
    ("host", "to", "address"),
    [
        ("127.0.0.1", "127.0.0.1", r"127\.0\.0\.1:\d+"),
        ("::1", "::1", r"\[::1\]:\d+"),
        ("::", "127.0.0.1", r"127\.0\.0\.1:\d+"),
    ],
)
def test_addresses_are_written_as_people_write_them(tmp_path, host, to, address):
    async def scenario(shard):
        bound = listening_socket(host, 0)
        port = bound.getsockname()[1]
        await shard.listener.start(bound)
        with socket.create_connection((to, port)) as connected:
            connected.sendall(fake_node().connect())
            await until(lambda: shard.nodes.by_id)
            (node,) = await shard.ask("nodes")
        assert re.fullmatch(address, node["address"])

    run(scenario, tmp_path)


def test_several_sockets_share_a_port():
    first = listening_socket("127.0.0.1", 0)
    second = listening_socket("127.0.0.1", first.getsockname()[1])
    first.close()
    second.close()


def test_uvloop_is_what_these_tests_run_on(tmp_path):
    async def scenario(shard):
        assert isinstance(asyncio.get_running_loop(), uvloop.Loop)

    run(scenario, tmp_path)
