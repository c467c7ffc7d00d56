"""Links between nodes: block announcements, block transfers and ticket transfers.

Pure: rows of the aggregates in, answers out. Two nodes report the same messages: the sender how
many it sent, the receiver how many arrived. The greater of both is a lower bound of what was
sent, and is the figure of the link.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tart.protocol.events import EventKind
from tart.query.answers import topology as answers
from tart.query.core.merge import Json
from tart.query.core.rfc3339 import server_time

MAX_LINKS = 5_000
# The kinds that the figures count, and those of them that name a peer.
KINDS = (
    EventKind.BLOCK_ANNOUNCED,
    EventKind.BLOCK_TRANSFERRED,
    EventKind.TICKET_TRANSFERRED,
)
LINK_KINDS = (EventKind.BLOCK_ANNOUNCED, EventKind.TICKET_TRANSFERRED)
_LOCAL_SIDE = 0
# Sender and receiver.
_Ends = tuple[str, str]


@dataclass
class _Messages:
    """Messages over one link; ``last_at`` in Unix microseconds."""

    sent: int = 0
    received: int = 0
    last_at: int = 0


def topology(
    links: Iterable[Json], transfers: Iterable[Json], counts: Mapping[int, int], active: int
) -> answers.Topology:
    """Return the answer of ``/api/network/topology``.

    Args:
        links: Node, peer, type, side, count, last_at (µs) of ``LINK_KINDS``.
        transfers: Node, blocks, slots, last_at (µs) of transferred blocks.
        counts: Number of events by type.
        active: Number of nodes that sent an event of ``KINDS``.
    """
    rows = list(links)
    announced, tickets = (
        _links_by_ends(row for row in rows if row["type"] == kind) for kind in LINK_KINDS
    )
    peers: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        peers[row["node"]].add(row["peer"])
    ordered = sorted(transfers, key=lambda row: (-row["blocks"], row["node"]))
    return {
        "connections": [{**link, "connection_type": None} for link in _busiest(announced)],
        "block_transfers": [
            {
                "node_id": row["node"],
                "blocks_transferred": row["blocks"],
                "unique_slots": row["slots"],
                "last_transfer": server_time(row["last_at"]),
            }
            for row in ordered
        ],
        "ticket_transfers": _busiest(tickets),
        "network_stats": {
            "total_connections": len(announced),
            "block_announcements_last_hour": counts.get(EventKind.BLOCK_ANNOUNCED, 0),
            "block_transfers_last_hour": counts.get(EventKind.BLOCK_TRANSFERRED, 0),
            "ticket_transfers_last_hour": counts.get(EventKind.TICKET_TRANSFERRED, 0),
            "average_peers_per_node": (
                round(sum(map(len, peers.values())) / active, 2) if active else None
            ),
            "active_nodes": active,
        },
    }


def _links_by_ends(rows: Iterable[Json]) -> dict[_Ends, _Messages]:
    links: defaultdict[_Ends, _Messages] = defaultdict(_Messages)
    for row in rows:
        if row["side"] == _LOCAL_SIDE:
            link = links[row["node"], row["peer"]]
            link.sent += row["count"]
        else:
            link = links[row["peer"], row["node"]]
            link.received += row["count"]
        link.last_at = max(link.last_at, row["last_at"])
    return links


def _busiest(links: Mapping[_Ends, _Messages]) -> list[answers.Link]:
    """Return the links with the most messages, in descending order."""
    ordered = sorted((-max(link.sent, link.received), *ends) for ends, link in links.items())
    return [
        {
            "from_node": sender,
            "to_node": receiver,
            "message_count": -negated,
            "sent": links[sender, receiver].sent,
            "received": links[sender, receiver].received,
            "last_seen": server_time(links[sender, receiver].last_at),
        }
        for negated, sender, receiver in ordered[:MAX_LINKS]
    ]
