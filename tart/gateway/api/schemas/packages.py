"""Schemas of work-packages and guarantees; part of ``schemas``.

Pure.
"""

from __future__ import annotations

from tart.gateway.api.json_schema import (
    BOOLEAN,
    COUNT,
    COUNTERS,
    FRACTION,
    HEX_64,
    NUMBER,
    SHARDS,
    TEXT,
    TIME,
    WINDOW,
    Schema,
    described,
    listing,
    nullable,
    record,
    ref,
)

# Hashes of packages, reports and roots stand at the top of objects: without prefix.
_HASH = nullable(HEX_64)
_DIGITS: Schema = {"type": "string", "pattern": "^[0-9]+$"}
_MS: Schema = {"type": ["number", "null"]}
_TYPE: Schema = {"type": "integer", "minimum": 0, "maximum": 255}
_STAGE: Schema = {
    "type": "string",
    "enum": [
        *("submitted", "received", "authorized", "refined", "report_built", "guarantee_built"),
        *("distributed", "guarantee_received", "included", "available", "discarded", "failed"),
    ],
}
_STATUS: Schema = {"type": "string", "enum": ["completed", "in_progress", "failed", "superseded"]}
_PAYLOAD: Schema = {"type": ["object", "null"]}
_COUNTS = {
    name: COUNT
    for name in (
        *("submissions", "being_shared", "failed", "duplicates", "received", "refined"),
        *("work_reports_built", "guarantees_built"),
    )
}
_IDENTITY: dict[str, Schema] = {
    "id": described(nullable(COUNT), "Null where the log has the event no more."),
    "session": nullable(COUNT),
    "event_id": nullable(COUNT),
    "received_at": nullable(TIME),
}
_PERCENTILES = record(p50_ms=NUMBER, p95_ms=NUMBER, sample_count=COUNT)
_TRUNCATED = described(BOOLEAN, "There may be more events than were asked for.")
_JOURNEY: dict[str, Schema] = {
    "work_package_hash": described(TEXT, "As asked for where the package is not known."),
    "core_index": nullable(COUNT),
    "current_stage": _STAGE,
    "failed": BOOLEAN,
    "superseded": BOOLEAN,
    "failure_reason": nullable(TEXT),
    "truncated": _TRUNCATED,
}

PACKAGE_SCHEMAS: dict[str, Schema] = {
    "Workpackages": record(
        SHARDS,
        window=WINDOW,
        totals=described(
            record(**_COUNTS, packages=COUNT, distributed=COUNT),
            "Distinct packages.",
        ),
        events=described(record(**_COUNTS), "Of all guarantors; a package has several."),
        unidentified=record(submissions=COUNT, shares=COUNT, failed=COUNT),
        exact=BOOLEAN,
        by_core=listing(record(core=COUNT, count=COUNT)),
        recent=listing(
            record(
                node_id=HEX_64,
                timestamp=nullable(TIME),
                core=_DIGITS,
                work_package_size=_DIGITS,
                hash=HEX_64,
            )
        ),
    ),
    "ActiveWorkpackages": record(
        SHARDS,
        window=WINDOW,
        work_packages=listing(
            record(
                hash=HEX_64,
                core_index=nullable(COUNT),
                node_id=described(HEX_64, "The leading guarantor."),
                submitted_at=described(TIME, "Our clock, first event at any guarantor."),
                last_update=described(TIME, "Our clock."),
                current_stage=_STAGE,
                stages=described(
                    {"type": "object", "additionalProperties": nullable(TIME)},
                    "received to distributed and failed: the guarantor's clock; others: ours.",
                ),
                failure_reason=nullable(TEXT),
                discard_reason=nullable(TEXT),
                nodes_involved=COUNT,
                elapsed_ms=NUMBER,
                submitted_to=described(_HASH, "The node that took the first submission."),
                is_active=BOOLEAN,
                superseded=BOOLEAN,
                report_hash=_HASH,
                erasure_root=_HASH,
            )
        ),
        summary=described(COUNTERS, "By current_stage; superseded and active beside it."),
        reached=COUNTERS,
        failure_breakdown=described(COUNTERS, "Attempts that failed (92) by their reason."),
        stage_duration_percentiles={"type": "object", "additionalProperties": _PERCENTILES},
        complete=BOOLEAN,
    ),
    "Journey": record(
        SHARDS,
        **_JOURNEY,
        stages=listing(
            record(
                stage=TEXT,
                timestamp=nullable(TIME),
                node_id=HEX_64,
                event_type=_TYPE,
                data=_PAYLOAD,
                **_IDENTITY,
            )
        ),
    ),
    "EnhancedJourney": record(
        SHARDS,
        **_JOURNEY,
        hash=TEXT,
        stages=listing(
            record(
                stage=TEXT,
                status=_STATUS,
                event_type=_TYPE,
                node_id=HEX_64,
                timestamp=nullable(TIME),
                duration_ms=_MS,
                error_code=nullable(TEXT),
                data={"type": "object"},
                **_IDENTITY,
            )
        ),
        stage_count=COUNT,
        current_status=nullable(_STATUS),
        started_at=nullable(TIME),
        completed_at=nullable(TIME),
        has_errors=BOOLEAN,
        execution_details=_PAYLOAD,
        guarantor_info=listing(
            record(
                guarantor_index=described(nullable(COUNT), "No event says it."),
                node_id=HEX_64,
                signed_at=nullable(TIME),
                is_local=described(BOOLEAN, "The guarantor told it itself."),
                role={"type": "string", "enum": ["primary", "secondary"]},
            )
        ),
        timing=record(
            total_duration_ms=_MS,
            submission_to_guarantee_ms=_MS,
            stage_durations={"type": "object", "additionalProperties": {"type": "number"}},
        ),
        errors=listing(
            record(
                stage=TEXT,
                error_code=nullable(TEXT),
                message=nullable(TEXT),
                timestamp=nullable(TIME),
                node_id=HEX_64,
            )
        ),
    ),
    "AuditProgress": record(
        SHARDS,
        hash=TEXT,
        status=TEXT,
        tranche=nullable(COUNT),
        audit_progress=record(
            guarantees_built=COUNT,
            guarantees_signed=COUNT,
            guarantees_shared=COUNT,
            auditors_completed=nullable(COUNT),
            auditor_node_ids=listing(HEX_64),
            bundle_shards_served=COUNT,
            bundle_shards_transferred=COUNT,
            bundle_shards_failed=COUNT,
            bundles_served=COUNT,
            bundles_transferred=COUNT,
            bundles_failed=COUNT,
        ),
        panic_mode=nullable(BOOLEAN),
        is_accumulated=nullable(BOOLEAN),
        is_failed=BOOLEAN,
        events=listing(
            record(
                event_type=_TYPE,
                event_name=TEXT,
                node_id=HEX_64,
                timestamp=nullable(TIME),
                data={"type": "object"},
            )
        ),
        truncated=_TRUNCATED,
        timestamp=TIME,
    ),
    "BatchRequest": record(hashes=listing(TEXT)),
    "BatchJourney": record(
        {**SHARDS, "requested": COUNT, "found": COUNT},
        journeys=listing(
            record(
                hash=HEX_64,
                stages=listing(
                    record(
                        stage=TEXT,
                        status=_STATUS,
                        event_type=_TYPE,
                        node_id=HEX_64,
                        timestamp=nullable(TIME),
                        core_index=nullable(COUNT),
                    )
                ),
                stage_count=COUNT,
                has_errors=BOOLEAN,
                first_seen=TIME,
                last_seen=TIME,
                nodes_involved=COUNT,
                current_stage=_STAGE,
                core_index=nullable(COUNT),
                failed=BOOLEAN,
                superseded=BOOLEAN,
            )
        ),
        timestamp=TIME,
    ),
    "Guarantees": record(
        SHARDS,
        window=WINDOW,
        totals=record(
            built=COUNT,
            sending=COUNT,
            send_failed=COUNT,
            sent=COUNT,
            distributed=COUNT,
            receiving=COUNT,
            receive_failed=COUNT,
            received=COUNT,
            discarded=described(COUNT, "For any reason, also that it is on chain already."),
        ),
        success_rates=record(send_success_rate=nullable(TEXT), receive_success_rate=nullable(TEXT)),
        by_node=listing(record(node_id=HEX_64, guarantees_built=COUNT)),
        recent=listing(
            record(
                node_id=HEX_64,
                event_type=_TYPE,
                timestamp=nullable(TIME),
                data={"type": "object"},
            )
        ),
    ),
    "Guarantor": record(
        node_id=HEX_64,
        total_guarantees=described(COUNT, "Guarantees built (105)."),
        guarantees_last_hour=COUNT,
        success_rate=FRACTION,
        send_success_rate=FRACTION,
        sent=COUNT,
        send_failed=COUNT,
        packages_guaranteed=COUNT,
        packages_distributed=COUNT,
        packages_signed=described(COUNT, "As a secondary, for another guarantor."),
        cores_active=described(listing(COUNT), "The one with most guarantees first."),
        primary_core=nullable(COUNT),
        last_guarantee=described(nullable(TIME), "By the node's clock."),
    ),
    "Guarantors": record(
        SHARDS,
        window=WINDOW,
        guarantors=listing(ref("Guarantor")),
        total_guarantors=COUNT,
        top_performers=listing(HEX_64),
        bottom_performers=listing(HEX_64),
        timestamp=TIME,
    ),
}
