"""Groups of event types by jamtart's names, and lists of event types that name them.

Pure. jamtart's groups are not the sections of JIP-3: the section "guaranteeing" is its
``wp_pipeline`` and ``guarantee_receiving``, for example.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from tart.errors import BadQuery
from tart.protocol.events import EVENTS, EventKind
from tart.query.answers.grafana import GrafanaEventType
from tart.suggestions import did_you_mean

# First and last type of each group.
_RANGES: Mapping[str, tuple[EventKind, EventKind]] = {
    "system": (EventKind.DROPPED, EventKind.DROPPED),
    "status": (EventKind.STATUS, EventKind.SYNC_STATUS_CHANGED),
    "connections": (EventKind.CONNECTION_REFUSED, EventKind.PEER_MISBEHAVED),
    "blocks": (EventKind.AUTHORING, EventKind.BLOCK_EXECUTED),
    "block_distribution": (
        EventKind.BLOCK_ANNOUNCEMENT_STREAM_OPENED,
        EventKind.BLOCK_TRANSFERRED,
    ),
    "tickets": (EventKind.GENERATING_TICKETS, EventKind.TICKET_TRANSFERRED),
    "wp_pipeline": (EventKind.WORK_PACKAGE_SUBMISSION, EventKind.GUARANTEES_DISTRIBUTED),
    "guarantee_receiving": (EventKind.RECEIVING_GUARANTEE, EventKind.GUARANTEE_DISCARDED),
    "shards": (EventKind.SENDING_SHARD_REQUEST, EventKind.SHARDS_TRANSFERRED),
    "assurances": (EventKind.DISTRIBUTING_ASSURANCE, EventKind.ASSURANCE_RECEIVED),
    "bundles": (EventKind.SENDING_BUNDLE_SHARD_REQUEST, EventKind.BUNDLE_TRANSFERRED),
    "segments": (EventKind.WORK_PACKAGE_HASH_MAPPED, EventKind.SEGMENTS_TRANSFERRED),
    "preimages": (EventKind.PREIMAGE_ANNOUNCEMENT_FAILED, EventKind.PREIMAGE_DISCARDED),
}
# jamtart's list, which counts discards whatever their reason.
_FAILURES = (
    EventKind.CONNECTION_REFUSED,
    EventKind.CONNECT_IN_FAILED,
    EventKind.CONNECT_OUT_FAILED,
    EventKind.AUTHORING_FAILED,
    EventKind.BLOCK_VERIFICATION_FAILED,
    EventKind.BLOCK_EXECUTION_FAILED,
    EventKind.BLOCK_REQUEST_FAILED,
    EventKind.TICKET_GENERATION_FAILED,
    EventKind.TICKET_TRANSFER_FAILED,
    EventKind.WORK_PACKAGE_FAILED,
    EventKind.DUPLICATE_WORK_PACKAGE,
    EventKind.WORK_PACKAGE_SHARING_FAILED,
    EventKind.GUARANTEE_SEND_FAILED,
    EventKind.GUARANTEE_RECEIVE_FAILED,
    EventKind.GUARANTEE_DISCARDED,
    EventKind.SHARD_REQUEST_FAILED,
    EventKind.ASSURANCE_SEND_FAILED,
    EventKind.ASSURANCE_RECEIVE_FAILED,
    EventKind.BUNDLE_SHARD_REQUEST_FAILED,
    EventKind.BUNDLE_REQUEST_FAILED,
    EventKind.SEGMENT_SHARD_REQUEST_FAILED,
    EventKind.SEGMENT_RECONSTRUCTION_FAILED,
    EventKind.SEGMENT_VERIFICATION_FAILED,
    EventKind.SEGMENT_REQUEST_FAILED,
    EventKind.PREIMAGE_ANNOUNCEMENT_FAILED,
    EventKind.PREIMAGE_REQUEST_FAILED,
    EventKind.PREIMAGE_DISCARDED,
)
EVENT_GROUPS: Mapping[str, tuple[EventKind, ...]] = MappingProxyType(
    {
        **{
            name: tuple(kind for kind in EventKind if first <= kind <= last)
            for name, (first, last) in _RANGES.items()
        },
        "failures": _FAILURES,
    }
)
GROUP_OF: Mapping[int, str] = MappingProxyType(
    {kind.number: name for name in _RANGES for kind in EVENT_GROUPS[name]}
)
_BY_NAME: Mapping[str, tuple[int, ...]] = {
    **{kind.variant: (kind.number,) for kind in EventKind},
    **{name: tuple(kind.number for kind in kinds) for name, kinds in EVENT_GROUPS.items()},
}
_HIGHEST = 255


def event_numbers(items: Iterable[str], parameter: str) -> list[int]:
    """Return the event numbers that a list names, in ascending order, each once.

    Args:
        items: Numbers from 0 to 255, names of event types, and names of groups.
        parameter: The parameter of the request that an error names.

    Raises:
        BadQuery: An item is none of them.
    """
    numbers: set[int] = set()
    for item in items:
        numbers.update(_numbers_of(item, parameter))
    return sorted(numbers)


def _numbers_of(item: str, parameter: str) -> tuple[int, ...]:
    if item.isascii() and item.isdecimal() and len(item) <= 3 and int(item) <= _HIGHEST:
        return (int(item),)
    if item in _BY_NAME:
        return _BY_NAME[item]
    hint = did_you_mean(item, _BY_NAME) or f"; the groups are {', '.join(EVENT_GROUPS)}"
    raise BadQuery(
        f"{parameter} must be event numbers, names or groups; {item[:60]!r} is none{hint}",
        parameter,
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
