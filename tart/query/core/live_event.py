"""The JSON of events in live streams. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from tart.query.answers.events import Event
from tart.query.answers.int64 import EVENT, IntegerEncoding, plan_of, text_converter

# Events that a node sends after a reconnection are minutes old, not hours.
_MAX_LATENCY = timedelta(hours=1)
_MILLISECOND = timedelta(milliseconds=1)
_MAX_LATENCY_US = _MAX_LATENCY // timedelta(microseconds=1)
# Of both forms of an event.
_with_text = text_converter({**cast(Mapping[str, Any], plan_of(Event)), "event": EVENT})


def latency_ms(event: Mapping[str, Any]) -> int | None:
    """Return the time from an event to its receipt in milliseconds, by the clocks of both sides.

    ``None`` if it is negative or longer than ``_MAX_LATENCY``: then the node's clock is not that
    of the server, and the time cannot be known.
    """
    try:
        elapsed = _moment(event["received_at"]) - _moment(event["timestamp"])
    except (KeyError, TypeError, ValueError):
        return None
    return elapsed // _MILLISECOND if timedelta() <= elapsed <= _MAX_LATENCY else None


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def encode_integers(event: Mapping[str, Any], int64: IntegerEncoding) -> Mapping[str, Any]:
    """Return an event of either form with its 64-bit integers as a client asked for them."""
    changed: Mapping[str, Any] = _with_text(event) if int64 == "string" else event
    return changed


def latency_ms_of(received_us: int, happened_us: int) -> int | None:
    """Return the same as ``latency_ms`` of times in Unix microseconds."""
    elapsed = received_us - happened_us
    return elapsed // 1000 if 0 <= elapsed <= _MAX_LATENCY_US else None


def live_event(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return an Event object with ``event`` instead of ``data``, for compatibility with jamtart."""
    return live_event_of(event, latency_ms(event))


def live_event_of(event: Mapping[str, Any], latency: int | None) -> dict[str, Any]:
    """Return the same as ``live_event`` of an event whose latency is known."""
    shown = {
        "id": event["id"],
        "node_id": event["node_id"],
        "event_type": event["event_type"],
        "latency_ms": latency,
        "event": event["data"],
        **event,
    }
    del shown["data"]
    return shown
