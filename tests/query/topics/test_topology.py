"""``tart/query/topics/topology.py``: links from both ends, slots counted once."""

from tart.protocol.events import EventKind
from tart.query.topics.topology import links, topology

A, B, C = ("aa" * 32, "bb" * 32, "cc" * 32)


def link(node, peer, side, count=1, number=EventKind.BLOCK_ANNOUNCED, at=5):
    names = {"node": node, "peer": peer, "type": number, "side": side}
    return {**names, "count": count, "last_at": at}


def test_reports_of_both_ends_are_one_link():
    links = [link(A, B, 0, 5), link(B, A, 1, 3, at=9), link(B, A, 0, 1), link(A, C, 1, 2)]
    found = topology(links, [], {}, 2)["connections"]
    ends = [(each["from_node"], each["to_node"]) for each in found]
    assert ends == [(A, B), (C, A), (B, A)]
    counts = [[each[name] for name in ("message_count", "sent", "received")] for each in found]
    assert counts == [[5, 5, 3], [2, 0, 2], [1, 1, 0]]
    assert found[0]["last_seen"] == "1970-01-01T00:00:00.000009Z"


def test_ticket_transfers_are_listed_separately():
    found = topology(
        [link(A, B, 0, number=EventKind.TICKET_TRANSFERRED)],
        [],
        {EventKind.TICKET_TRANSFERRED: 1},
        1,
    )
    assert found["connections"] == []
    (ticket,) = found["ticket_transfers"]
    assert "connection_type" not in ticket
    assert found["network_stats"]["ticket_transfers_last_hour"] == 1


def test_the_average_number_of_peers_is_over_active_nodes():
    links = [
        link(A, B, 0),
        link(A, C, 1),
        link(A, B, 1),
        link(B, A, 0, number=EventKind.TICKET_TRANSFERRED),
    ]
    stats = topology(links, [], {}, 2)["network_stats"]
    assert stats["average_peers_per_node"] == 1.5
    assert topology([], [], {}, 0)["network_stats"]["average_peers_per_node"] is None


NODES = [
    {
        "node_id": node,
        "implementation_name": name,
        "implementation_version": "1",
        "is_connected": node == A,
    }
    for node, name in ((A, "y"), (B, "x"))
]


def columns(found):
    """Links as triples of ids and messages."""
    ids, some = found["nodes"]["node_id"], found["links"]
    return [
        (ids[source], ids[target], count)
        for source, target, count in zip(
            some["source"], some["target"], some["messages"], strict=True
        )
    ]


def test_links_as_columns_are_those_of_the_topology():
    counts = {(B, 0): {A: 5}, (A, 1): {B: 3}, (C, 1): {A: 2}, (A, 0): {B: 1}}
    found = links("announcements", [counts, {(B, 0): {A: 5}}], NODES, [], limit=10)
    assert columns(found) == [(A, B, 5), (B, A, 1), (C, A, 2)]
    assert (found["total_links"], found["complete"]) == (3, True)
    nodes = found["nodes"]
    assert nodes["node_id"] == [A, B, C]
    assert nodes["implementation"] == [1, 0, None]
    assert nodes["is_connected"] == [True, False, False]
    assert (nodes["sent"], nodes["received"]) == ([5, 1, 2], [3, 5, 0])
    assert (nodes["targets"], nodes["sources"]) == ([1, 1, 1], [2, 1, 0])


def test_a_limit_keeps_the_links_with_the_most_messages():
    counts = {(B, 0): {A: 5}, (A, 0): {B: 9, C: 7}}
    status = [{"node": B, "num_peers": 4}]
    found = links("tickets", [counts], NODES, status, limit=2)
    assert columns(found) == [(B, A, 9), (C, A, 7)]
    assert (found["total_links"], found["complete"]) == (3, False)
    assert found["nodes"]["targets"] == [1, 1, 1]
    assert found["nodes"]["peers"] == [None, 4, None]
