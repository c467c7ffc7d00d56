"""Routes of work-packages, guarantees and cores. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tart.errors import BadQuery
from tart.gateway.api.common import MAX_CORE, MAX_EVENT_ID, limit, window
from tart.gateway.api.parameters import Integer, NodeId, Parameter
from tart.gateway.api.route import BYTES, NODE_PREFIX, SHARD_ERRORS, Cache, Route
from tart.query.answers.cores import (
    CoreBottlenecks,
    CoreGrid,
    CoreGuarantees,
    CoreGuarantors,
    CoreMetrics,
    CoresStatus,
    CoreValidators,
    CoreWorkPackages,
    EnhancedCoreGuarantors,
)
from tart.query.answers.guarantees import Guarantees, Guarantors
from tart.query.answers.packages import (
    ActiveWorkpackages,
    AuditProgress,
    BatchJourney,
    BatchRequest,
    EnhancedJourney,
    Journey,
    WorkFunnel,
    WorkLatency,
    Workpackages,
)
from tart.query.answers.waterfalls import Waterfall
from tart.query.packages.core_grid import MAX_SLOTS


@dataclass(frozen=True)
class Reference:
    """A hash of a package, of its report or its erasure root, or the id of its first event."""

    _HASH = re.compile(r"(?:0x)?([0-9a-fA-F]{64})")

    def read(self, text: str, name: str) -> str | int:
        """Return a hash without ``0x`` in lower case, or an event id."""
        matched = self._HASH.fullmatch(text)
        if matched:
            return matched[1].lower()
        if text.isascii() and text.isdecimal() and len(text) <= 20 and int(text) < 1 << 64:
            return int(text)
        raise BadQuery(f"{name} must be 64 hex digits, or the id of an event in decimal", name)

    def schema(self) -> dict[str, Any]:
        """See ``parameters.Kind``."""
        return {"type": "string", "pattern": "^((0x)?[0-9a-fA-F]{64}|[0-9]{1,20})$"}


_DAY, _HOUR = window("24h"), window("1h")
# Names one package in a path.
PACKAGE_PATH = (
    Parameter(
        "hash",
        Reference(),
        "Hash of the work-package, of its report or of its erasure root; or the id of the event "
        "that began it at a guarantor (90, 91), in decimal.",
        where="path",
    ),
    Parameter(
        "node_id",
        NodeId(),
        f"With an event id: the node that sent the event. {NODE_PREFIX}",
    ),
    Parameter(
        "session", Integer(0, MAX_EVENT_ID), "With an event id: the connection of the event."
    ),
)
_JOURNEY = (
    *PACKAGE_PATH,
    Parameter(
        "limit",
        Integer(1, 1000, (True, True)),
        "Maximum number of events of each guarantor, of the report and of the erasure root; "
        "clamped to 1 to 1000. truncated is true if there may be more.",
        "200",
    ),
    BYTES,
)
_WATERFALL = (
    *PACKAGE_PATH,
    Parameter(
        "limit",
        Integer(1, 1000, (True, True)),
        "Maximum number of events of each guarantor, of the report and of the erasure root that "
        "are read of a shard; clamped to 1 to 1000. truncated is true if there may be more; the "
        "counts of groups are exact all the same.",
        "1000",
    ),
)
_CORE = Parameter("core_index", Integer(0, MAX_CORE), "The core.", where="path")
_STAGES = (
    "A package is followed within a session by event id, and across nodes by its hash, the hash of "
    "its report and its erasure root. Its stage is that of its leading guarantor, which is the one "
    "that came furthest; then guarantee_received, included or discarded by what other nodes "
    "reported of the report, and available when shards of it were requested. discarded: a node "
    "discarded its guarantee because it cannot be reported on chain; after a discard for another "
    "reason (too many, replaced by a better one) it may still be included, so that only stages and "
    "discard_reason show it. failed: it failed at its guarantors, and none guaranteed it. "
    "superseded: an attempt failed while another guarantor guaranteed the package, whatever reason "
    "the event gives. Steps of guarantors are by the node's clock."
)
# Failed attempts at a core that are checked for another guarantor that was faster.
MAX_FAILED = 5_000
_AMBIGUOUS = (404, 409, *SHARD_ERRORS)


PACKAGE_ROUTES: tuple[Route, ...] = (
    Route(
        "workpackages",
        "/api/workpackages",
        "Count work-packages by stage",
        "totals counts distinct packages by hash whose pipeline began in the window, each where "
        "any guarantor had it. events counts what guarantors sent. unidentified counts attempts "
        "that ended, or stopped, before the package was known. Beyond 100,000 rows of a shard, "
        "packages are estimated from a sample, and exact is false.",
        parameters=(*_DAY, BYTES),
        answer=Workpackages,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "active_workpackages",
        "/api/workpackages/active",
        "List the newest work-packages and their stages",
        f"{_STAGES} summary and reached count the newest 1000 packages; complete is true if "
        "these are all. stage_duration_percentiles covers the steps of all guarantors in the "
        "window, read from a histogram with bins 20 % wide.",
        parameters=(*_HOUR, limit(200, "packages")),
        answer=ActiveWorkpackages,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "work_funnel",
        "/api/workpackages/funnel",
        "Count work-packages that reached each stage, and those lost on the way",
        f"{_STAGES} Each package that began in the window counts once, at the furthest stage that "
        "it reached, so that reached of a stage is lost, waiting and stopped there, and reached "
        "of the next. Packages reach a stage also if an event between was not received. "
        "failure_groups counts events: one package may fail at several guarantors. "
        "unidentified counts attempts that ended, or stopped, before the package was known. "
        "Beyond 800,000 rows of a shard, packages are estimated from a sample, and exact is "
        "false.",
        parameters=_HOUR,
        answer=WorkFunnel,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "work_latency",
        "/api/workpackages/latency",
        "Get the durations of the stages of work-packages over time",
        "A duration is between two steps of one guarantor, by its clock, for packages that began "
        "at it in the bucket. Percentiles are read from histograms with bins 20 % wide, and null "
        "without samples. The window has at most 60 buckets of whole minutes.",
        parameters=_HOUR,
        answer=WorkLatency,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "journey",
        "/api/workpackages/{hash}/journey",
        "Get the journey of one work-package, event by event",
        f"{_STAGES} Events are in order of arrival. Where the event log no longer has an event, "
        "id and data are null and the step comes from the aggregates. If several connections "
        "gave the id to different packages, the answer is 409 with candidates: add node_id or "
        "session.",
        parameters=_JOURNEY,
        answer=Journey,
        errors=_AMBIGUOUS,
    ),
    Route(
        "enhanced_journey",
        "/api/workpackages/{hash}/journey/enhanced",
        "Get the journey of one work-package with durations, costs, signers and errors",
        f"{_STAGES} duration_ms is the time since the previous stage at the same guarantor, by its "
        "clock. total_duration_ms, started_at and completed_at are by the server's clock.",
        parameters=_JOURNEY,
        answer=EnhancedJourney,
        errors=_AMBIGUOUS,
    ),
    Route(
        "audit_progress",
        "/api/workpackages/{hash}/audit-progress",
        "Get what is known of the audit of a work-package",
        "JIP-3 has no events of audits themselves, only of recovering bundles (140 to 153). Of "
        "those only the answering side names the erasure root: auditor_node_ids are the nodes "
        "that sent requests to it. tranche, panic_mode, is_accumulated and auditors_completed "
        "are null.",
        parameters=_JOURNEY,
        answer=AuditProgress,
        errors=_AMBIGUOUS,
    ),
    Route(
        "waterfall",
        "/api/workpackages/{hash}/waterfall",
        "Get the course of one work-package over all nodes, on one scale of time",
        f"{_STAGES} rows has a row for each guarantor, whose bars follow one another by its clock; "
        "clock_offset_ms shifts the clock to the server's and is part of all times of the row. "
        "Typical durations are those of the last hour, read from a histogram with bins 20 % "
        "wide. groups summarises the events of all other nodes by the time of their arrival. "
        "critical_path leads from the first event to the last, through the guarantor whose "
        "signature completed the guarantee if its builder waited for it. If several connections "
        "gave the id to different packages, the answer is 409 with candidates.",
        parameters=_WATERFALL,
        answer=Waterfall,
        errors=_AMBIGUOUS,
    ),
    Route(
        "batch_journey",
        "/api/workpackages/batch/journey",
        "Get the stages of up to 50 work-packages",
        "Read from the aggregates: steps of guarantors, without their events. Unknown packages "
        "are left out; found is the number of known ones.",
        answer=BatchJourney,
        errors=(415, *SHARD_ERRORS),
        cache=Cache.LIVE,
        method="POST",
        body=BatchRequest,
    ),
    Route(
        "guarantees",
        "/api/guarantees",
        "Count guarantees by outcome",
        "totals counts events. discarded (113) counts every reason, including that the report "
        "is on chain already. Rates are of attempts that have ended, null if there are none.",
        parameters=(*_DAY, BYTES),
        answer=Guarantees,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "guarantors",
        "/api/guarantees/by-guarantor",
        "Get the success rates of guarantors",
        "success_rate is the share of packages guaranteed (105) whose guarantees were "
        "distributed (109); send_success_rate is 108 divided by 107 and 108. A package that has "
        "not ended counts once nothing was received of it for a minute. total_guarantees covers "
        "the window, guarantees_last_hour its last hour.",
        parameters=_DAY,
        answer=Guarantors,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "cores_status",
        "/api/cores/status",
        "Get the load of each core",
        "Counts distinct packages whose pipeline began in the window: received, and guaranteed. "
        "gas_used, imports, exports and extrinsic_size are of the packages received, da_load is "
        "the bytes of the bundles of the packages guaranteed. window_blocks is the number of "
        "slots with a block that a node authored or imported in the window; active_blocks is "
        "how many of them the core had a guarantee for. Fields named *_last_hour cover the "
        "requested window (the name is kept for compatibility with jamtart).",
        parameters=_HOUR,
        answer=CoresStatus,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "cores_grid",
        "/api/cores/grid",
        "Get the grid of cores and slots: how far the work-packages of each came",
        f"{_STAGES} A package has the slot of its guarantee; without one, the slot in which its "
        "first event arrived. The columns are the last slots of the window, as many as slots "
        "allows. A cell has the furthest stage of its packages; lists by stage count each package "
        "once, so that the sums over cores and over slots are those of outcomes. Beyond 800,000 "
        "rows of a shard, the answer is made from a sample, and exact is false.",
        parameters=(
            *window("10m"),
            Parameter(
                "slots",
                Integer(1, MAX_SLOTS, (True, True)),
                f"Maximum number of slots; clamped to 1 to {MAX_SLOTS}.",
                "100",
            ),
        ),
        answer=CoreGrid,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "core_guarantees",
        "/api/cores/{core_index}/guarantees",
        "Get guarantees of a core, in pools and recently built",
        "current_guarantees is the number that a third of the nodes have in their pools.",
        parameters=(_CORE, *_HOUR),
        answer=CoreGuarantees,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "core_guarantors",
        "/api/cores/{core_index}/guarantors",
        "List guarantors of a core",
        "Nodes that had a package of the core. Shards and efficiencies are of the whole node.",
        parameters=(_CORE, *_DAY),
        answer=CoreGuarantors,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "enhanced_core_guarantors",
        "/api/cores/{core_index}/guarantors/enhanced",
        "List guarantors of a core and the segments that they shared",
        "As /guarantors, with the newest requests for segments between guarantors (173, 178).",
        parameters=(_CORE, *_DAY, BYTES),
        answer=EnhancedCoreGuarantors,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "core_work_packages",
        "/api/cores/{core_index}/work-packages",
        "List the newest work-packages of a core",
        f"{_STAGES} queue_depth and avg_processing_time_ms (received to report built) cover the "
        "window; completed_last_hour counts packages distributed in the window.",
        parameters=(
            _CORE,
            *_HOUR,
            limit(50, "packages"),
        ),
        answer=CoreWorkPackages,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "core_validators",
        "/api/cores/{core_index}/validators",
        "List nodes that work on a core",
        "validator_index is null, because no event has the index of a node.",
        parameters=(_CORE, *_HOUR),
        answer=CoreValidators,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "core_metrics",
        "/api/cores/{core_index}/metrics",
        "Get the throughput and efficiency of a core",
        "Over attempts of guarantors in the window. processing_efficiency_pct is refined "
        "attempts, of those refined or failed before. average_completion_time_ms and "
        "p95_latency_ms are from the submission or share to the guarantees distributed (109), "
        "network_latency_ms from the guarantee built on. Gas is of attempts with a known use "
        "and limit. work_packages_processed_24h covers the 24 hours before the end of the "
        "window. accumulate_efficiency_pct is null, because accumulation is not reported by "
        "core.",
        parameters=(_CORE, *_HOUR),
        answer=CoreMetrics,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "core_bottlenecks",
        "/api/cores/{core_index}/bottlenecks",
        "List guarantors of a core that are slow or fail often",
        "avg_processing_ms is from a package received to its report, by the node's clock. "
        "Listed are guarantors 1.2 times slower than the mean of all, or with a twentieth of "
        "their attempts failed. An attempt that failed while another guarantor guaranteed the "
        f"package is not a failure but superseded; the newest {MAX_FAILED} failed attempts are "
        "checked for that.",
        parameters=(_CORE, *_HOUR),
        answer=CoreBottlenecks,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
)
