"""The JSON of events in live streams. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from tart.query.answers.events import Event
from tart.query.answers.int64 import EVENT, IntegerEncoding, plan_of, with_text

# Of both forms of an event.
_PLAN = {**cast(Mapping[str, Any], plan_of(Event)), "event": EVENT}


def encode_integers(event: Mapping[str, Any], int64: IntegerEncoding) -> Mapping[str, Any]:
    """Return an event of either form with its 64-bit integers as a client asked for them."""
    changed: Mapping[str, Any] = with_text(event, _PLAN) if int64 == "string" else event
    return changed


def live_event(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return an Event object with ``event`` instead of ``data``, for compatibility with jamtart."""
    shown = {name: event[name] for name in ("id", "node_id", "event_type")}
    shown["event"] = event["data"]
    return shown | {name: value for name, value in event.items() if name != "data"}
