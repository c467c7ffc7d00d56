"""Every field of every event type, broken in every way its type can be broken.

What is broken, and where it must be found, derives from the declarations: a type that is
declared tomorrow is covered. The bytes go the way of any connection.
"""

from __future__ import annotations

from dataclasses import dataclass

from tart.protocol.byte_reader import encode_natural
from tart.protocol.decoding import HEADER_BYTES
from tart.protocol.events import EVENTS, leading_reference
from tart.protocol.rules import INFO, RULES
from tart.protocol.wire import (
    Boolean,
    CoreBits,
    CoreBytes,
    Enumeration,
    EventId,
    List,
    Option,
    String,
    Struct,
    Tuple,
)
from tart.shard.check.offline_check import Checker
from tests.cases import all_cases
from tests.protocol.strategies import LAYOUTS
from tests.shard.running import fake_node, framed

CORES = 2
NOW = 50_000_000_000_000
LOST = 1_000
# Event ids: one that was dropped, that of a Best block changed, that of what follows.
UNKNOWN, BEST = 5, LOST
TEXT = b"abc"
# A number that no event has.
NO_EVENT = 254
# By number and length, what is known to be written otherwise.
OTHERWISE = {(0, 8): ("dropped_without_timestamp", "last_timestamp", 0)}


@dataclass(frozen=True)
class Leaf:
    """A field in a payload; ``end`` includes what belongs to it."""

    path: str
    layout: object
    offset: int
    end: int


def sample(layout, path="", start=0):
    """A payload, and its fields in the order in which they are read."""
    out, leaves = bytearray(), []

    def inside(each, name):
        octets, more = sample(
            each, f"{path}.{name}" if path and name else path or name, start + len(out)
        )
        out.extend(octets)
        leaves.extend(more)

    match layout:
        case Struct(fields=fields):
            for name, each in fields:
                inside(each, name)
            return bytes(out), leaves
        case Tuple(inner=types):
            for each in types:
                inside(each, "")
            return bytes(out), leaves
        case List(inner=each) | Option(inner=each):
            out.append(1)
            inside(each, "")
            return bytes(out), [Leaf(path, layout, start, start + len(out)), *leaves]
    octets = single(layout)
    return octets, [Leaf(path, layout, start, start + len(octets))]


def single(layout):
    match layout:
        case EventId():
            return UNKNOWN.to_bytes(8, "little")
        case Boolean():
            return b"\1"
        case Enumeration():
            return b"\0"
        case String():
            return encode_natural(len(TEXT)) + TEXT
        case CoreBytes():
            return bytes(CORES)
        case CoreBits():
            return b"\0"
    return b"\1" + bytes(layout.size - 1)


# --- What is wrong, and where ------------------------------------------------------------


def truncated(leaves, cut):
    """Where bytes that end at ``cut`` are found too short: at the first that lacks some."""
    for leaf in leaves:
        match leaf.layout:
            case List(inner=each):
                lacks = cut - leaf.offset - 1 < each.minimum
                at = leaf.offset
            case Option():
                lacks, at = cut <= leaf.offset, leaf.offset
            case String():
                lacks, at = cut < leaf.end, leaf.offset + (cut > leaf.offset)
            case _:
                lacks, at = cut < leaf.end, leaf.offset
        if lacks:
            return "truncated", leaf.path, at
    raise AssertionError("nothing is cut off")


def of_field(leaf, payload):
    """Payloads in which one field is wrong, each with rule, field and offset."""
    at, path = leaf.offset, leaf.path

    def put(octets, length=1):
        return payload[:at] + octets + payload[at + length :]

    match leaf.layout:
        case Boolean():
            for octet in (2, 255):
                yield put(bytes([octet])), ("bool_out_of_range", path, at)
        case Option():
            for octet in (2, 255):
                yield put(bytes([octet])), ("option_out_of_range", path, at)
        case Enumeration(names=names):
            for octet in (len(names), 255):
                yield put(bytes([octet])), ("unknown_enum_value", path, at)
        case String(limit=limit):
            long = encode_natural(limit + 1) + b"x" * (limit + 1)
            yield put(long, len(TEXT) + 1), ("string_too_long", path, at)
            yield put(b"\x80\x03"), ("non_canonical_natural", path, at)
            yield put(b"\x03a\xffc", 4), ("invalid_utf8", path, at + 2)
            yield put(b"\xff" * 9), ("truncated", path, at + 9)
        case List():
            yield put(b"\xff" * 9), ("truncated", path, at)
            yield put(b"\x80\x01"), ("non_canonical_natural", path, at)
        case CoreBytes() | CoreBits():
            octets = single(leaf.layout)
            prefixed = encode_natural(len(octets)) + octets
            yield put(prefixed, len(octets)), ("core_list_prefixed", path, at)
            longer = b"\xaa" * (len(octets) + 1)
            yield put(longer, len(octets)), ("core_count_mismatch", path, at)


def of_length(number, leaves, payload):
    """Payloads that end before and within each field, and one that does not end."""
    sized = next((e for e in leaves if isinstance(e.layout, CoreBytes | CoreBits)), None)
    for leaf in leaves:
        for cut in {leaf.offset, leaf.end - 1}:
            wrong = OTHERWISE.get((number, cut)) or truncated(leaves, cut)
            if sized and len(payload) - cut < sized.end - sized.offset:
                # All else has a fixed size: the list is what is short.
                wrong = "core_count_mismatch", sized.path, sized.offset
            yield payload[:cut], wrong
    if sized is None:
        yield payload + b"\xaa", ("trailing_bytes", "", len(payload))


def mutations(event, version):
    """Payloads of an event, with what must be found."""
    payload, leaves = sample(event.layout(version))
    yield from of_length(event.number, leaves, payload)
    for leaf in leaves:
        yield from of_field(leaf, payload)


def within_a_list(leaf, leaves):
    """What cuts off a field of the only element is found at the list, which announced it."""
    lists = [each for each in leaves if isinstance(each.layout, List)]
    return any(each.offset < leaf.offset and leaf.end <= each.end for each in lists)


# --- It is found -------------------------------------------------------------------------


class Line:
    """A connection whose frames are sent one by one; what is found of each."""

    def __init__(self, version):
        self.found = []
        self._checker = Checker(lambda each: self.found.append(each.finding))
        self._session = self._checker.open("", 0)
        node = fake_node(cores=CORES, version=version)
        self._send(node.connect())
        self._send(node.event("Dropped", NOW, last_timestamp=NOW, num=LOST)[1])
        self._send(node.event("BestBlockChanged", NOW, slot=1, hash=bytes(32))[1])

    @property
    def next_event_id(self):
        return self._session.connection.next_event_id

    def _send(self, data):
        self._checker.receive(self._session, data, NOW)
        self._checker.flush()

    def say(self, content):
        """What is wrong with a frame: rule, field and offset."""
        self.found.clear()
        self._send(framed(content))
        assert all(each.frame == content and each.expectation for each in self.found)
        return [
            (each.rule, each.field, each.offset)
            for each in self.found
            if RULES[each.rule].severity != INFO
        ]


def head(number, timestamp=NOW):
    return timestamp.to_bytes(8, "little") + bytes([number])


@all_cases(("event", "version"), LAYOUTS, ids=lambda x: getattr(x, "variant", f"version {x}"))
def test_a_mutated_field_is_reported_with_rule_field_and_offset(event, version):
    line = Line(version)
    payload, leaves = sample(event.layout(version))
    assert line.say(head(event.number) + payload) == []
    broken = set()
    for mutated, (rule, path, offset) in mutations(event, version):
        wrong = line.say(head(event.number) + mutated)
        assert wrong == [(rule, path, HEADER_BYTES + offset)], mutated.hex()
        broken.add(path)
    assert broken >= {leaf.path for leaf in leaves if not within_a_list(leaf, leaves)}


@all_cases(("event", "version"), LAYOUTS, ids=lambda x: getattr(x, "variant", f"version {x}"))
def test_a_mutated_header_is_reported_with_rule_and_offset(event, version):
    line = Line(version)
    payload, _ = sample(event.layout(version))
    assert line.say(head(NO_EVENT) + payload) == [("unknown_event", "", 8)]
    assert line.say(head(event.number)[:-1]) == [("truncated", "", 8)]
    earlier = head(event.number, NOW - 1_000_001) + payload
    assert line.say(earlier) == [("timestamp_backwards", "timestamp", 0)]


@all_cases("event", EVENTS.values(), ids=lambda x: x.variant)
def test_a_mutated_reference_is_reported_with_its_rule(event):
    reference = leading_reference(event.fields)
    named = [each for _, each in event.fields.fields if isinstance(each, EventId)]
    assert named == ([] if reference is None else [reference])
    if reference is None or not reference.refers_to:
        return
    line = Line(1)
    rest = sample(event.fields)[0][8:]
    field = event.fields.fields[0][0]
    for ref, rule in ((line.next_event_id, "reference_unknown"), (BEST, "reference_wrong_type")):
        wrong = line.say(head(event.number) + ref.to_bytes(8, "little") + rest)
        assert wrong == [(rule, field, HEADER_BYTES)]
