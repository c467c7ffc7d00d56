"""The JSON of events in live streams. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from tart.query.answers.events import Event
from tart.query.answers.int64 import EVENT, IntegerEncoding, plan_of, text_converter

# Of both forms of an event.
_with_text = text_converter({**cast(Mapping[str, Any], plan_of(Event)), "event": EVENT})


def encode_integers(event: Mapping[str, Any], int64: IntegerEncoding) -> Mapping[str, Any]:
    """Return an event of either form with its 64-bit integers as a client asked for them."""
    changed: Mapping[str, Any] = _with_text(event) if int64 == "string" else event
    return changed


def live_event(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return an Event object with ``event`` instead of ``data``, for compatibility with jamtart."""
    shown = {name: event[name] for name in ("id", "node_id", "event_type")}
    shown["event"] = event["data"]
    return shown | {name: value for name, value in event.items() if name != "data"}
