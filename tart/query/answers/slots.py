"""Answers about ranges of slots, and about the propagation of one slot's blocks. Pure."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from msgspec import Meta

from tart.query.answers.common import Count, Fraction, Hex64, Scattered, Time, Timestamped

Clock = Literal["server", "node"]
Milliseconds = Annotated[
    float | None,
    Meta(
        description="Milliseconds since the block was authored, or first had if the time of "
        "authoring is not known. By the nodes' clocks it may be negative."
    ),
]
Duration = Annotated[
    float | None, Meta(description="Milliseconds by the node's own clock; null if not known.")
]
ChainState = Annotated[
    Literal["finalized", "best", "fork", "unknown"],
    Meta(
        description="finalized and best: on the best chain of most nodes, finalized or not yet; "
        "fork: not on it; unknown: no node has reported a best block so high."
    ),
]


class SlotNode(TypedDict):
    """A node by its id and what it runs."""

    node_id: Hex64
    implementation_name: str | None
    implementation_version: str | None


class BlockContents(TypedDict):
    """Size and contents of a block, as its outline has them."""

    size_bytes: Count | None
    num_tickets: Count | None
    num_preimages: Count | None
    num_guarantees: Count | None
    num_assurances: Count | None
    num_dispute_verdicts: Count | None


class BlockIdentity(BlockContents):
    """A block, its author and its place in the chain."""

    hash: Hex64
    parent: Annotated[
        Hex64 | None, Meta(description="Null if the author's Authoring event is not stored.")
    ]
    author: Annotated[
        SlotNode | None, Meta(description="Null if the author sends no telemetry to this server.")
    ]
    chain: ChainState
    authored_at: Annotated[
        Time | None, Meta(description="Time of the author's Authored event, by the clock chosen.")
    ]
    first_had_at: Annotated[
        Time | None, Meta(description="Time from which the first node had the block.")
    ]


class SlotBlock(BlockIdentity):
    """A block of a slot, and how soon the nodes had it.

    A node has a block from its first Authored, Importing or Best block changed event about it.
    """

    nodes: Annotated[
        Count, Meta(description="Nodes that had the block within a minute after authoring.")
    ]
    expected: Annotated[
        Count,
        Meta(description="Those nodes, and all others that were connected to this server then."),
    ]
    late: Annotated[Count, Meta(description="Nodes that had the block more than a minute after.")]
    until_50_ms: Annotated[
        Milliseconds, Meta(description="Until 50 % of the expected nodes had it; null until then.")
    ]
    until_90_ms: Annotated[
        Milliseconds, Meta(description="Until 90 % of the expected nodes had it; null until then.")
    ]
    until_99_ms: Annotated[
        Milliseconds, Meta(description="Until 99 % of the expected nodes had it; null until then.")
    ]


SlotState = Annotated[
    Literal["authored", "missed", "pending", "unknown"],
    Meta(
        description="authored: a node had a block of this slot; missed: nodes were connected and "
        "none had one; pending: the slot may still get its block; unknown: no node was connected "
        "to this server then."
    ),
]


class SlotSummary(TypedDict):
    """A slot and its blocks."""

    slot: Count
    time: Annotated[
        Time | None, Meta(description="Start of the slot by the calendar of the JAM Common Era.")
    ]
    state: SlotState
    blocks: Annotated[
        list[SlotBlock], Meta(description="Those of the best chain first, then by nodes.")
    ]
    authoring_failed: Annotated[Count, Meta(description="Number of Authoring failed events.")]
    import_failed: Annotated[
        Count,
        Meta(description="Number of Block verification failed and Block execution failed events."),
    ]


class Slots(Timestamped, Scattered):
    """The newest slots, oldest first, and how soon the nodes had their blocks."""

    clock: Clock
    slot_seconds: Count
    follows_calendar: Annotated[
        bool,
        Meta(description="Whether slots begin when the calendar of the JAM Common Era says so."),
    ]
    newest_slot: Annotated[
        Count,
        Meta(
            description="That has begun: by the calendar, or with a block where slots do not "
            "follow it."
        ),
    ]
    best_slot: Annotated[Count | None, Meta(description="That a third of the nodes have reached.")]
    finalized_slot: Count | None
    slots: list[SlotSummary]


class PropagationCurve(TypedDict):
    """The share of the expected nodes that had a block, by time: one point for each node."""

    ms: list[float]
    share: list[Annotated[float, Meta(ge=0, le=1)]]


class NodeStages(TypedDict):
    """The times at which each node reached each stage with a block, in columns of equal length.

    Times are milliseconds since authoring by the chosen clock; null is not reported.
    """

    node: Annotated[list[Count], Meta(description="Places in nodes, by the time of had.")]
    had: Annotated[
        list[float | None],
        Meta(description="First Authored, Importing or Best block changed event."),
    ]
    announced_to: Annotated[list[float | None], Meta(description="First announced by a peer.")]
    announced_by: Annotated[list[float | None], Meta(description="First announced to a peer.")]
    transferred: Annotated[list[float | None], Meta(description="Received from a peer.")]
    importing: list[float | None]
    verified: list[float | None]
    executed: list[float | None]
    best: list[float | None]
    finalized: list[float | None]
    verification_ms: Annotated[
        list[float | None],
        Meta(description="From Importing to Block verified, by the node's own clock."),
    ]
    execution_ms: Annotated[
        list[float | None],
        Meta(
            description="From Block verified, at the author from Authored, to Block executed, by "
            "the node's own clock."
        ),
    ]


class StageFailure(TypedDict):
    """A failure of a node with a block of the slot."""

    node: Annotated[Count, Meta(description="Place in nodes.")]
    hash: Annotated[Hex64 | None, Meta(description="Null if authoring failed.")]
    event_type: Count
    stage: Literal["authoring", "verification", "execution"]
    reason: str
    at: Time
    ms: Annotated[Milliseconds, Meta(description="Null without a block.")]


class BlockPropagationDetail(SlotBlock):
    """A block of a slot, and its way through the network."""

    reference: Annotated[
        Literal["authored", "first_had"],
        Meta(description="The moment from which milliseconds count."),
    ]
    authoring_ms: Annotated[
        Duration, Meta(description="From Authoring to Authored, by the author's own clock.")
    ]
    curve: PropagationCurve
    share: Annotated[Fraction, Meta(description="Of the expected nodes that had it in a minute.")]
    never: Annotated[
        list[Count], Meta(description="Places in nodes of expected nodes that never had it.")
    ]
    without_clock: Annotated[
        Count,
        Meta(description="Nodes left out because the offset of their clock is not known."),
    ]
    stages: NodeStages


class SlotPropagation(Timestamped, Scattered):
    """The blocks of one slot on their way through the network."""

    slot: Count
    time: Time | None
    clock: Clock
    slot_seconds: Count
    state: SlotState
    newest_slot: Count
    best_slot: Count | None
    finalized_slot: Count | None
    nodes: Annotated[
        list[SlotNode], Meta(description="All nodes that the answer names, by their place.")
    ]
    blocks: list[BlockPropagationDetail]
    failures: list[StageFailure]
