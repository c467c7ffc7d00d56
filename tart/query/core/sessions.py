"""Connections as the API shows them, and how shards' series of them add up.

Pure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tart.query.answers.sessions import Session

Json = dict[str, Any]


def session_json(row: Mapping[str, Any]) -> Session:
    """Return an element of ``sessions`` in the API from a row of the query of that name."""
    events = row["events"] + row["shed"]
    return {
        "session": row["id"],
        "node_id": row["node"],
        "address": row["address"],
        "started_at": row["started_at"],
        "ended_at": row["ended_at"],
        "outcome": row["outcome"],
        "reason": row["reason"],
        "protocol_version": row["protocol_version"],
        "params_layout": row["params_layout"],
        # JIP-3: a connection's first event has id 0.
        "first_event_id": 0 if events else None,
        "last_event_id": row["last_event_id"],
        "last_event_at": row["last_at"],
        "next_event_id": row["next_event_id"],
        "event_count": row["events"],
        "bytes": row["bytes"],
        "dropped_count": row["dropped"],
        "undecodable": row["undecodable"],
        "shed": row["shed"],
        "deviations": json.loads(row["deviations"]),
    }
