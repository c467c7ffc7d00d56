"""The answer about finality. Pure."""

from __future__ import annotations

from typing import Annotated, TypedDict

from msgspec import Meta

from tart.query.answers.common import Amount, Compared, Count, Hex64, OpenWindowed, Time
from tart.query.answers.protocol_steps import FinalitySteps
from tart.query.answers.requests import BucketedTimes


class FinalityNow(TypedDict):
    """The heads of the network at present, whatever the window."""

    best_slot: Annotated[
        Count | None, Meta(description="The highest slot that a third of the nodes have reached.")
    ]
    finalized_slot: Annotated[Count | None, Meta(description="Likewise of finalized blocks.")]
    lag_slots: Annotated[Count | None, Meta(description="The difference of both.")]


class FinalityDelays(TypedDict):
    """Milliseconds; percentiles are by nearest rank."""

    count: Count
    p50_ms: Amount
    p95_ms: Amount
    max_ms: Amount


class FinalitySeries(TypedDict):
    """Finality by time: in each list one element for each bucket of the answer."""

    best_slot: list[Count | None]
    finalized_slot: list[Count | None]
    lag_slots: list[Count | None]
    finalized_blocks: Annotated[
        list[Count], Meta(description="Different blocks that a node first named as finalized.")
    ]
    p50_ms: Annotated[
        list[Amount], Meta(description="Percentile of node_delay of the bucket, within 10 %.")
    ]
    p95_ms: list[Amount]


class FinalityStall(TypedDict):
    """A time in which no node named a higher finalized block, though nodes named best blocks."""

    since: Annotated[
        Time, Meta(description="The last progress before it, or the start of the window.")
    ]
    until: Annotated[
        Time | None, Meta(description="The next progress; null if there was none in the window.")
    ]
    seconds: Annotated[float, Meta(ge=0, description="As far as it lies in the window.")]
    finalized_slot: Annotated[
        Count | None, Meta(description="The slot before it; null if the window began with it.")
    ]


class FinalityNode(TypedDict):
    """Finality at one node."""

    node_id: Hex64
    implementation_name: str | None
    implementation_version: str | None
    is_connected: bool
    finalized_slot: Annotated[
        Count | None, Meta(description="What the node last said, whatever the window.")
    ]
    finalized_events: Annotated[Count, Meta(description="Finalized block changed, in the window.")]
    lag_p50: Annotated[
        Count | None,
        Meta(
            description="Slots from the network's best block to the node's finalized block: the "
            "median of the buckets in which the node named one."
        ),
    ]
    lag_max: Count | None
    lag: Annotated[list[Count | None], Meta(description="Of each bucket.")]
    delay_p50_ms: Annotated[
        Amount,
        Meta(
            description="From the first time that a block was the node's best block until the node "
            "named it as finalized, by the node's clock, within 10 %."
        ),
    ]
    delay_p95_ms: Amount


class Finality(BucketedTimes, OpenWindowed, Compared):
    """Finality: its distance from the best chain, its delays, and times in which it stood still."""

    now: FinalityNow
    series: FinalitySeries
    blocks: Annotated[
        Count,
        Meta(
            description="Different blocks that nodes named as finalized in the window, at most the "
            "newest 20,000."
        ),
    ]
    node_delay: Annotated[
        FinalityDelays,
        Meta(
            description="Of all nodes: from a node's best block to the same block as its finalized "
            "one, by the node's clock, within 10 %; max_ms is null."
        ),
    ]
    network_delay: Annotated[
        FinalityDelays,
        Meta(
            description="Of each block: from the first sight of it by any node until any node "
            "named it as finalized, by the server's clock."
        ),
    ]
    arrival_delay: Annotated[
        FinalityDelays,
        Meta(
            description="Of each block and node: from the first sight by any node until that node "
            "named it as finalized, by the server's clock, within 10 % of the time after the first."
        ),
    ]
    spread: Annotated[
        FinalityDelays,
        Meta(
            description="Of each block: from the first node that named it as finalized to the last "
            "one, by the server's clock."
        ),
    ]
    stall_after_seconds: Annotated[
        Count, Meta(description="Five slots: a longer time without progress is a stall.")
    ]
    stalls: Annotated[list[FinalityStall], Meta(description="At most 100, newest first.")]
    stalls_total: Count
    nodes: Annotated[list[FinalityNode], Meta(description="Those farthest behind first.")]
    nodes_total: Count
    rounds: FinalitySteps
