"""Schemas of nodes' pages, topology, data availability and execution; part of ``schemas``.

Pure.
"""

from __future__ import annotations

from typing import Any

from tart.gateway.api.json_schema import (
    AMOUNT,
    BOOLEAN,
    COUNT,
    FRACTION,
    HEX_64,
    OPEN_WINDOW,
    SHARDS,
    TEXT,
    TIME,
    TOTAL,
    Schema,
    described,
    listing,
    nullable,
    record,
)

_NULL: Schema = {"type": "null"}
_COUNT_OR_NULL = nullable(COUNT)
_LINK: dict[str, Schema] = {
    "from_node": HEX_64,
    "to_node": HEX_64,
    "message_count": described(COUNT, "The greater of sent and received."),
    "sent": described(COUNT, "As from_node told."),
    "received": described(COUNT, "As to_node told."),
    "last_seen": TIME,
}
_ITEM = record(
    timestamp=nullable(TIME),
    event_type=COUNT,
    node_id=HEX_64,
    gas_used=described(TEXT, "A number as text, as the peer has it."),
    elapsed_ns=TEXT,
    id=COUNT,
)


def node_schemas(status: dict[str, Any]) -> dict[str, Schema]:
    """All of them.

    Args:
        status: the schema ``NodeStatus``, of which the enhanced one has all members.
    """
    left_out = {"node", *SHARDS}
    members = {name: each for name, each in status["properties"].items() if name not in left_out}
    return {
        "Topology": record(
            SHARDS,
            connections=listing(
                record(
                    **_LINK,
                    connection_type=described(_NULL, "Who is a validator, no event says."),
                )
            ),
            block_transfers=listing(
                record(
                    node_id=HEX_64,
                    blocks_transferred=COUNT,
                    unique_slots=COUNT,
                    last_transfer=TIME,
                )
            ),
            ticket_transfers=listing(record(**_LINK)),
            network_stats=record(
                total_connections=COUNT,
                block_announcements_last_hour=COUNT,
                block_transfers_last_hour=COUNT,
                ticket_transfers_last_hour=COUNT,
                average_peers_per_node=described(
                    AMOUNT, "Peers a node names; null while nobody says anything."
                ),
                active_nodes=COUNT,
            ),
            window=OPEN_WINDOW,
        ),
        "ValidatorsCores": record(
            SHARDS,
            node_core_mapping=listing(
                record(node_id=HEX_64, primary_core=COUNT, guarantee_count=COUNT)
            ),
            guarantee_activity=listing(
                record(node_id=HEX_64, core_index=COUNT, last_guarantee=TIME, guarantee_count=COUNT)
            ),
            ticket_activity=listing(
                record(
                    node_id=HEX_64,
                    epoch=described(TEXT, "A number as text, as the peer has it."),
                    ticket_count=COUNT,
                    last_generated=TIME,
                    generations=COUNT,
                    failures=COUNT,
                )
            ),
            core_summary=listing(
                record(
                    core_index=COUNT,
                    active_validators=COUNT,
                    total_guarantees=COUNT,
                    last_activity=TIME,
                )
            ),
            window=OPEN_WINDOW,
        ),
        "NodeStatusEnhanced": record(
            SHARDS,
            **status["properties"]["node"]["properties"],
            **members,
            assigned_core=described(_COUNT_OR_NULL, "The first of cores_active."),
            cores_active=listing(COUNT),
            guarantee_activity=nullable(
                record(
                    guarantees_built=COUNT,
                    guarantees_signed=COUNT,
                    primary_core=_COUNT_OR_NULL,
                    last_guarantee_at=nullable(TIME),
                )
            ),
            ticket_activity=nullable(
                record(
                    tickets_generated=COUNT,
                    tickets_sealed=described(_NULL, "No event says which tickets seal a block."),
                    last_ticket_at=nullable(TIME),
                    generations=COUNT,
                    generations_failed=COUNT,
                )
            ),
            window=OPEN_WINDOW,
        ),
        "NodePeers": record(
            SHARDS,
            validator_peers=_COUNT_OR_NULL,
            non_validator_peers=_COUNT_OR_NULL,
            total_peers=_COUNT_OR_NULL,
            sync_peers=_COUNT_OR_NULL,
            block_announcement_peers=described(
                COUNT, "Peers with which a stream of announcements was opened in the window."
            ),
            last_update=nullable(TIME),
            connections={"type": "object", "additionalProperties": COUNT},
            history=listing(
                record(
                    timestamp=nullable(TIME),
                    total_peers=COUNT,
                    validator_peers=COUNT,
                    sync_peers=COUNT,
                )
            ),
            window=OPEN_WINDOW,
        ),
        "NodeTimeline": record(
            {**SHARDS, "next_cursor": described(TEXT, "Only where there is more.")},
            node_id=HEX_64,
            events=listing(
                record(
                    id=COUNT,
                    event_id=COUNT,
                    session=COUNT,
                    event_type=COUNT,
                    timestamp=nullable(TIME),
                    created_at=TIME,
                    category=TEXT,
                    data={"type": "object"},
                )
            ),
            event_count=described(COUNT, "Of the events in this answer."),
            category_counts=listing(record(category=TEXT, count=COUNT)),
            time_range=record(start=nullable(TIME), end=nullable(TIME)),
            has_more=BOOLEAN,
            timestamp=TIME,
            window=OPEN_WINDOW,
        ),
        **_availability(),
        "Execution": record(
            SHARDS,
            refinement=record(
                total_refined=described(COUNT, "Work items, of every guarantor."),
                total_gas_used=TOTAL,
                average_gas_per_wp=AMOUNT,
                average_time_ns=described(AMOUNT, "Of a work item."),
                packages_refined=described(COUNT, "Work-packages, of every guarantor."),
            ),
            authorization=record(
                total_authorized=COUNT,
                total_gas_used=TOTAL,
                average_gas=AMOUNT,
                average_time_ns=AMOUNT,
            ),
            accumulation=record(
                total_accumulated=described(COUNT, "Services in blocks, each once."),
                total_gas_used=TOTAL,
                average_gas=AMOUNT,
                average_time_ns=AMOUNT,
                reports=described(COUNT, "How often nodes told of one."),
            ),
            by_service=listing(
                record(
                    service_id=described(_COUNT_OR_NULL, "Null of items of an unknown package."),
                    items_refined=COUNT,
                    refine_gas_used=TOTAL,
                    refine_time_ns=TOTAL,
                    accumulations=COUNT,
                    accumulate_gas_used=TOTAL,
                    accumulate_average_time_ns=AMOUNT,
                )
            ),
            recent=listing(_ITEM),
            window=OPEN_WINDOW,
        ),
    }


def _availability() -> dict[str, Schema]:
    return {
        "DaStats": record(
            SHARDS,
            aggregate=record(
                total_shards=COUNT,
                total_shard_size_bytes=TOTAL,
                total_preimages=COUNT,
                total_preimages_size_bytes=TOTAL,
                average_shards_per_node=AMOUNT,
                node_count=COUNT,
            ),
            preimage_activity=record(
                announced=COUNT, forgotten=COUNT, transferred=COUNT, discarded=COUNT
            ),
            by_node=listing(
                record(
                    node_id=HEX_64,
                    num_shards=COUNT,
                    shard_size_bytes=COUNT,
                    num_preimages=COUNT,
                    preimages_size_bytes=COUNT,
                    preimage_size_bytes=described(COUNT, "The same, as dashboards call it."),
                    last_update=TIME,
                )
            ),
            window=OPEN_WINDOW,
        ),
        "DaStatsEnhanced": record(
            SHARDS,
            by_node=listing(
                record(
                    node_id=HEX_64,
                    num_shards=_COUNT_OR_NULL,
                    shard_size_bytes=_COUNT_OR_NULL,
                    preimages_announced=COUNT,
                    preimages_in_pool=_COUNT_OR_NULL,
                    read_ops_last_hour=COUNT,
                    write_ops_last_hour=COUNT,
                    avg_read_latency_ms=described(AMOUNT, "Of bins: at most a tenth off."),
                    avg_write_latency_ms=described(AMOUNT, "Likewise."),
                    transfer_success_rate=described(FRACTION, "Of the requests it served."),
                    fetch_success_rate=described(FRACTION, "Of its own requests."),
                    bytes_written=_NULL,
                    bytes_transferred=_NULL,
                    requests_sent=COUNT,
                    requests_received=COUNT,
                    reads_failed=COUNT,
                    writes_failed=COUNT,
                )
            ),
            aggregate=record(
                total_shards=COUNT,
                total_shard_size_bytes=TOTAL,
                total_preimages=COUNT,
                total_preimage_size_bytes=TOTAL,
                average_shards_per_node=AMOUNT,
                average_shard_size_per_node=AMOUNT,
                nodes_reporting=described(COUNT, "Nodes that asked for shards or were asked."),
            ),
            availability_rate=FRACTION,
            shard_distribution=listing(
                record(
                    shard_index=COUNT,
                    count=described(COUNT, "requests_sent and requests_received."),
                    requests_sent=COUNT,
                    requests_received=COUNT,
                    nodes=described(COUNT, "Nodes that asked for it."),
                )
            ),
            node_health=listing(
                record(
                    node_id=HEX_64,
                    status={
                        "type": "string",
                        "enum": ["healthy", "degraded", "unhealthy", "unknown"],
                    },
                    shards_stored=_COUNT_OR_NULL,
                    storage_used_pct=_NULL,
                    last_activity=described(nullable(TIME), "Of its last Status."),
                    issues=listing(TEXT),
                )
            ),
            preimage_activity=record(
                announced_last_hour=COUNT, requested_last_hour=COUNT, received_last_hour=COUNT
            ),
            recent_operations=listing(
                record(
                    timestamp=nullable(TIME),
                    received_at=TIME,
                    node_id=HEX_64,
                    event_type=COUNT,
                    operation=TEXT,
                    reason=nullable(TEXT),
                    id=COUNT,
                )
            ),
            timestamp=TIME,
            window=OPEN_WINDOW,
        ),
    }
