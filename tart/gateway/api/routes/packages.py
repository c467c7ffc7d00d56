"""The routes about work-packages, guarantees and cores.

Pure; part of ``contract``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tart.errors import BadQuery
from tart.gateway.api.parameters import Integer, NodeId, Parameter
from tart.gateway.api.route import ASKED, BYTES, Cache, Route
from tart.gateway.api.routes.metrics import window
from tart.query.answers.cores import (
    CoreBottlenecks,
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
    Workpackages,
)


@dataclass(frozen=True)
class Reference:
    """A package by hash, its report's or its erasure root's, or by its first event's id."""

    _HASH = re.compile(r"(?:0x)?([0-9a-fA-F]{64})")

    def read(self, text: str, name: str) -> str | int:
        """A hash without ``0x`` in lower case, or an event id."""
        found = self._HASH.fullmatch(text)
        if found:
            return found[1].lower()
        if text.isascii() and text.isdecimal() and len(text) <= 20 and int(text) < 1 << 64:
            return int(text)
        raise BadQuery(f"{name} must be 64 hex digits, or the id of an event in decimal", name)

    def schema(self) -> dict[str, Any]:
        """See ``parameters.Kind``."""
        return {"type": "string", "pattern": "^((0x)?[0-9a-fA-F]{64}|[0-9]{1,20})$"}


_DAY, _HOUR = window("24h"), window("1h")
_LIMIT = Parameter(
    "limit", Integer(1, 1000, (True, True)), "How many; moved into 1 to 1000.", "200"
)
_PACKAGE = (
    Parameter(
        "hash",
        Reference(),
        "The work-package's hash, its report's or its erasure root's; or the id of the event "
        "that began it at a guarantor (90, 91), in decimal.",
        where="path",
    ),
    Parameter("node_id", NodeId(), "With an id: whose event it is."),
    Parameter("session", Integer(0, (1 << 53) - 1), "With an id: of which connection."),
)
_JOURNEY = (
    *_PACKAGE,
    Parameter(
        "limit",
        Integer(1, 1000, (True, True)),
        "Events of each guarantor, of the report and of the erasure root; truncated says that "
        "there may be more.",
        "200",
    ),
    BYTES,
)
_CORE = Parameter("core_index", Integer(0, 65_535), "The core.", where="path")
_STAGES = (
    "A package is followed within each session by event id, over nodes by its hash, its report's "
    "hash and its erasure root. It stands where its leading guarantor has it, which is the one "
    "that came furthest; then guarantee_received, included or discarded by what others heard of "
    "the report, available when shards of it were asked for. discarded: somebody discarded its "
    "guarantee because it cannot be reported on chain; for other reasons (too many, replaced by "
    "a better one) it may still be included, and only stages and discard_reason tell. failed: at "
    "its guarantors, and "
    "nobody guaranteed it. superseded: an attempt failed while another guarantor guaranteed the "
    "package, whatever the reason given. Steps of guarantors are by the node's clock."
)
# Failed attempts at a core of which is looked at whether another guarantor was faster.
MAX_FAILED = 5_000
_AMBIGUOUS = (404, 409, *ASKED)


PACKAGE_ROUTES: tuple[Route, ...] = (
    Route(
        "workpackages",
        "/api/workpackages",
        "How many work-packages came how far",
        "totals are distinct packages by hash whose handling began in the window, each counted "
        "where any guarantor had it; events are what guarantors sent, unidentified the attempts "
        "that ended, or hang, before the package was known. Beyond 100,000 rows of a shard "
        "packages are estimated from a sample: exact is false.",
        parameters=(*_DAY, BYTES),
        schema=Workpackages,
        errors=ASKED,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "active_workpackages",
        "/api/workpackages/active",
        "The newest work-packages, and where they are",
        f"{_STAGES} summary and reached count the newest 1000; complete says whether these are "
        "all. stage_duration_percentiles are of all guarantors' steps in the window, read from "
        "bins a fifth wide.",
        parameters=(*_HOUR, _LIMIT),
        schema=ActiveWorkpackages,
        errors=ASKED,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "journey",
        "/api/workpackages/{hash}/journey",
        "The way of one work-package, event by event",
        f"{_STAGES} Events are in order of arrival; where the log has them no more, id and data "
        "are null and the aggregates' steps stand in. An id that several connections gave to "
        "different packages is refused with 409 and candidates: add node_id or session.",
        parameters=_JOURNEY,
        schema=Journey,
        errors=_AMBIGUOUS,
    ),
    Route(
        "enhanced_journey",
        "/api/workpackages/{hash}/journey/enhanced",
        "The same with durations, costs, signers and errors",
        f"{_STAGES} duration_ms is the time since the stage before at the same guarantor, by its "
        "clock; total_duration_ms, started_at and completed_at are by ours.",
        parameters=_JOURNEY,
        schema=EnhancedJourney,
        errors=_AMBIGUOUS,
    ),
    Route(
        "audit_progress",
        "/api/workpackages/{hash}/audit-progress",
        "What is known of the audit of a work-package",
        "JIP-3 has no events of audits themselves, only of recovering bundles (140-153), and of "
        "those only the side that answers names the erasure root: auditor_node_ids are who asked "
        "there. tranche, panic_mode, is_accumulated and auditors_completed are null.",
        parameters=_JOURNEY,
        schema=AuditProgress,
        errors=_AMBIGUOUS,
    ),
    Route(
        "batch_journey",
        "/api/workpackages/batch/journey",
        "The stages of up to 50 work-packages",
        "From the aggregates: guarantors' steps, without their events. Packages that are not "
        "known are left out; found says how many are.",
        schema=BatchJourney,
        errors=(415, *ASKED),
        cache=Cache.LIVE,
        method="POST",
        body=BatchRequest,
    ),
    Route(
        "guarantees",
        "/api/guarantees",
        "What became of guarantees",
        "totals are events; discarded ones (113) for any reason, also that they are on chain. "
        "Rates are of attempts that are over, null where there are none.",
        parameters=(*_DAY, BYTES),
        schema=Guarantees,
        errors=ASKED,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "guarantors",
        "/api/guarantees/by-guarantor",
        "How well each guarantor does",
        "success_rate: packages whose guarantees were distributed (109), of those guaranteed "
        "(105); send_success_rate: 108 of 108 and 107. A package that was heard of within the "
        "last minute and is not over does not count yet. total_guarantees are of the window, "
        "guarantees_last_hour of its last hour.",
        parameters=_DAY,
        schema=Guarantors,
        errors=ASKED,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "cores_status",
        "/api/cores/status",
        "What went through each core",
        "Distinct packages whose handling began in the window: received, and guaranteed. "
        "gas_used, imports, exports and extrinsic_size are of those received, da_load is the "
        "bytes of the bundles of those guaranteed. window_blocks: slots with a block that "
        "somebody authored or imported in the window; active_blocks: those for which the core "
        "had a guarantee. Names with last_hour are of the window.",
        parameters=_HOUR,
        schema=CoresStatus,
        errors=ASKED,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "core_guarantees",
        "/api/cores/{core_index}/guarantees",
        "Guarantees of a core, in pools and lately",
        "current_guarantees is what a third of the nodes have in their pools.",
        parameters=(_CORE, *_HOUR),
        schema=CoreGuarantees,
        errors=ASKED,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "core_guarantors",
        "/api/cores/{core_index}/guarantors",
        "Who guaranteed for a core",
        "Those that had a package of the core; shards and efficiencies are of the whole node.",
        parameters=(_CORE, *_DAY),
        schema=CoreGuarantors,
        errors=ASKED,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "enhanced_core_guarantors",
        "/api/cores/{core_index}/guarantors/enhanced",
        "Who guaranteed for a core, and shared segments",
        "As guarantors, with the newest requests for segments between guarantors (173, 178).",
        parameters=(_CORE, *_DAY, BYTES),
        schema=EnhancedCoreGuarantors,
        errors=ASKED,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "core_work_packages",
        "/api/cores/{core_index}/work-packages",
        "The newest work-packages of a core",
        f"{_STAGES} queue_depth and avg_processing_time_ms (received to report built) are over "
        "the window; completed_last_hour: distributed.",
        parameters=(
            _CORE,
            *_HOUR,
            Parameter("limit", Integer(1, 1000, (True, True)), "How many.", "50"),
        ),
        schema=CoreWorkPackages,
        errors=ASKED,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "core_validators",
        "/api/cores/{core_index}/validators",
        "Who worked for a core",
        "validator_index is null: no event says which index a node has.",
        parameters=(_CORE, *_HOUR),
        schema=CoreValidators,
        errors=ASKED,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "core_metrics",
        "/api/cores/{core_index}/metrics",
        "How fast and how well a core works",
        "Over guarantors' attempts in the window: refined of refined and failed before it; "
        "average_completion_time_ms and p95_latency_ms are from the submission or share to the "
        "guarantees distributed (109), network_latency_ms from the guarantee built on. Gas is of "
        "attempts of which both the use and the limit are known. work_packages_processed_24h: of "
        "the 24 hours before the window's end. What blocks accumulate is not told by core: null.",
        parameters=(_CORE, *_HOUR),
        schema=CoreMetrics,
        errors=ASKED,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "core_bottlenecks",
        "/api/cores/{core_index}/bottlenecks",
        "Who is slow or fails for a core",
        "avg_processing_ms is from a package received to its report, by the node's clock; "
        "listed are those 1.2 times slower than the mean of all, or with a twentieth failed. An "
        "attempt that failed while another guarantor guaranteed the package has not failed: it "
        f"is superseded, and counted as such. Of the newest {MAX_FAILED} failed ones that is "
        "looked at.",
        parameters=(_CORE, *_HOUR),
        schema=CoreBottlenecks,
        errors=ASKED,
        cache=Cache.AGGREGATED,
    ),
)
