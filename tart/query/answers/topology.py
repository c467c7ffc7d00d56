"""Answers about links between nodes. Pure."""

from __future__ import annotations

from typing import Annotated, TypedDict

from msgspec import Meta

from tart.query.answers.common import Amount, Count, Hex64, OpenWindowed, Time


class Link(TypedDict):
    """Messages from one node to another."""

    from_node: Hex64
    to_node: Hex64
    message_count: Annotated[Count, Meta(description="The greater of sent and received.")]
    sent: Annotated[Count, Meta(description="As reported by from_node.")]
    received: Annotated[Count, Meta(description="As reported by to_node.")]
    last_seen: Time


class AnnouncementLink(Link):
    """Block announcements from one node to another."""

    connection_type: Annotated[
        None, Meta(description="Always null: no event tells which nodes are validators.")
    ]


class BlockTransfers(TypedDict):
    """Blocks that one node transferred."""

    node_id: Hex64
    blocks_transferred: Count
    unique_slots: Count
    last_transfer: Time


class LinkStatistics(TypedDict):
    """Totals over all links."""

    total_connections: Count
    block_announcements_last_hour: Count
    block_transfers_last_hour: Count
    ticket_transfers_last_hour: Count
    average_peers_per_node: Annotated[
        Amount, Meta(description="Peers that a node names; null if no node names any.")
    ]
    active_nodes: Count


class Topology(OpenWindowed):
    """Block announcements, block transfers and ticket transfers between nodes."""

    connections: list[AnnouncementLink]
    block_transfers: list[BlockTransfers]
    ticket_transfers: list[Link]
    network_stats: LinkStatistics
