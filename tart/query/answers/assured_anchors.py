"""Answers about the coverage of anchors by assurances: who assured, whom it reached, and when.

Pure.
"""

from __future__ import annotations

from typing import Annotated, TypedDict

from msgspec import Meta

from tart.query.answers.common import Amount, Compared, Count, Fraction, Hex64, OpenWindowed, Time

Indices = list[Annotated[Count, Meta(description="Index in nodes.")]]
_Delay = Annotated[
    Count | None,
    Meta(description="Milliseconds by the server's clock; null if it has not happened."),
]


class AnchorCoverage(TypedDict):
    """The assurances of one anchor.

    A delay counts from the first assurance of the anchor. ``started_ms`` and ``reached`` have one
    element for each node of the answer.
    """

    anchor: Hex64
    slot: Annotated[Count | None, Meta(description="Null if no node named the block.")]
    first_at: Time
    assured: Annotated[Count, Meta(description="Nodes that assured the anchor.")]
    share: Annotated[Fraction, Meta(description="assured, as a share of all nodes.")]
    receipts: Annotated[Count, Meta(description="Assurances that nodes received from others.")]
    expected_receipts: Annotated[
        Count, Meta(description="Receipts if every node assures it and all others receive that.")
    ]
    until_two_thirds_ms: Annotated[
        _Delay, Meta(description="Until two thirds of expected_receipts, within 10 %.")
    ]
    until_all_ms: Annotated[_Delay, Meta(description="Until all expected_receipts, exact.")]
    last_receipt_ms: Annotated[_Delay, Meta(description="Until the last receipt so far, exact.")]
    started_ms: Annotated[
        list[Count | None],
        Meta(description="Delay of each node's assurance; null if it did not assure the anchor."),
    ]
    reached: Annotated[
        list[Count | None],
        Meta(description="Nodes that received each node's assurance; null if it sent none."),
    ]
    late: Annotated[
        Indices, Meta(description="Nodes that assured it late_after_ms after the first, or later.")
    ]
    missing: Annotated[Indices, Meta(description="Nodes that did not assure it.")]
    elsewhere: Annotated[
        Indices,
        Meta(description="Those of missing that assured another anchor within half a slot."),
    ]


class Assurer(TypedDict):
    """The assurances of one node over all anchors of the answer."""

    node_id: Hex64
    assured: Annotated[Count, Meta(description="Anchors that it assured.")]
    late: Count
    missing: Count
    elsewhere: Count
    reached: Annotated[Amount, Meta(description="Mean number of nodes that an assurance reached.")]
    start_p50_ms: Annotated[Amount, Meta(description="Delay of its assurance, median.")]
    delivery_p50_ms: Annotated[
        Amount,
        Meta(description="From its assurance to the receipts, within 10 %; null without any."),
    ]
    delivery_p95_ms: Amount


class AvailabilityAnchors(OpenWindowed, Compared):
    """The coverage of the newest anchors by assurances, newest first."""

    nodes: Annotated[
        list[Hex64],
        Meta(description="Nodes that sent or received assurances of these anchors, in order."),
    ]
    nodes_left_out: Annotated[Count, Meta(description="Nodes beyond the limit of 1,023.")]
    late_after_ms: Count
    anchors: list[AnchorCoverage]
    total_anchors: Annotated[Count, Meta(description="Followed anchors of the window.")]
    assurers: Annotated[list[Assurer], Meta(description="In the order of nodes.")]
