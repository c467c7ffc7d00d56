"""Routes of jamtart's API of 2026 about work-packages, guarantors, services and executions.

Pure; part of ``api.contract``. Where a figure of jamtart is wrong, the description says what tart
answers instead.
"""

from __future__ import annotations

from tart.gateway.api.grafana import CORE, RESOLUTION, SERVICES, interval, route
from tart.gateway.api.parameters import Choice, Hash, Integer, NodeId, Parameter
from tart.gateway.api.route import BYTES, Route
from tart.query.answers import grafana_packages as answers

_ONCE = (
    "A package counts once over all guarantors, at the furthest stage that one of them reached, by "
    "the time at which the first began. "
)
_FAILED = (
    "It has failed if an attempt failed and no guarantor built a guarantee; jamtart counts every "
    "failed attempt. "
)
_SAMPLE = (
    "Windows with more than 100,000 attempts of guarantors on a shard are estimated from a sample "
    "by hash. "
)
_STAGES = (
    "Times of stages are of one guarantor's attempt each, by its own clock; jamtart takes the "
    "first report to arrive of each step, so that one duration may mix two guarantors. "
)
_TRUE_TOTAL = (
    "The pipeline is from received to distributed and has only packages that were distributed; "
    "jamtart counts unfinished and failed ones up to their last event. "
)
_GUARANTOR = Parameter("node", NodeId(), "Only this guarantor.")

GRAFANA_PACKAGE_ROUTES: tuple[Route, ...] = (
    route(
        "wp-funnel",
        "Get distinct work-packages by stage",
        _ONCE + _FAILED + _SAMPLE,
        answers.GrafanaFunnel,
    ),
    route(
        "wp-funnel-timeseries",
        "Get distinct work-packages by time and stage",
        "Ordered by time; buckets without packages are left out. " + _ONCE + _FAILED + _SAMPLE,
        list[answers.GrafanaFunnelBucket],
        interval("1m"),
        CORE,
    ),
    route(
        "bottlenecks",
        "Get percentiles of the times of stages, and the share of failed packages",
        "An array of one object. " + _STAGES + _TRUE_TOTAL + _FAILED + _SAMPLE,
        list[answers.GrafanaBottlenecks],
        CORE,
    ),
    route(
        "bottlenecks-timeseries",
        "Get percentiles of the times of stages by time",
        "By the time at which the attempt began, in order; empty buckets are left out. "
        + _STAGES
        + _TRUE_TOTAL
        + _FAILED,
        list[answers.GrafanaBottlenecksBucket],
        interval("1m"),
        CORE,
    ),
    route(
        "wp-stats",
        "Get events of guarantors, and distinct work-packages by stage and core",
        _ONCE + _FAILED + _SAMPLE + RESOLUTION,
        answers.GrafanaPackageStats,
    ),
    route(
        "wp-active",
        "List the newest work-packages, with figures of all in the window",
        "At most 200 packages, newest first. In summary each package is at its furthest stage, or "
        "failed, so that the members add up to total; jamtart leaves failed packages at their "
        "stage. failure_breakdown counts events. " + _STAGES + "The window is in whole minutes.",
        answers.GrafanaActive,
    ),
    route(
        "wp/{wp_hash}",
        "Get one work-package and its events",
        "Events of its guarantors, about its report and about its erasure root, in order of the "
        "nodes' clocks, as long as the event log has them. A package that is not known has no "
        "summary and no events.",
        answers.GrafanaPackageDetails,
        Parameter("wp_hash", Hash(), "Hash of the work-package.", where="path"),
        BYTES,
        ranged=False,
    ),
    route(
        "wp/batch",
        "Get up to 1,000 work-packages by their hashes",
        "The body is a JSON array of hashes, with or without 0x. Newest first; packages that are "
        "not known are left out. A text that is no hash is refused; jamtart leaves it out.",
        list[answers.GrafanaPackage],
        ranged=False,
        method="POST",
        body=list[str],
        errors=(415,),
    ),
    route(
        "validator-profiling",
        "Get the mean times of guarantors' stages",
        "Over each guarantor's own attempts that did not fail, by its own clock; jamtart takes the "
        "times of the fastest guarantors and books them to the first. Ordered by avg_total_ms; "
        "guarantors that distributed nothing are last. The network's mean is of all packages.",
        answers.GrafanaProfiling,
        CORE,
        Parameter(
            "limit",
            Integer(0, 10_000, (True, True)),
            "Maximum number of guarantors; clamped to 0 to 10000.",
        ),
        Parameter(
            "sort", Choice(("asc", "desc")), "asc has the fastest first, desc the slowest.", "desc"
        ),
    ),
    route(
        "validator-profiling-timeseries",
        "Get the mean times of guarantors' stages by time",
        "As validator-profiling, by the time at which the attempt began; ordered by time and node. "
        "Without node, of the 20 guarantors with the highest mean total.",
        list[answers.GrafanaGuarantorBucket],
        interval("1m"),
        CORE,
        _GUARANTOR,
    ),
    route(
        "services",
        "Get the work of each service",
        "In ascending order of ids. Each package counts once, with the greatest gas that a "
        "guarantor reports, and each block once; jamtart adds up the reports of all nodes. The "
        "gas of authorizing a package is divided among its services in proportion to their work "
        "items; jamtart books it to the first service. Packages received before the upgrade to "
        f"this release have no services. {_SAMPLE}",
        list[answers.GrafanaService],
        SERVICES,
    ),
    route(
        "services/timeseries",
        "Get the work of each service by time",
        "As services, by the time at which the first guarantor began, and at which the first node "
        "executed the block; ordered by time and service.",
        list[answers.GrafanaServiceBucket],
        interval("1m"),
        SERVICES,
    ),
    route(
        "execution",
        "Get gas and time of authorization, refinement and accumulation",
        "authorization counts packages and refinement work items at every guarantor, since each "
        "executes them. accumulation counts a service in a block once, and its times are means "
        "over nodes. Costs of authorization belong to no service. service_id has no sign; jamtart "
        "writes ids of 2^31 and above as negative numbers. Time to load code is counted from this "
        "release on. The window is in whole minutes.",
        answers.GrafanaExecution,
    ),
)
