"""Figures of nodes."""

from __future__ import annotations

from tart.alerting.figures.counter_history import CounterHistory
from tart.alerting.figures.inputs import Inputs
from tart.alerting.figures.nodes import count_nodes
from tart.units import DAY_US, MINUTE_US, SECOND_US
from tests.alerting.figures.making import NOON, measure, measurement_of, network, node


def ago(seconds: float) -> int:
    """A time before noon in Unix milliseconds."""
    return (NOON - int(seconds * SECOND_US)) // 1000


def test_silence_is_counted_since_the_last_message_whether_connected_or_not():
    state = network(
        node("aa", last_seen_ms=ago(3)),
        node("bb", last_seen_ms=ago(90)),
        node("cc", last_seen_ms=ago(600), is_connected=False),
    )
    inputs = Inputs(network=state)
    assert measure("node_silent_seconds", inputs=inputs) == {"aa": 3.0, "bb": 90.0, "cc": 600.0}
    assert measure("node_disconnected_seconds", inputs=inputs) == {
        "aa": 0.0,
        "bb": 0.0,
        "cc": 600.0,
    }


def test_a_start_ends_and_begins_no_silence_while_nodes_connect_again():
    gone = node("aa", last_seen_ms=ago(7200), is_connected=False)
    mute = node("bb", last_seen_ms=ago(200), best_slot=20)
    back = node("cc", last_seen_ms=ago(30), best_slot=20)
    young = Inputs(network=network(gone, mute, back, watched_since_us=NOON - 119 * SECOND_US))
    assert measure("node_silent_seconds", inputs=young) == {"aa": None, "bb": None, "cc": 30.0}
    assert measure("node_disconnected_seconds", inputs=young) == {"aa": None, "bb": 0.0, "cc": 0.0}
    assert measure("node_behind_slots", inputs=young) == {"bb": None, "cc": 80.0}
    settled = Inputs(network=network(gone, mute, back, watched_since_us=NOON - 120 * SECOND_US))
    assert measure("node_silent_seconds", inputs=settled) == {"aa": 7200.0, "bb": 200.0, "cc": 30.0}


def test_a_node_that_has_been_silent_for_longer_than_the_window_is_retired():
    gone = node(last_seen_ms=ago(2 * DAY_US / SECOND_US), is_connected=False)
    inputs = Inputs(network=network(gone))
    assert measure("node_silent_seconds", inputs=inputs) == {}
    week = measure("node_silent_seconds", inputs=inputs, window_us=7 * DAY_US)
    assert week == {"aa": 172_800.0}
    # A connected one is silent, however long.
    kept = Inputs(network=network(gone._replace(is_connected=True)))
    assert measure("node_silent_seconds", inputs=kept) == {"aa": 172_800.0}


def test_a_node_that_a_missing_or_paused_shard_may_have_heard_is_not_known():
    nodes = (
        node("aa", shards=(0,)),
        node("bb", shards=(0,), is_connected=False, last_seen_ms=ago(90)),
        node("cc", shards=(0, 1)),
    )
    for missing in (
        network(*nodes, total=2),
        network(*nodes, total=2, answered=frozenset({0, 1}), paused=frozenset({1})),
    ):
        inputs = Inputs(network=missing)
        measurement = measurement_of("node_silent_seconds", inputs=inputs)
        assert measurement.values == {
            (("node", "aa"),): 0.0,
            (("node", "bb"),): None,
            (("node", "cc"),): None,
        }
        assert not measurement.is_complete


def test_a_node_is_behind_the_network_not_behind_the_furthest_node():
    state = network(
        node("aa", best_slot=120),
        node("bb", best_slot=88),
        node("cc", best_slot=None),
        node("dd", best_slot=1, is_connected=False),
        node("ee", best_slot=None, last_slot=70),
    )
    behind = measure("node_behind_slots", inputs=Inputs(network=state))
    # The last one connected again, and is stuck where it was.
    assert behind == {"aa": 0.0, "bb": 12.0, "ee": 30.0}
    silent = network(node("aa", best_slot=20, last_seen_ms=(NOON - 31 * SECOND_US) // 1000))
    assert measure("node_behind_slots", inputs=Inputs(network=silent)) == {"aa": None}
    unknown = network(node(), best_block=None)
    assert measure("node_behind_slots", inputs=Inputs(network=unknown)) == {}
    missing = network(node(best_slot=50), total=2)
    measurement = measurement_of("node_behind_slots", inputs=Inputs(network=missing))
    assert (measurement.values, measurement.is_complete) == ({}, False)


def clocks(*seconds: float):
    return [
        {"node": f"n{index}", "offset_us": int(offset * SECOND_US)}
        for index, offset in enumerate(seconds)
    ]


def test_clocks_are_compared_with_the_server_and_from_three_nodes_on_with_their_median():
    assert measure("node_clock_offset_seconds", clocks(0.5, -20)) == {"n0": 0.5, "n1": 20.0}
    assert measure("node_clock_offset_seconds", clocks(100, 100, 103)) == {
        "n0": 0.0,
        "n1": 0.0,
        "n2": 3.0,
    }
    assert measure("network_clock_offset_seconds", clocks(-100, -100, -103)) == {None: 100.0}
    assert measure("network_clock_offset_seconds", clocks(-100, -100)) == {}
    unknown = [{"node": None, "offset_us": 5}, {"node": "n1", "offset_us": None}]
    assert measure("node_clock_offset_seconds", unknown) == {}


def test_events_that_cannot_be_read_or_were_dropped_are_counted_in_the_window():
    counters = CounterHistory()
    states = {
        0: network(node("aa", dropped_count=7, undecodable=3), node("bb")),
        6: network(node("aa", dropped_count=7, undecodable=3), node("bb")),
        10: network(node("aa", dropped_count=9, undecodable=4), node("bb")),
    }
    for minute, state in states.items():
        counters.add(NOON + (minute - 10) * MINUTE_US, count_nodes(state))
    inputs = Inputs(network=states[10], node_counters=counters)
    assert measure("node_dropped_events", inputs=inputs) == {"aa": 2.0, "bb": 0.0}
    assert measure("node_undecodable_events", inputs=inputs) == {"aa": 1.0, "bb": 0.0}
    young = CounterHistory()
    young.add(NOON, count_nodes(states[10]))
    inputs = Inputs(network=states[10], node_counters=young)
    assert measure("node_dropped_events", inputs=inputs) == {"aa": None, "bb": None}


def test_the_share_of_nodes_without_connection_is_of_those_seen_in_the_window():
    nodes = (
        node("aa"),
        node("bb", is_connected=False, last_seen_ms=ago(60)),
        node("cc", is_connected=False, last_seen_ms=ago(7200)),
    )
    share = "nodes_disconnected_share"
    assert measure(share, inputs=Inputs(network=network(*nodes))) == {None: 0.5}
    assert measure("nodes_connected", inputs=Inputs(network=network(*nodes))) == {None: 1.0}
    settling = network(*nodes, watched_since_us=NOON - 60 * SECOND_US)
    assert measure(share, inputs=Inputs(network=settling)) == {None: None}
    assert measure(share, inputs=Inputs(network=network())) == {}
