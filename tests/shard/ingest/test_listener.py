"""``tart/shard/ingest/listener.py``: real sockets, pressure passed on, bad peers cut off alone."""

import asyncio
import re
import resource
import socket
import struct

import pytest
import uvloop

from tart.rlimits import OTHER_DESCRIPTORS
from tart.shard.ingest.listener import SHORTEST_PAUSE, listening_socket
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


def test_events_of_nodes_are_stored(tmp_path):
    @listening
    async def scenario(shard):
        nodes = [fake_node(number) for number in range(5)]
        for node in nodes:
            await shard.connect(node.connect(), best(node, 1), best(node, 2))
        await until(lambda: shard.ingest.statistics.events == 10)
        rows = await shard.stored()
        assert sorted((row[2], row[4], row[7]) for row in rows) == sorted(
            (number, event_id, event_id + 1) for number in range(5) for event_id in range(2)
        )
        assert (shard.listener.connections, shard.listener.total) == (5, 5)

    run(scenario, tmp_path)


@pytest.mark.slow
def test_events_are_assembled_from_single_bytes(tmp_path):
    @listening
    async def scenario(shard):
        node = fake_node()
        peer = await shard.connect()
        data = node.connect() + best(node, 1)
        for seen, byte in enumerate(data, 1):
            peer.send(bytes([byte]))
            await until(lambda seen=seen: shard.ingest.statistics.bytes == seen)
        assert len(await shard.stored()) == 1

    run(scenario, tmp_path)


@pytest.mark.parametrize("reset", [False, True])
def test_the_end_of_a_connection_is_recorded_with_its_reason(tmp_path, reset):
    @listening
    async def scenario(shard):
        node = fake_node()
        peer = await shard.connect(node.connect(), best(node, 1))
        await until(lambda: shard.ingest.statistics.events == 1)
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
def test_a_protocol_error_closes_that_connection_and_no_other(tmp_path, said, rule):
    @listening
    async def scenario(shard):
        node = fake_node(2)
        good = await shard.connect(node.connect())
        await until(lambda: shard.nodes.by_id)
        bad = await shard.connect(said)
        await bad.cut_off()
        await until(lambda: shard.listener.connections == 1)
        good.send(best(node, 1))
        await until(lambda: shard.ingest.statistics.events == 1)
        assert shard.ingest.statistics.protocol_errors == {rule: 1}
        assert len(await shard.undecodable()) == 1

    run(scenario, tmp_path)


def test_connections_beyond_the_limit_are_closed_at_once_and_counted(tmp_path):
    @listening
    async def scenario(shard):
        node = fake_node()
        first = await shard.connect(node.connect())
        await shard.connect()
        await until(lambda: shard.listener.connections == 2)
        for _ in range(3):
            await (await shard.connect(fake_node(9).connect())).cut_off()
        assert shard.listener.connections == 2
        assert shard.listener.rejected == {"too_many": 3, "too_many_from_address": 0, "network": 0}
        assert shard.listener.total == 2
        first.leave()
        await until(lambda: shard.listener.connections == 1)
        await shard.connect()
        await until(lambda: shard.listener.connections == 2)
        assert set(shard.nodes.by_id) == {"01" * 32}

    run(scenario, tmp_path, telemetry={"max_connections": 2})


def test_a_connection_reset_before_it_was_accepted_affects_no_other(tmp_path):
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


def test_a_connection_without_node_information_is_closed_after_the_deadline(tmp_path):
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
        await until(lambda: shard.ingest.statistics.events == 1)

    run(scenario, tmp_path, telemetry={"handshake_seconds": 0.05})


def test_the_handshake_deadline_is_extended_while_reading_is_paused(tmp_path):
    @listening
    async def scenario(shard):
        node = fake_node()
        talker = await shard.connect(node.connect())
        await until(lambda: shard.nodes.by_id)
        await shard.settled()
        shard.holding = True
        talker.send(best(node, 1))
        await until(lambda: not shard.backpressure.reading_allowed)
        await shard.connect()
        await until(lambda: shard.listener.connections == 2)
        # Several deadlines pass; this one shows that the loop has seen them.
        async with asyncio.timeout(60):
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
def test_a_blocked_writer_pauses_reading_and_loses_nothing(tmp_path):
    @listening
    async def scenario(shard):
        nodes = [fake_node(number) for number in range(3)]
        peers = [await shard.connect(node.connect()) for node in nodes]
        await until(lambda: len(shard.nodes.by_id) == 3)
        shard.holding = True
        peers[0].send(best(nodes[0], 0))
        await until(lambda: not shard.backpressure.reading_allowed)

        for peer, node in zip(peers, nodes, strict=True):
            peer.send(*(long_event(node) for _ in range(LONG_EVENTS)))
        stuck = await still(lambda: [peer.unsent for peer in peers])
        assert min(stuck) > 0, "the pressure reaches every node"
        shard.release()
        await until(lambda: shard.ingest.statistics.events == 1 + 3 * LONG_EVENTS)
        assert len(await shard.stored()) == 1 + 3 * LONG_EVENTS
        assert shard.listener.pauses.total() >= 1
        assert shard.backpressure.reading_allowed

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
def test_every_event_is_stored_once_under_steady_backpressure(tmp_path):
    """Batches of a few rows and a limit of a few batches: reading pauses all the time."""

    @listening
    async def scenario(shard):
        nodes = [fake_node(number) for number in range(4)]
        peers = [await shard.connect(node.connect()) for node in nodes]
        await asyncio.gather(*map(blast, peers, nodes, [3000] * 4))
        await until(lambda: shard.ingest.statistics.events == 12_000)
        rows = await shard.stored()
        assert [row[0] for row in rows] == list(range(12_000))
        for session in range(4):
            own = [(row[4], row[7]) for row in rows if row[3] == session]
            assert own == [(slot, slot) for slot in range(3000)]
        assert shard.listener.pauses.total() > 3
        assert shard.backpressure.reading_allowed

    run(scenario, tmp_path, storage={"pending_bytes": 5000, "flush_rows": 10})


@pytest.mark.slow
def test_a_new_connection_is_not_read_during_a_pause(tmp_path):
    @listening
    async def scenario(shard):
        first, second = fake_node(1), fake_node(2)
        peer = await shard.connect(first.connect())
        await until(lambda: shard.nodes.by_id)
        shard.holding = True
        peer.send(best(first, 0))
        await until(lambda: not shard.backpressure.reading_allowed)
        late = await shard.connect(second.connect())
        late.send(*(long_event(second) for _ in range(LONG_EVENTS)))
        assert await still(lambda: late.unsent) > 0
        shard.release()
        await until(lambda: shard.ingest.statistics.events == 1 + LONG_EVENTS)

    run(scenario, tmp_path, storage={"pending_bytes": 150})


def test_stopping_closes_every_connection_and_records_why(tmp_path):
    @listening
    async def scenario(shard):
        nodes = [fake_node(number) for number in range(3)]
        peers = [await shard.connect(node.connect(), best(node, 1)) for node in nodes]
        await until(lambda: shard.ingest.statistics.events == 3)
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


def test_a_connection_accepted_during_the_stop_is_refused(tmp_path):
    @listening
    async def scenario(shard):
        late = [socket.create_connection(("127.0.0.1", shard.port)) for _ in range(20)]
        async with asyncio.timeout(60):
            await shard.listener.stop()
        for each in late:
            each.close()
        # The kernel had accepted it, the loop had not yet said so.
        assert shard.listener.admit(object(), "192.0.2.1:4") is None
        assert shard.listener.connections == 0
        assert shard.listener.rejected.total() == 0

    run(scenario, tmp_path)


def test_a_listener_that_was_not_started_stops(tmp_path):
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
def test_addresses_are_shown_in_their_usual_notation(tmp_path, host, to, address):
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


# --- Limits ---------------------------------------------------------------------------


def blocks(node, count, start=0):
    return b"".join(best(node, slot) for slot in range(start, start + count))


@pytest.mark.slow
def test_a_node_over_its_rate_is_paused_and_loses_nothing(tmp_path):
    @listening
    async def scenario(shard):
        node = fake_node()
        peer = await shard.connect(node.connect())
        for start in range(0, 600, 100):
            peer.send(blocks(node, 100, start))
            await peer.taken()
        await until(lambda: shard.ingest.statistics.events == 600)
        assert [(row[4], row[7]) for row in await shard.stored()] == [(at, at) for at in range(600)]
        (known,) = shard.nodes.by_id.values()
        assert known.pauses["rate"] == shard.listener.pauses["rate"] > 0
        await until(lambda: known.paused_seconds > 0)
        assert not known.shed

    run(scenario, tmp_path, telemetry={"events_per_second": 2000, "burst_events": 100})


@pytest.mark.slow
def test_a_throttled_node_does_not_delay_other_nodes(tmp_path):
    @listening
    async def scenario(shard):
        fast, calm = fake_node(1), fake_node(2)
        racing = await shard.connect(fast.connect(), blocks(fast, 50))
        await until(lambda: shard.listener.pauses["rate"])
        racing.send(*(long_event(fast) for _ in range(LONG_EVENTS)))
        peer = await shard.connect(calm.connect())
        for slot in range(10):
            peer.send(best(calm, slot))
            await until(lambda slot=slot: shard.ingest.statistics.events == 51 + slot)
        assert await still(lambda: racing.unsent) > 0, "the pressure reaches the node"
        assert shard.nodes.by_id[fast.peer_id.hex()].pauses == {"rate": 1}
        assert not shard.nodes.by_id[calm.peer_id.hex()].pauses
        assert shard.backpressure.reading_allowed

    run(scenario, tmp_path, telemetry={"events_per_second": 1, "burst_events": 10})


def test_a_pause_is_long_enough_for_the_clock_of_the_loop(tmp_path):
    @listening
    async def scenario(shard):
        node = fake_node()
        await shard.connect(node.connect(), blocks(node, 3))
        await until(lambda: shard.listener.pauses["rate"])
        (known,) = shard.nodes.by_id.values()
        await until(lambda: known.paused_seconds > 0)
        # Two events too many are a debt of two microseconds.
        assert known.paused_seconds > SHORTEST_PAUSE / 2

    run(scenario, tmp_path, telemetry={"events_per_second": 1_000_000, "burst_events": 1})


def test_connections_of_one_node_share_its_rate(tmp_path):
    @listening
    async def scenario(shard):
        node, other = fake_node(1), fake_node(2)
        await shard.connect(node.connect(), blocks(node, 100))
        await until(lambda: shard.ingest.statistics.events == 100)
        await shard.connect(other.connect(), blocks(other, 100))
        await until(lambda: shard.ingest.statistics.events == 200)
        assert not shard.listener.pauses
        again = fake_node(1)
        await shard.connect(again.connect(), blocks(again, 100))
        await until(lambda: shard.ingest.statistics.events == 300)
        assert shard.listener.pauses == {"rate": 1}
        assert shard.nodes.by_id[node.peer_id.hex()].pauses == {"rate": 1}

    run(scenario, tmp_path, telemetry={"events_per_second": 1, "burst_events": 100})


def test_a_pause_of_the_shard_is_counted_for_each_node_with_its_reason(tmp_path):
    @listening
    async def scenario(shard):
        nodes = [fake_node(number) for number in range(2)]
        peers = [await shard.connect(node.connect()) for node in nodes]
        await until(lambda: len(shard.nodes.by_id) == 2)
        await shard.settled()
        before = shard.listener.pauses["buffer"]
        earlier = [node.pauses["buffer"] for node in shard.nodes.by_id.values()]
        shard.holding = True
        peers[0].send(best(nodes[0], 0))
        await until(lambda: not shard.backpressure.reading_allowed)
        assert shard.listener.pauses["buffer"] == before + 1
        pauses = [node.pauses["buffer"] for node in shard.nodes.by_id.values()]
        assert pauses == [count + 1 for count in earlier]
        shard.release()
        await until(lambda: shard.backpressure.reading_allowed)
        assert all(node.paused_seconds > 0 for node in shard.nodes.by_id.values())

    run(scenario, tmp_path, storage={"pending_bytes": 1})


def test_the_throttling_of_a_node_outlasts_a_pause_of_the_shard(tmp_path):
    @listening
    async def scenario(shard):
        node = fake_node()
        peer = await shard.connect(node.connect(), blocks(node, 50))
        await until(lambda: shard.listener.pauses["rate"])
        shard.backpressure.set_shortage("disk")
        shard.backpressure.set_shortage("")
        peer.send(*(long_event(node) for _ in range(LONG_EVENTS)))
        assert await still(lambda: peer.unsent) > 0
        assert shard.listener.pauses == {"rate": 1, "disk": 1}
        assert shard.nodes.by_id[node.peer_id.hex()].pauses == {"rate": 1, "disk": 1}

    run(scenario, tmp_path, telemetry={"events_per_second": 1, "burst_events": 10})


def test_a_pause_that_ends_with_its_connection_is_counted(tmp_path):
    @listening
    async def scenario(shard):
        node = fake_node()
        await shard.connect(node.connect(), blocks(node, 50))
        await until(lambda: shard.listener.pauses["rate"])
        await shard.listener.stop()
        assert shard.listener.closed["stopping"] == 1
        assert shard.nodes.by_id[node.peer_id.hex()].paused_seconds > 0

    run(scenario, tmp_path, telemetry={"events_per_second": 1, "burst_events": 10})


def test_connections_from_one_address_are_limited_and_other_addresses_are_not_affected(tmp_path):
    @listening
    async def scenario(shard):
        first, _ = [await shard.connect() for _ in range(2)]
        await until(lambda: shard.listener.connections == 2)
        await (await shard.connect()).cut_off()
        assert shard.listener.rejected == {"too_many": 0, "too_many_from_address": 1, "network": 0}
        there = ("127.0.0.1", shard.port)
        with socket.create_connection(there, source_address=("127.0.0.2", 0)):
            await until(lambda: shard.listener.connections == 3)
        first.leave()
        await until(lambda: shard.listener.connections == 1)
        await shard.connect()
        await until(lambda: shard.listener.connections == 2)
        assert shard.listener.closed["node"] == 2

    run(scenario, tmp_path, telemetry={"max_connections_per_address": 2})


def test_an_idle_connection_is_closed_unless_its_reading_is_paused(tmp_path):
    @listening
    async def scenario(shard):
        silent, paused = fake_node(1), fake_node(2)
        await shard.connect(paused.connect(), blocks(paused, 50))
        await until(lambda: shard.listener.pauses["rate"])
        peer = await shard.connect(silent.connect())
        await peer.cut_off()
        await until(lambda: shard.listener.connections == 1)
        assert shard.listener.closed["idle"] == 1
        assert [row[1::4] for row in await shard.sessions()] == [
            ("opened", None),
            ("opened", None),
            ("closed", "nothing came for 0.05 s"),
        ]
        (left,) = [node for node in shard.nodes.by_id.values() if node.sessions]
        assert left.peer_id == paused.peer_id

    limits = {"idle_seconds": 0.05, "events_per_second": 1, "burst_events": 10}
    run(scenario, tmp_path, telemetry=limits)


def test_beyond_the_limit_of_partial_frames_the_largest_is_closed(tmp_path):
    @listening
    async def scenario(shard):
        nodes = [fake_node(number) for number in range(4)]
        peers = [await shard.connect(node.connect()) for node in nodes]
        await until(lambda: len(shard.nodes.by_id) == 4)
        event, huge = best(nodes[3], 1), (50_000).to_bytes(4, "little")
        held = 0
        for peer, part in zip(
            peers, (huge + bytes(30_000), huge + bytes(40_000), huge + bytes(20_000)), strict=False
        ):
            peer.send(part)
            held += len(part)
            await until(lambda held=held: shard.listener.unfinished == held)
        peers[3].send(event[:30])
        await peers[1].cut_off()
        await until(lambda: shard.listener.connections == 3)
        assert shard.listener.unfinished == held - 40_004 + 30
        peers[3].send(event[30:])
        await until(lambda: shard.ingest.statistics.events == 1)
        assert shard.listener.closed["buffered"] == 1
        (ended,) = [row for row in await shard.sessions() if row[1] == "closed"]
        assert ended[5].startswith("40004 bytes of an unfinished frame")
        for peer in peers:
            peer.leave()
        await until(lambda: shard.listener.connections == 0)
        assert shard.listener.unfinished == 0

    limits = {"max_frame_bytes": 60_000, "partial_frame_bytes": 90_020}
    run(scenario, tmp_path, telemetry=limits)


@pytest.mark.slow
def test_silent_sockets_and_partial_frames_do_not_delay_a_healthy_node(tmp_path):
    @listening
    async def scenario(shard):
        good = fake_node(1)
        peer = await shard.connect(good.connect())
        await until(lambda: shard.nodes.by_id)
        silent = [await shard.connect() for _ in range(300)]
        slow = []
        for number in range(50):
            node = fake_node(2 + number)
            slow.append(await shard.connect(node.connect(), best(node, 1)[:20]))
        sent = 0
        while shard.listener.closed["handshake"] < 300:
            peer.send(best(good, sent))
            sent += 1
            await until(lambda sent=sent: shard.ingest.statistics.events == sent)
        for each in silent:
            await each.cut_off()
        assert shard.listener.connections == 51
        assert shard.listener.closed.total() == 300
        assert shard.listener.unfinished == 50 * 20
        own = [row[4] for row in await shard.stored()]
        assert own == list(range(sent))
        assert shard.nodes.by_id[good.peer_id.hex()].sessions

    run(scenario, tmp_path, telemetry={"handshake_seconds": 1.0})


@pytest.mark.parametrize(
    ("said", "cause"), [(framed(b"GET /"), "protocol"), (b"", "handshake"), (None, "node")]
)
def test_each_end_of_a_connection_is_counted_by_its_cause(tmp_path, said, cause):
    @listening
    async def scenario(shard):
        peer = await shard.connect(said or b"")
        await until(lambda: shard.listener.total == 1)
        if said is None:
            peer.leave()
        await until(lambda: shard.listener.connections == 0)
        assert shard.listener.closed.total() == shard.listener.closed[cause] == 1

    seconds = 0.02 if cause == "handshake" else 60
    run(scenario, tmp_path, telemetry={"handshake_seconds": seconds})


def test_the_descriptor_limit_is_raised_for_max_connections(tmp_path):
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(before[1], 1000 + OTHER_DESCRIPTORS)

    @listening
    async def scenario(shard):
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (wanted, before[1])

    resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
    try:
        run(scenario, tmp_path, telemetry={"max_connections": 1000})
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_keepalive_is_enabled_with_the_configured_time(tmp_path):
    @listening
    async def scenario(shard):
        await shard.connect()
        await until(lambda: shard.listener.connections)
        (connection,) = shard.listener._connections
        connected = connection._transport.get_extra_info("socket")
        assert connected.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 7

    run(scenario, tmp_path, telemetry={"keepalive_seconds": 7})


def test_the_tests_run_on_uvloop(tmp_path):
    async def scenario(shard):
        assert isinstance(asyncio.get_running_loop(), uvloop.Loop)

    run(scenario, tmp_path)
