"""Answers about blocks and slots. Pure."""

from __future__ import annotations

from typing import Annotated, NotRequired, TypedDict

from msgspec import Meta

from tart.query.answers.common import (
    Count,
    EventData,
    Hex64,
    Scattered,
    Time,
    Timestamped,
    Uint64,
    Windowed,
)
from tart.query.answers.network import NodeAhead


class BlockTotals(TypedDict):
    """Numbers of events; ``blocks_authored`` is a number of blocks."""

    authoring_started: Count
    authoring_failed: Count
    authored: Count
    importing: Count
    verification_failed: Count
    verified: Count
    execution_failed: Count
    executed: Count
    best_block_changes: Count
    finalized_block_changes: Count
    blocks_authored: Annotated[Count, Meta(description="Distinct header hashes.")]


class Chain(TypedDict):
    """Slots that the network has reached."""

    best_slot: Count | None
    finalized_slot: Count | None
    ahead: list[NodeAhead]


class Author(TypedDict):
    """Blocks that one node authored."""

    node_id: Hex64
    blocks_authored: Count


class AuthoredBlock(TypedDict):
    """A block that a node authored."""

    node_id: Hex64
    timestamp: Annotated[Time | None, Meta(description="Time of authoring, by the node's clock.")]
    received_at: Annotated[Time, Meta(description="Start of authoring, by the server's clock.")]
    slot: Count | None
    hash: Hex64
    parent: Hex64 | None
    size_bytes: Count | None
    num_tickets: Count | None
    num_preimages: Count | None
    num_guarantees: Count | None
    num_assurances: Count | None
    num_dispute_verdicts: Count | None
    authoring_ms: float
    outcome: str
    reason: str | None


class Blocks(Timestamped, Windowed):
    """Blocks authored, imported and finalized."""

    totals: BlockTotals
    chain: Chain
    authoring_by_node: list[Author]
    recent_authored: list[AuthoredBlock]


class SlotEvent(TypedDict):
    """An event about the slot."""

    id: Count
    event_id: Uint64
    session: Count
    event_type: Count
    timestamp: Time | None
    received_at: Time
    data: EventData


class NodeSlotEvents(TypedDict):
    """Events of one node about the slot."""

    node_id: Hex64
    events: list[SlotEvent]


class Slot(Scattered):
    """Blocks and events of one slot."""

    slot: Count
    blocks_authored: Count
    blocks_announced: Count
    blocks_transferred: Count
    blocks: Annotated[list[Hex64], Meta(description="Header hashes named in the slot.")]
    announcements: Count
    transfers: Count
    total_events: Count
    authoring_attempts: Count
    authoring_failures: Count
    nodes_involved: Count
    first_event: Time | None
    last_event: Time | None
    events_by_node: NotRequired[list[NodeSlotEvents]]
    has_more: NotRequired[
        Annotated[bool, Meta(description="True if there are more events than are listed.")]
    ]
