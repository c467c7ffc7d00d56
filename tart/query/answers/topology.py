"""Answers about links between nodes. Pure."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from msgspec import Meta

from tart.query.answers.common import (
    Amount,
    Compared,
    Count,
    Hex64,
    OpenWindowed,
    Time,
    Timestamped,
    Windowed,
)
from tart.query.answers.node_summary import ImplementationVersion

LinkKind = Literal["announcements", "tickets", "streams"]


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


class Topology(OpenWindowed, Compared):
    """Block announcements, block transfers and ticket transfers between nodes."""

    connections: list[AnnouncementLink]
    block_transfers: list[BlockTransfers]
    ticket_transfers: list[Link]
    network_stats: LinkStatistics


class LinkNodes(TypedDict):
    """Columns about nodes; the elements at one index are those of one node."""

    node_id: list[Hex64]
    implementation: Annotated[
        list[Count | None],
        Meta(description="Index in implementations; null for a peer that sends no telemetry."),
    ]
    is_connected: list[bool]
    sent: Annotated[list[Count], Meta(description="Messages that the node sent over its links.")]
    received: list[Count]
    targets: Annotated[list[Count], Meta(description="Nodes that it sent messages to.")]
    sources: Annotated[list[Count], Meta(description="Nodes that it received messages from.")]
    peers: Annotated[
        list[Count | None],
        Meta(description="Peers by its newest Status in the window; null without one."),
    ]


class LinkColumns(TypedDict):
    """Columns about links; the elements at one index are those of one link."""

    source: Annotated[list[Count], Meta(description="Index of the sender in nodes.")]
    target: Annotated[list[Count], Meta(description="Index of the receiver in nodes.")]
    messages: Annotated[
        list[Count], Meta(description="The greater of sent and received, as in the topology.")
    ]


class Links(Timestamped, Windowed):
    """Messages between nodes as columns, in order of sender and receiver."""

    kind: LinkKind
    total_links: Count
    complete: Annotated[
        bool, Meta(description="False if links has only those with the most messages.")
    ]
    implementations: list[ImplementationVersion]
    nodes: LinkNodes
    links: LinkColumns
