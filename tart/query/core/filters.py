"""Filters of events: one declaration for stored events and one for live streams.

Pure. A live filter arrives as JSON, is parsed once, and selects events of each batch in the shard,
before anything is encoded. A ``Selection`` is the equivalent for stored events: it
becomes a WHERE clause over the event log.

A filter has at most ``MAX_TERMS`` terms, so that one subscriber cannot make every event expensive.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

from tart.errors import BadQuery
from tart.query.core.event_names import GROUP_TYPES, event_type, event_types_of, group_name
from tart.query.core.node_ids import node_prefix
from tart.suggestions import did_you_mean, reject_unknown

Key = TypeVar("Key", bound=Hashable)

MAX_TERMS = 64
_FOREVER_US = 1 << 62
_HASH = re.compile(r"(?:0x)?([0-9a-fA-F]{64})")


class FilterInput(NamedTuple):
    """The input of a filter: an event, with its slot, core and hash.

    These are its own or those of the event that it refers to.
    """

    node_id: str
    event_type: int
    slot: int | None
    core: int | None
    payload: bytes
    about: bytes | None = None


Matches = Callable[[FilterInput], bool]


@dataclass(frozen=True, eq=False)
class FilterRows:
    """The events of a batch as filters read them, by column.

    Attributes:
        node_ids: The node of each event.
        event_types, slots, cores: As in ``FilterInput``.
        payload, about: Return those of the event at an index; only few filters read them.
    """

    node_ids: Sequence[str]
    event_types: Sequence[int]
    slots: Sequence[int | None]
    cores: Sequence[int | None]
    payload: Callable[[int], bytes]
    about: Callable[[int], bytes | None]

    def __len__(self) -> int:
        return len(self.event_types)

    @cached_property
    def of_node(self) -> Mapping[str, list[int]]:
        """The indexes of each node's events."""
        return _group(self.node_ids)

    @cached_property
    def of_type(self) -> Mapping[int, list[int]]:
        """The indexes of each type's events."""
        return _group(self.event_types)

    @cached_property
    def of_slot(self) -> Mapping[int | None, list[int]]:
        """The indexes of each slot's events."""
        return _group(self.slots)

    @cached_property
    def of_core(self) -> Mapping[int | None, list[int]]:
        """The indexes of each core's events."""
        return _group(self.cores)

    def input(self, index: int) -> FilterInput:
        """Return the event at an index."""
        return FilterInput(
            self.node_ids[index],
            self.event_types[index],
            self.slots[index],
            self.cores[index],
            self.payload(index),
            self.about(index),
        )


# Returns the indexes of the events that pass, in ascending order.
Select = Callable[[FilterRows], Sequence[int]]


class Filter(NamedTuple):
    """A live filter in two equal forms.

    Attributes:
        matches: Whether one event passes.
        select: Which events of a batch pass. Batches are grouped by column once for all filters,
            so that a filter costs a look-up and not a call for each event.
    """

    matches: Matches
    select: Select


def hash_bytes(text: Any, parameter: str = "hash") -> bytes:
    """Return the 32 bytes of a hash written with or without ``0x``."""
    match = _HASH.fullmatch(text) if isinstance(text, str) else None
    if not match:
        raise BadQuery(f"{parameter} must be 64 hex digits, with or without 0x", parameter)
    return bytes.fromhex(match[1])


def parse(document: Any) -> Filter:
    """Return a live filter.

    Raises:
        BadQuery: An unknown type, a missing or wrong member, or too many terms.
    """
    return _Parser().parse(document)


class _Parser:
    def __init__(self) -> None:
        self._terms = 0

    def parse(self, document: Any) -> Filter:
        self._terms += 1
        if self._terms > MAX_TERMS:
            raise BadQuery(f"a filter has at most {MAX_TERMS} terms", "filter")
        if not isinstance(document, Mapping):
            raise BadQuery('a filter is an object such as {"type": "All"}', "filter")
        kind = document.get("type")
        known = _KINDS.get(kind) if isinstance(kind, str) else None
        if known is None:
            hint = did_you_mean(kind, _KINDS) if isinstance(kind, str) else ""
            raise BadQuery(f"filter type must be one of {', '.join(_KINDS)}{hint}", "filter.type")
        build, *members = known
        reject_unknown(document, ("type", *members), f"a filter of type {kind}", "filter.")
        return build(self, document)

    def all(self, document: Mapping[str, Any]) -> Filter:
        return Filter(lambda event: True, lambda rows: range(len(rows)))

    def node(self, document: Mapping[str, Any]) -> Filter:
        wanted = node_prefix(document.get("node_id"), "filter.node_id")

        def select(rows: FilterRows) -> Sequence[int]:
            return _merge(
                indexes for node_id, indexes in rows.of_node.items() if node_id.startswith(wanted)
            )

        return Filter(lambda event: event.node_id.startswith(wanted), select)

    def event_type(self, document: Mapping[str, Any]) -> Filter:
        return _of_types(event_types_of(document.get("event_type"), "filter.event_type"))

    def event_type_range(self, document: Mapping[str, Any]) -> Filter:
        start = event_type(document.get("start"), "filter.start")
        end = event_type(document.get("end"), "filter.end")
        if start > end:
            raise BadQuery(
                f"the range of event types ends before it starts: {start} to {end}", "filter.end"
            )
        return _of_types(range(start, end + 1))

    def group(self, document: Mapping[str, Any]) -> Filter:
        return _of_types(GROUP_TYPES[group_name(document.get("group"), "filter.group")])

    def slot(self, document: Mapping[str, Any]) -> Filter:
        wanted = _integer(document, "slot", (1 << 32) - 1)
        return Filter(lambda event: event.slot == wanted, lambda rows: rows.of_slot.get(wanted, ()))

    def core(self, document: Mapping[str, Any]) -> Filter:
        wanted = _integer(document, "core", (1 << 16) - 1)
        return Filter(lambda event: event.core == wanted, lambda rows: rows.of_core.get(wanted, ()))

    def hash(self, document: Mapping[str, Any]) -> Filter:
        wanted = hash_bytes(document.get("hash"), "filter.hash")

        def select(rows: FilterRows) -> Sequence[int]:
            return [
                index
                for index in range(len(rows))
                if wanted == rows.about(index) or wanted in rows.payload(index)
            ]

        return Filter(lambda event: wanted == event.about or wanted in event.payload, select)

    def any(self, document: Mapping[str, Any]) -> Filter:
        parts = self._parts(document)
        return Filter(
            lambda event: any(part.matches(event) for part in parts),
            lambda rows: _merge(part.select(rows) for part in parts),
        )

    def both(self, document: Mapping[str, Any]) -> Filter:
        parts = self._parts(document)

        def select(rows: FilterRows) -> Sequence[int]:
            passed = set(parts[0].select(rows))
            for part in parts[1:]:
                if not passed:
                    break
                passed.intersection_update(part.select(rows))
            return sorted(passed)

        return Filter(lambda event: all(part.matches(event) for part in parts), select)

    def _parts(self, document: Mapping[str, Any]) -> tuple[Filter, ...]:
        filters = document.get("filters")
        if not isinstance(filters, list) or not filters:
            raise BadQuery("filters must be a list of filters", "filter.filters")
        return tuple(self.parse(each) for each in filters)


_Build = Callable[[_Parser, Mapping[str, Any]], Filter]
# Constructor of each type of filter, and its members besides the type.
_KINDS: Mapping[str, tuple[_Build, *tuple[str, ...]]] = {
    "All": (_Parser.all,),
    "Node": (_Parser.node, "node_id"),
    "EventType": (_Parser.event_type, "event_type"),
    "EventTypeRange": (_Parser.event_type_range, "start", "end"),
    "Group": (_Parser.group, "group"),
    "Slot": (_Parser.slot, "slot"),
    "Core": (_Parser.core, "core"),
    "Hash": (_Parser.hash, "hash"),
    "Any": (_Parser.any, "filters"),
    "Both": (_Parser.both, "filters"),
}


def _of_types(types: Iterable[int]) -> Filter:
    numbers = frozenset(types)

    def select(rows: FilterRows) -> Sequence[int]:
        return _merge(rows.of_type[number] for number in numbers & rows.of_type.keys())

    return Filter(lambda event: event.event_type in numbers, select)


def _group(values: Sequence[Key]) -> Mapping[Key, list[int]]:
    """Return the indexes of each value, in ascending order."""
    groups: dict[Key, list[int]] = {}
    for index, value in enumerate(values):
        groups.setdefault(value, []).append(index)
    return groups


def _merge(groups: Iterable[Sequence[int]]) -> Sequence[int]:
    """Return the indexes of all groups once, in ascending order."""
    listed = [group for group in groups if group]
    if len(listed) == 1:
        return listed[0]
    return sorted(set().union(*listed))


def _integer(document: Mapping[str, Any], name: str, highest: int) -> int:
    value = document.get(name)
    if type(value) is not int or not 0 <= value <= highest:
        raise BadQuery(f"{name} must be an integer from 0 to {highest}", f"filter.{name}")
    return value


@dataclass(frozen=True)
class Selection:
    """A selection of stored events; ``None`` is no condition.

    Attributes:
        node: 64 lower-case hex digits.
        types: Event numbers; an empty tuple matches nothing.
        start_us: First ``received_at``, Unix microseconds, inclusive.
        end_us: Last ``received_at``, inclusive.
        hash: 64 hex digits: 32 bytes that the payload's body contains, or its peer id.
    """

    node: str | None = None
    types: tuple[int, ...] | None = None
    start_us: int | None = None
    end_us: int | None = None
    slot: int | None = None
    core: int | None = None
    hash: str | None = None

    @property
    def any_content(self) -> bool:
        """The selection also matches events that could not be decoded."""
        return self.types is None and self.slot is None and self.core is None and self.hash is None

    def where(self, file: str) -> tuple[str, list[Any]]:
        """Return a WHERE clause over the columns of the event log, and its parameters.

        ``node`` is left to the caller, which knows the node's number in the file.

        Args:
            file: The database whose table ``peers`` maps numbers to ids.
        """
        terms: list[tuple[Any, ...]] = []
        if self.start_us is not None:
            terms.append(("received_at >= make_timestamp(?)", _moment(self.start_us)))
        if self.end_us is not None:
            terms.append(("received_at <= make_timestamp(?)", _moment(self.end_us)))
        if self.slot is not None:
            # Zone maps of ``last_slot`` exclude most row groups.
            terms.append(("slot = ? AND last_slot = ?", self.slot, self.slot))
        if self.core is not None:
            terms.append(("core = ? AND last_core = ?", self.core, self.core))
        if self.hash is not None:
            digits = self.hash.upper()
            named = f"peer IN (SELECT peer FROM {file}.peers WHERE peer_id = unhex(?))"
            # The text search is fast, but also matches at odd digits; the pattern excludes those.
            body = "contains(hex(body), ?) AND regexp_matches(hex(body), ?)"
            terms.append((f"({named} OR ({body}))", digits, digits, f"^(?:..)*{digits}"))
        clauses = [clause for clause, *_ in terms]
        if self.types is not None:
            numbers = ", ".join(str(int(each)) for each in self.types)
            clauses.append(f"type IN ({numbers})" if numbers else "false")
        return " AND ".join(clauses) or "true", [each for _, *values in terms for each in values]


def _moment(unix_us: int) -> int:
    """Return a time within what DuckDB takes for one; nothing is stored beyond it."""
    return max(-_FOREVER_US, min(unix_us, _FOREVER_US))
