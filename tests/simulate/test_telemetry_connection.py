from __future__ import annotations

import asyncio

from tart.protocol.connection import Connection
from tart.protocol.events import EVENTS
from tart.simulate.model.network import Network
from tart.simulate.model.truth import Truth
from tart.simulate.model.world import SLOT
from tart.simulate.telemetry_connection import TelemetryConnection
from tests.simulate.played import NO_DROPS

LIMIT = 2_000
LARGEST_STEP = 2_000  # bytes of events a node reports at one instant, in so small a network


class Wire(asyncio.Transport):
    """A transport that keeps what is written, for a server to read later."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.high: int | None = None
        self.closed = 0
        self.aborted = 0

    def close(self) -> None:
        self.closed += 1

    def abort(self) -> None:
        self.aborted += 1

    def write(self, data) -> None:
        self.written += data

    def set_write_buffer_limits(self, high=None, low=None) -> None:
        self.high = high


def started() -> tuple[Network, TelemetryConnection, Wire]:
    network, wire = Network(seed=1, rates=NO_DROPS), Wire()
    sender = TelemetryConnection(network, 0, LIMIT)
    sender.connection_made(wire)
    return network, sender, wire


def advance(network: Network, sender: TelemetryConnection, slots: int) -> None:
    for emission in network.advance(network.now + slots * SLOT):
        sender.add(emission)
        assert sender.waiting_bytes <= LIMIT + LARGEST_STEP
    sender.flush()


def read(wire: Wire):
    server = Connection()
    received = server.receive_data(wire.written)
    assert server.error is None
    return received


def test_events_reach_the_server_in_order():
    network, sender, wire = started()
    advance(network, sender, 5)
    received = read(wire)
    assert [each.event_id for each in received] == list(range(len(received)))
    assert sender.events.total() == len(received) > 100
    assert sender.bytes_sent == len(wire.written)
    assert sender.waiting_bytes == 0


def test_nothing_is_written_while_the_server_does_not_read():
    network, sender, wire = started()
    before = len(wire.written)
    sender.pause_writing()
    advance(network, sender, 1)
    assert len(wire.written) == before
    sender.resume_writing()
    assert len(wire.written) > before


def test_events_that_do_not_fit_are_dropped_and_reported():
    network, sender, wire = started()
    advance(network, sender, 1)
    sender.pause_writing()
    advance(network, sender, 10)
    assert network.dropped(0) > 100
    sender.resume_writing()
    advance(network, sender, 1)
    received = read(wire)
    numbers = [EVENTS[each.number].variant for each in received]
    assert numbers.count("Dropped") == 1
    assert received[-1].event_id == len(received) - 1 + network.dropped(0) - 1
    assert not [each for each in received if each.error]


def test_a_new_connection_begins_with_node_information_and_id_0():
    network, sender, _ = started()
    advance(network, sender, 2)
    sender.pause_writing()
    advance(network, sender, 1)
    sender.connection_lost(None)
    assert sender.closed.is_set()
    assert sender.waiting_bytes == 0
    advance(network, sender, 1)
    again = Wire()
    sender.connection_made(again)
    advance(network, sender, 2)
    received = read(again)
    assert [each.event_id for each in received] == list(range(len(received)))
    assert received
    assert sender.connections == 2


def test_the_truth_excludes_events_that_still_waited():
    facts: list[dict] = []
    network, wire = Network(seed=1, rates=NO_DROPS, truth=Truth(facts.append)), Wire()
    sender = TelemetryConnection(network, 0, LIMIT)
    sender.connection_made(wire)
    advance(network, sender, 2)
    sender.pause_writing()
    advance(network, sender, 1)
    assert sender.waiting_bytes > 0
    sender.connection_lost(ConnectionResetError("reset by peer"))
    assert (facts[-1]["fact"], facts[-1]["reason"]) == ("closed", "reset by peer")
    assert facts[-1]["last_event_id"] == read(wire)[-1].event_id
    assert facts[-1]["bytes"] == len(wire.written) == sender.bytes_sent
    assert sum(facts[-1]["events"].values()) == sender.events.total()


def test_closing_ends_the_session_and_writes_nothing_more():
    network, sender, wire = started()
    for emission in network.advance(network.now + SLOT):
        sender.add(emission)
    sender.close()
    said = read(wire)
    assert said
    assert not list(network.advance(network.now + SLOT))
    sender.close()
    assert wire.closed == 1
    assert not sender.closed.is_set()
    sender.abort()
    assert wire.aborted == 1
    sender.connection_lost(None)
    assert sender.closed.is_set()
    sender.abort()
    assert wire.aborted == 1


def test_flushing_without_a_connection_does_nothing():
    network = Network(seed=1)
    sender = TelemetryConnection(network, 0, LIMIT)
    advance(network, sender, 1)
    sender.close()
    sender.abort()
    assert sender.events.total() == 0


def test_the_transport_s_buffer_is_bounded():
    _, _, wire = started()
    assert wire.high == LIMIT


def test_a_server_that_answers_is_counted_and_left():
    _, sender, wire = started()
    sender.data_received(b"HTTP/1.1 400 Bad Request")
    assert (sender.answers, wire.aborted) == (1, 1)
