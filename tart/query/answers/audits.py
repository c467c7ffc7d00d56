"""The answer about audits. Pure."""

from __future__ import annotations

from typing import Annotated, TypedDict

from msgspec import Meta

from tart.query.answers.common import Amount, Compared, Count, Hex64, OpenWindowed, Time
from tart.query.answers.protocol_steps import AuditSteps
from tart.query.answers.requests import BucketedTimes


class BundleRecovery(TypedDict):
    """Bundles that auditors recovered, whole from a guarantor or from shards of assurers."""

    shard_requests: Annotated[Count, Meta(description="For shards of bundles, sent to assurers.")]
    shards_transferred: Annotated[Count, Meta(description="To the auditor.")]
    shard_requests_failed: Annotated[Count, Meta(description="Of the auditor.")]
    reconstructions: Annotated[Count, Meta(description="Of a bundle from shards, begun.")]
    reconstructed: Annotated[Count, Meta(description="Of these, completed.")]
    bundle_requests: Annotated[Count, Meta(description="For whole bundles, sent to guarantors.")]
    bundles_transferred: Annotated[Count, Meta(description="To the auditor.")]
    bundle_requests_failed: Annotated[Count, Meta(description="Of the auditor.")]
    p50_ms: Annotated[
        Amount,
        Meta(
            description="From the first request for a shard to the bundle, by the auditor's clock, "
            "within 10 %; null without a reconstruction."
        ),
    ]
    p95_ms: Amount


class AuditingNode(BundleRecovery):
    """One node as an auditor, and what it served to auditors."""

    node_id: Hex64
    implementation_name: str | None
    implementation_version: str | None
    served: Annotated[
        Count, Meta(description="Requests of auditors that it received, for shards and bundles.")
    ]
    judgments: Annotated[
        Count | None, Meta(description="Made by it; null as long as no event type reports them.")
    ]


class AuditSeries(TypedDict):
    """Audits by time: in each list one element for each bucket of the answer."""

    shard_requests: list[Count]
    reconstructed: list[Count]
    bundle_requests: list[Count]
    bundles_transferred: list[Count]


class AuditedReport(TypedDict):
    """The requests of auditors for one work-report, by its erasure root."""

    erasure_root: Hex64
    report_hash: Annotated[
        Hex64 | None,
        Meta(description="Null if no guarantor told it since a day before the window."),
    ]
    work_package_hash: Hex64 | None
    core: Count | None
    first_at: Annotated[Time, Meta(description="First request for anything with this root.")]
    last_at: Time
    shards_served: Annotated[Count, Meta(description="Requests that assurers received.")]
    shards_transferred: Annotated[Count, Meta(description="Counted by both sides.")]
    shards_failed: Annotated[Count, Meta(description="Counted by both sides.")]
    bundles_served: Annotated[Count, Meta(description="Requests that guarantors received.")]
    bundles_transferred: Annotated[Count, Meta(description="Counted by both sides.")]
    bundles_failed: Annotated[Count, Meta(description="Counted by both sides.")]


class Audits(BucketedTimes, OpenWindowed, Compared):
    """Audits: bundles that auditors recover, and the steps that event types report."""

    recovery: BundleRecovery
    series: AuditSeries
    nodes: Annotated[list[AuditingNode], Meta(description="Most requests sent first.")]
    nodes_total: Annotated[Count, Meta(description="Nodes that audited or served auditors.")]
    reports: Annotated[list[AuditedReport], Meta(description="Newest first.")]
    reports_total: Annotated[
        Count, Meta(description="Reports of which auditors requested something, at most 10,000.")
    ]
    steps: AuditSteps
