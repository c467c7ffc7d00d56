"""Answers of jamtart's routes of 2026 about guarantees and assurances. Pure."""

from __future__ import annotations

from typing import Annotated, TypedDict

from msgspec import Meta

from tart.query.answers.common import Count, Hex64, Time, WindowShown
from tart.query.answers.grafana import BucketStart

Rate = Annotated[float, Meta(ge=0, le=1, description="Of attempts that have ended; 1 without any.")]
_DELAY = (
    "Milliseconds by the server's clock, nearest rank. Read from histograms of the delays after "
    "the first arrival, within 10 % of those."
)
Delay = Annotated[int, Meta(ge=0, description=_DELAY)]
LastDelay = Annotated[int, Meta(ge=0, description="Milliseconds to the last arrival; exact.")]
SlotTime = Annotated[Time, Meta(description="Beginning of the slot, from its number.")]


class GrafanaGuaranteeCounts(TypedDict):
    """Events about guarantees, by type (105 to 113)."""

    built: Count
    sending: Count
    send_failed: Count
    sent: Count
    distributed: Count
    receiving: Count
    receive_failed: Count
    received: Count
    discarded: Count


class GrafanaGuaranteeRates(TypedDict):
    """Success rates of sending and of receiving guarantees."""

    send_success_rate: Rate
    receive_success_rate: Rate


class GrafanaGuarantees(WindowShown):
    """Guarantees by outcome."""

    totals: GrafanaGuaranteeCounts
    success_rates: GrafanaGuaranteeRates


class GrafanaGuarantor(TypedDict):
    """A node that built guarantees."""

    node_id: Hex64
    primary_core: Annotated[
        Count | None,
        Meta(description="The core with most of its guarantees, of several the lowest."),
    ]
    guarantee_count: Annotated[Count, Meta(description="Packages it built a guarantee of.")]
    last_guarantee: Annotated[Time | None, Meta(description="By the node's clock.")]
    cores_active: Annotated[list[Count], Meta(description="In ascending order.")]


class GrafanaGuarantors(WindowShown):
    """Nodes that built guarantees."""

    guarantors: list[GrafanaGuarantor]
    total_guarantors: Count


class GrafanaValidatorCore(TypedDict):
    """A node and the core it guarantees for most."""

    node_id: Hex64
    primary_core: Count | None
    guarantee_count: Count


class GrafanaConvergenceBucket(TypedDict):
    """Delays of deliveries that started in a bucket."""

    ts: BucketStart
    p50_ms: Delay
    p75_ms: Delay
    p95_ms: Delay
    p99_ms: Delay
    p100_ms: LastDelay
    sample_count: Annotated[Count, Meta(description="Arrivals.")]


class GrafanaGuaranteeConvergence(TypedDict):
    """Delays of the guarantees of a slot; null without arrivals."""

    slot: Count
    slot_timestamp: SlotTime
    guarantee_count: Annotated[Count, Meta(description="Reports with a guarantee.")]
    node_count: Annotated[
        Count, Meta(description="Nodes that received the guarantee that reached most.")
    ]
    min_node_count: Annotated[
        Count, Meta(description="Nodes that received the guarantee that reached fewest.")
    ]
    p50_ms: Delay | None
    p75_ms: Delay | None
    p95_ms: Delay | None
    p99_ms: Delay | None
    p100_ms: LastDelay | None
    built_at: Annotated[Time, Meta(description="The first by the server's clock.")]


class GrafanaReportConvergence(TypedDict):
    """Delays of one report's guarantee."""

    work_report_hash: Hex64
    slot: Count
    core: Count | None
    wp_hash: Hex64 | None
    builder_node_id: Annotated[
        Hex64 | None, Meta(description="The first node that built a guarantee of the report.")
    ]
    node_count: Annotated[Count, Meta(description="Nodes that received it.")]
    p50_ms: Delay
    p75_ms: Delay
    p95_ms: Delay
    p99_ms: Delay
    p100_ms: LastDelay
    built_at: Annotated[Time, Meta(description="By the server's clock.")]


Lateness = Annotated[
    Count | None,
    Meta(
        description="Milliseconds after the anchor's first assurer, over the first starts of all."
    ),
]


class GrafanaAnchorConvergence(TypedDict):
    """Delays of the assurances of an anchor."""

    anchor: Hex64
    slot: Count | None
    slot_timestamp: SlotTime | None
    sender_count: Annotated[Count, Meta(description="Assurers that started to distribute one.")]
    receiver_count: Annotated[Count, Meta(description="Arrivals of assurances.")]
    p50_ms: Delay
    p75_ms: Delay
    p95_ms: Delay
    p99_ms: Delay
    p100_ms: LastDelay
    dist_start_p50_ms: Lateness
    dist_start_p95_ms: Lateness
    dist_start_p99_ms: Lateness
    dist_start_p100_ms: Lateness
    first_distributed_at: Annotated[Time | None, Meta(description="By the server's clock.")]
    last_distributed_at: Annotated[Time | None, Meta(description="By the server's clock.")]


class GrafanaSenderConvergence(TypedDict):
    """Delays of one assurer's assurance; an assurer starts again if a slot has no block."""

    anchor: Hex64
    slot: Count | None
    sender_node_id: Hex64
    node_count: Annotated[Count, Meta(description="Nodes that received it.")]
    p50_ms: Delay
    p75_ms: Delay
    p95_ms: Delay
    p99_ms: Delay
    p100_ms: LastDelay
    distributed_at: Annotated[Time, Meta(description="By the server's clock.")]
