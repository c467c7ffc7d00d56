"""Answers about nodes: who they are, what they report, their connections. Pure."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired, TypedDict

from msgspec import Meta

from tart.query.answers.common import (
    Bytes,
    Count,
    Counters,
    Hex64,
    Number,
    Scattered,
    Time,
    Total,
    Uint64,
)
from tart.query.answers.int64 import EVENT_PLANS, Wide

_REPORTED = "As the node reports it; statements says when and on which connection."


class NodeInfo(TypedDict):
    """The node information message of JIP-3."""

    params: dict[str, Uint64 | None] | None
    genesis: Bytes
    details: dict[str, Any]
    flags: Count
    implementation_name: str
    implementation_version: str
    gp_version: str
    additional_info: str
    params_layout: NotRequired[str | None]
    protocol_version: NotRequired[Count | None]


class Statement(TypedDict):
    """The connection on which a node reported something."""

    received_at: Annotated[
        Time,
        Meta(description="By the server's clock; for node_info, when the connection began."),
    ]
    session: Annotated[Count | None, Meta(description="The connection, null if it is not known.")]
    address: Annotated[str | None, Meta(description="Remote address of that connection.")]
    is_open: Annotated[bool, Meta(description="Whether that connection is open now.")]
    is_ahead: NotRequired[
        Annotated[
            bool,
            Meta(
                description="True if the slot of the block is more than a day ahead of the wall "
                "clock; else absent. The block is null unless most nodes report such slots."
            ),
        ]
    ]


class Statements(TypedDict):
    """Sources of what a node reports."""

    node_info: Statement | None
    best: Statement | None
    finalized: Statement | None
    synced: Statement | None


class ReportedBlock(TypedDict):
    """A block that a node reports."""

    slot: Count
    hash: Bytes


class Node(TypedDict):
    """A node, put together from all of its connections."""

    node_id: Hex64
    peer_id: Hex64
    implementation_name: str | None
    implementation_version: str | None
    node_info: NodeInfo | None
    connected_at: Annotated[
        Time | None,
        Meta(
            description="When the connection began on which the node sent node_info; see "
            "statements."
        ),
    ]
    disconnected_at: Annotated[
        Time | None,
        Meta(description="When its last connection ended; null while one is open."),
    ]
    last_seen_at: Annotated[
        Time | None,
        Meta(
            description="When its last message was received, or when the connection began if it "
            "has sent none."
        ),
    ]
    is_connected: Annotated[
        bool,
        Meta(
            description="If the node's shard does not answer: its last known state, and false if "
            "the shard's process is gone."
        ),
    ]
    event_count: Annotated[
        Count, Meta(description="Events of all its connections, each counted once.")
    ]
    address: str | None
    first_seen_at: Time | None
    dropped_count: Annotated[
        Total, Meta(description="Events that the node reports as dropped by itself.")
    ]
    dropped_messages: Count
    undecodable: Annotated[
        Count, Meta(description="Events that could not be decoded; they are stored.")
    ]
    deviations: Annotated[Counters, Meta(description="Number of deviations from JIP-3 by rule.")]
    pauses: Annotated[
        Counters,
        Meta(
            description="Number of read pauses of its connections by reason: rate (of the node), "
            "buffer (of the writer), disk. Counted since its shards started. Nothing is lost by "
            "a pause."
        ),
    ]
    paused_seconds: Annotated[
        Number,
        Meta(description="Total length of the pauses that are over, for all its connections."),
    ]
    shed: Annotated[
        Counters,
        Meta(description="Events dropped by this server by reason, if the settings allow that."),
    ]
    best: Annotated[ReportedBlock | None, Meta(description=_REPORTED)]
    finalized: Annotated[ReportedBlock | None, Meta(description=_REPORTED)]
    synced: Annotated[bool | None, Meta(description=_REPORTED)]
    statements: Annotated[
        Statements,
        Meta(
            description="Sources of node_info (with implementation, address and connected_at), "
            "best, finalized and synced. Each is the newest statement by received_at on any open "
            "connection; if no open connection has made one, the newest on those that have "
            "ended, with is_open false. Null if the node never made the statement, or if it is "
            "no longer stored."
        ),
    ]


class Nodes(Scattered):
    """All nodes."""

    nodes: list[Node]


class OpenConnection(TypedDict):
    """An open connection of a node."""

    session: Count
    address: str | None
    connected_at: Time | None
    protocol_version: NotRequired[Count | None]
    params_layout: NotRequired[str | None]
    event_count: Count
    next_event_id: Uint64
    bytes: Count
    dropped_count: Annotated[
        Total, Meta(description="Events that the node reports as dropped by itself.")
    ]
    undecodable: Count


class ConnectionInfo(TypedDict):
    """The newest connection of a node."""

    address: str | None
    event_count: Count
    connected_duration_secs: Count


class NodeDetails(Node, Scattered):
    """A node with its open connections, newest first."""

    connections: list[OpenConnection]
    connection_info: NotRequired[
        Annotated[
            ConnectionInfo,
            Meta(description="The newest connection. Present only while one is open."),
        ]
    ]


class NodeSummary(TypedDict):
    """A node in brief."""

    node_id: Hex64
    peer_id: Hex64
    implementation_name: str | None
    implementation_version: str | None
    is_connected: bool
    connected_at: Time | None
    last_seen_at: Time | None
    event_count: Count


class ChainStatus(TypedDict):
    """The chain as a node reports it."""

    best_slot: Annotated[Count | None, Meta(description="Of the newest BestBlockChanged event.")]
    finalized_slot: Annotated[
        Count | None, Meta(description="Of the newest FinalizedBlockChanged event.")
    ]
    best_hash: Hex64 | None
    finalized_hash: Hex64 | None
    best_block_events: Count
    finalized_block_events: Count
    synced: bool | None
    last_updated: Time | None


class EventTypeCount(TypedDict):
    """Number of events of a type."""

    event_type: Count
    count: Count


class ReportedStatus(TypedDict):
    """The last statements of a node about itself and the chain."""

    chain_status: ChainStatus
    latest_status: Annotated[
        dict[str, Any] | None,
        Meta(description="Fields of the newest Status event."),
        Wide(EVENT_PLANS["Status"]),
    ]
    event_breakdown: list[EventTypeCount]


class NodeStatus(ReportedStatus, Scattered):
    """A node with its last statements about itself and the chain."""

    node: NodeSummary
