"""Schemas of blocks, and of figures by second, bucket, step and sender; part of ``schemas``.

Pure.
"""

from __future__ import annotations

from tart.gateway.api.json_schema import (
    AMOUNT,
    BOOLEAN,
    COUNT,
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
from tart.query.topics.blocks import TOTALS

SLOT: Schema = nullable(COUNT)
AHEAD: Schema = listing(record(node_id=HEX_64, best_slot=SLOT, finalized_slot=SLOT))
_EVENT = record(
    id=COUNT,
    event_id=COUNT,
    session=COUNT,
    event_type=COUNT,
    timestamp=nullable(TIME),
    received_at=TIME,
    data={"type": "object"},
)
_BUCKET: dict[str, Schema] = {
    "timestamp": described(TIME, "Begin of the bucket."),
    "partial": described(BOOLEAN, "The window ends within it."),
}
# Members that all rows have, and those of each metric or group.
_SERIES: dict[str, Schema] = {
    "blocks": described(COUNT, "Distinct header hashes of best blocks, where named first."),
    "finalized": COUNT,
    "authored": COUNT,
    "best_block_events": COUNT,
    "authoring_nodes": COUNT,
    "max_slot": SLOT,
    "total_events": COUNT,
    "active_nodes": COUNT,
    "event_types": COUNT,
    "events_per_second": described(AMOUNT, "Of the part that is over."),
    "best_blocks": described(COUNT, "Distinct header hashes, where named first."),
    "finalized_blocks": COUNT,
    "authored_blocks": COUNT,
    "block_announcements": COUNT,
    "work_package_events": COUNT,
    "guarantee_events": COUNT,
    "finalized_block_events": COUNT,
}
_GROUPS: dict[str, Schema] = {
    "node_id": HEX_64,
    "event_type": COUNT,
    "core": COUNT,
    "category": TEXT,
    "events": COUNT,
    "event_types": COUNT,
    "nodes": COUNT,
    "guarantees": COUNT,
    "failures": COUNT,
}
_TITLE: dict[str, Schema] = {
    "metric": TEXT,
    "interval_minutes": COUNT,
    "duration_hours": NUMBER,
    "timestamp": TIME,
    "window": WINDOW,
}

METRIC_SCHEMAS: dict[str, Schema] = {
    "Blocks": record(
        SHARDS,
        totals=record(
            **dict.fromkeys(TOTALS, COUNT),
            blocks_authored=described(COUNT, "Distinct header hashes."),
        ),
        chain=record(best_slot=SLOT, finalized_slot=SLOT, ahead=AHEAD),
        authoring_by_node=listing(record(node_id=HEX_64, blocks_authored=COUNT)),
        recent_authored=listing(
            record(
                node_id=HEX_64,
                timestamp=described(nullable(TIME), "When it was authored, by the node's clock."),
                received_at=described(TIME, "When authoring began, by ours."),
                slot=SLOT,
                hash=HEX_64,
                parent=nullable(HEX_64),
                size_bytes=SLOT,
                num_tickets=SLOT,
                num_preimages=SLOT,
                num_guarantees=SLOT,
                num_assurances=SLOT,
                num_dispute_verdicts=SLOT,
                authoring_ms={"type": "number"},
                outcome=TEXT,
                reason=nullable(TEXT),
            )
        ),
        timestamp=TIME,
        window=WINDOW,
    ),
    "Slot": record(
        {
            **SHARDS,
            "events_by_node": listing(record(node_id=HEX_64, events=listing(_EVENT))),
            "has_more": described(BOOLEAN, "Whether there are more events than are listed."),
        },
        slot=COUNT,
        blocks_authored=COUNT,
        blocks_announced=COUNT,
        blocks_transferred=COUNT,
        blocks=described(listing(HEX_64), "Header hashes named in the slot."),
        announcements=COUNT,
        transfers=COUNT,
        total_events=COUNT,
        authoring_attempts=COUNT,
        authoring_failures=COUNT,
        nodes_involved=COUNT,
        first_event=nullable(TIME),
        last_event=nullable(TIME),
    ),
    "Timeseries": record(SHARDS, **_TITLE, data=listing(record(_SERIES, **_BUCKET))),
    "GroupedTimeseries": record(
        SHARDS, **_TITLE, group_by=TEXT, data=listing(record(_GROUPS, **_BUCKET))
    ),
    "Realtime": record(
        SHARDS,
        window_seconds=COUNT,
        counted_seconds=described(COUNT, "Fewer where a shard began to count since."),
        start=TIME,
        end=TIME,
        timestamp=TIME,
        totals=record(
            events=COUNT,
            best_blocks=COUNT,
            finalized_blocks=COUNT,
            authored_blocks=described(COUNT, "Authored events."),
            announcements=COUNT,
            tickets=COUNT,
            active_nodes=COUNT,
            latest_slot=SLOT,
            best_block_events=COUNT,
            finalized_block_events=COUNT,
        ),
        rates=record(events_per_second=AMOUNT, blocks_per_second=AMOUNT),
        data=listing(
            record(
                timestamp=TIME,
                events=COUNT,
                nodes=COUNT,
                blocks=COUNT,
                finalized=COUNT,
                announcements=COUNT,
                tickets=COUNT,
                authored=COUNT,
            )
        ),
    ),
    "Latency": record(
        SHARDS,
        group_by=TEXT,
        steps=listing(
            record(
                {
                    "group": {
                        "type": ["string", "integer", "null"],
                        "description": "Node, core or implementation; null where it is not known.",
                    }
                },
                step=TEXT,
                from_type=SLOT,
                to_type=SLOT,
                **{"from": nullable(TEXT)},
                to=nullable(TEXT),
                count=COUNT,
                mean_ms=described(AMOUNT, "Of the middles of the bins: at most a tenth off."),
                p50_ms=AMOUNT,
                p90_ms=AMOUNT,
                p95_ms=AMOUNT,
                p99_ms=AMOUNT,
                histogram=listing(record(up_to_ms=NUMBER, count=COUNT)),
            )
        ),
        timestamp=TIME,
        window=WINDOW,
    ),
    "TopNodes": record(
        SHARDS,
        event_types=nullable(listing(record(event_type=COUNT, event_name=nullable(TEXT)))),
        total_events=COUNT,
        total_nodes=COUNT,
        nodes=listing(
            record(
                node_id=HEX_64,
                implementation_name=nullable(TEXT),
                implementation_version=nullable(TEXT),
                events=COUNT,
                share={"type": "number", "minimum": 0, "maximum": 1},
                events_per_second=AMOUNT,
            )
        ),
        timestamp=TIME,
        window=WINDOW,
    ),
}
