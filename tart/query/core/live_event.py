"""An event as live streams have it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def live_event(event: Mapping[str, Any]) -> dict[str, Any]:
    """The API's Event object with its ``data`` called ``event``, as the peer's streams do."""
    shown = {name: event[name] for name in ("id", "node_id", "event_type")}
    shown["event"] = event["data"]
    return shown | {name: value for name, value in event.items() if name != "data"}
