"""Answers of figures held against the components of the OpenAPI document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tart import json_encoding
from tests.gateway.json_schema import SCHEMAS, violations

NOW = "2026-11-20T12:00:00.000000Z"
# Members that the gateway adds, as far as an answer declares them.
ADDED = {
    "timestamp": NOW,
    "window": {"start": NOW, "end": NOW},
}


def check(name: str, body: Mapping[str, Any]) -> None:
    """Assert that an answer has the members and values that its type declares."""
    declared = SCHEMAS[name]["properties"].keys()
    assert body.keys() <= declared
    added = {member: value for member, value in ADDED.items() if member in declared}
    sent = json.loads(json_encoding.dumps({**body, **added}))
    assert violations(sent, SCHEMAS[name]) == []
