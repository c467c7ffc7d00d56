"""The link alone: what it does under its guard, to its transport and with callbacks."""

from __future__ import annotations

import asyncio
from threading import Lock

import pytest

from tart.client.connection import Callbacks, ServerConnection
from tart.client.core.emitter_core import EmitterCore
from tests.client.hosting import HASH, Given, check_received, information, received, until

BEST = 11


class FakeTransport:
    """Takes what is written; nobody may hold the lock meanwhile, for it could take long."""

    def __init__(self, lock: Lock, pause_at: int = 1 << 30) -> None:
        self.lock = lock
        self.written = bytearray()
        self.protocol: ServerConnection | None = None
        self.pause_at = pause_at
        self.closing = self.aborted = False

    def get_extra_info(self, _name):
        return None

    def set_write_buffer_limits(self, high):
        assert high

    def write(self, data):
        assert not self.lock.locked()
        self.written += data
        if len(self.written) >= self.pause_at:
            self.protocol.pause_writing()

    def is_closing(self):
        return self.closing

    def close(self):
        assert not self.lock.locked()
        self.closing = True

    def abort(self):
        self.closing = self.aborted = True


class Scene:
    """A core and its link on a transport of ours."""

    def __init__(self, callbacks: Callbacks | None = None, **options) -> None:
        self.lock = Lock()
        self.given = Given()
        self.core = EmitterCore(information(), self.given.clock, **options)
        self.link = ServerConnection(
            self.core, self.lock, ("", 0), callbacks or Callbacks(), (0.0, 0.0)
        )

    def connect(self, **options) -> FakeTransport:
        transport = FakeTransport(self.lock, **options)
        transport.protocol = self.link
        self.link.connection_made(transport)
        return transport

    def emit(self, times: int = 1) -> None:
        for _ in range(times):
            self.given.keep(self.core.emit(BEST, (1, HASH)))


def test_node_information_is_sent_before_waiting_events():
    scene = Scene()
    scene.emit(2)
    transport = scene.connect()
    assert check_received(scene.given, received(transport.written)) == 2
    assert scene.link.idle


def test_events_wait_in_the_core_while_the_server_does_not_read():
    scene = Scene()
    transport = scene.connect(pause_at=1)
    before = len(transport.written)
    scene.emit()
    scene.link.flush()
    assert (len(transport.written), scene.link.idle) == (before, False)
    scene.link.resume_writing()
    assert len(transport.written) > before


def test_without_a_connection_flushing_does_nothing():
    scene = Scene()
    scene.emit()
    scene.link.flush()
    scene.link.abort()
    assert (scene.link.idle, scene.core.statistics().waiting) == (False, 1)


def test_callbacks_run_without_the_lock():
    heard = []

    def note(*what):
        assert not scene.lock.locked()
        heard.append(what)

    callbacks = Callbacks(
        lambda: note("up"), lambda *how: note("down", *how), lambda run: note(run)
    )
    scene = Scene(callbacks, buffer_bytes=150)
    scene.emit(5)
    transport = scene.connect()
    (dropped,) = heard[1]
    assert (heard[0], dropped.num, dropped.first_id) == (("up",), 2, 3)
    scene.emit(2)
    scene.link.connection_lost(ConnectionResetError("gone"))
    assert heard[2:] == [("down", "gone", 2)]
    assert transport.written


def test_a_series_of_drops_that_a_disconnect_ends_is_reported():
    heard = []
    scene = Scene(Callbacks(on_dropped=heard.append), buffer_bytes=150)
    scene.connect()
    scene.emit()
    scene.link.flush()
    scene.emit(9)
    scene.link.connection_lost(None)
    assert [each.num for each in heard] == [6]


def test_failing_callbacks_are_logged(caplog):
    def fail(*_):
        raise ValueError("the host's own")

    scene = Scene(Callbacks(fail, fail, fail), buffer_bytes=150)
    scene.emit(5)
    scene.connect()
    scene.link.connection_lost(None)
    assert [each.levelname for each in caplog.records] == ["ERROR"] * 3
    assert scene.core.statistics().sent == 3


def test_switching_off_writes_waiting_events_and_closes_the_connection():
    async def scenario():
        scene = Scene()
        transport = scene.connect(pause_at=1)
        scene.emit(3)
        scene.core.enabled = False
        scene.link.update()
        scene.link.update()
        assert (transport.closing, transport.aborted) == (True, False)
        assert check_received(scene.given, received(transport.written)) == 3

    asyncio.run(scenario())


def test_a_server_that_does_not_read_the_rest_is_disconnected(monkeypatch):
    monkeypatch.setattr("tart.client.connection.CLOSE_TIMEOUT_SECONDS", 0.0)

    async def scenario():
        scene = Scene()
        transport = scene.connect()
        scene.core.enabled = False
        scene.link.update()
        await until(lambda: transport.aborted)

    asyncio.run(scenario())


@pytest.mark.parametrize("bytes_said", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_data_from_the_server_is_discarded(bytes_said):
    scene = Scene()
    scene.connect()
    scene.link.data_received(bytes_said)
    assert scene.core.statistics().connected
