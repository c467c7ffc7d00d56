"""Schemas of cores; part of ``schemas``.

Pure.
"""

from __future__ import annotations

from tart.gateway.api.json_schema import (
    AMOUNT,
    BOOLEAN,
    BYTES,
    COUNT,
    FRACTION,
    HEX_64,
    NUMBER,
    SHARDS,
    TEXT,
    TIME,
    TOTAL,
    WINDOW,
    Schema,
    described,
    listing,
    nullable,
    record,
)

_PERCENT: Schema = {"type": ["number", "null"], "minimum": 0, "maximum": 100}
_UNTOLD = described(nullable(COUNT), "Null: no event says it.")
_GUARANTORS: dict[str, Schema] = {
    "core_index": COUNT,
    "guarantors": listing(
        record(
            node_id=HEX_64,
            guarantee_count=COUNT,
            signature_count=COUNT,
            last_activity=TIME,
            da_usage_bytes=described(COUNT, "Bundles of the packages it guaranteed here."),
            shards_stored=nullable(COUNT),
            shards_served=COUNT,
            bytes_served=_UNTOLD,
            import_efficiency=FRACTION,
            export_efficiency=FRACTION,
        )
    ),
    "core_total_da_bytes": COUNT,
    "active_guarantor_count": COUNT,
}
_SHARED: dict[str, Schema] = {
    "node_id": HEX_64,
    "peer_id": BYTES,
    "segments": listing(COUNT),
    "timestamp": nullable(TIME),
}

_SUPERSEDED = described(
    COUNT, "Attempts that failed while another guarantor guaranteed the package: no failures."
)

CORE_SCHEMAS: dict[str, Schema] = {
    "CoresStatus": record(
        SHARDS,
        window=WINDOW,
        cores=listing(
            record(
                core_index=COUNT,
                status={"type": "string", "enum": ["active", "idle"]},
                work_packages_last_hour=COUNT,
                guarantees_last_hour=COUNT,
                gas_used=described(
                    TOTAL,
                    "Of refining the packages received, guaranteed or not; exact, and text "
                    "beyond 2^64 - 1.",
                ),
                da_load=described(COUNT, "Bytes of the bundles of the packages guaranteed."),
                popularity_avg=described(AMOUNT, "Null: no event says it."),
                imports=COUNT,
                exports=COUNT,
                extrinsic_count=_UNTOLD,
                extrinsic_size=COUNT,
                active_blocks=described(COUNT, "Of window_blocks: the core had a guarantee."),
                window_blocks=described(
                    COUNT, "Slots with a block that somebody authored or imported."
                ),
                utilization_pct=_PERCENT,
                last_active_slot=nullable(COUNT),
                slots_since_active=nullable(COUNT),
            )
        ),
        summary=record(total_cores=COUNT, active_cores=COUNT, idle_cores=COUNT),
        telemetry=record(
            guarantees_last_hour=COUNT, work_packages_last_hour=COUNT, last_activity=nullable(TIME)
        ),
        exact=BOOLEAN,
    ),
    "CoreGuarantees": record(
        SHARDS,
        window=WINDOW,
        core_index=COUNT,
        current_guarantees=nullable(COUNT),
        by_node=listing(record(node_id=HEX_64, guarantees=COUNT, timestamp=TIME)),
        guarantee_history=listing(
            record(
                timestamp=nullable(TIME),
                node_id=HEX_64,
                work_package_hash=nullable(HEX_64),
                work_report_hash=nullable(HEX_64),
                slot=nullable(COUNT),
                core_index=COUNT,
            )
        ),
        recent_guarantors=listing(
            record(
                node_id=HEX_64,
                core_index=COUNT,
                guarantee_count=COUNT,
                last_guarantee=described(nullable(TIME), "By the node's clock."),
            )
        ),
    ),
    "CoreGuarantors": record(SHARDS, window=WINDOW, **_GUARANTORS),
    "EnhancedCoreGuarantors": record(
        SHARDS,
        window=WINDOW,
        **_GUARANTORS,
        import_sharing=record(
            transfers=listing(record(**_SHARED)),
            sent=listing(record(**_SHARED)),
            received=listing(record(node_id=HEX_64, request_id=COUNT, timestamp=nullable(TIME))),
        ),
        timestamp=TIME,
    ),
    "CoreWorkPackages": record(
        SHARDS,
        window=WINDOW,
        work_packages=listing(
            record(
                hash=HEX_64,
                work_package_hash=HEX_64,
                stage=TEXT,
                status=TEXT,
                is_active=BOOLEAN,
                last_update=TIME,
                submitted_at=TIME,
                submitting_node=described(
                    nullable(HEX_64), "The guarantor that it was submitted to."
                ),
                node_id=HEX_64,
                gas_used=nullable(TOTAL),
                elapsed_ms=NUMBER,
            )
        ),
        queue_depth=COUNT,
        total_recent=COUNT,
        avg_processing_time_ms=AMOUNT,
        completed_last_hour=COUNT,
    ),
    "CoreValidators": record(
        SHARDS,
        window=WINDOW,
        core_index=COUNT,
        validators=listing(
            record(
                node_id=HEX_64,
                validator_index=_UNTOLD,
                guarantee_count=COUNT,
                signature_count=COUNT,
                packages=COUNT,
                last_active=TIME,
                latest_slot=nullable(COUNT),
                implementation_name=TEXT,
                implementation_version=TEXT,
                is_active=described(
                    BOOLEAN, "Whether last_active is in the last two minutes of the window."
                ),
            )
        ),
        validator_count=COUNT,
        timestamp=TIME,
    ),
    "CoreMetrics": record(
        SHARDS,
        window=WINDOW,
        core_index=COUNT,
        processing_efficiency_pct=_PERCENT,
        accumulate_efficiency_pct=_PERCENT,
        distribution_efficiency_pct=_PERCENT,
        network_latency_ms=AMOUNT,
        average_completion_time_ms=described(
            AMOUNT, "From the submission to its guarantees distributed (109)."
        ),
        p95_latency_ms=described(AMOUNT, "Of the same, read from bins a fifth wide."),
        throughput_per_second=AMOUNT,
        gas_utilization_pct=AMOUNT,
        work_packages_processed_24h=COUNT,
        stats=record(
            wps_received=COUNT,
            refinements_completed=COUNT,
            refinements_failed=described(
                COUNT, "Received and failed before refined, by whatever reason."
            ),
            reports_built=COUNT,
            guarantees_built=COUNT,
            guarantees_distributed=COUNT,
            active_validators=COUNT,
            avg_gas_used=nullable(TOTAL),
            avg_gas_limit=nullable(TOTAL),
        ),
        sample_count=COUNT,
        timestamp=TIME,
    ),
    "CoreBottlenecks": record(
        SHARDS,
        window=WINDOW,
        core_index=COUNT,
        slow_validators=listing(
            record(
                node_id=HEX_64,
                avg_processing_ms=AMOUNT,
                event_count=described(COUNT, "Attempts, without second submissions (93)."),
                failure_count=described(COUNT, "Of event_count, without superseded."),
                failure_rate=described(FRACTION, "failure_count by event_count."),
                superseded=_SUPERSEDED,
                slowdown_factor=AMOUNT,
                is_bottleneck=BOOLEAN,
            )
        ),
        bottleneck_messages=listing(record(severity=TEXT, type=TEXT, message=TEXT, node_id=HEX_64)),
        superseded=_SUPERSEDED,
        stats=record(
            total_events=described(COUNT, "Attempts of all guarantors."),
            total_failures=described(COUNT, "Of total_events, without superseded."),
            failure_rate=described(FRACTION, "total_failures by total_events."),
            validator_count=COUNT,
            bottleneck_count=COUNT,
        ),
        timestamp=TIME,
    ),
}
