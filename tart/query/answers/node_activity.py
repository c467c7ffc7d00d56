"""Answers about the activity of nodes: cores, tickets, peers, a timeline of events. Pure."""

from __future__ import annotations

from typing import Annotated, TypedDict

from msgspec import Meta

from tart.query.answers.common import (
    Compared,
    Count,
    Counters,
    EventData,
    Hex64,
    OpenWindowed,
    Paged,
    Time,
    Timestamped,
    Uint64,
)
from tart.query.answers.nodes import NodeSummary, ReportedStatus


class PrimaryCore(TypedDict):
    """The core on which a node builds the most guarantees."""

    node_id: Hex64
    primary_core: Count
    guarantee_count: Count


class NodeCoreGuarantees(TypedDict):
    """Guarantees of one node on one core."""

    node_id: Hex64
    core_index: Count
    last_guarantee: Time
    guarantee_count: Count


class EpochTickets(TypedDict):
    """Tickets that one node generated for one epoch."""

    node_id: Hex64
    epoch: Annotated[str, Meta(description="A number as text, for compatibility with jamtart.")]
    ticket_count: Count
    last_generated: Time
    generations: Count
    failures: Count


class CoreGuaranteeTotals(TypedDict):
    """Guarantees on one core, over all nodes."""

    core_index: Count
    active_validators: Count
    total_guarantees: Count
    last_activity: Time


class ValidatorsCores(OpenWindowed, Compared):
    """Guarantees by node and core, and tickets by node and epoch."""

    node_core_mapping: list[PrimaryCore]
    guarantee_activity: list[NodeCoreGuarantees]
    ticket_activity: list[EpochTickets]
    core_summary: list[CoreGuaranteeTotals]


class PeerSample(TypedDict):
    """Numbers of peers in one Status event."""

    timestamp: Time | None
    total_peers: Count
    validator_peers: Count
    sync_peers: Count


class NodePeers(OpenWindowed, Compared):
    """Peers of a node, as its Status events report them."""

    validator_peers: Count | None
    non_validator_peers: Count | None
    total_peers: Count | None
    sync_peers: Count | None
    block_announcement_peers: Annotated[
        Count,
        Meta(description="Peers with which a block announcement stream was opened in the window."),
    ]
    last_update: Time | None
    connections: Counters
    history: list[PeerSample]


class TimelineEvent(TypedDict):
    """An event of a node, with its category."""

    id: Count
    event_id: Uint64
    session: Count
    event_type: Count
    timestamp: Time | None
    created_at: Time
    category: str
    data: EventData


class CategoryCount(TypedDict):
    """Number of events of one category."""

    category: str
    count: Count


class TimeRange(TypedDict):
    """Times of the oldest and the newest event."""

    start: Time | None
    end: Time | None


class NodeTimeline(Paged, Timestamped, OpenWindowed):
    """Events of a node by category, newest first."""

    node_id: Hex64
    events: list[TimelineEvent]
    event_count: Annotated[Count, Meta(description="Number of events in this answer.")]
    category_counts: list[CategoryCount]
    time_range: TimeRange


class GuaranteeActivity(TypedDict):
    """Guarantees of one node."""

    guarantees_built: Count
    guarantees_signed: Count
    primary_core: Count | None
    last_guarantee_at: Time | None


class TicketActivity(TypedDict):
    """Tickets of one node."""

    tickets_generated: Count
    tickets_sealed: Annotated[
        None, Meta(description="Always null: no event tells which tickets seal a block.")
    ]
    last_ticket_at: Time | None
    generations: Count
    generations_failed: Count


class NodeCores(TypedDict):
    """Cores, guarantees and tickets of one node."""

    assigned_core: Annotated[Count | None, Meta(description="The first of cores_active.")]
    cores_active: list[Count]
    guarantee_activity: GuaranteeActivity | None
    ticket_activity: TicketActivity | None


class NodeStatusEnhanced(NodeSummary, ReportedStatus, NodeCores, OpenWindowed, Compared):
    """Status of a node with its cores, guarantees and tickets."""
