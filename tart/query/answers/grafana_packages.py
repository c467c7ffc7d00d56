"""Answers of jamtart's routes of 2026 about work-packages, guarantors and services. Pure.

Names and JSON types are jamtart's, so that its dashboards read them; some members are tart's own.
"""

from __future__ import annotations

from typing import Annotated, NotRequired, TypedDict

from msgspec import Meta

from tart.query.answers.common import (
    Amount,
    Count,
    Hex64,
    Scattered,
    Time,
    Total,
    WindowShown,
)
from tart.query.answers.grafana import BucketStart, GrafanaEvent

ServiceId = Annotated[
    str, Meta(pattern="^0x[0-9a-f]{8}$", description="0x and eight hexadecimal digits.")
]
_BY_LEAD = "Time at the guarantor that came furthest, by its clock."
StepTime = Annotated[Time | None, Meta(description=_BY_LEAD)]
Share = Annotated[float, Meta(ge=0, le=1)]
_BIN = "Read from a histogram, within 10 % of the exact value. Null without samples."
Percentile = Annotated[Amount, Meta(description=f"Milliseconds. {_BIN}")]
MeanTime = Annotated[Amount, Meta(description="Milliseconds; null without samples.")]


class GrafanaPackage(TypedDict):
    """A work-package: the steps of the guarantor that came furthest, and who took part."""

    wp_hash: Hex64
    first_seen: Annotated[Time, Meta(description="When the first event about it was received.")]
    last_updated: Annotated[Time, Meta(description="When the latest event about it was received.")]
    stage: Annotated[
        int,
        Meta(
            ge=0,
            le=5,
            description="0 received, 1 authorized, 2 refined, 3 report built, 4 guarantee built, "
            "5 guarantees distributed.",
        ),
    ]
    received_by: Annotated[Count, Meta(description="Guarantors that received it.")]
    guaranteed_by: Annotated[Count, Meta(description="Guarantors that built a guarantee of it.")]
    service_ids: Annotated[list[ServiceId], Meta(description="Services of its work items.")]
    received_at: StepTime
    authorized_at: StepTime
    refined_at: StepTime
    report_built_at: StepTime
    guarantee_built_at: StepTime
    distributed_at: StepTime
    failed_at: Annotated[
        Time | None,
        Meta(
            description="When it failed at a guarantor, by that one's clock; also if another "
            "guarantor completed it."
        ),
    ]


class GrafanaActivePackage(GrafanaPackage):
    """A work-package with its core, its first guarantor and its cost."""

    core: Count | None
    node_id: Annotated[Hex64 | None, Meta(description="The guarantor it was submitted to.")]
    refine_gas_used: Total | None
    failure_reason: str | None
    elapsed_ms: Annotated[Amount, Meta(description="From first_seen to last_updated.")]


class GrafanaReached(TypedDict):
    """Distinct work-packages that reached each stage at any guarantor."""

    received: Count
    authorized: Count
    refined: Count
    report_built: Count
    guarantee_built: Count
    distributed: Count
    failed: Annotated[
        Count, Meta(description="Failed at a guarantor, and guaranteed by no other one.")
    ]


class GrafanaFunnel(GrafanaReached, WindowShown):
    """Distinct work-packages by stage."""

    total: Count


class GrafanaFunnelBucket(GrafanaReached):
    """Distinct work-packages by stage, of those first seen in a bucket."""

    ts: BucketStart
    total: Count


class GrafanaStageTime(TypedDict):
    """Percentiles of the time that a stage takes a guarantor."""

    p50_ms: Percentile
    p95_ms: Percentile


class GrafanaStageTiming(TypedDict):
    """The stages; pipeline_total is from received to guarantees distributed."""

    authorize: GrafanaStageTime
    refine: GrafanaStageTime
    report: GrafanaStageTime
    guarantee: GrafanaStageTime
    distribute: GrafanaStageTime
    pipeline_total: GrafanaStageTime


class GrafanaBottlenecks(TypedDict):
    """Times of the stages, and failures."""

    stage_timing: GrafanaStageTiming
    failure_rate: Annotated[Share, Meta(description="failed_wps of total_wps; 0 without any.")]
    total_wps: Count
    failed_wps: Count
    avg_pipeline_ms: Annotated[
        Amount,
        Meta(description="Mean of the packages that were distributed; exact."),
    ]


class GrafanaBottlenecksBucket(TypedDict):
    """Times of the stages, and failures, of packages that began in a bucket."""

    ts: BucketStart
    authorize_p50: Percentile
    authorize_p95: Percentile
    refine_p50: Percentile
    refine_p95: Percentile
    report_p50: Percentile
    report_p95: Percentile
    guarantee_p50: Percentile
    guarantee_p95: Percentile
    distribute_p50: Percentile
    distribute_p95: Percentile
    pipeline_p50: Percentile
    pipeline_p95: Percentile
    total_wps: Count
    failed_wps: Count


class GrafanaPackageTotals(GrafanaReached):
    """Events of guarantors, and distinct packages by stage."""

    submissions: Annotated[Count, Meta(description="Events of type 90.")]
    being_shared: Annotated[Count, Meta(description="Events of type 91.")]
    duplicates: Annotated[Count, Meta(description="Events of type 93.")]


class GrafanaCorePackages(TypedDict):
    """Distinct work-packages of a core."""

    core: Count
    count: Count


class GrafanaPackageStats(WindowShown):
    """Totals of work-packages."""

    totals: GrafanaPackageTotals
    by_core: list[GrafanaCorePackages]


class GrafanaActiveSummary(TypedDict):
    """Distinct packages by the stage they are at; total is the sum of all others."""

    total: Count
    at_received: Count
    at_authorized: Count
    at_refined: Count
    at_report_built: Count
    at_guarantee_built: Count
    at_distributed: Count
    failed: Count


class GrafanaStagePercentiles(TypedDict):
    """Percentiles of the stages' times, in milliseconds."""

    authorize_p50_ms: Percentile
    authorize_p95_ms: Percentile
    refine_p50_ms: Percentile
    refine_p95_ms: Percentile
    report_p50_ms: Percentile
    report_p95_ms: Percentile
    guarantee_p50_ms: Percentile
    guarantee_p95_ms: Percentile
    distribute_p50_ms: Percentile
    distribute_p95_ms: Percentile


class GrafanaFailureReason(TypedDict):
    """Failures of guarantors for one reason."""

    reason: str
    count: Count


class GrafanaActive(WindowShown):
    """The newest work-packages, and figures of all in the window."""

    work_packages: Annotated[
        list[GrafanaActivePackage], Meta(description="At most 200, newest first.")
    ]
    summary: GrafanaActiveSummary
    reached: GrafanaReached
    stage_duration_percentiles: GrafanaStagePercentiles
    failure_breakdown: Annotated[
        list[GrafanaFailureReason], Meta(description="Events of type 92, most frequent first.")
    ]


class GrafanaGuarantorTimes(TypedDict):
    """A guarantor's attempts at work-packages, and the mean times of its own stages."""

    node_id: Hex64
    wp_count: Annotated[Count, Meta(description="Attempts that ended.")]
    failures: Count
    failure_rate: Annotated[Share, Meta(description="failures of wp_count; 0 without any.")]
    avg_authorize_ms: MeanTime
    avg_refine_ms: MeanTime
    avg_report_ms: MeanTime
    avg_guarantee_ms: MeanTime
    avg_distribute_ms: MeanTime
    avg_total_ms: MeanTime
    slowdown_factor: Annotated[
        Amount, Meta(description="avg_total_ms divided by network_avg_total_ms.")
    ]


class GrafanaProfiling(WindowShown):
    """Guarantors and the times of their stages."""

    network_avg_total_ms: Annotated[
        Amount, Meta(description="Mean of all packages that were distributed.")
    ]
    nodes: list[GrafanaGuarantorTimes]


class GrafanaGuarantorBucket(TypedDict):
    """A guarantor's attempts that began in a bucket."""

    ts: BucketStart
    node_id: Hex64
    wp_count: Annotated[Count, Meta(description="Attempts, ended or not.")]
    failures: Count
    avg_authorize_ms: MeanTime
    avg_refine_ms: MeanTime
    avg_report_ms: MeanTime
    avg_guarantee_ms: MeanTime
    avg_distribute_ms: MeanTime
    avg_total_ms: MeanTime


class GrafanaService(TypedDict):
    """Work of a service; each package and each block counts once, however many nodes report it."""

    service_id: ServiceId
    work_packages: Annotated[Count, Meta(description="Packages with an item of the service.")]
    refinements: Annotated[Count, Meta(description="Items of the service that were refined.")]
    refinement_gas: Total
    authorizations: Annotated[
        Count, Meta(description="Authorized packages with an item of the service.")
    ]
    authorization_gas: Annotated[
        Total, Meta(description="Gas of packages, in proportion to the items of the service.")
    ]
    executions: Annotated[Count, Meta(description="Blocks in which the service accumulated.")]
    execution_gas: Total


class GrafanaServiceBucket(TypedDict):
    """Work of a service in a bucket."""

    ts: BucketStart
    service_id: ServiceId
    work_packages: Count
    authorization_gas: Total
    refinement_gas: Total
    execution_gas: Total


class GrafanaExecutionCost(TypedDict):
    """Costs of one kind of execution."""

    count: Count
    total_gas: Total
    avg_gas: Annotated[float, Meta(ge=0, description="0 without executions.")]
    avg_time_ns: Annotated[float, Meta(ge=0, description="0 without executions.")]
    avg_load_ns: Annotated[
        float, Meta(ge=0, description="Mean time to load the code; 0 without executions.")
    ]


class GrafanaServiceExecution(TypedDict):
    """Costs of one kind of execution of a service."""

    service_id: Annotated[int, Meta(ge=0, description="Without a sign: 0 to 2^32 - 1.")]
    service: ServiceId
    phase: Annotated[str, Meta(description="refinement or accumulation.")]
    total_gas: Total
    count: Count
    avg_time_ns: Annotated[float, Meta(ge=0)]
    avg_load_ns: Annotated[float, Meta(ge=0)]


class GrafanaExecution(WindowShown):
    """Costs of authorization, refinement and accumulation."""

    authorization: GrafanaExecutionCost
    refinement: GrafanaExecutionCost
    accumulation: GrafanaExecutionCost
    by_service: Annotated[
        list[GrafanaServiceExecution], Meta(description="At most 50, most gas first.")
    ]


class GrafanaPackageDetails(Scattered):
    """A work-package and its events."""

    summary: GrafanaPackage | None
    events: list[GrafanaEvent]
    truncated: NotRequired[
        Annotated[bool, Meta(description="Whether the event log may have more events of it.")]
    ]
