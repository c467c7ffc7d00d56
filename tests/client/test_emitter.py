"""The asyncio emitter against servers that serve, and against servers that do not."""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections import Counter
from itertools import islice

import pytest

from tart.client import TelemetryEmitter
from tart.client._generated.events import Events
from tart.client.emitter import Emitter, now, server_address
from tart.errors import StartupError
from tart.protocol.events import EVENTS
from tart.units import JCE_UNIX_SECONDS
from tests.client.hosting import (
    AT_ONCE,
    DEADLINE,
    HASH,
    Given,
    Server,
    check_received,
    information,
    keep_all,
    received,
    reset,
    until,
    unused_address,
)
from tests.running import running_system, wait_for

ADDRESS = {"ipv6": "::1", "port": 1}


def emitter(address: str, given: Given, **options) -> TelemetryEmitter:
    options = {"backoff": AT_ONCE, "clock": given.clock, **options}
    return TelemetryEmitter(address, information(), **options)


def converse(emitter: Emitter, given: Given, rounds: int = 1) -> None:
    """A few events, some of which refer to others, also to those of long ago."""
    for _ in range(rounds):
        for old in [*islice(reversed(given.ids.values()), 4)][::-1]:
            given.keep(emitter.connected_in(old, HASH))
        coming = given.keep(emitter.connecting_in(ADDRESS))
        given.keep(emitter.connect_in_failed(coming, "no time"))
        given.keep(emitter.best_block_changed(1, HASH))


def run(scenario) -> None:
    asyncio.run(asyncio.wait_for(scenario(), DEADLINE))


def test_a_server_gets_node_information_and_every_event_with_its_id():
    async def scenario():
        given = Given()
        async with Server(keep_all) as server:
            async with emitter(server.address, given) as host:
                converse(host, given, 50)
            await until(lambda: server.got and len(given.ids) == len(received(server.got[0])))
            assert check_received(given, received(server.got[0])) == len(given.ids)
            assert host.statistics().sent == len(given.ids)
            assert not host.statistics().connected

    run(scenario)


@pytest.mark.parametrize("end", ["close", "reset", "stall"])
@pytest.mark.parametrize("last", [600, pytest.param(1_000, marks=pytest.mark.soak)])
@pytest.mark.slow
def test_ids_are_right_when_connections_end_at_any_byte(end, last):
    async def scenario():
        given, told, emitted = Given(), Counter(), 0

        async def cut_off(number, data, reader, writer):
            data += await reader.readexactly(number)
            if end == "reset":
                reset(writer)
            if end == "stall":  # reads nothing until the host has gone on
                await until(lambda: emitted > 3 * number)

        async with Server(cut_off) as server:
            host = emitter(
                server.address,
                given,
                on_connected=lambda: told.update(["up"]),
                on_disconnected=lambda *_: told.update(["down"]),
            )
            async with host:
                while len(server.got) <= last:
                    converse(host, given)
                    emitted += 3
                    await asyncio.sleep(0)
                host.enabled = False
                await until(lambda: not host.statistics().connected)
            lengths = [len(each) for each in server.got]
            assert lengths[: last - 100] == list(range(last - 100))
            counts = [check_received(given, received(each)) for each in server.got]
            assert max(counts) > 5
            assert told["up"] == told["down"] == host.statistics().connections >= last

    run(scenario)


@pytest.mark.slow
def test_a_server_that_stalls_gets_a_dropped_event_exactly_where_events_are_missing():
    async def scenario():
        given, dropped = Given(), []
        reads = asyncio.Event()

        async def stall(number, data, reader, writer):
            data += await reader.read(1)
            await reads.wait()
            await keep_all(number, data, reader, writer)

        async with Server(stall) as server:
            host = emitter(server.address, given, buffer_bytes=10_000, on_dropped=dropped.append)
            async with host:
                await until(lambda: host.statistics().connected)
                while host.statistics().dropped < 1000:
                    converse(host, given, 20)
                    await asyncio.sleep(0)
                reads.set()
                await until(lambda: not host.statistics().waiting)
                converse(host, given)
            await until(lambda: check_received(given, received(server.got[0])) == len(given.ids))
            assert dropped
            assert sum(each.num for each in dropped) == host.statistics().dropped

    run(scenario)


@pytest.mark.slow
def test_closing_waits_for_a_stalled_server_up_to_the_limit():
    async def scenario():
        given = Given()
        never = asyncio.Event()

        async def stall(_number, _data, _reader, _writer):
            await never.wait()

        async with Server(stall) as server:
            host = emitter(server.address, given, buffer_bytes=1 << 24)
            host.start()
            await until(lambda: host.statistics().connected)
            converse(host, given, 60_000)  # more than kernels hold
            await host.close(within=0.0)
            assert not host.statistics().connected
            never.set()

    run(scenario)


def test_events_emitted_while_the_server_is_down_are_sent_later():
    async def scenario():
        given, address = Given(), unused_address()
        host = emitter(address, given, buffer_bytes=5_000)
        converse(host, given)
        async with host:
            await until(lambda: host.statistics().failures > 3)
            converse(host, given, 100)
            server = Server(keep_all, int(address.rpartition(":")[2]))
            async with server:
                await until(lambda: host.statistics().connected)
                await host.close()
                await until(
                    lambda: check_received(given, received(server.got[0])) == len(given.ids)
                )
        assert host.statistics().dropped > 0

    run(scenario)


def test_closing_waits_for_a_server_that_is_down_up_to_the_limit():
    async def scenario():
        given = Given()
        host = emitter(unused_address(), given)
        host.start()
        converse(host, given)
        await host.close(within=0.01)
        assert host.statistics().waiting == 3
        assert not host.best_block_changed(1, HASH).sent
        assert host.statistics().discarded == 1
        host.enabled = True
        assert not host.enabled

    run(scenario)


def test_an_emitter_that_was_never_started_can_be_closed():
    run(emitter(unused_address(), Given()).close)


def test_switching_off_and_on_makes_a_new_connection():
    async def scenario():
        given = Given()
        async with Server(keep_all) as server, emitter(server.address, given) as host:
            converse(host, given)
            await until(lambda: host.statistics().connected)
            host.enabled = False
            converse(host, given)
            await until(lambda: not host.statistics().connected)
            assert check_received(given, received(server.got[0])) == 3
            host.enabled = True
            converse(host, given)
            await until(lambda: len(server.got) == 2 and len(received(server.got[1])) == 3)
            assert check_received(given, received(server.got[1])) == 3
            # Four events of the first connection were referred to in vain, twice.
            assert host.statistics().refused + host.statistics().invalid > 0

    run(scenario)


def test_emitting_after_the_loop_is_closed_does_not_raise():
    given = Given()
    kept = []

    async def scenario():
        async with Server(keep_all) as server:
            host = emitter(server.address, given)
            host.start()
            await until(lambda: host.statistics().connected)
            kept.append(host)

    run(scenario)
    (host,) = kept
    host._connection.idle = True  # as it is when a loop is stopped in the middle
    assert host.best_block_changed(1, HASH)
    host.enabled = False


# --- Never in the host's way -----------------------------------------------------


def test_no_emitting_method_is_a_coroutine():
    methods = [each for name, each in vars(Events).items() if not name.startswith("_")]
    assert len(methods) == len(EVENTS) - 1
    assert not any(inspect.iscoroutinefunction(each) for each in methods)


@pytest.mark.parametrize("state", ["down", "stalls"])
def test_emitting_calls_no_blocking_function(state):
    async def scenario():
        given, called = Given(), set()
        never = asyncio.Event()

        async def stall(_number, _data, _reader, _writer):
            await never.wait()

        async with Server(stall) as server:
            address = unused_address() if state == "down" else server.address
            host = emitter(address, given, buffer_bytes=3_000)
            host.start()
            await until(lambda: host.statistics().failures > 3 or host.statistics().connected)

            def note(_frame, event, argument):
                if event == "c_call":
                    called.add(argument.__name__)

            sys.setprofile(note)
            try:
                converse(host, given, 100)
            finally:
                sys.setprofile(None)
            assert host.statistics().dropped > 0
            await host.close(within=0.0)
            never.set()
        assert "pack" in called  # something was seen
        assert not called & {
            "select",
            "poll",
            "send",
            "sendall",
            "recv",
            "connect",
            "sleep",
            "wait",
        }

    run(scenario)


# --- Details ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1:9000", ("127.0.0.1", 9000)),
        ("[::1]:9000", ("::1", 9000)),
        ("tart.example:1", ("tart.example", 1)),
    ],
)
def test_server_addresses_are_parsed(address, expected):
    assert server_address(address) == expected


@pytest.mark.parametrize("address", ["", "9000", ":9000", "host:", "host:0", "host:65536", "h:²"])
def test_an_invalid_server_address_is_refused_at_the_start(address):
    with pytest.raises(StartupError, match="expected HOST:PORT"):
        TelemetryEmitter(address, information())


def test_the_default_clock_is_in_the_jam_common_era(monkeypatch):
    monkeypatch.setattr("time.time_ns", lambda: (JCE_UNIX_SECONDS + 5) * 10**9 + 1_999)
    assert now() == 5_000_001
    monkeypatch.setattr("time.time_ns", lambda: 0)
    assert now() == 0


# --- Our own server --------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("reconnects", [150, pytest.param(1_000, marks=pytest.mark.soak)])
def test_tart_derives_the_ids_that_were_returned_over_many_reconnects(tmp_path, reconnects):
    given = Given()

    async def scenario(address):
        ups = Counter()
        host = emitter(address, given, buffer_bytes=400, on_connected=lambda: ups.update("u"))
        async with host:
            for number in range(reconnects):
                converse(host, given, 1 + 3 * (number % 4 == 0))  # more than fits, now and then
                await until(lambda n=number: ups["u"] > n and not host._core.has_data)
                converse(host, given)
                host.enabled = False
                await until(lambda: not host.statistics().connected)
                host.enabled = True
        assert host.statistics().lost == 0
        assert host.statistics().dropped >= reconnects

    with running_system(tmp_path / "data", shards=2) as system:
        host, port = system.telemetry
        asyncio.run(scenario(f"{host}:{port}"))
        sent = [timestamp for timestamp, each in given.ids.items() if each.sent]
        peer = information().peer_id
        wait_for(lambda: len(system.events(peer)) >= len(sent), "every event")
        stored = system.events(peer)
    by_timestamp, dropped = {}, 0
    for event in stored:
        ((variant, fields),) = event["data"].items()
        if variant == "Dropped":
            first = given.ids[fields["timestamp"]]
            assert (event["event_id"], first.sent) == (first.number, False)
            last = given.ids[fields["last_timestamp"]]
            assert last.number == first.number + fields["num"] - 1
            assert last.connection == first.connection
            dropped += fields["num"]
        else:
            by_timestamp[fields["timestamp"]] = event["event_id"], event["event_type"]
    assert dropped == len(given.ids) - len(sent)
    assert by_timestamp == {
        each: (given.ids[each].number, given.ids[each].event_type) for each in sent
    }
