"""Who talks to whom: announcements, block transfers and tickets between nodes.

Pure: rows of the aggregates in, bodies out. What two nodes tell of the same messages is one
figure: the sender says how many it sent, the receiver how many came, and the greater is what
there was at least.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from tart.query.core.merge import Json
from tart.query.core.rfc3339 import rfc3339

ANNOUNCED, TRANSFERRED, TICKET = 62, 68, 84
MAX_LINKS = 5_000
_LOCAL = 0
# Sender and receiver.
_Ends = tuple[str, str]


def topology(
    links: Iterable[Json], transfers: Iterable[Json], counts: Mapping[int, int], active: int
) -> Json:
    """The body of ``/api/network/topology``.

    Args:
        links: node, peer, type, side, count, last_at (µs) of types 62 and 84.
        transfers: node, blocks, slots, last_at of blocks transferred.
        counts: events by type.
        active: nodes that said any of it.
    """
    rows = list(links)
    announced, tickets = (
        _directed(row for row in rows if row["type"] == each) for each in (ANNOUNCED, TICKET)
    )
    peers: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        peers[row["node"]].add(row["peer"])
    given = sorted(transfers, key=lambda row: (-row["blocks"], row["node"]))
    return {
        "connections": [{**link, "connection_type": None} for link in _listed(announced)],
        "block_transfers": [
            {
                "node_id": row["node"],
                "blocks_transferred": row["blocks"],
                "unique_slots": row["slots"],
                "last_transfer": rfc3339(row["last_at"]),
            }
            for row in given
        ],
        "ticket_transfers": _listed(tickets),
        "network_stats": {
            "total_connections": len(announced),
            "block_announcements_last_hour": counts.get(ANNOUNCED, 0),
            "block_transfers_last_hour": counts.get(TRANSFERRED, 0),
            "ticket_transfers_last_hour": counts.get(TICKET, 0),
            "average_peers_per_node": (
                round(sum(map(len, peers.values())) / active, 2) if active else None
            ),
            "active_nodes": active,
        },
    }


def _directed(rows: Iterable[Json]) -> dict[_Ends, Json]:
    """What was sent, by sender and receiver."""
    found: dict[_Ends, Json] = {}
    for row in rows:
        sent = row["side"] == _LOCAL
        ends = (row["node"], row["peer"]) if sent else (row["peer"], row["node"])
        link = found.setdefault(ends, {"sent": 0, "received": 0, "last_at": 0})
        link["sent" if sent else "received"] += row["count"]
        link["last_at"] = max(link["last_at"], row["last_at"])
    return found


def _listed(links: Mapping[_Ends, Json]) -> list[Json]:
    """Those with the most messages, first ones first."""
    counted = sorted((-max(link["sent"], link["received"]), *ends) for ends, link in links.items())
    return [
        {
            "from_node": sender,
            "to_node": receiver,
            "message_count": -count,
            "sent": links[sender, receiver]["sent"],
            "received": links[sender, receiver]["received"],
            "last_seen": rfc3339(links[sender, receiver]["last_at"]),
        }
        for count, sender, receiver in counted[:MAX_LINKS]
    ]


def merge_transfers(answers: Iterable[Iterable[Sequence[int | str]]]) -> list[Json]:
    """Shards' answers to ``transfers`` as rows; a slot that two shards name counts once."""
    blocks: defaultdict[str, int] = defaultdict(int)
    last: defaultdict[str, int] = defaultdict(int)
    ranges: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for answer in answers:
        for node, first_slot, last_slot, count, last_at in answer:
            name = str(node)
            blocks[name] += int(count)
            last[name] = max(last[name], int(last_at))
            ranges[name].append((int(first_slot), int(last_slot)))
    return [
        {
            "node": node,
            "blocks": blocks[node],
            "slots": _length(ranges[node]),
            "last_at": last[node],
        }
        for node in blocks
    ]


def _length(ranges: list[tuple[int, int]]) -> int:
    """How many numbers lie in any of these ranges, both ends included."""
    total, reached = 0, -1
    for first, last in sorted(ranges):
        if last > reached:
            total += last - max(first, reached + 1) + 1
            reached = last
    return total
