"""JSON Schemas of what the routes answer, by name; OpenAPI takes them as they are.

Pure. Every member an answer always has is required; answers may grow members, so none
forbids others. ``shards`` stands in an answer exactly when a shard did not answer.
"""

from __future__ import annotations

from tart.gateway.api.json_schema import (
    BOOLEAN,
    BYTES,
    COUNT,
    COUNTERS,
    HEX,
    HEX_64,
    NUMBER,
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
    ref,
)
from tart.gateway.api.schemas.access import ACCESS_SCHEMAS
from tart.gateway.api.schemas.analytics import ANALYTICS_SCHEMAS
from tart.gateway.api.schemas.cores import CORE_SCHEMAS
from tart.gateway.api.schemas.metrics import METRIC_SCHEMAS
from tart.gateway.api.schemas.nodes import node_schemas
from tart.gateway.api.schemas.packages import PACKAGE_SCHEMAS

_BLOCK = nullable(record(slot=COUNT, hash=BYTES))

_NODE_INFO = record(
    {
        "params_layout": nullable(TEXT),
        "protocol_version": nullable(COUNT),
    },
    params=nullable({"type": "object", "additionalProperties": {"type": ["integer", "null"]}}),
    genesis=BYTES,
    details={"type": "object"},
    flags=COUNT,
    implementation_name=TEXT,
    implementation_version=TEXT,
    gp_version=TEXT,
    additional_info=TEXT,
)

_NODE_MEMBERS: dict[str, Schema] = {
    "node_id": HEX_64,
    "peer_id": HEX_64,
    "implementation_name": nullable(TEXT),
    "implementation_version": nullable(TEXT),
    "node_info": nullable(ref("NodeInfo")),
    "connected_at": described(
        nullable(TIME), "When the connection began on which it sent node_info; see statements."
    ),
    "disconnected_at": described(
        nullable(TIME), "When its last connection ended; null while one is open."
    ),
    "last_seen_at": described(
        nullable(TIME),
        "When the last frame of it came; of a connection without one, when that began.",
    ),
    "is_connected": described(
        BOOLEAN,
        "Where the node's shard does not answer: what it last told, false if it is gone.",
    ),
    "event_count": described(COUNT, "Events of all its sessions, each once."),
    "address": nullable(TEXT),
    "first_seen_at": nullable(TIME),
    "dropped_count": described(
        TOTAL, "Events the node says it dropped itself; beyond 2^64 - 1 as text."
    ),
    "dropped_messages": COUNT,
    "undecodable": described(COUNT, "Events that could not be read; they are kept."),
    "deviations": described(COUNTERS, "What it said otherwise than specified, by rule."),
    "pauses": described(
        COUNTERS,
        "How often a connection of it was not read for a while, by reason: rate (the node's), "
        "buffer (the writer's), disk. Since its shards started; nothing is lost by them.",
    ),
    "paused_seconds": described(NUMBER, "How long, over its connections; pauses that are over."),
    "shed": described(COUNTERS, "Events of it that were dropped, by reason; a setting."),
    "best": described(_BLOCK, "As it said itself; see statements."),
    "finalized": described(_BLOCK, "As it said itself; see statements."),
    "synced": described(nullable(BOOLEAN), "As it said itself; see statements."),
    "statements": described(
        record(
            node_info=nullable(ref("Statement")),
            best=nullable(ref("Statement")),
            finalized=nullable(ref("Statement")),
            synced=nullable(ref("Statement")),
        ),
        "Where node_info (with implementation, address and connected_at), best, finalized and "
        "synced come from: of each, the newest by received_at on any connection that is open; "
        "where no open connection has said it yet, the newest on those that have ended, with "
        "is_open false. Null: the node never said it, or the log has it no more.",
    ),
}

_STATEMENT = record(
    received_at=described(TIME, "Our clock; of node_info, when the connection began."),
    session=described(nullable(COUNT), "The connection on which it was said, if known."),
    address=described(nullable(TEXT), "Of that connection."),
    is_open=described(BOOLEAN, "Whether that connection is open now."),
)

_CONNECTION = record(
    {"protocol_version": nullable(COUNT), "params_layout": nullable(TEXT)},
    session=COUNT,
    address=nullable(TEXT),
    connected_at=nullable(TIME),
)

_EVENT = record(
    id=described(COUNT, "Below 2^53; unique while the event is kept."),
    node_id=HEX_64,
    session=COUNT,
    event_id=described(COUNT, "As JIP-3 counts: the first of a connection is 0."),
    event_type={"type": "integer", "minimum": 0, "maximum": 255},
    timestamp=described(nullable(TIME), "The node's clock; null beyond the year 9999."),
    received_at=described(TIME, "Our clock; windows and order go by it."),
    data=described(
        {"type": "object", "maxProperties": 1, "additionalProperties": {"type": "object"}},
        "The variant's name and its fields; hashes are hex, or arrays with bytes=array.",
    ),
    node_name=nullable(TEXT),
    node_version=nullable(TEXT),
    context=record(
        slot=described(nullable(COUNT), "Its own, or that of the event its chain begins with."),
        core=described(nullable(COUNT), "Likewise."),
        hash=described(
            nullable(BYTES),
            "Of the block, work-package, erasure root or anchor that its chain is about, as far "
            "as that was told before it; else the hash it names itself. Null where it has none, "
            "or where what told it lies more than two million frames of its shard back.",
        ),
        root_event_id=described(
            nullable(COUNT),
            "The first event of the chain of references it belongs to, itself included. Null "
            "where it is in none, or where the way there is not known. An audit_id names "
            "nothing that JIP-3 has an event for.",
        ),
    ),
)

_LIVE_WINDOW = record(
    start=described(TIME, "Begin of the first second that was counted."),
    end=described(TIME, "End of the last complete second."),
    events=COUNT,
    blocks=described(COUNT, "Distinct header hashes of best blocks."),
    finalized=described(COUNT, "Distinct header hashes of finalized blocks."),
    best_block_events=COUNT,
    finalized_block_events=COUNT,
    events_per_second=nullable(NUMBER),
    blocks_per_second=nullable(NUMBER),
)

_HEALTH_WORD: Schema = {"type": "string", "enum": ["Healthy", "Degraded", "Unhealthy"]}

_SLOT = nullable(COUNT)

SCHEMAS: dict[str, Schema] = {
    "Error": record(
        error=record(
            {"param": described(TEXT, "The parameter that cannot be understood.")},
            code=TEXT,
            message=TEXT,
        )
    ),
    "Event": _EVENT,
    "NodeInfo": _NODE_INFO,
    "Statement": _STATEMENT,
    "Node": record(**_NODE_MEMBERS),
    "Health": record(status=TEXT, service=TEXT, version=TEXT),
    "Component": record(
        name=TEXT,
        status=_HEALTH_WORD,
        message=TEXT,
        last_check=TIME,
        metrics={"type": "object"},
    ),
    "DetailedHealth": record(
        SHARDS,
        status=_HEALTH_WORD,
        timestamp=TIME,
        components={"type": "object", "additionalProperties": ref("Component")},
        version=TEXT,
        uptime_seconds=COUNT,
        summary=record(
            total_components=COUNT,
            healthy_components=COUNT,
            degraded_components=COUNT,
            unhealthy_components=COUNT,
        ),
    ),
    "Stats": record(
        SHARDS,
        total_blocks_authored=described(
            COUNT, "Distinct header hashes of the blocks authored in the window."
        ),
        best_block=described(
            _SLOT,
            "The highest slot that a third of the connected nodes, and at least one, have "
            "reached; null while so many have not named one.",
        ),
        finalized_block=described(_SLOT, "Likewise."),
        ahead=described(
            listing(record(node_id=HEX_64, best_slot=_SLOT, finalized_slot=_SLOT)),
            "Nodes that claim more than that; null for what they do not claim beyond it.",
        ),
    ),
    "Network": record(
        SHARDS,
        network=record(connected_nodes=COUNT, total_nodes=COUNT, genesis=nullable(BYTES)),
        topology=record(
            core_count=nullable(COUNT),
            validator_count=nullable(COUNT),
            epoch_period=nullable(COUNT),
            slot_period_sec=nullable(COUNT),
        ),
        protocol_params=described(
            nullable({"type": "object"}), "Those that most connected nodes share."
        ),
        implementations=listing(record(name=nullable(TEXT), version=nullable(TEXT), count=COUNT)),
    ),
    "Nodes": record(SHARDS, nodes=listing(ref("Node"))),
    "NodeDetails": record(
        {
            **SHARDS,
            "connection_info": described(
                record(address=nullable(TEXT), event_count=COUNT, connected_duration_secs=COUNT),
                "The newest connection, while there is one.",
            ),
        },
        **_NODE_MEMBERS,
        connections=listing(_CONNECTION),
    ),
    "NodeStatus": record(
        SHARDS,
        node=record(
            node_id=HEX_64,
            peer_id=HEX_64,
            implementation_name=nullable(TEXT),
            implementation_version=nullable(TEXT),
            is_connected=BOOLEAN,
            connected_at=nullable(TIME),
            last_seen_at=nullable(TIME),
            event_count=COUNT,
        ),
        chain_status=record(
            best_slot=described(_SLOT, "Of the newest BestBlockChanged."),
            finalized_slot=_SLOT,
            best_hash=nullable(HEX_64),
            finalized_hash=nullable(HEX_64),
            best_block_events=COUNT,
            finalized_block_events=COUNT,
            synced=nullable(BOOLEAN),
            last_updated=nullable(TIME),
        ),
        latest_status=described(nullable({"type": "object"}), "Fields of the newest Status event."),
        event_breakdown=listing(record(event_type=COUNT, count=COUNT)),
    ),
    "Events": record(
        {**SHARDS, "next_cursor": described(TEXT, "Only where there is more.")},
        events=listing(ref("Event")),
        has_more=BOOLEAN,
    ),
    "SearchResult": record(
        {**SHARDS, "next_cursor": described(TEXT, "Only where there is more.")},
        events=listing(ref("Event")),
        total=described(nullable(COUNT), "Null while there is more."),
        limit=COUNT,
        offset=COUNT,
        has_more=BOOLEAN,
        timestamp=TIME,
        window=OPEN_WINDOW,
    ),
    "EventDetails": {
        **_EVENT,
        "required": [*_EVENT["required"], "raw"],
        "properties": {
            **_EVENT["properties"],
            "node_id": nullable(HEX_64),
            "event_id": nullable(COUNT),
            "event_type": nullable(COUNT),
            "raw": described(
                record(payload=HEX, frame=HEX),
                "As the node sent it; the frame with its length in front.",
            ),
            "undecodable": described(
                record(rule=TEXT, field=TEXT, offset=COUNT, expectation=TEXT),
                "Only where it was not understood; data is empty then.",
            ),
        },
    },
    "Trace": record(
        SHARDS,
        root=described(COUNT, "Id of the first event."),
        missing_ref=described(
            nullable(COUNT), "What the root refers to, where the log does not have it."
        ),
        truncated=BOOLEAN,
        searched_until=nullable(TIME),
        events=listing(
            {
                **_EVENT,
                "required": [*_EVENT["required"], "parent", "depth"],
                "properties": {
                    **_EVENT["properties"],
                    "parent": described(nullable(COUNT), "Id of the event it refers to."),
                    "depth": described(COUNT, "0 for the root."),
                },
            }
        ),
    ),
    "SqlStatement": record(
        {"reduce": described(nullable(TEXT), "One SELECT over the table partials.")},
        map=described(TEXT, "One SELECT over the views."),
    ),
    "SqlResult": record(
        SHARDS,
        columns=listing(record(name=TEXT, type=described(TEXT, "DuckDB's name of the type."))),
        rows=described(
            listing({"type": "array"}),
            "Values in the order of the columns; bytes as hex, times as RFC 3339, integers "
            "beyond 64 bits and decimals that are no double as text.",
        ),
        row_count=COUNT,
    ),
    "Live": record(
        SHARDS,
        timestamp=TIME,
        latest_slot=_SLOT,
        finalized_slot=_SLOT,
        active_nodes=described(COUNT, "Nodes heard of in the last ten complete seconds."),
        last_10s=_LIVE_WINDOW,
        last_1m=_LIVE_WINDOW,
    ),
    **PACKAGE_SCHEMAS,
    **CORE_SCHEMAS,
    **ACCESS_SCHEMAS,
    **METRIC_SCHEMAS,
    **ANALYTICS_SCHEMAS,
}
SCHEMAS |= node_schemas(SCHEMAS["NodeStatus"])
