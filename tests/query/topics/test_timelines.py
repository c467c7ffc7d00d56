"""``tart/query/topics/timelines.py``: nodes over time."""

from tart.protocol.events import EventKind
from tart.query.core.rfc3339 import rfc3339
from tart.query.topics import timelines
from tart.query.topics.node_activity import CONNECTION_KINDS
from tart.query.topics.time_series import cut_buckets
from tart.units import HOUR_US, MINUTE_US

AT = 1_000 * HOUR_US
BUCKETS = cut_buckets(AT, AT + 10 * MINUTE_US + 1, 5 * MINUTE_US)
FIRST, MIDDLE, LAST = AT, AT + 5 * MINUTE_US, AT + 10 * MINUTE_US


def test_two_slots_behind_is_in_sync_and_three_is_not():
    slots = {(LAST,): {"a": 10, "b": 8, "c": 7, "d": None}, (FIRST,): {"a": 1}}
    newest, middle, oldest = timelines.sync_timeline(BUCKETS, slots, [])
    assert (newest["total_nodes"], newest["synced_nodes"], newest["behind_nodes"]) == (3, 2, 1)
    assert (newest["network_slot"], newest["sync_percentage"]) == (10, 66.67)
    assert (middle["sync_percentage"], middle["network_slot"]) == (None, None)
    assert oldest["sync_percentage"] == 100.0


def test_one_lying_node_puts_no_other_behind():
    slots = {(LAST,): {"a": 10, "b": 10, "c": 10, "liar": 1 << 31}}
    assert timelines.sync_timeline(BUCKETS, slots, [])[0]["synced_nodes"] == 4


def test_a_claim_holds_until_the_next_claim_of_the_node():
    claims = [
        {"node": node, "seen_at": at, "synced": synced}
        for node, at, synced in (("a", LAST, 0), ("b", 5, 0), ("a", FIRST - 1, 1), ("b", MIDDLE, 1))
    ]
    rows = timelines.sync_timeline(BUCKETS, {}, claims)
    claimed = [(row["nodes_saying_synced"], row["nodes_saying_not_synced"]) for row in rows]
    assert claimed == [(1, 1), (2, 0), (1, 1)]


def node(name, slot=None, connected=False, last_seen=AT):
    return {
        **{"node_id": name, "best": None if slot is None else {"slot": slot}, "synced": None},
        **{"is_connected": connected, "last_seen_at": rfc3339(last_seen)},
        "first_seen_at": rfc3339(AT - 5),
    }


def test_the_present_status_is_the_last_named_block():
    slots = {(FIRST,): {"b": 3, "c": 9}, (LAST,): {"b": 4}}
    nodes = [node("a", 9, connected=True), node("b"), node("c", 8), node("d", 9), node("e")]
    found = timelines.sync_status(nodes, slots)
    # d is gone and claimed nothing in the window, e never did.
    assert [(each["node_id"], each["slot"], each["slots_behind"]) for each in found] == [
        *(("a", 9, 0), ("c", 8, 1), ("b", 4, 5)),
    ]
    assert [each["is_synced"] for each in found] == [True, True, False]


def test_open_connections_follow_from_connects_and_disconnects():
    sessions = {"open": 2, "buckets": [[FIRST, 1, 0, 0], [LAST, 0, 3, 4]]}
    rows = timelines.connection_timeline(
        BUCKETS, sessions, {(LAST,): {"a": 1}}, {(LAST, EventKind.PEER_MISBEHAVED): 6}
    )
    assert [(row["open"], row["net_change"]) for row in rows] == [(0, -3), (3, 0), (3, 1)]
    assert (rows[0]["refused"], rows[0]["active_nodes"]) == (4, 1)
    assert rows[0]["peer_connections"]["misbehaved"] == 6
    assert rows[1]["peer_connections"] == dict.fromkeys(CONNECTION_KINDS, 0)


def test_rates_of_a_node_divide_by_its_connected_time():
    sessions = [{"node": "a", "connected_us": HOUR_US // 2, "sessions": 2}] * 2
    nodes = [node("a", last_seen=AT), node("b", last_seen=AT + 1), node("c")]
    days = {(0,): {"a": 1}, (1,): {"a": 1}}
    second, first = timelines.connections_by_node(nodes, sessions, {"a": 500, "b": 1}, days)
    assert (first["node_id"], second["node_id"]) == ("a", "b")
    assert (first["uptime_hours"], first["events_per_hour"], first["sessions"]) == (1.0, 500.0, 4)
    assert (first["days_active"], second["days_active"]) == (2, 0)
    assert (second["events_per_hour"], second["events_per_second"]) == (None, None)


def test_nodes_are_counted_by_the_time_they_were_last_seen():
    nodes = [node("a", last_seen=AT - 5 * MINUTE_US), node("b", last_seen=AT - HOUR_US)]
    nodes += [node("c", last_seen=AT - HOUR_US - 1, connected=True)]
    nodes += [{**node("d"), "last_seen_at": None}]
    assert timelines.node_counts(nodes, AT) == {
        **{"total_nodes_seen": 4, "currently_active": 1, "active_last_hour": 2, "connected": 1},
    }
