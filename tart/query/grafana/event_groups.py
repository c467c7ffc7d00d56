"""Names and groups of event types as jamtart's routes show them.

Pure. jamtart's groups are not the sections of JIP-3: the section "guaranteeing" is its
``wp_pipeline`` and ``guarantee_receiving``, for example.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from tart.protocol.events import EVENTS, EventKind
from tart.query.answers.grafana import GrafanaEventType
from tart.query.core.event_names import JAMTART_GROUPS, JAMTART_RANGES

GROUP_OF: Mapping[int, str] = MappingProxyType(
    {number: name for name in JAMTART_RANGES for number in JAMTART_GROUPS[name]}
)


def event_name(number: int) -> str:
    """Return the name of an event type; ``Unknown`` for a number without one, as in jamtart."""
    return EVENTS[number].variant if number in EVENTS else "Unknown"


def event_types(numbers: Iterable[int] | None) -> list[GrafanaEventType]:
    """Return the answer of ``/api/grafana/event-types``: these types, or all, in ascending order.

    Numbers without an event type are left out.
    """
    wanted = None if numbers is None else set(numbers)
    return [
        {"id": kind.number, "name": kind.variant, "group": GROUP_OF[kind.number]}
        for kind in sorted(EventKind)
        if wanted is None or kind.number in wanted
    ]
