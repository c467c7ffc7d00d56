"""Journeys of work-packages with durations, costs, signers and errors, and their audits.

Pure. ``query.packages.journeys`` has the journey itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tart.protocol.events import EventKind
from tart.query.answers import packages as answers
from tart.query.core.chain_stats import bare_hex
from tart.query.core.rfc3339 import rfc3339, rfc3339_of_jce
from tart.query.packages.journeys import AUDIT_TYPES, Journey, Step, event_identity
from tart.query.packages.package_progress import PackageState
from tart.units import ms

Json = dict[str, Any]

# Names of steps that differ from those of the plain journey, for compatibility with jamtart.
_STEP_NAMES: Mapping[int, str] = {
    EventKind.EXTRINSIC_DATA_RECEIVED: "extrinsic_data_received",
    EventKind.GUARANTEES_DISTRIBUTED: "guaranteed",
}


def enhanced(journey: Journey, reference: str) -> answers.EnhancedJourney:
    """Return the answer of ``/api/workpackages/{hash}/journey/enhanced``."""
    steps = journey.steps()
    stages = _detail_steps(journey, steps)
    errors: list[answers.JourneyError] = [
        {
            "stage": stage["stage"],
            "error_code": stage["error_code"],
            "message": stage["error_code"],
            "timestamp": stage["timestamp"],
            "node_id": stage["node_id"],
        }
        for stage in stages
        if stage["status"] == "failed"
    ]
    return {
        "hash": journey.hash or reference,
        "work_package_hash": journey.hash or reference,
        "core_index": journey.core,
        "stages": stages,
        "stage_count": len(stages),
        "current_stage": journey.stage,
        "current_status": stages[-1]["status"] if stages else None,
        "failed": journey.failed,
        "superseded": journey.superseded,
        "failure_reason": journey.failure_reason,
        "started_at": rfc3339(steps[0].at_us) if steps else None,
        "completed_at": rfc3339(steps[-1].at_us) if steps else None,
        "has_errors": bool(errors),
        "execution_details": _execution(journey.state),
        "guarantor_info": guarantor_info(steps),
        "timing": _timing(journey, steps, stages),
        "errors": errors,
        "truncated": journey.events["truncated"],
    }


def _detail_steps(journey: Journey, steps: Sequence[Step]) -> list[answers.JourneyDetailStep]:
    before: dict[tuple[int, int], int] = {}
    stages: list[answers.JourneyDetailStep] = []
    for step in steps:
        previous = before.get(step.pipeline) if step.pipeline else None
        if step.pipeline:
            before[step.pipeline] = step.clock_us
        stages.append(
            {
                "stage": journey.name(step, _STEP_NAMES),
                "status": journey.status(step),
                "event_type": step.type,
                "node_id": step.node,
                "timestamp": rfc3339_of_jce(step.clock_us),
                "duration_ms": None if previous is None else ms(step.clock_us - previous),
                "error_code": step.reason,
                "data": _step_data(step),
                **event_identity(step),
            }
        )
    return stages


def _step_data(step: Step) -> Json:
    """Return the fields of an event that are shown; numbers are text, as in jamtart."""
    fields = step.fields
    if not step.event:
        return {}
    match step.type:
        case EventKind.WORK_PACKAGE_RECEIVED:
            size = fields["outline"]["work_package_size"]
            return {"core": str(fields["core"]), "work_package_size": str(size)}
        case EventKind.REFINED:
            return {"refine_costs": fields["costs"]}
        case EventKind.GUARANTEE_BUILT:
            outline = fields["outline"]
            return {"slot": str(outline["slot"]), "guarantors": outline["guarantors"]}
        case EventKind.GUARANTEE_RECEIVED:
            return {"slot": str(fields["outline"]["slot"])}
        case EventKind.GUARANTEE_DISCARDED:
            return {"reason": fields["reason"], "slot": str(fields["outline"]["slot"])}
        case EventKind.SENDING_SHARD_REQUEST:
            return {"shard": str(fields["shard"])}
        case EventKind.SHARD_REQUEST_RECEIVED:
            return {"shard": str(fields["shard"]), "request_id": str(fields["request_id"])}
        case EventKind.SHARD_REQUEST_FAILED | EventKind.SHARDS_TRANSFERRED:
            return {"request_id": str(fields["request_id"])}
    return {}


def _execution(package: PackageState | None) -> Json | None:
    """Return the costs of authorization and refinement at the leading guarantor."""
    if package is None:
        return None
    state = package.row
    if state["auth_gas"] is None and state["refine_gas"] is None:
        return None
    return {
        "authorization_gas": state["auth_gas"],
        "authorization_ns": state["auth_ns"],
        "refine_gas": state["refine_gas"],
        "refine_ns": state["refine_ns"],
        "refine_gas_limit": state["refine_gas_limit"],
        "bundle_size": state["bundle_size"],
    }


def guarantor_info(steps: Sequence[Step]) -> list[answers.GuarantorInfo]:
    """Return the guarantors that signed, the builder of the guarantee first.

    A signature that only another guarantor reported is not local.
    """
    info: dict[str, answers.GuarantorInfo] = {}
    for kind in (EventKind.GUARANTEE_BUILT, EventKind.WORK_REPORT_SIGNATURE_SENT):
        for step in steps:
            if step.type == kind:
                info.setdefault(step.node, _guarantor(step.node, step, local=True))
    for step in steps:
        if step.type == EventKind.WORK_REPORT_SIGNATURE_RECEIVED and step.event:
            secondary = bare_hex(step.fields["secondary"])
            info.setdefault(secondary, _guarantor(secondary, step, local=False))
    return list(info.values())


def _guarantor(node: str, step: Step, *, local: bool) -> answers.GuarantorInfo:
    return {
        # No event has the index of a node in the validator set.
        "guarantor_index": None,
        "node_id": node,
        "signed_at": rfc3339_of_jce(step.clock_us),
        "is_local": local,
        "role": "primary" if step.type == EventKind.GUARANTEE_BUILT else "secondary",
    }


def _timing(
    journey: Journey, steps: Sequence[Step], stages: Sequence[answers.JourneyDetailStep]
) -> answers.JourneyTiming:
    lead = journey.state.row if journey.state else {}
    begun, guaranteed = lead.get("started"), lead.get("guaranteed")
    return {
        "total_duration_ms": ms(steps[-1].at_us - steps[0].at_us) if len(steps) > 1 else None,
        "submission_to_guarantee_ms": ms(guaranteed - begun)
        if begun is not None and guaranteed is not None
        else None,
        "stage_durations": {
            stage["stage"]: stage["duration_ms"]
            for stage in stages
            if stage["node_id"] == lead.get("node") and stage["duration_ms"] is not None
        },
    }


def audit(journey: Journey, reference: str) -> answers.AuditProgress:
    """Return the answer of ``/api/workpackages/{hash}/audit-progress``, without its time."""
    types = [step.type for step in journey.steps()]
    erasure = (journey.state.erasure if journey.state else None) or {}
    counts: answers.ErasureCounts = {
        "bundle_shards_served": erasure.get("bundle_shards_served", 0),
        "bundle_shards_transferred": erasure.get("bundle_shards_transferred", 0),
        "bundle_shards_failed": erasure.get("bundle_shards_failed", 0),
        "bundles_served": erasure.get("bundles_served", 0),
        "bundles_transferred": erasure.get("bundles_transferred", 0),
        "bundles_failed": erasure.get("bundles_failed", 0),
    }
    auditing = bool(journey.events["auditors"]) or any(counts.values())
    return {
        "hash": journey.hash or reference,
        "status": "failed" if journey.failed else "auditing" if auditing else _status(journey),
        "tranche": None,
        "audit_progress": {
            "guarantees_built": types.count(EventKind.GUARANTEE_BUILT),
            "guarantees_signed": types.count(EventKind.WORK_REPORT_SIGNATURE_SENT),
            "guarantees_shared": types.count(EventKind.GUARANTEE_SENT),
            "auditors_completed": None,
            "auditor_node_ids": journey.events["auditors"],
            **counts,
        },
        "panic_mode": None,
        "is_accumulated": None,
        "is_failed": journey.failed,
        "events": [
            {
                "event_type": event["event_type"],
                "event_name": next(iter(event["data"])),
                "node_id": event["node_id"],
                "timestamp": event["timestamp"],
                "data": event["data"],
            }
            for event in journey.events["erasures"]
            if event["event_type"] in AUDIT_TYPES
        ],
        "truncated": journey.events["truncated"],
    }


_PENDING = ("submitted", "received", "authorized", "refined", "report_built")


def _status(journey: Journey) -> str:
    return "pending" if journey.stage in _PENDING else journey.stage
