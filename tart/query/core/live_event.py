"""The JSON of events in live streams. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def live_event(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return an Event object with ``event`` instead of ``data``, for compatibility with jamtart."""
    shown = {name: event[name] for name in ("id", "node_id", "event_type")}
    shown["event"] = event["data"]
    return shown | {name: value for name, value in event.items() if name != "data"}
