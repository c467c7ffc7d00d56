"""A work-package's journey with durations, costs, signers and errors; and of its audit.

Pure. ``query.packages.journeys`` has the journey itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tart.query.answers import packages as answers
from tart.query.core.chain_stats import bare_hex
from tart.query.core.rfc3339 import rfc3339, rfc3339_of_jce
from tart.query.packages.journeys import (
    AUDITS,
    GUARANTEE_BUILT,
    GUARANTEE_SENT,
    SIGNATURE,
    SIGNED,
    Journey,
    Step,
    identity,
)
from tart.query.packages.package_progress import Account
from tart.query.packages.packages import ms

Json = dict[str, Any]

# What the enhanced journey calls otherwise.
_ENHANCED = {96: "extrinsic_data_received", 109: "guaranteed"}


def enhanced(journey: Journey, given: str) -> answers.EnhancedJourney:
    """The body of ``/api/workpackages/{hash}/journey/enhanced``."""
    steps = journey.steps()
    stages = _enhanced_stages(journey, steps)
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
        "hash": journey.hash or given,
        "work_package_hash": journey.hash or given,
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
        "execution_details": _execution(journey.account),
        "guarantor_info": _guarantor_info(steps),
        "timing": _timing(journey, steps, stages),
        "errors": errors,
        "truncated": journey.found["truncated"],
    }


def _enhanced_stages(journey: Journey, steps: Sequence[Step]) -> list[answers.JourneyDetailStep]:
    before: dict[tuple[int, int], int] = {}
    stages: list[answers.JourneyDetailStep] = []
    for step in steps:
        previous = before.get(step.pipeline) if step.pipeline else None
        if step.pipeline:
            before[step.pipeline] = step.clock_us
        stages.append(
            {
                "stage": journey.name(step, _ENHANCED),
                "status": journey.status(step),
                "event_type": step.type,
                "node_id": step.node,
                "timestamp": rfc3339_of_jce(step.clock_us),
                "duration_ms": None if previous is None else ms(step.clock_us - previous),
                "error_code": step.reason,
                "data": _shown(step),
                **identity(step),
            }
        )
    return stages


def _shown(step: Step) -> Json:
    """What the enhanced journey shows of an event; numbers as text, as the peer has them."""
    fields = step.fields
    if not step.event:
        return {}
    match step.type:
        case 94:
            size = fields["outline"]["work_package_size"]
            return {"core": str(fields["core"]), "work_package_size": str(size)}
        case 101:
            return {"refine_costs": fields["costs"]}
        case 105:
            outline = fields["outline"]
            return {"slot": str(outline["slot"]), "guarantors": outline["guarantors"]}
        case 112:
            return {"slot": str(fields["outline"]["slot"])}
        case 113:
            return {"reason": fields["reason"], "slot": str(fields["outline"]["slot"])}
        case 120:
            return {"shard": str(fields["shard"])}
        case 124:
            return {"shard": str(fields["shard"]), "request_id": str(fields["request_id"])}
        case 122 | 125:
            return {"request_id": str(fields["request_id"])}
    return {}


def _execution(account: Account | None) -> Json | None:
    """What authorizing and refining cost the leading guarantor."""
    if account is None or (
        account.state["auth_gas"] is None and account.state["refine_gas"] is None
    ):
        return None
    state = account.state
    return {
        "authorization_gas": state["auth_gas"],
        "authorization_ns": state["auth_ns"],
        "refine_gas": state["refine_gas"],
        "refine_ns": state["refine_ns"],
        "refine_gas_limit": state["refine_gas_limit"],
        "bundle_size": state["bundle_size"],
    }


def _guarantor_info(steps: Sequence[Step]) -> list[answers.GuarantorInfo]:
    """Who signed, the builder of the guarantee first; what only others told is not local."""
    info: dict[str, answers.GuarantorInfo] = {}
    for number in (GUARANTEE_BUILT, SIGNED):
        for step in steps:
            if step.type == number:
                info.setdefault(step.node, _guarantor(step.node, step, local=True))
    for step in steps:
        if step.type == SIGNATURE and step.event:
            secondary = bare_hex(step.fields["secondary"])
            info.setdefault(secondary, _guarantor(secondary, step, local=False))
    return list(info.values())


def _guarantor(node: str, step: Step, *, local: bool) -> answers.GuarantorInfo:
    return {
        # Which index in the validator set it has, no event says.
        "guarantor_index": None,
        "node_id": node,
        "signed_at": rfc3339_of_jce(step.clock_us),
        "is_local": local,
        "role": "primary" if step.type == GUARANTEE_BUILT else "secondary",
    }


def _timing(
    journey: Journey, steps: Sequence[Step], stages: Sequence[answers.JourneyDetailStep]
) -> answers.JourneyTiming:
    account = journey.account
    lead = account.state if account else {}
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


def audit(journey: Journey, given: str) -> answers.AuditProgress:
    """The body of ``/api/workpackages/{hash}/audit-progress``, without its time."""
    types = [step.type for step in journey.steps()]
    erasure = (journey.account.erasure if journey.account else None) or {}
    counts: answers.ErasureCounts = {
        "bundle_shards_served": erasure.get("bundle_shards_served", 0),
        "bundle_shards_transferred": erasure.get("bundle_shards_transferred", 0),
        "bundle_shards_failed": erasure.get("bundle_shards_failed", 0),
        "bundles_served": erasure.get("bundles_served", 0),
        "bundles_transferred": erasure.get("bundles_transferred", 0),
        "bundles_failed": erasure.get("bundles_failed", 0),
    }
    asked = bool(journey.found["auditors"]) or any(counts.values())
    return {
        "hash": journey.hash or given,
        "status": "failed" if journey.failed else "auditing" if asked else _standing(journey.stage),
        "tranche": None,
        "audit_progress": {
            "guarantees_built": types.count(GUARANTEE_BUILT),
            "guarantees_signed": types.count(SIGNED),
            "guarantees_shared": types.count(GUARANTEE_SENT),
            "auditors_completed": None,
            "auditor_node_ids": journey.found["auditors"],
            **counts,
        },
        "panic_mode": None,
        "is_accumulated": None,
        "is_failed": journey.failed,
        "events": [
            {
                "event_type": each["event_type"],
                "event_name": next(iter(each["data"])),
                "node_id": each["node_id"],
                "timestamp": each["timestamp"],
                "data": each["data"],
            }
            for each in journey.found["erasures"]
            if each["event_type"] in AUDITS
        ],
        "truncated": journey.found["truncated"],
    }


_PENDING = ("submitted", "received", "authorized", "refined", "report_built")


def _standing(stage: str) -> str:
    return "pending" if stage in _PENDING else stage
