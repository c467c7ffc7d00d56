"""Links between nodes: block announcements, block transfers and ticket transfers.

Pure: rows of the aggregates in, answers out. Two nodes report the same messages: the sender how
many it sent, the receiver how many arrived. The greater of both is a lower bound of what was
sent, and is the figure of the link.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tart.protocol.events import EventKind
from tart.query.answers import topology as answers
from tart.query.core.merge import Json
from tart.query.core.merge_aggregates import ByNode
from tart.query.core.rfc3339 import server_time
from tart.query.topics.node_summary import implementation_of, index_implementations

MAX_LINKS = 5_000
# The kinds that the figures count, and those of them that name a peer.
KINDS = (
    EventKind.BLOCK_ANNOUNCED,
    EventKind.BLOCK_TRANSFERRED,
    EventKind.TICKET_TRANSFERRED,
)
LINK_KINDS = (EventKind.BLOCK_ANNOUNCED, EventKind.TICKET_TRANSFERRED)
# Event types of the kinds of links.
LINKS: Mapping[answers.LinkKind, EventKind] = {
    "announcements": EventKind.BLOCK_ANNOUNCED,
    "tickets": EventKind.TICKET_TRANSFERRED,
    "streams": EventKind.BLOCK_ANNOUNCEMENT_STREAM_OPENED,
}
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


def links(
    kind: answers.LinkKind,
    counts: Iterable[ByNode],
    nodes: Sequence[Json],
    status: Iterable[Json],
    *,
    limit: int,
) -> answers.Links:
    """Return the answer of ``/api/network/links``.

    Args:
        kind: The kind of messages.
        counts: Each node's messages by peer and side; the same link may be in several.
        nodes: All known nodes, merged.
        status: Node and its newest ``num_peers``.
        limit: Maximum number of links.
    """
    messages = _messages_by_ends(counts)
    known = {node["node_id"]: node for node in nodes}
    named = {node for ends in messages for node in ends}
    ids = sorted(named, key=lambda node: (node not in known, node))
    index_of = {node: index for index, node in enumerate(ids)}
    present = [known[node] for node in ids if node in known]
    implementations = index_implementations(present)
    peers = {row["node"]: row["num_peers"] for row in status}
    sent, received, targets, sources = (Counter[str]() for _ in range(4))
    for (sender, receiver), count in messages.items():
        sent[sender] += count
        received[receiver] += count
        targets[sender] += 1
        sources[receiver] += 1
    busiest = sorted(messages, key=lambda ends: (-messages[ends], *ends))[:limit]
    shown = sorted((index_of[sender], index_of[receiver]) for sender, receiver in busiest)
    return {
        "kind": kind,
        "total_links": len(messages),
        "complete": len(shown) == len(messages),
        "implementations": [
            {"name": name, "version": version} for name, version in implementations
        ],
        "nodes": {
            "node_id": ids,
            "implementation": [
                implementations[implementation_of(known[node])] if node in known else None
                for node in ids
            ],
            "is_connected": [node in known and known[node]["is_connected"] for node in ids],
            "sent": [sent[node] for node in ids],
            "received": [received[node] for node in ids],
            "targets": [targets[node] for node in ids],
            "sources": [sources[node] for node in ids],
            "peers": [peers.get(node) for node in ids],
        },
        "links": {
            "source": [source for source, _ in shown],
            "target": [target for _, target in shown],
            "messages": [messages[ids[source], ids[target]] for source, target in shown],
        },
    }


def _messages_by_ends(counts: Iterable[ByNode]) -> dict[_Ends, int]:
    """Return the greater of what the sender sent and the receiver received."""
    messages: dict[_Ends, int] = {}
    for part in counts:
        for (peer, side), by_node in part.items():
            for node, count in by_node.items():
                ends = (node, peer) if side == _LOCAL_SIDE else (peer, node)
                messages[ends] = max(count, messages.get(ends, 0))
    return messages


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
