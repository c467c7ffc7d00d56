"""What is replayed is what a network would say: it decodes, and every number is right."""

from __future__ import annotations

import numpy as np
import pytest

from loadtest import traffic
from loadtest.recordings import path_of
from tart.protocol.connection import Connection
from tart.protocol.decoding import decode_event
from tart.protocol.events import EVENTS, leading_reference

NODES, CORES, SLOTS = 6, 2, 2
BEGIN = 58_000_000_000_000_000
INTERVAL = 2_500.0


@pytest.fixture(scope="module")
def recording():
    return traffic.record(NODES, CORES, seed=1, slots=SLOTS)


def received(recording, node, blocks, offset=0):
    """The events of some consecutive blocks, as a server reads them."""
    connection = Connection()
    replay = traffic.Replay(recording, node, offset)
    events = connection.receive_data(traffic.first_message(recording, node))
    first = 0
    for count in blocks:
        block = replay.block(first, count, BEGIN, INTERVAL)
        assert block.next == first + count
        assert block.ends[-1] == len(block.data)
        events += connection.receive_data(block.data)
        first = block.next
    assert connection.error is None
    assert connection.buffered == 0
    return events


def lap(recording, node):
    return int(recording.firsts[node + 1] - recording.firsts[node])


@pytest.mark.parametrize("node", range(NODES))
def test_every_recorded_frame_decodes(recording, node):
    events = received(recording, node, [lap(recording, node)])

    assert len(events) == lap(recording, node)
    assert [event.error for event in events] == [None] * len(events)
    assert not any(event.deviations for event in events)


def test_ids_are_consecutive_because_nothing_is_dropped(recording):
    events = received(recording, 0, [lap(recording, 0)])

    assert [event.event_id for event in events] == list(range(len(events)))


def test_timestamps_are_when_events_are_due(recording):
    events = received(recording, 1, [7, 50, 1])

    for number, event in enumerate(events):
        late = event.timestamp - BEGIN - number * INTERVAL
        assert -1 <= late < INTERVAL
    gaps = np.diff([event.timestamp for event in events])
    assert len(set(gaps.tolist())) > 10


def test_a_replay_changes_only_timestamps_and_references(recording):
    events = received(recording, 2, [lap(recording, 2)])

    first = recording.firsts[2]
    for index, event in enumerate(events):
        begin, end = recording.starts[first + index : first + index + 2]
        recorded = recording.data[begin + 4 : end].tobytes()
        refers = leading_reference(EVENTS[event.number].fields) is not None
        assert event.content[8] == recorded[8]
        assert event.content[9 + 8 * refers :] == recorded[9 + 8 * refers :]


@pytest.mark.parametrize("offset", [0, 13])
def test_references_name_the_event_they_named_when_recorded(recording, offset):
    node = max(range(NODES), key=lambda each: lap(recording, each))
    length = lap(recording, node)
    events = received(recording, node, [length, length, 10], offset)

    wrong = checked = 0
    for event in events[length - offset : 2 * length - offset]:
        declared = EVENTS[event.number]
        reference = leading_reference(declared.fields)
        if reference is None:
            continue
        named = decode_event(event.number, event.payload).fields[declared.fields.fields[0][0]]
        assert named < event.event_id
        # Those over the edge of a lap may name something else.
        if named >= length - offset and reference.refers_to:
            checked += 1
            wrong += events[named].number not in reference.refers_to
    assert checked > 100
    assert wrong == 0


def test_a_reference_beyond_the_first_event_names_the_first(recording):
    node = 0
    indices = np.arange(lap(recording, node))
    for offset in indices[:: max(1, len(indices) // 20)].tolist():
        for event in received(recording, node, [30], offset):
            declared = EVENTS[event.number]
            if leading_reference(declared.fields) is not None:
                named = int.from_bytes(event.payload[:8], "little")
                assert 0 <= named <= event.event_id


def test_blocks_may_be_cut_anywhere_and_span_laps(recording):
    length = lap(recording, 3)
    whole = received(recording, 3, [3 * length], offset=5)
    cut = received(recording, 3, [1, length, 2, length - 3, length], offset=5)

    assert [event.content for event in whole] == [event.content for event in cut]


def test_connections_of_one_node_have_different_offsets_and_keys(recording):
    connections = 3 * NODES + 1
    beginnings = {
        connection: traffic.replay(recording, connection, connections).block(0, 5, 0, 1.0).data
        for connection in range(connections)
    }

    for node in range(NODES):
        same = [beginnings[each] for each in range(node, connections, NODES)]
        assert len(set(same)) == len(same)
    assert len({traffic.peer_id(each) for each in range(connections)}) == connections
    assert traffic.peer_id(0, run=1) != traffic.peer_id(0, run=0)


@pytest.mark.parametrize(("total", "connections"), [(10, 3), (0, 4), (7, 7), (100_001, 1024)])
def test_shares_are_equal_and_exact_in_sum(total, connections):
    shares = traffic.shares(total, connections)

    assert sum(shares) == total
    assert max(shares) - min(shares) <= 1
    assert len(shares) == connections


def test_the_mix_is_that_of_a_full_network(recording):
    mix = recording.mix()

    assert sum(mix.values()) == pytest.approx(1)
    assert {"availability", "guaranteeing", "status", "block_authoring"} <= set(mix)
    assert "meta" not in mix
    assert list(mix.values()) == sorted(mix.values(), reverse=True)
    assert 40 < recording.bytes_per_event < 100


def test_a_recording_is_made_again_only_for_other_arguments():
    assert path_of(6, 2) == path_of(6, 2)
    assert path_of(6, 2) != path_of(6, 3)
