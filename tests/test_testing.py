"""FakeNode speaks as the specification wants, and keeps count of its events as we do."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tart import testing
from tart.errors import EncodeError
from tart.protocol.connection import Connection
from tart.protocol.decoding import decode_event
from tart.protocol.node_information import PARAMETER_LAYOUTS
from tart.testing import FULL_PARAMETERS, TINY_PARAMETERS, FakeNode, parameters_for

PEER = bytes(range(32))


def talk(node: FakeNode, *events: tuple[str, dict]) -> tuple[Connection, list, list[int]]:
    """A connection after these events: it, what arrived, and the ids the node gave."""
    connection = Connection()
    given, data = [], bytearray(node.connect())
    for variant, fields in events:
        event_id, encoded = node.event(variant, 5, **fields)
        given.append(event_id)
        data += encoded
    return connection, connection.receive_data(bytes(data)), given


def test_the_example_is_true():
    failed, tried = doctest.testmod(testing)
    assert (failed, tried > 0) == (0, True)


def test_a_node_is_received_as_it_was_made():
    node = FakeNode(
        PEER,
        cores=7,
        validators=21,
        version=0,
        name="näme",
        implementation_version="9.9",
        gp_version="0.7.1",
        address="2001:db8::1",
        port=1,
        flags=1,
        genesis=PEER[::-1],
        note="note",
    )
    connection, _, _ = talk(node)
    read = connection.node
    assert read is not None
    assert read.deviations == ()
    assert (read.cores, read.validators, read.protocol_version) == (7, 21, 0)
    assert (read.peer_id, read.genesis, read.address, read.port) == (
        PEER,
        PEER[::-1],
        "2001:db8::1",
        1,
    )
    assert (read.implementation_name, read.implementation_version) == ("näme", "9.9")
    assert (read.gp_version, read.flags, read.additional_info) == ("0.7.1", 1, "note")
    assert node.peer_id == PEER


def test_a_node_says_no_more_than_its_key_if_need_be():
    connection, _, _ = talk(FakeNode(PEER))
    assert connection.node is not None
    assert (connection.node.cores, connection.node.protocol_version) == (2, 1)
    assert connection.node.deviations == ()


@pytest.mark.parametrize("parameters", [TINY_PARAMETERS, FULL_PARAMETERS, parameters_for(3, 9)])
def test_parameter_sets_name_every_parameter(parameters):
    assert list(parameters) == [name for name, _ in PARAMETER_LAYOUTS["gp-0.7"].fields]


def test_the_parameter_sets_are_those_of_the_test_and_the_main_network():
    sizes = [(p["core_count"], p["val_count"]) for p in (TINY_PARAMETERS, FULL_PARAMETERS)]
    assert sizes == [(2, 6), (341, 1023)]
    other = parameters_for(3, 9)
    assert (other["core_count"], other["val_count"], other["epoch_period"]) == (3, 9, 12)


def test_ids_count_up_from_0():
    node = FakeNode(PEER)
    synced = ("SyncStatusChanged", {"synced": True})
    _, received, given = talk(node, synced, synced, synced)
    assert given == [each.event_id for each in received] == [0, 1, 2]
    assert node.next_event_id == 3


@pytest.mark.parametrize(("count", "following"), [(0, 1), (1, 2), (397, 398), (2**32, 2**32 + 1)])
def test_a_dropped_event_moves_the_ids_as_the_specification_says(count, following):
    synced = ("SyncStatusChanged", {"synced": True})
    dropped = ("Dropped", {"last_timestamp": 5, "num": count})
    _, received, given = talk(FakeNode(PEER), synced, dropped, synced)
    assert given == [each.event_id for each in received] == [0, 1, following]


@pytest.mark.parametrize("count", [2**32 + 1, 2**64 - 1])
def test_a_number_of_dropped_events_that_cannot_be_true_takes_one_id(count):
    dropped = ("Dropped", {"last_timestamp": 5, "num": count})
    node = FakeNode(PEER)
    _, received, given = talk(node, dropped, dropped)
    assert given == [each.event_id for each in received] == [0, 1]
    assert node.next_event_id == 2


@settings(deadline=None, database=None)
@given(st.lists(st.none() | st.integers(0, 2**64 - 1), max_size=6))
def test_node_and_connection_agree_about_ids(drops):
    node = FakeNode(PEER)
    connection, received, given = talk(
        node,
        *(
            ("SyncStatusChanged", {"synced": False})
            if count is None
            else ("Dropped", {"last_timestamp": 0, "num": count})
            for count in drops
        ),
    )
    assert given == [each.event_id for each in received]
    assert node.next_event_id == connection.next_event_id


def test_connecting_again_starts_at_0_again():
    node = FakeNode(PEER)
    hello = node.connect()
    node.event("SyncStatusChanged", 0, synced=True)
    assert node.connect() == hello
    assert node.next_event_id == 0
    assert node.event("SyncStatusChanged", 0, synced=True)[0] == 0


def test_a_word_of_python_is_written_with_an_underscore():
    address = {"ipv6": "10.0.0.1", "port": 2}
    _, (event,), _ = talk(FakeNode(PEER), ("ConnectionRefused", {"from_": address}))
    assert decode_event(20, event.payload).fields == {"from": address}


def test_a_refused_event_takes_no_id():
    node = FakeNode(PEER)
    with pytest.raises(EncodeError):
        node.event("SyncStatusChanged", 0, synced="yes")
    with pytest.raises(EncodeError):
        node.event("Nothing", 0)
    assert node.next_event_id == 0


@pytest.mark.parametrize("version", [0, 1])
def test_the_protocol_version_selects_the_layout_of_event_61(version):
    first = {"opened_id": 3} if version else {"peer": PEER}
    fields = {**first, "closer": "Remote", "reason": "done"}
    node = FakeNode(PEER, version=version)
    _, (event,), _ = talk(node, ("BlockAnnouncementStreamClosed", fields))
    assert (event.error, event.deviations) == (None, ())
    assert decode_event(61, event.payload, version=version).fields == fields
