"""``tart/query/topics/topology.py``: links from both ends, slots counted once."""

from tart.protocol.events import EventKind
from tart.query.topics.topology import topology

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
