"""What events refer to: chains of references, where they begin, and what they are about.

Pure; derived from the declaration in ``events``. An event may begin with the id of an earlier
event of its connection, and that with the id of one before it: they are a *chain*, whose
first event refers to nothing. JIP-3 has no event yet that an ``audit_id`` could name: the
four events that have one refer to nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from tart.protocol.events import EVENTS, leading_reference


class Context(NamedTuple):
    """What an event belongs to, as far as it was known when it came.

    Attributes:
        root: the event id of the first event of its chain; ``None`` where it is in none, or
            where the way there is not known.
        about: the hash that the chain is about; see ``TELLS``.
    """

    root: int | None
    about: bytes | None = None


def _parents(number: int) -> frozenset[int]:
    reference = leading_reference(EVENTS[number].fields)
    return frozenset() if reference is None else frozenset(reference.refers_to)


# By type, the types an event may refer to; empty of those that refer to none.
PARENTS: Mapping[int, frozenset[int]] = MappingProxyType(
    {number: _parents(number) for number in EVENTS}
)
NAMED = frozenset().union(*PARENTS.values())
# Types that begin a chain.
FIRST = frozenset(number for number in NAMED if not PARENTS[number])
# Types that are in the middle of one: they refer to an event, and others refer to them.
MIDDLE = NAMED - FIRST
# Types whose reference alone does not tell where the chain begins.
INDIRECT = frozenset(number for number, parents in PARENTS.items() if parents & MIDDLE)


def _firsts(number: int) -> frozenset[int]:
    """The types that a chain with such an event in it may begin with."""
    if not PARENTS[number]:
        return frozenset({number}) & FIRST
    return frozenset().union(*map(_firsts, PARENTS[number]))


# Which member of an event is the hash that its chain is about: of a block's header, a
# work-package, an erasure root or an anchor. The first in a chain that tells it, counts.
TELLS: Mapping[int, str] = MappingProxyType(
    {
        **dict.fromkeys((42, 43), "outline.hash"),
        **{93: "hash", 94: "outline.work_package_hash"},
        **dict.fromkeys((120, 124, 144, 152), "erasure_root"),
        126: "statement.anchor",
    }
)
# The same of events whose chain does not tell, or that are in none.
NAMES: Mapping[int, str] = MappingProxyType(
    {
        **dict.fromkeys((11, 12, 62, 63, 67, 191, 192, 193, 197, 199), "hash"),
        68: "outline.hash",
        **dict.fromkeys((112, 113), "outline.work_report_hash"),
        131: "anchor",
    }
)
_TOLD = frozenset().union(*map(_firsts, TELLS))
# Types of chains that have a hash.
ABOUT = frozenset(number for number in EVENTS if _firsts(number) & _TOLD)
# Types that lead to where a chain begins, or to its hash.
LINKS = frozenset(TELLS).union(*(PARENTS[number] for number in ABOUT | INDIRECT))


def reference(number: int, event_id: int, ref: int | None) -> int | None:
    """The event id that an event refers to; ``None`` if it names no event before it."""
    if ref is None or ref >= event_id or not PARENTS[number]:
        return None
    return ref


def direct_root(number: int, event_id: int, ref: int | None) -> int | None:
    """The root of an event's chain where nothing but the event is needed to know it."""
    if number in FIRST:
        return event_id
    return None if number in INDIRECT else reference(number, event_id, ref)


def hash_in(number: int, fields: Mapping[str, Any], names: Mapping[int, str]) -> bytes | None:
    """The hash that an event itself has by ``TELLS`` or ``NAMES``, if it has one."""
    path = names.get(number)
    if path is None:
        return None
    found: Any = fields
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, bytes) else None
