"""Chains of references between events, derived from the declarations in ``events``.

Pure. An event may begin with the id of an earlier event of its connection, and that event
with the id of one before it: together they form a *chain*, whose first event, the *root*,
refers to nothing. JIP-3 does not define an event yet that an ``audit_id`` could name: the
four events with an ``audit_id`` refer to nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from tart.protocol.events import EVENTS, EventKind, leading_reference


class Context(NamedTuple):
    """The chain an event belongs to, as far as it was known when the event arrived.

    Attributes:
        root: Event id of the chain's first event; ``None`` if the event is in no chain or
            the way to its root is not known.
        chain_hash: The hash that the chain is about; see ``CHAIN_HASH_FIELDS``.
    """

    root: int | None
    chain_hash: bytes | None = None


def _parent_types(number: int) -> frozenset[int]:
    reference = leading_reference(EVENTS[number].fields)
    return frozenset() if reference is None else frozenset(reference.refers_to)


# By event type, the types it may refer to; empty for a type that refers to none.
PARENT_TYPES: Mapping[int, frozenset[int]] = MappingProxyType(
    {number: _parent_types(number) for number in EVENTS}
)
REFERENCED_TYPES = frozenset().union(*PARENT_TYPES.values())
# Types that begin a chain.
ROOT_TYPES = frozenset(number for number in REFERENCED_TYPES if not PARENT_TYPES[number])
# Types in the middle of a chain: they refer to an event, and others refer to them.
INNER_TYPES = REFERENCED_TYPES - ROOT_TYPES
# Types whose reference alone does not tell where the chain begins.
INDIRECT_TYPES = frozenset(
    number for number, parents in PARENT_TYPES.items() if parents & INNER_TYPES
)


def _root_types(number: int) -> frozenset[int]:
    """Return the types that a chain with such an event in it may begin with."""
    if not PARENT_TYPES[number]:
        return frozenset({number}) & ROOT_TYPES
    return frozenset().union(*map(_root_types, PARENT_TYPES[number]))


# The member of an event that holds the hash its chain is about: of a block's header, a
# work-package, an erasure root or an anchor. The first event of a chain that has one counts.
CHAIN_HASH_FIELDS: Mapping[int, str] = MappingProxyType(
    {
        EventKind.AUTHORED: "outline.hash",
        EventKind.IMPORTING: "outline.hash",
        EventKind.DUPLICATE_WORK_PACKAGE: "hash",
        EventKind.WORK_PACKAGE_RECEIVED: "outline.work_package_hash",
        EventKind.SENDING_SHARD_REQUEST: "erasure_root",
        EventKind.SHARD_REQUEST_RECEIVED: "erasure_root",
        EventKind.BUNDLE_SHARD_REQUEST_RECEIVED: "erasure_root",
        EventKind.BUNDLE_REQUEST_RECEIVED: "erasure_root",
        EventKind.DISTRIBUTING_ASSURANCE: "statement.anchor",
    }
)
# The same for events whose chain has no hash, or that are in no chain.
OWN_HASH_FIELDS: Mapping[int, str] = MappingProxyType(
    {
        EventKind.BEST_BLOCK_CHANGED: "hash",
        EventKind.FINALIZED_BLOCK_CHANGED: "hash",
        EventKind.BLOCK_ANNOUNCED: "hash",
        EventKind.SENDING_BLOCK_REQUEST: "hash",
        EventKind.BLOCK_REQUEST_RECEIVED: "hash",
        EventKind.PREIMAGE_ANNOUNCED: "hash",
        EventKind.ANNOUNCED_PREIMAGE_FORGOTTEN: "hash",
        EventKind.SENDING_PREIMAGE_REQUEST: "hash",
        EventKind.PREIMAGE_REQUEST_RECEIVED: "hash",
        EventKind.PREIMAGE_DISCARDED: "hash",
        EventKind.BLOCK_TRANSFERRED: "outline.hash",
        EventKind.GUARANTEE_RECEIVED: "outline.work_report_hash",
        EventKind.GUARANTEE_DISCARDED: "outline.work_report_hash",
        EventKind.ASSURANCE_RECEIVED: "anchor",
    }
)
_HASHED_ROOT_TYPES = frozenset().union(*map(_root_types, CHAIN_HASH_FIELDS))
# Types of chains that have a hash.
TYPES_WITH_HASH = frozenset(number for number in EVENTS if _root_types(number) & _HASHED_ROOT_TYPES)
# Types that lead to the root of a chain, or to its hash.
LINK_TYPES = frozenset(CHAIN_HASH_FIELDS).union(
    *(PARENT_TYPES[number] for number in TYPES_WITH_HASH | INDIRECT_TYPES)
)


def resolve_reference(number: int, event_id: int, ref: int | None) -> int | None:
    """Return the event id that an event refers to; ``None`` unless it names an earlier event."""
    if ref is None or ref >= event_id or not PARENT_TYPES[number]:
        return None
    return ref


def direct_root(number: int, event_id: int, ref: int | None) -> int | None:
    """Return the root of an event's chain if the event alone determines it."""
    if number in ROOT_TYPES:
        return event_id
    return None if number in INDIRECT_TYPES else resolve_reference(number, event_id, ref)


def find_hash(number: int, fields: Mapping[str, Any], paths: Mapping[int, str]) -> bytes | None:
    """Return the hash in an event's fields.

    Args:
        number: The event type.
        fields: The decoded payload.
        paths: ``CHAIN_HASH_FIELDS`` or ``OWN_HASH_FIELDS``.
    """
    path = paths.get(number)
    if path is None:
        return None
    value: Any = fields
    for name in _names(path):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, bytes) else None


@cache
def _names(path: str) -> list[str]:
    return path.split(".")
