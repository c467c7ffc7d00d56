"""Breadcrumbs: the events of a connection that came before one of its failures.

Pure. The last events show what the node was doing; those of the failure's own chain of references
show how far the attempt came, however long ago it began.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tart.protocol.events import EVENTS
from tart.query.answers import failures as answers
from tart.query.core.merge import Json
from tart.query.core.windows import time_us

LAST_EVENTS = 20
RELATED_EVENTS = 30
_VALUE_CHARACTERS = 24
_SUMMARY_CHARACTERS = 200


def breadcrumbs(
    failure: Json, before: Iterable[Json], related: Iterable[Json]
) -> list[answers.Breadcrumb]:
    """Return the events before a failure, oldest first.

    Args:
        failure: The event that reports it.
        before: Events of its node, in any order.
        related: Events of its chain of references, in any order.
    """
    earlier = {event["id"]: event for event in before if _is_before(event, failure)}
    last = sorted(earlier.values(), key=_order)[-LAST_EVENTS:]
    chain = {event["id"]: event for event in related if _is_before(event, failure)}
    # Those that are nearest to the failure.
    nearest = sorted(chain.values(), key=_order)[-RELATED_EVENTS:]
    selected = {event["id"]: event for event in (*last, *nearest)}
    failed_at = time_us(failure["received_at"], "received_at")
    return [
        _breadcrumb(event, failed_at, is_related=event["id"] in chain)
        for event in sorted(selected.values(), key=_order)
    ]


def _is_before(event: Json, failure: Json) -> bool:
    return (
        event["session"] == failure["session"]
        and event["node_id"] == failure["node_id"]
        and event["event_id"] < failure["event_id"]
        and event["event_type"] is not None
    )


def _order(event: Json) -> int:
    return int(event["event_id"])


def _breadcrumb(event: Json, failed_at: int, *, is_related: bool) -> answers.Breadcrumb:
    number = event["event_type"]
    received_at = time_us(event["received_at"], "received_at")
    return {
        "id": event["id"],
        "event_id": event["event_id"],
        "event_type": number,
        "event_name": EVENTS[number].variant if number in EVENTS else str(number),
        "received_at": event["received_at"],
        "before_ms": (failed_at - received_at) / 1000,
        "is_related": is_related,
        "summary": fields_summary(event["data"]),
    }


def fields_summary(data: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the fields of an event as short text: ``slot=7 reason=timed out``."""
    fields: Mapping[str, Any] = next(iter(data.values()), {})
    parts = (f"{name}={_short(value)}" for name, value in fields.items() if name != "timestamp")
    return _cut(" ".join(parts), _SUMMARY_CHARACTERS)


def _short(value: Any) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return str(value).lower()
        case list():
            return f"[{len(value)}]"
        case dict():
            inner = " ".join(f"{name}={_short(item)}" for name, item in value.items())
            return "{" + _cut(inner, 2 * _VALUE_CHARACTERS) + "}"
        case str() if value.startswith("0x") and len(value) > _VALUE_CHARACTERS:
            return value[:10] + "…"
    return _cut(str(value), 2 * _VALUE_CHARACTERS)


def _cut(text: str, characters: int) -> str:
    return text if len(text) <= characters else text[: characters - 1] + "…"
