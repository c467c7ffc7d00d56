"""Answers about cores. Pure."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from msgspec import Meta

from tart.query.answers.common import (
    Amount,
    Bytes,
    Count,
    Counters,
    Fraction,
    Hex64,
    Number,
    Percent,
    Time,
    Timestamped,
    Total,
    Uint64,
    Windowed,
)
from tart.query.answers.packages import Stage

# A value that no event has.
Unknown = Annotated[Count | None, Meta(description="Always null: no event has it.")]
Superseded = Annotated[
    Count,
    Meta(
        description="Attempts that failed while another guarantor guaranteed the package. They "
        "are not counted as failures."
    ),
]


class Core(TypedDict):
    """A core in a window."""

    core_index: Count
    status: Literal["active", "idle"]
    work_packages_last_hour: Count
    guarantees_last_hour: Count
    gas_used: Annotated[
        Total,
        Uint64,
        Meta(
            description="Gas of refining the packages received, guaranteed or not. Exact, and "
            "text beyond 2^64 - 1."
        ),
    ]
    da_load: Annotated[Count, Meta(description="Bytes of the bundles of the packages guaranteed.")]
    popularity_avg: Annotated[Amount, Meta(description="Always null: no event has it.")]
    imports: Count
    exports: Count
    extrinsic_count: Unknown
    extrinsic_size: Count
    active_blocks: Annotated[
        Count, Meta(description="Number of window_blocks in which the core had a guarantee.")
    ]
    window_blocks: Annotated[
        Count, Meta(description="Number of slots with a block that a node authored or imported.")
    ]
    utilization_pct: Percent
    last_active_slot: Count | None
    slots_since_active: Count | None


class CoresSummary(TypedDict):
    """Numbers of cores."""

    total_cores: Count
    active_cores: Count
    idle_cores: Count


class CoresTelemetry(TypedDict):
    """Numbers over all cores."""

    guarantees_last_hour: Count
    work_packages_last_hour: Count
    last_activity: Time | None


class CoresStatus(Windowed):
    """All cores."""

    cores: list[Core]
    summary: CoresSummary
    telemetry: CoresTelemetry
    exact: bool


class GridSymbol(TypedDict):
    """A symbol of the cells of a grid."""

    symbol: Annotated[str, Meta(min_length=1, max_length=1)]
    stage: Stage
    is_loss: Annotated[bool, Meta(description="Whether the package was lost: failed, discarded.")]


class GridCore(TypedDict):
    """A row of the grid."""

    core_index: Count
    cells: Annotated[
        str,
        Meta(
            description="A symbol of the legend for each slot from first_slot to last_slot: the "
            "furthest stage that a package of the core and the slot reached; a full stop where "
            "there was none."
        ),
    ]
    packages: Annotated[Count, Meta(description="Packages of the core in these slots.")]
    outcomes: Annotated[
        list[Count], Meta(description="Packages by stage, in the order of the legend.")
    ]


class CoreGrid(Windowed):
    """The furthest stages of the work-packages of each core and slot."""

    legend: Annotated[
        list[GridSymbol], Meta(description="Losses, then stages in order: the furthest last.")
    ]
    first_slot: Count | None
    last_slot: Count | None
    slot_seconds: Count
    cores: list[GridCore]
    slots: Annotated[
        list[list[Count]],
        Meta(
            description="For each slot from first_slot to last_slot its packages by stage, in the "
            "order of the legend."
        ),
    ]
    outcomes: Annotated[Counters, Meta(description="Packages of all cells by stage.")]
    outside: Annotated[
        Count,
        Meta(
            description="Packages that began in the window and have no cell: their slot is before "
            "the first or after the last, or their core does not exist."
        ),
    ]
    exact: bool


class NodePool(TypedDict):
    """Guarantees of a core that a node has in its pool."""

    node_id: Hex64
    guarantees: Count
    timestamp: Time


class CoreGuarantee(TypedDict):
    """A guarantee built for a core."""

    timestamp: Time | None
    node_id: Hex64
    work_package_hash: Hex64 | None
    work_report_hash: Hex64 | None
    slot: Count | None
    core_index: Count


class RecentGuarantor(TypedDict):
    """A node that built guarantees for a core."""

    node_id: Hex64
    core_index: Count
    guarantee_count: Count
    last_guarantee: Annotated[Time | None, Meta(description="By the node's clock.")]


class CoreGuarantees(Windowed):
    """Guarantees of a core."""

    core_index: Count
    current_guarantees: Count | None
    by_node: list[NodePool]
    guarantee_history: list[CoreGuarantee]
    recent_guarantors: list[RecentGuarantor]


class CoreGuarantor(TypedDict):
    """A guarantor of a core."""

    node_id: Hex64
    guarantee_count: Count
    signature_count: Count
    last_activity: Time
    da_usage_bytes: Annotated[
        Count, Meta(description="Bytes of the bundles of the packages it guaranteed here.")
    ]
    shards_stored: Count | None
    shards_served: Count
    bytes_served: Unknown
    import_efficiency: Fraction
    export_efficiency: Fraction


class CoreGuarantors(Windowed):
    """Guarantors of a core."""

    core_index: Count
    guarantors: list[CoreGuarantor]
    core_total_da_bytes: Count
    active_guarantor_count: Count


class SegmentTransfer(TypedDict):
    """A request for segments from an earlier guarantor."""

    node_id: Hex64
    peer_id: Bytes
    segments: list[Count]
    timestamp: Time | None


class SegmentReceipt(TypedDict):
    """Segments received from an earlier guarantor."""

    node_id: Hex64
    request_id: Uint64
    timestamp: Time | None


class ImportSharing(TypedDict):
    """Segments that guarantors of a core requested from earlier guarantors."""

    transfers: list[SegmentTransfer]
    sent: list[SegmentTransfer]
    received: list[SegmentReceipt]


class EnhancedCoreGuarantors(CoreGuarantors, Timestamped):
    """Guarantors of a core, and the segments that they imported."""

    import_sharing: ImportSharing


class CorePackage(TypedDict):
    """A work-package of a core."""

    hash: Hex64
    work_package_hash: Hex64
    stage: str
    status: str
    is_active: bool
    last_update: Time
    submitted_at: Time
    submitting_node: Annotated[
        Hex64 | None, Meta(description="The guarantor to which it was submitted.")
    ]
    node_id: Hex64
    slot: Annotated[
        Count,
        Meta(
            description="Of its guarantee; without one, that in which its first event arrived by "
            "the wall clock."
        ),
    ]
    gas_used: Total | None
    elapsed_ms: Number


class CoreWorkPackages(Windowed):
    """The newest work-packages of a core."""

    work_packages: list[CorePackage]
    queue_depth: Count
    total_recent: Count
    avg_processing_time_ms: Amount
    completed_last_hour: Count


class CoreValidator(TypedDict):
    """A node that works on a core."""

    node_id: Hex64
    validator_index: Unknown
    guarantee_count: Count
    signature_count: Count
    packages: Count
    last_active: Time
    latest_slot: Count | None
    implementation_name: str
    implementation_version: str
    is_active: Annotated[
        bool, Meta(description="Whether last_active is in the last two minutes of the window.")
    ]


class CoreValidators(Timestamped, Windowed):
    """Nodes that work on a core."""

    core_index: Count
    validators: list[CoreValidator]
    validator_count: Count


class CoreCounts(TypedDict):
    """Numbers of a core."""

    wps_received: Count
    refinements_completed: Count
    refinements_failed: Annotated[
        Count,
        Meta(description="Packages received that failed before they were refined, for any reason."),
    ]
    reports_built: Count
    guarantees_built: Count
    guarantees_distributed: Count
    active_validators: Count
    avg_gas_used: Total | None
    avg_gas_limit: Total | None


class CoreMetrics(Timestamped, Windowed):
    """Efficiency, latency and throughput of a core."""

    core_index: Count
    processing_efficiency_pct: Percent
    accumulate_efficiency_pct: Percent
    distribution_efficiency_pct: Percent
    network_latency_ms: Amount
    average_completion_time_ms: Annotated[
        Amount,
        Meta(description="From the submission to GuaranteesDistributed (event 109)."),
    ]
    p95_latency_ms: Annotated[
        Amount,
        Meta(description="Of the same durations, read from a histogram with bins 20 % wide."),
    ]
    throughput_per_second: Amount
    gas_utilization_pct: Amount
    work_packages_processed_24h: Count
    stats: CoreCounts
    sample_count: Count


class SlowValidator(TypedDict):
    """A guarantor that is slow or fails often."""

    node_id: Hex64
    avg_processing_ms: Amount
    event_count: Annotated[
        Count, Meta(description="Attempts, without duplicate submissions (event 93).")
    ]
    failure_count: Annotated[
        Count, Meta(description="Failed attempts of event_count, without superseded ones.")
    ]
    failure_rate: Annotated[Fraction, Meta(description="failure_count divided by event_count.")]
    superseded: Superseded
    slowdown_factor: Amount
    is_bottleneck: bool


class BottleneckMessage(TypedDict):
    """A sentence about a bottleneck."""

    severity: str
    type: str
    message: str
    node_id: Hex64


class BottleneckCounts(TypedDict):
    """Numbers over all guarantors of a core."""

    total_events: Annotated[Count, Meta(description="Attempts of all guarantors.")]
    total_failures: Annotated[
        Count, Meta(description="Failed attempts of total_events, without superseded ones.")
    ]
    failure_rate: Annotated[Fraction, Meta(description="total_failures divided by total_events.")]
    validator_count: Count
    bottleneck_count: Count


class CoreBottlenecks(Timestamped, Windowed):
    """Guarantors of a core that are slow or fail often."""

    core_index: Count
    slow_validators: list[SlowValidator]
    bottleneck_messages: list[BottleneckMessage]
    superseded: Superseded
    stats: BottleneckCounts
