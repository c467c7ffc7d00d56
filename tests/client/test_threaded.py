"""The threaded emitter: the same from any thread, and never in their way."""

from __future__ import annotations

import asyncio
import sys
import threading
import time

import pytest

from tart.client import ThreadedEmitter
from tests.client.hosting import (
    AT_ONCE,
    HASH,
    Given,
    Server,
    check_received,
    information,
    keep_all,
    received,
    unused_address,
)
from tests.running import wait_for


class Background:
    """A server of ``hosting`` on a loop of its own."""

    def __init__(self, behave=keep_all) -> None:
        self.server = Server(behave)
        self._ready, self._done = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    async def _run(self) -> None:
        async with self.server:
            self._ready.set()
            await asyncio.to_thread(self._done.wait)

    def __enter__(self) -> Server:
        self._thread.start()
        self._ready.wait()
        return self.server

    def __exit__(self, *_) -> None:
        self._done.set()
        self._thread.join()


def emitter(address: str, **options) -> ThreadedEmitter:
    return ThreadedEmitter(address, information(), backoff=AT_ONCE, **options)


@pytest.mark.slow
def test_ids_returned_to_many_threads_are_those_the_server_derives():
    kept: list[tuple[int, int]] = []

    def talk(host, worker):
        for number in range(500):
            slot = worker << 16 | number
            kept.append((slot, host.best_block_changed(slot, HASH).number))

    with Background() as server:
        with emitter(server.address) as host:
            workers = [threading.Thread(target=talk, args=(host, each)) for each in range(8)]
            for each in workers:
                each.start()
            for each in workers:
                each.join()
        wait_for(lambda: len(received(server.got[0])) == 4_000)
        derived = {
            (int.from_bytes(event.payload[:4], "little"), event.event_id)
            for event in received(server.got[0])
        }
    assert derived == set(kept)
    assert host.statistics().sent == 4_000


@pytest.mark.slow
def test_ids_are_right_over_reconnects_of_the_threaded_emitter():
    async def cut_off(number, data, reader, _writer):
        data += await reader.readexactly(17 * number)

    given = Given()
    with Background(cut_off) as server, emitter(server.address, clock=given.clock) as host:
        while len(server.got) < 60:
            coming = given.keep(host.connecting_in({"ipv6": "::1", "port": 1}))
            given.keep(host.connected_in(coming, HASH))
            if not host.statistics().connected:
                time.sleep(0)  # lets its thread run
        host.close(within=0.0)
        for each in server.got:
            check_received(given, received(each))
    assert host.statistics().connections >= 59


def test_emitting_does_not_wait_while_the_server_is_down():
    called = set()

    def note(_frame, event, argument):
        if event == "c_call":
            called.add(argument.__name__)

    with emitter(unused_address(), buffer_bytes=1_000) as host:
        wait_for(lambda: host.statistics().failures > 3)
        sys.setprofile(note)
        try:
            for _ in range(1_000):
                host.best_block_changed(1, HASH)
        finally:
            sys.setprofile(None)
        assert host.statistics().dropped > 900
        host.close(within=0.0)
    assert "pack" in called
    assert not called & {"select", "poll", "send", "sendall", "recv", "connect", "sleep", "wait"}


def test_switching_off_and_on_makes_a_new_connection():
    with Background() as server, emitter(server.address) as host:
        host.best_block_changed(1, HASH)
        wait_for(lambda: host.statistics().connected)
        host.enabled = False
        wait_for(lambda: not host.statistics().connected)
        host.enabled = True
        wait_for(lambda: host.statistics().connections == 2)


def test_closing_ends_the_thread_and_later_events_do_not_raise():
    with Background() as server:
        host = emitter(server.address)
        host.start()
        host.close()
        assert "tart-telemetry" not in {each.name for each in threading.enumerate()}
        host._connection.idle = True
        assert not host.best_block_changed(1, HASH).sent
        host.enabled = True
        host.close()


def test_an_emitter_that_was_never_started_can_be_closed():
    emitter(unused_address()).close()
