"""A message byte by byte, as the API answers it: fields, meanings, deviations, references.

Pure. ``protocol.field_tree`` has the bytes of the fields; this module says what they mean.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from tart.protocol.byte_reader import Deviation
from tart.protocol.decoding import HEADER_BYTES
from tart.protocol.dialects import Dialect, dialect_of
from tart.protocol.events import EVENTS, EventKind
from tart.protocol.field_tree import Field, FieldTree, event_fields, node_information_fields
from tart.protocol.rules import ERROR, RULES
from tart.protocol.types import HASH, PEER_ID, TIMESTAMP, WORK_PACKAGE_HASH_BIT
from tart.protocol.vector_values import event_vector
from tart.protocol.wire import CoreBits, CoreBytes, Enumeration, EventId, Integer, PackedCoreBytes
from tart.query.answers import messages as answers
from tart.query.core.page_paths import (
    core_page,
    event_page,
    events_page,
    node_page,
    package_page,
    slot_page,
)
from tart.query.core.rfc3339 import rfc3339, rfc3339_of_jce, server_time
from tart.query.topics.conformance import rule_page
from tart.query.topics.event_reference import unit_of
from tart.shard.encoding.json_bytes import to_hex
from tart.units import JCE_US, SECOND_US

_FOUND_BYTES = 16
_SHOWN_CORES = 24
_PREFIX_MEANINGS = {"count": "elements", "length": "bytes", "params length": "bytes"}
_SLOTS = frozenset(("slot", "lookup_anchor_slot"))
_CORES = frozenset(("core",))
_PACKAGES = frozenset(("work_package_hash",))


@dataclass(frozen=True)
class Problem:
    """Why a frame could not be decoded when it was received."""

    rule: str
    field: str
    offset: int
    expectation: str


@dataclass(frozen=True)
class Neighbour:
    """Another event of the same session.

    Attributes:
        id: The API id.
        type: The event type.
        received_at: Unix microseconds.
    """

    id: int
    event_id: int
    type: int
    received_at: int


@dataclass(frozen=True)
class StoredMessage:
    """A message with what is needed to decode it, and with its references.

    Attributes:
        id: The API id; ``None`` for the first message of a connection.
        session: The session's number in the API.
        node: Its id; ``None`` if the connection never named it, or if that was lost.
        received_at: Unix microseconds; of a first message the time when its session began.
        content: The bytes after the length prefix.
        problem: Of an undecodable frame.
        is_first: Whether this is the first message of a connection.
        slot: Of the event, or inherited; likewise ``core``.
        hash: Of the event's chain of references.
        root: The event id of the first event of the chain.
        refers_to: The event that the leading Event ID names, if it is stored.
        missing_ref: That Event ID if no such event is stored.
        referred_to_by: Events that refer to this one, oldest first.
        more: Whether more events may refer to it than are listed.
        searched_until: The last arrival that was searched for them; ``None`` if no event refers
            to events of this type.
        previous: API id of the message before, in the same session; likewise ``next``.
    """

    id: int | None
    session: int
    node: str | None
    name: str | None
    implementation_version: str | None
    protocol_version: int
    cores: int | None
    slot_seconds: int
    event_id: int | None
    type: int | None
    received_at: int
    content: bytes
    problem: Problem | None = None
    is_first: bool = False
    slot: int | None = None
    core: int | None = None
    hash: bytes | None = None
    root: int | None = None
    refers_to: Neighbour | None = None
    missing_ref: int | None = None
    referred_to_by: Sequence[Neighbour] = ()
    more: bool = False
    searched_until: int | None = None
    previous: int | None = None
    next: int | None = None


def message_fields(message: StoredMessage) -> answers.MessageFields:
    """Return the answer of ``/api/events/{id}/fields`` and ``/api/sessions/{id}/fields``."""
    content = message.content
    kind = None if message.type is None else EVENTS.get(message.type)
    if message.is_first:
        tree = node_information_fields(content)
        title, section = "Node information", "JIP-3, Node information message"
    else:
        tree = event_fields(
            content,
            version=message.protocol_version,
            cores=message.cores,
            dialect=_dialect(message),
        )
        title = f"Unknown event type {message.type}" if kind is None else kind.variant
        section = (
            "JIP-3 has no such event" if kind is None else f"JIP-3, {_group(kind)}: {kind.title}"
        )
    timestamp = None if message.is_first else _timestamp(content)
    view = _View(message, tree, content)
    return {
        "id": message.id,
        "kind": _kind(message),
        "title": title,
        "section": section,
        "session": message.session,
        "node_id": message.node,
        "node_name": message.name,
        "node_version": message.implementation_version,
        "protocol_version": message.protocol_version,
        "cores": message.cores,
        "event_id": message.event_id,
        "event_type": message.type,
        "timestamp": None if timestamp is None else rfc3339_of_jce(timestamp),
        "received_at": server_time(message.received_at),
        "delay_us": _delay(timestamp, message.received_at),
        "size": len(content),
        "content": to_hex(content),
        "fields": list(view.rows(tree.fields)),
        "deviations": view.deviations(),
        "context": {
            "slot": message.slot,
            "core": message.core,
            "hash": None if message.hash is None else to_hex(message.hash),
            "root_event_id": message.root,
        },
        "refers_to": [
            _neighbour(each, _reference_field(kind))
            for each in (message.refers_to,)
            if each is not None
        ],
        "missing_ref": message.missing_ref,
        "referred_to_by": [
            _neighbour(each, _reference_field(EVENTS.get(each.type)))
            for each in message.referred_to_by
        ],
        "more_referring": message.more,
        "searched_until": (
            None if message.searched_until is None else server_time(message.searched_until)
        ),
        "previous": message.previous,
        "next": message.next,
        "vector": _vector(message, kind, tree, content),
    }


def _kind(message: StoredMessage) -> Any:
    if message.is_first:
        return "node_information"
    return "event" if message.problem is None else "undecodable"


def _dialect(message: StoredMessage) -> Dialect:
    return dialect_of(message.name or "", message.protocol_version)


def _group(kind: EventKind) -> str:
    return kind.group.replace("_", " ").capitalize() + " events"


def _timestamp(content: bytes) -> int | None:
    return int.from_bytes(content[:8], "little") if len(content) >= HEADER_BYTES - 1 else None


def _delay(timestamp: int | None, received_at: int) -> int | None:
    if timestamp is None or rfc3339_of_jce(timestamp) is None:
        return None
    return received_at - JCE_US - timestamp


def _reference_field(kind: EventKind | None) -> str:
    """Return the name of the field with the reference, which an event begins with."""
    return kind.fields.fields[0][0] if kind is not None and kind.fields.fields else ""


def _neighbour(event: Neighbour, field: str) -> answers.MessageNeighbour:
    return {
        "id": event.id,
        "event_id": event.event_id,
        "event_type": event.type,
        "event_name": _name(event.type),
        "received_at": server_time(event.received_at),
        "field": field,
    }


def _name(number: int) -> str:
    kind = EVENTS.get(number)
    return f"event type {number}" if kind is None else kind.variant


def _vector(
    message: StoredMessage, kind: EventKind | None, tree: FieldTree, content: bytes
) -> answers.MessageVector | None:
    if message.is_first or kind is None or tree.problem is not None or tree.deviations:
        return None
    fields = {each.name: each.value for each in tree.fields[2:]}
    vector = event_vector(kind, message.protocol_version, message.cores, content, fields)
    return cast(answers.MessageVector, vector)


@dataclass(frozen=True)
class _View:
    """A message as the answer shows it."""

    message: StoredMessage
    tree: FieldTree
    content: bytes

    def rows(
        self, fields: Sequence[Field], depth: int = 0, parent: str = ""
    ) -> Iterator[answers.MessageField]:
        """Yield fields in order, each group before the fields in it."""
        for field in fields:
            path = f"{parent}.{field.name}" if parent else field.name
            is_group = field.role == "group"
            yield {
                "path": path,
                "name": field.name,
                "depth": depth,
                "type": field.type,
                "role": field.role,
                "offset": field.offset,
                "length": field.length,
                "value": None if is_group else self._value(field),
                "unit": unit_of(field.name, field.kind),
                "meaning": self._meaning(field),
                "opens": self._opens(field, parent),
            }
            yield from self.rows(field.fields, depth + 1, path)

    def deviations(self) -> list[answers.MessageDeviation]:
        """Return what is not as specified, the reason why it could not be read first."""
        problem = self.message.problem
        rows = []
        if problem is not None:
            unread = Deviation(problem.rule, problem.offset, problem.field, problem.expectation)
            rows.append(self._deviation(unread, undecodable=True))
        elif (failure := self.tree.problem) is not None:
            unread = Deviation(failure.rule, failure.offset, failure.field, failure.expectation)
            rows.append(self._deviation(unread, undecodable=True))
        return rows + [self._deviation(each, undecodable=False) for each in self.tree.deviations]

    def _deviation(self, deviation: Deviation, *, undecodable: bool) -> answers.MessageDeviation:
        rule = RULES.get(deviation.rule)
        leaf = next(
            (
                each
                for each in self.tree.leaves()
                if each.offset <= deviation.offset < each.offset + each.length
            ),
            None,
        )
        end = leaf.offset + leaf.length if leaf else deviation.offset
        return {
            "rule": deviation.rule,
            "severity": rule.severity if rule else ERROR,
            "explanation": rule.explanation if rule else "",
            "field": deviation.field,
            "offset": deviation.offset,
            "length": end - deviation.offset,
            "expectation": deviation.expectation,
            "found": self._found(deviation.offset, end, leaf),
            "undecodable": undecodable,
            "docs": rule_page(deviation.rule) if rule else None,
        }

    def _found(self, offset: int, end: int, leaf: Field | None) -> str:
        octets = self.content[offset:end]
        if leaf is None or not octets:
            return "the end of the message"
        text = "0x" + octets[:_FOUND_BYTES].hex()
        if len(octets) > _FOUND_BYTES:
            text += f"… ({len(octets)} bytes)"
        value = self._value(leaf)
        if leaf.role in ("value", "prefix") and value is not None and not value.startswith("0x"):
            text += f", read as {value}"
        return text

    def _value(self, field: Field) -> str | None:
        """Return the exact value of a leaf as text."""
        if isinstance(field.kind, Enumeration):
            return str(self.content[field.offset])
        match field.value:
            case None:
                return None
            case bool():
                return "true" if field.value else "false"
            case bytes():
                return "0x" + field.value.hex()
            case list():
                return json.dumps(field.value, separators=(",", ":"))
        return str(field.value)

    def _meaning(self, field: Field) -> str | None:
        if field.role == "prefix":
            return _prefix_meaning(field)
        if field.role in ("trailing", "unread"):
            return f"{field.length} bytes {_REST_MEANINGS[field.role]}"
        if field.value is None or field.role != "value":
            return None
        match field.kind:
            case Enumeration(names=names):
                number = self.content[field.offset]
                return names[number] if number < len(names) else "not a value that JIP-3 defines"
            case CoreBytes() | PackedCoreBytes():
                return f"{sum(field.value)} over {len(field.value)} cores"
            case CoreBits():
                return _cores_set(field.value)
            case EventId():
                return self._event_meaning(field.value)
        return self._number_meaning(field)

    def _number_meaning(self, field: Field) -> str | None:
        if field.kind is TIMESTAMP:
            return rfc3339_of_jce(field.value) or "beyond the year 9999"
        if field.name == "event_type":
            return _name(field.value)
        if field.name in _SLOTS:
            started = rfc3339(field.value * self.message.slot_seconds * SECOND_US + JCE_US)
            return f"begins {started}"
        if field.name == "export_index" and isinstance(field.kind, Integer):
            kind = "work-package hash" if field.value & WORK_PACKAGE_HASH_BIT else "segments root"
            return f"segment {field.value & ~WORK_PACKAGE_HASH_BIT} of a {kind}"
        if field.name == "flags":
            return "PVM recompiler" if field.value & 1 else "PVM interpreter"
        return None

    def _event_meaning(self, event_id: int) -> str:
        parent = self.message.refers_to
        if parent is not None and parent.event_id == event_id:
            return f"event {event_id} of this session: {_name(parent.type)}"
        return f"event {event_id} of this session: not stored"

    def _opens(self, field: Field, parent: str) -> str | None:
        value = field.value
        if field.role != "value" or value is None:
            return None
        if field.kind is PEER_ID:
            return node_page(value.hex())
        if field.kind is HASH:
            is_package = field.name in _PACKAGES or self.message.type == (
                EventKind.DUPLICATE_WORK_PACKAGE
            )
            return package_page(value.hex()) if is_package else events_page(hash=value.hex())
        if isinstance(field.kind, EventId):
            target = self.message.refers_to
            return event_page(target.id) if target and target.event_id == value else None
        if field.name in _SLOTS:
            return slot_page(value)
        if field.name in _CORES:
            return core_page(value)
        return events_page(event_types=value) if field.name == "event_type" and not parent else None


_REST_MEANINGS = {"trailing": "after the last field", "unread": "not read"}


def _prefix_meaning(field: Field) -> str | None:
    if field.name == "tag":
        return "a value follows" if field.value else "no value"
    unit = _PREFIX_MEANINGS.get(field.name)
    return f"{field.value} {unit}" if unit and isinstance(field.value, int) else None


def _cores_set(octets: Sequence[int]) -> str:
    """Return the cores whose bits are set; core i is bit i % 8 of byte i // 8."""
    cores = [
        index * 8 + bit
        for index, octet in enumerate(octets)
        for bit in range(8)
        if octet >> bit & 1
    ]
    if not cores:
        return "no core"
    shown = ", ".join(map(str, cores[:_SHOWN_CORES]))
    more = f" and {len(cores) - _SHOWN_CORES} more" if len(cores) > _SHOWN_CORES else ""
    return f"{len(cores)} cores: {shown}{more}"
