"""Schemas of connections and of conformance; part of ``schemas``.

Pure.
"""

from __future__ import annotations

from tart.gateway.api.json_schema import (
    BOOLEAN,
    COUNT,
    COUNTERS,
    HEX,
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
    ref,
)

_AMOUNT: Schema = {"type": "number", "minimum": 0}
_SEVERITY: Schema = {"type": "string", "enum": ["error", "warning", "info"]}
_VERDICT: Schema = {"type": "string", "enum": ["error", "warning", "conformant"]}
_EXAMPLE: dict[str, Schema] = {
    "id": described(nullable(COUNT), "Of the event; null of a first message."),
    "session": COUNT,
    "event_id": nullable(COUNT),
    "event_type": nullable(COUNT),
    "at": TIME,
    "field": TEXT,
    "offset": described(COUNT, "In the message, in bytes, without its length."),
    "expectation": TEXT,
    "hex": nullable(HEX),
    "size": described(nullable(COUNT), "Of the whole message, in bytes."),
}
_FINDING: dict[str, Schema] = {
    "code": TEXT,
    "severity": _SEVERITY,
    "count": COUNT,
    "counted": described(TEXT, "What count counts: events, messages, connections, hours."),
    "first_at": TIME,
    "last_at": TIME,
    "docs": described(nullable(TEXT), "The page of the rule, on this server."),
}
_EXPLAINED: dict[str, Schema] = {
    **_FINDING,
    "scope": nullable(TEXT),
    "explanation": TEXT,
}
_JUDGED: dict[str, Schema] = {
    "node_id": HEX_64,
    "implementation_name": nullable(TEXT),
    "implementation_version": nullable(TEXT),
    "is_connected": BOOLEAN,
    "verdict": described(_VERDICT, "The worst severity but info."),
    "handshakes": listing(
        record(
            protocol_version=nullable(COUNT),
            params_layout=nullable(TEXT),
            sessions=COUNT,
            first_at=TIME,
            last_at=TIME,
        )
    ),
    "sessions": COUNT,
    "connected_seconds": described(_AMOUNT, "Over all its connections, within the window."),
    "event_count": COUNT,
    "events_per_second": described(nullable(_AMOUNT), "While connected."),
    "status_count": COUNT,
    "status_interval_seconds": described(nullable(_AMOUNT), "JIP-3 has about 2."),
    "clock": described(
        record(
            offset_ms=nullable({"type": "number"}),
            is_jce=nullable(BOOLEAN),
            looks_like=described(nullable(TEXT), "What is counted instead, if it can be told."),
        ),
        "Ours less the node's in the newest hour, by the fastest message.",
    ),
}

SESSION_SCHEMAS: dict[str, Schema] = {
    "Session": record(
        session=COUNT,
        node_id=described(nullable(HEX_64), "Null where it never said."),
        address=TEXT,
        started_at=TIME,
        ended_at=described(nullable(TIME), "Null while open."),
        outcome={"type": "string", "enum": ["open", "closed", "refused", "died"]},
        reason=nullable(TEXT),
        protocol_version=nullable(COUNT),
        params_layout=nullable(TEXT),
        first_event_id=nullable(COUNT),
        last_event_id=nullable(COUNT),
        last_event_at=nullable(TIME),
        next_event_id=COUNT,
        event_count=COUNT,
        bytes=COUNT,
        dropped_count=described(
            TOTAL,
            "Events the node says it dropped itself; beyond 2^64 - 1 as text.",
        ),
        undecodable=COUNT,
        shed=COUNT,
        deviations=COUNTERS,
    ),
    "Sessions": record(
        {**SHARDS, "next_cursor": described(TEXT, "Only where there is more.")},
        sessions=listing(ref("Session")),
        has_more=BOOLEAN,
        window=OPEN_WINDOW,
    ),
    "NodeConformance": record(
        SHARDS,
        **_JUDGED,
        window=OPEN_WINDOW,
        findings=listing(record(**_EXPLAINED, examples=listing(record(**_EXAMPLE)))),
    ),
    "Conformance": record(
        SHARDS,
        verdict=_VERDICT,
        window=OPEN_WINDOW,
        rules=listing(
            record(
                **_EXPLAINED,
                nodes=described(COUNT, "How many nodes broke it."),
                examples=listing(record(node_id=nullable(HEX_64), **_EXAMPLE)),
            )
        ),
        nodes=listing(record(**_JUDGED, findings=listing(record(**_FINDING)))),
        unidentified=listing(record(**_FINDING)),
    ),
}
