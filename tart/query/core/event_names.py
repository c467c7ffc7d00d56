"""Names of event types and of groups of them, wherever a request takes numbers. Pure.

An event type is written as its number or its name; letter case and separators do not matter, so
``BlockAnnounced``, ``block_announced`` and ``block-announced`` are the same. A group stands for
all of its event types; it has the name of a section of JIP-3, or one of jamtart's. Only ``status``
is both: in lower case it is the group, as ``Status`` the event type.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from types import MappingProxyType
from typing import Any

from tart.errors import BadQuery
from tart.protocol.events import EVENTS, GROUPS, EventKind
from tart.suggestions import did_you_mean, nearest

MAX_EVENT_TYPE = 255
_RANGE = re.compile(r"([0-9]{1,3}) *- *([0-9]{1,3})", re.ASCII)
_SEPARATORS = re.compile(r"[^a-z0-9]+")
_PLAIN_NAME = re.compile(r"[a-z]")
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_MAX_DIGITS = 3
_SHOWN = 40


# First and last event type of jamtart's groups, as of August 2026.
JAMTART_RANGES: Mapping[str, tuple[EventKind, EventKind]] = {
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
JAMTART_GROUPS: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        **{
            name: tuple(number for number in sorted(EVENTS) if first <= number <= last)
            for name, (first, last) in JAMTART_RANGES.items()
        },
        "failures": tuple(kind.number for kind in _FAILURES),
    }
)
# No name has two meanings in the two specifications; a test holds it.
GROUP_TYPES: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {
        **{
            name: tuple(kind.number for kind in EVENTS.values() if kind.group == name)
            for name in GROUPS
        },
        **JAMTART_GROUPS,
    }
)


def _plain(name: str) -> str:
    return _SEPARATORS.sub("", name.casefold())


_BY_NAME: Mapping[str, int] = {_plain(kind.variant): kind.number for kind in EVENTS.values()}
_GROUP_NAMES: Mapping[str, str] = {
    **{f"{_plain(name)}events": name for name in GROUP_TYPES},
    **{_plain(name): name for name in GROUP_TYPES},
}
ACCEPTED = (
    f"event numbers from 0 to {MAX_EVENT_TYPE}, names such as Authored, and groups: "
    f"{', '.join(GROUP_TYPES)}"
)
# The written form of each name, for suggestions.
_WRITTEN: Mapping[str, str] = {
    **{_plain(name): name for name in GROUP_TYPES},
    **{_plain(kind.variant): kind.variant for kind in EVENTS.values()},
}


def event_types(text: str, parameter: str = "event_types") -> list[int]:
    """Return the numbers of a list of event types in ascending order.

    Args:
        text: Numbers, ranges of numbers, names and groups, separated by commas:
            ``Authored,43,60-68,guaranteeing``.
        parameter: The name of the parameter, for the error.

    Raises:
        BadQuery: An item is none of these; the text names the most similar known one.
    """
    return sorted(set(chain.from_iterable(_item(item, parameter) for item in text.split(","))))


def event_type(value: Any, parameter: str = "event_type") -> int:
    """Return the number of one event type, which is a number, or a text with a number or name.

    Raises:
        BadQuery: The value is no event type; the text names the most similar known one.
    """
    if isinstance(value, str):
        number = _number(value.strip())
        number = _BY_NAME.get(_plain(value)) if number is None else number
        if number is None:
            raise _unknown(value, parameter, "event type", _BY_NAME)
        return number
    if type(value) is not int or not 0 <= value <= MAX_EVENT_TYPE:
        raise BadQuery(
            f"{parameter} must be an event number from 0 to {MAX_EVENT_TYPE} or a name such as "
            "Authored",
            parameter,
        )
    return value


def event_types_of(value: Any, parameter: str) -> list[int]:
    """Return the numbers of one or more event types in JSON, in ascending order.

    Args:
        value: A number, a text as of ``event_types``, or a list of these.
        parameter: The name of the member, for the error.

    Raises:
        BadQuery: An item is none of these.
    """
    items = value if isinstance(value, list) and value else [value]
    numbers: set[int] = set()
    for item in items:
        if isinstance(item, str):
            numbers.update(event_types(item, parameter))
        else:
            numbers.add(event_type(item, parameter))
    return sorted(numbers)


def group_name(value: Any, parameter: str = "group") -> str:
    """Return the name of a group, which may be written in any letter case.

    Raises:
        BadQuery: There is no such group.
    """
    name = _GROUP_NAMES.get(_plain(value)) if isinstance(value, str) else None
    if name is None:
        hint = did_you_mean(value.casefold(), GROUP_TYPES) if isinstance(value, str) else ""
        raise BadQuery(f"{parameter} must be one of {', '.join(GROUP_TYPES)}{hint}", parameter)
    return name


def selected_types(
    types: Sequence[int] | None, excluded: Sequence[int] | None
) -> tuple[int, ...] | None:
    """Return event types without some of them; ``None`` stands for all types of JIP-3."""
    if excluded is None:
        return None if types is None else tuple(types)
    selected = EVENTS if types is None else types
    return tuple(number for number in selected if number not in excluded)


def view_name(variant: str) -> str:
    """Return the SQL view of an event type: ``BestBlockChanged`` gives ``best_block_changed``."""
    return _WORD.sub("_", variant).lower()


def _item(item: str, parameter: str) -> tuple[int, ...]:
    item = item.strip()
    if (number := _number(item)) is not None:
        return (number,)
    if match := _RANGE.fullmatch(item):
        first, last = int(match[1]), int(match[2])
        if first <= last <= MAX_EVENT_TYPE:
            return tuple(range(first, last + 1))
        raise BadQuery(f"{parameter} has the range {item}, which is not one of 0-255", parameter)
    if item in GROUP_TYPES:
        return GROUP_TYPES[item]
    plain = _plain(item)
    if plain in _BY_NAME:
        return (_BY_NAME[plain],)
    if plain in _GROUP_NAMES:
        return GROUP_TYPES[_GROUP_NAMES[plain]]
    raise _unknown(item, parameter, "event type or group", _WRITTEN)


def _number(text: str) -> int | None:
    """Return the number that a text is, or ``None``."""
    if text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS:
        number = int(text)
        return number if number <= MAX_EVENT_TYPE else None
    return None


def _unknown(name: str, parameter: str, what: str, known: Iterable[str]) -> BadQuery:
    shown = name.strip()[:_SHOWN]
    if not _PLAIN_NAME.search(_plain(name)):
        return BadQuery(
            f"{parameter} takes {ACCEPTED}; {shown or 'an empty item'} is none", parameter
        )
    similar = nearest(_plain(name), known)
    hint = f"did you mean {_WRITTEN[similar]}?" if similar else f"it takes {ACCEPTED}"
    return BadQuery(f"{parameter} has no {what} called {shown}; {hint}", parameter)
