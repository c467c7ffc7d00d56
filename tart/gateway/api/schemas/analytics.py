"""Schemas of what judges a network; part of ``schemas``.

Pure.
"""

from __future__ import annotations

from tart.gateway.api.json_schema import (
    AMOUNT,
    BOOLEAN,
    COUNT,
    COUNTERS,
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
)
from tart.gateway.api.schemas.metrics import SLOT

_WORD: Schema = {"type": "string", "enum": ["healthy", "degraded", "unhealthy", "unknown"]}
_DELAYS = record(
    clock=TEXT,
    avg_propagation_ms=AMOUNT,
    p50_propagation_ms=AMOUNT,
    p95_propagation_ms=AMOUNT,
    p99_propagation_ms=AMOUNT,
    sample_count=COUNT,
    late=described(COUNT, "Sights more than a minute after the first."),
)
_COVERAGE = listing(
    record(
        share=NUMBER,
        blocks=COUNT,
        blocks_reached=COUNT,
        p50_ms=AMOUNT,
        p95_ms=AMOUNT,
        max_ms=AMOUNT,
    )
)
_ENDS: dict[str, Schema] = {"timestamp": TIME, "window": WINDOW}
_LENGTH: dict[str, Schema] = {"duration_hours": NUMBER, "interval_minutes": COUNT, **_ENDS}

ANALYTICS_SCHEMAS: dict[str, Schema] = {
    "FailureRates": record(
        SHARDS,
        overall=record(
            total_events=COUNT,
            failed_events=described(COUNT, "Failures of all categories."),
            failure_rate=described(AMOUNT, "failed_events by attempts; null if nothing was tried."),
            attempts=described(COUNT, "Attempts of all categories."),
            refused=COUNT,
            misbehaved=COUNT,
        ),
        by_category=listing(
            record(
                category=TEXT,
                attempts=COUNT,
                failures=COUNT,
                rate=described(AMOUNT, "failures by attempts; null without an attempt."),
            )
        ),
        by_node=listing(
            record(
                node_id=HEX_64,
                total_events=COUNT,
                failures=COUNT,
                failure_rate=described(AMOUNT, "failures by attempts, of all categories."),
                top_failure_type=COUNT,
                attempts=COUNT,
            )
        ),
        by_reason=listing(
            record(
                event_type=COUNT,
                event_name=TEXT,
                reason=TEXT,
                count=COUNT,
                nodes=COUNT,
                last_at=TIME,
            )
        ),
        recent_failures=listing(
            record(
                id=COUNT,
                event_type=COUNT,
                event_name=TEXT,
                node_id=HEX_64,
                timestamp=nullable(TIME),
                received_at=TIME,
                reason=TEXT,
            )
        ),
        **_ENDS,
    ),
    "BlockPropagation": record(
        SHARDS,
        last_hour=described(_DELAYS, "Of the window, by the time of reception."),
        node_clocks=described(_DELAYS, "By node clocks, each corrected by its offset."),
        coverage=record(received_at=_COVERAGE, node_clocks=_COVERAGE),
        blocks=COUNT,
        blocks_looked_at=COUNT,
        by_node=listing(
            record(
                node_id=HEX_64,
                blocks_announced=COUNT,
                blocks_received=COUNT,
                blocks_originated=COUNT,
                blocks_seen=COUNT,
                blocks_first_seen=COUNT,
                p50_ms=AMOUNT,
                p95_ms=AMOUNT,
            )
        ),
        recent_blocks=listing(
            record(
                hash=HEX_64,
                slot=SLOT,
                first_seen_at=TIME,
                first_node=HEX_64,
                nodes=COUNT,
                connected_nodes=COUNT,
                until_50_ms=AMOUNT,
                until_90_ms=AMOUNT,
                until_99_ms=AMOUNT,
                until_100_ms=AMOUNT,
            )
        ),
        **_ENDS,
    ),
    "NetworkHealth": record(
        SHARDS,
        overall_health=_WORD,
        health_score=described(AMOUNT, "The mean of the scores that are known."),
        components=listing(
            record(
                name=TEXT,
                status=_WORD,
                score=described(SLOT, "Percent; null where nothing is known."),
                metrics=COUNTERS,
                issues=listing(TEXT),
            )
        ),
        alerts=listing(
            record(
                severity=TEXT, message=TEXT, component=TEXT, timestamp=TIME, acknowledged=BOOLEAN
            )
        ),
        recommendations=listing(TEXT),
        **_ENDS,
    ),
    "SyncTimeline": record(
        SHARDS,
        timeline=listing(
            record(
                timestamp=TIME,
                partial=BOOLEAN,
                total_nodes=described(COUNT, "Nodes that named a best block."),
                synced_nodes=COUNT,
                behind_nodes=COUNT,
                sync_percentage=AMOUNT,
                network_slot=SLOT,
                nodes_saying_synced=COUNT,
                nodes_saying_not_synced=COUNT,
            )
        ),
        current_status=listing(
            record(
                node_id=HEX_64,
                slot=COUNT,
                slots_behind=SLOT,
                is_synced=nullable(BOOLEAN),
                says_synced=nullable(BOOLEAN),
                is_connected=BOOLEAN,
                last_update=nullable(TIME),
            )
        ),
        **_LENGTH,
    ),
    "ConnectionTimeline": record(
        SHARDS,
        timeline=listing(
            record(
                timestamp=TIME,
                partial=BOOLEAN,
                connections=COUNT,
                disconnections=COUNT,
                active_nodes=COUNT,
                net_change={"type": "integer"},
                open=described(COUNT, "At the bucket's end."),
                refused=COUNT,
                peer_connections=COUNTERS,
            )
        ),
        by_node=listing(
            record(
                node_id=HEX_64,
                first_seen=nullable(TIME),
                last_seen=nullable(TIME),
                uptime_hours=NUMBER,
                days_active=COUNT,
                total_events=COUNT,
                events_per_hour=AMOUNT,
                events_per_second=AMOUNT,
                sessions=COUNT,
                is_connected=BOOLEAN,
            )
        ),
        health_stats=record(
            total_nodes_seen=COUNT,
            currently_active=described(COUNT, "Heard of in the last five minutes."),
            active_last_hour=COUNT,
            connected=COUNT,
        ),
        **_LENGTH,
    ),
    "Assurances": record(
        SHARDS,
        anchors=listing(
            record(
                anchor=HEX_64,
                slot=SLOT,
                first_at=TIME,
                last_at=TIME,
                distributing=COUNT,
                send_failed=COUNT,
                sent=COUNT,
                distributed=COUNT,
                received=COUNT,
                received_within_5_slots=SLOT,
                share_within_5_slots=AMOUNT,
                receivers_per_assurance=AMOUNT,
            )
        ),
        total_anchors=COUNT,
        totals=COUNTERS,
        **_ENDS,
    ),
}
