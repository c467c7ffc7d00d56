"""Answers about work-packages and their journeys. Pure."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from msgspec import Meta

from tart.query.answers.common import (
    Amount,
    Count,
    Counters,
    Digits,
    EventData,
    EventType,
    Hex64,
    Number,
    Scattered,
    Time,
    Timestamped,
    Total,
    Uint64,
    Windowed,
)
from tart.query.answers.int64 import EVENT_PLANS, Wide

Stage = Literal[
    "submitted",
    "received",
    "authorized",
    "refined",
    "report_built",
    "guarantee_built",
    "distributed",
    "guarantee_received",
    "included",
    "available",
    "discarded",
    "failed",
]
StepStatus = Literal["completed", "in_progress", "failed", "superseded"]
Milliseconds = float | None


class PackageEventCounts(TypedDict):
    """Numbers by event of the package pipeline."""

    submissions: Count
    being_shared: Count
    failed: Count
    duplicates: Count
    received: Count
    refined: Count
    work_reports_built: Count
    guarantees_built: Count


class PackageTotals(PackageEventCounts):
    """Numbers of distinct packages."""

    packages: Count
    distributed: Count


class UnidentifiedAttempts(TypedDict):
    """Attempts that ended, or stopped, before their package was known."""

    submissions: Count
    shares: Count
    failed: Count


class CorePackages(TypedDict):
    """Number of packages received for a core."""

    core: Count
    count: Count


class ReceivedPackage(TypedDict):
    """A package that a guarantor received."""

    node_id: Hex64
    timestamp: Time | None
    core: Digits
    work_package_size: Digits
    hash: Hex64


class Workpackages(Windowed):
    """Numbers of work-packages by stage."""

    totals: Annotated[PackageTotals, Meta(description="Distinct packages.")]
    events: Annotated[
        PackageEventCounts,
        Meta(description="Events of all guarantors; one package has several guarantors."),
    ]
    unidentified: UnidentifiedAttempts
    exact: bool
    by_core: list[CorePackages]
    recent: list[ReceivedPackage]


class ActiveWorkpackage(TypedDict):
    """A work-package, and the stages that it has reached."""

    hash: Hex64
    core_index: Count | None
    node_id: Annotated[Hex64, Meta(description="The leading guarantor.")]
    submitted_at: Annotated[
        Time, Meta(description="First event at any guarantor, by the server's clock.")
    ]
    last_update: Annotated[Time, Meta(description="By the server's clock.")]
    current_stage: Stage
    stages: Annotated[
        dict[str, Time | None],
        Meta(
            description="Times of received to distributed and failed are by the guarantor's "
            "clock, the others by the server's."
        ),
    ]
    failure_reason: str | None
    discard_reason: str | None
    nodes_involved: Count
    elapsed_ms: Number
    submitted_to: Annotated[
        Hex64 | None, Meta(description="The node that took the first submission.")
    ]
    is_active: bool
    superseded: bool
    report_hash: Hex64 | None
    erasure_root: Hex64 | None


class Percentiles(TypedDict):
    """Percentiles of durations."""

    p50_ms: Number
    p95_ms: Number
    sample_count: Count


class ActiveWorkpackages(Windowed):
    """The newest work-packages of a window."""

    work_packages: list[ActiveWorkpackage]
    summary: Annotated[
        Counters,
        Meta(
            description="Number of packages by current_stage. superseded and active are counted "
            "in addition."
        ),
    ]
    reached: Annotated[Counters, Meta(description="Number of packages that reached each stage.")]
    failure_breakdown: Annotated[
        Counters, Meta(description="Failed attempts (event 92) by their reason.")
    ]
    stage_duration_percentiles: dict[str, Percentiles]
    complete: bool


class LossReason(TypedDict):
    """A reason for which packages were lost."""

    reason: Annotated[str | None, Meta(description="Null for all other reasons together.")]
    count: Count


class FunnelStage(TypedDict):
    """A stage of the work funnel.

    reached is lost, waiting and stopped here, and reached of the next stage.
    """

    stage: Stage
    reached: Annotated[Count, Meta(description="Packages that came this far or further.")]
    lost: Annotated[
        Count, Meta(description="Packages that failed or were discarded after this stage.")
    ]
    waiting: Annotated[
        Count,
        Meta(
            description="Packages whose last stage this is, with an event in the last minute of "
            "the window."
        ),
    ]
    stopped: Annotated[
        Count, Meta(description="Packages whose last stage this is, without a reason.")
    ]
    reasons: Annotated[list[LossReason], Meta(description="Of the lost ones, most frequent first.")]


class WorkFailureGroup(TypedDict):
    """Failures of one event type for one reason."""

    event_type: EventType
    event_name: str
    reason: str
    count: Count
    nodes: Annotated[Count, Meta(description="Number of nodes that reported them.")]
    last_at: Annotated[Time, Meta(description="The newest, by the server's clock.")]
    last_node: Annotated[Hex64, Meta(description="The node that reported the newest.")]
    example_event_id: Annotated[
        Count | None, Meta(description="The newest event; null if it is not stored any more.")
    ]


class WorkFunnel(Windowed):
    """Work-packages that reached each stage, and those that were lost on the way."""

    stages: Annotated[list[FunnelStage], Meta(description="From submitted to available.")]
    packages: Annotated[Count, Meta(description="Packages that began in the window.")]
    unidentified: UnidentifiedAttempts
    failure_groups: Annotated[
        list[WorkFailureGroup], Meta(description="At most 20, most frequent first.")
    ]
    exact: bool


class StageLatency(TypedDict):
    """Durations of one stage, by bucket of time."""

    stage: Annotated[str, Meta(description="Like received_to_authorized.")]
    counts: list[Count]
    p50_ms: list[Amount]
    p95_ms: list[Amount]


class WorkLatency(Windowed):
    """Durations of the stages of work-packages over time."""

    bucket_seconds: Count
    buckets: Annotated[list[Time], Meta(description="The beginning of each bucket.")]
    stages: list[StageLatency]


class EventIdentity(TypedDict):
    """The event of a step; null where it is no longer stored."""

    id: Annotated[Count | None, Meta(description="Null if the event is no longer stored.")]
    session: Count | None
    event_id: Uint64 | None
    received_at: Time | None


class JourneyStep(EventIdentity):
    """A step of a work-package at a node."""

    stage: str
    timestamp: Time | None
    node_id: Hex64
    event_type: EventType
    data: EventData | None


class JourneyMembers(TypedDict):
    """Members of every journey."""

    work_package_hash: Annotated[
        str, Meta(description="The requested text if the package is not known.")
    ]
    core_index: Count | None
    current_stage: Stage
    failed: bool
    superseded: bool
    failure_reason: str | None
    truncated: Annotated[bool, Meta(description="Whether there may be more events than the limit.")]


class Journey(JourneyMembers, Scattered):
    """The steps of a work-package over all nodes, in order of arrival."""

    stages: list[JourneyStep]


class JourneyDetailStep(EventIdentity):
    """A step of a work-package at a node, with its outcome and duration."""

    stage: str
    status: StepStatus
    event_type: EventType
    node_id: Hex64
    timestamp: Time | None
    duration_ms: Milliseconds
    error_code: str | None
    data: Annotated[
        dict[str, Any],
        Meta(description="The fields that are shown; numbers are text, as in jamtart."),
        Wide({"refine_costs": EVENT_PLANS["Refined"]["costs"]}),
    ]


class GuarantorInfo(TypedDict):
    """A guarantor that signed the guarantee."""

    guarantor_index: Annotated[
        Count | None, Meta(description="Always null: no event names the index.")
    ]
    node_id: Hex64
    signed_at: Time | None
    is_local: Annotated[bool, Meta(description="Whether the guarantor itself reported it.")]
    role: Literal["primary", "secondary"]


class JourneyTiming(TypedDict):
    """Durations of a journey."""

    total_duration_ms: Milliseconds
    submission_to_guarantee_ms: Milliseconds
    stage_durations: dict[str, float]


class JourneyError(TypedDict):
    """A step that failed."""

    stage: str
    error_code: str | None
    message: str | None
    timestamp: Time | None
    node_id: Hex64


class EnhancedJourney(JourneyMembers, Scattered):
    """The steps of a work-package with durations, costs, signers and errors."""

    hash: str
    stages: list[JourneyDetailStep]
    stage_count: Count
    current_status: StepStatus | None
    started_at: Time | None
    completed_at: Time | None
    has_errors: bool
    execution_details: dict[str, Total | None] | None
    guarantor_info: list[GuarantorInfo]
    timing: JourneyTiming
    errors: list[JourneyError]


class ErasureCounts(TypedDict):
    """Shards and bundles that were requested by the erasure root."""

    bundle_shards_served: Count
    bundle_shards_transferred: Count
    bundle_shards_failed: Count
    bundles_served: Count
    bundles_transferred: Count
    bundles_failed: Count


class AuditCounts(ErasureCounts):
    """Progress of a work-package's guarantee and audit."""

    guarantees_built: Count
    guarantees_signed: Count
    guarantees_shared: Count
    auditors_completed: Count | None
    auditor_node_ids: list[Hex64]


class AuditEvent(TypedDict):
    """An event of an audit."""

    event_type: EventType
    event_name: str
    node_id: Hex64
    timestamp: Time | None
    data: EventData


class AuditProgress(Timestamped, Scattered):
    """Progress of a work-package's audit."""

    hash: str
    status: str
    tranche: Count | None
    audit_progress: AuditCounts
    panic_mode: bool | None
    is_accumulated: bool | None
    is_failed: bool
    events: list[AuditEvent]
    truncated: Annotated[bool, Meta(description="Whether there may be more events than the limit.")]


class BatchRequest(TypedDict):
    """The work-packages whose journeys are requested."""

    hashes: list[str]


class BatchJourneyStep(TypedDict):
    """A step of a work-package at a node."""

    stage: str
    status: StepStatus
    event_type: EventType
    node_id: Hex64
    timestamp: Time | None
    core_index: Count | None


class BatchJourneyItem(TypedDict):
    """The journey of one work-package of a batch."""

    hash: Hex64
    stages: list[BatchJourneyStep]
    stage_count: Count
    has_errors: bool
    first_seen: Time
    last_seen: Time
    nodes_involved: Count
    current_stage: Stage
    core_index: Count | None
    failed: bool
    superseded: bool


class BatchJourney(Scattered):
    """The journeys of several work-packages."""

    journeys: list[BatchJourneyItem]
    timestamp: Time
    requested: NotRequired[Count]
    found: NotRequired[Count]
