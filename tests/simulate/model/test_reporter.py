from __future__ import annotations

from itertools import count

from tart.protocol.connection import Connection
from tart.protocol.events import EventKind
from tart.simulate.model.reporter import UNREPORTED, Reporter
from tart.testing import FakeNode

PEER = bytes(32)


def reporter(node: int = 0, sessions=None) -> Reporter:
    return Reporter(node, FakeNode(PEER), sessions)


def opened(of: Reporter, timestamp: int = 1):
    fields = {"peer": PEER, "opener": "Local"}
    return of.report(timestamp, timestamp, EventKind.BLOCK_ANNOUNCEMENT_STREAM_OPENED, fields)


def closed(of: Reporter, handle, timestamp: int = 2):
    fields = {"opened_id": handle, "closer": "Local", "reason": ""}
    return of.report(timestamp, timestamp, EventKind.BLOCK_ANNOUNCEMENT_STREAM_CLOSED, fields)


def test_nothing_is_reported_without_a_connection():
    node = reporter()
    assert opened(node) == (UNREPORTED, [])
    assert not node.connected


def test_a_handle_becomes_the_id_of_its_event():
    node = reporter()
    node.connect()
    opened(node)
    handle, _ = opened(node)
    _, (emission,) = closed(node, handle)
    assert (emission.fields["opened_id"], emission.event_id) == (1, 2)


def test_an_event_that_refers_to_an_unreported_one_is_not_reported():
    node = reporter()
    node.connect()
    assert closed(node, UNREPORTED) == (UNREPORTED, [])


def test_references_do_not_cross_sessions():
    node = reporter()
    node.connect()
    handle, _ = opened(node)
    node.disconnect()
    node.connect()
    assert closed(node, handle) == (UNREPORTED, [])
    again, (emission,) = opened(node)
    assert emission.event_id == 0
    assert closed(node, again)[1]


def test_handles_of_different_nodes_differ():
    sessions = count(1)
    a, b = reporter(0, sessions), reporter(1, sessions)
    a.connect()
    b.connect()
    handle, _ = opened(a)
    assert closed(b, handle) == (UNREPORTED, [])


def test_dropped_events_keep_their_ids_and_are_reported():
    node, server = reporter(), Connection()
    server.receive_data(node.connect())
    opened(node, 1)
    node.lose(3)
    lost = [opened(node, timestamp) for timestamp in (2, 3, 4)]
    assert [handle.event_id for handle, sent in lost if not sent] == [1, 2, 3]
    _, (dropped, emission) = closed(node, lost[1][0], 5)
    assert (dropped.variant, dropped.event_id) == ("Dropped", 1)
    assert dropped.fields == {"last_timestamp": 4, "num": 3}
    assert (emission.event_id, emission.fields["opened_id"]) == (4, 2)
    assert node.dropped == 3


def test_a_server_counts_dropped_events_as_the_node_does():
    node, server = reporter(), Connection()
    stream = node.connect()
    sent = []
    for timestamp in range(20):
        if timestamp in (3, 9, 10):
            node.lose(2)
        sent += opened(node, timestamp)[1]
    received = server.receive_data(stream + b"".join(each.frame for each in sent))
    assert [each.event_id for each in received] == [each.event_id for each in sent]
    assert server.next_event_id == node.fake.next_event_id


def test_a_congested_node_drops_until_it_is_not():
    node = reporter()
    node.connect()
    node.congested = True
    assert [opened(node)[1] for _ in range(4)] == [[]] * 4
    node.congested = False
    _, (dropped, emission) = opened(node)
    assert (dropped.fields["num"], emission.event_id) == (4, 4)


def test_a_new_connection_reports_no_earlier_drops():
    node = reporter()
    node.connect()
    node.lose(5)
    node.congested = True
    opened(node)
    node.connect()
    _, sent = opened(node)
    assert [(each.variant, each.event_id) for each in sent] == [
        ("BlockAnnouncementStreamOpened", 0)
    ]
