"""Legal sequences of events of all types on several connections, and what each belongs to."""

from __future__ import annotations

from collections import defaultdict
from random import Random
from typing import NamedTuple

from tart.protocol.events import EVENTS, leading_reference
from tart.protocol.wire import (
    Address,
    Boolean,
    Bytes,
    CoreBits,
    CoreBytes,
    Enumeration,
    EventId,
    Integer,
    List,
    Option,
    String,
    Struct,
    Tuple,
)
from tests.shard.running import fake_node

CORES = 2
# Nothing refers to a request any more after one of these.
_ENDS = {22, 23, 25, 26, 61, 65, 81, 82, 107, 108, 111, 112, 122, 125, 129, 142, 145, 150, 153}
_ENDS |= {164, 167, 169, 170, 175, 178, 195, 198}
# What tells what a chain is about, by hand; told once.
_TELLING = {
    42: lambda fields: fields["outline"]["hash"],
    43: lambda fields: fields["outline"]["hash"],
    93: lambda fields: fields["hash"],
    94: lambda fields: fields["outline"]["work_package_hash"],
    120: lambda fields: fields["erasure_root"],
    124: lambda fields: fields["erasure_root"],
    126: lambda fields: fields["statement"]["anchor"],
    144: lambda fields: fields["erasure_root"],
    152: lambda fields: fields["erasure_root"],
}
_OWN = {
    **{number: lambda fields: fields["hash"] for number in (11, 12, 62, 63, 67)},
    **{number: lambda fields: fields["hash"] for number in (191, 192, 193, 197, 199)},
    68: lambda fields: fields["outline"]["hash"],
    112: lambda fields: fields["outline"]["work_report_hash"],
    113: lambda fields: fields["outline"]["work_report_hash"],
    131: lambda fields: fields["anchor"],
}


class Sent(NamedTuple):
    """An event and what is to be said of it."""

    session: int
    event_id: int
    number: int
    frame: bytes
    root: int | None
    hash: str | None


class _Chain:
    """What is known of the events that hang on one."""

    def __init__(self, root: int) -> None:
        self.root = root
        self.about: bytes | None = None
        self.over = False


class Sequences:
    """Some connections of two nodes, which say legal things."""

    def __init__(self, seed: int, sessions: int = 3) -> None:
        self.random = Random(seed)
        self.nodes = [fake_node(1 + at % 2) for at in range(sessions)]
        # A node that introduces itself counts from zero again.
        self.hellos = [node.connect() for node in self.nodes]
        # By connection and type: event ids that may be named, with their chain.
        self._open: list[defaultdict[int, list[tuple[int, _Chain]]]] = [
            defaultdict(list) for _ in range(sessions)
        ]

    def say(self, count: int) -> list[Sent]:
        """So many events or a few more, of all connections in turn."""
        found: list[Sent] = []
        while len(found) < count:
            session = self.random.randrange(len(self.nodes))
            found += self._say(session, self.random.choice([*EVENTS]))
        return found

    def every_type(self) -> list[Sent]:
        """At least one event of each type."""
        return [sent for number in EVENTS for sent in self._say(0, number)]

    def _say(self, session: int, number: int) -> list[Sent]:
        """An event, and before it what it refers to."""
        if number == 0:
            return []
        reference = leading_reference(EVENTS[number].fields)
        before: list[Sent] = []
        chain, fields = None, {}
        if reference is not None:
            name = EVENTS[number].fields.fields[0][0]
            if reference.refers_to:
                parent = self.random.choice(reference.refers_to)
                if not self._named(session, parent, number):
                    before = self._say(session, parent)
                named = self._named(session, parent, number)
                if not named:
                    return before
                fields[name], chain = self.random.choice(named)
            else:
                # No event of the specification; but there is one of that id.
                fields[name] = self.random.randrange(self.nodes[session].next_event_id + 1)
        layout = EVENTS[number].fields.fields
        fields |= {name: self._value(each) for name, each in layout if name not in fields}
        return [*before, self._sent(session, number, fields, chain)]

    def _named(self, session: int, parent: int, number: int) -> list[tuple[int, _Chain]]:
        return [
            (event_id, chain)
            for event_id, chain in self._open[session][parent]
            if not (number in _TELLING and chain.about is not None)
        ]

    def _sent(
        self, session: int, number: int, fields: dict[str, object], chain: _Chain | None
    ) -> Sent:
        variant = EVENTS[number].variant
        # ``from`` is Python's word.
        named = {name if name != "from" else "from_": value for name, value in fields.items()}
        event_id, frame = self.nodes[session].event(variant, 1_000_000, **named)
        begins = any(
            number in each.refers_to
            for event in EVENTS.values()
            if (each := leading_reference(event.fields)) is not None
        )
        if number in _ENDS and chain is not None:
            name = EVENTS[number].fields.fields[0][0]
            for some in self._open[session].values():
                some[:] = [each for each in some if each[0] != fields[name]]
        if chain is None and begins:
            chain = _Chain(event_id)
        if chain is not None and number in _TELLING:
            chain.about = _TELLING[number](fields)
        if chain is not None and begins:
            self._open[session][number].append((event_id, chain))
        about = chain.about if chain is not None else None
        if about is None and number in _OWN:
            about = _OWN[number](fields)
        shown = None if about is None else "0x" + about.hex()
        return Sent(session, event_id, number, frame, chain and chain.root, shown)

    def _value(self, layout: object) -> object:
        random = self.random
        match layout:
            case EventId():
                return random.randrange(1 << 20)
            case Struct(fields=fields) if layout.name == "ImportSpec":
                return {
                    "root_identifier": {"SegmentsRoot": random.randbytes(32)},
                    "export_index": random.randrange(1 << 15),
                }
            case Struct(fields=fields):
                return {name: self._value(each) for name, each in fields}
            case Tuple(inner=types):
                return [self._value(each) for each in types]
            case List(inner=each):
                return [self._value(each) for _ in range(random.randrange(3))]
            case Option(inner=each):
                return random.choice([None, self._value(each)])
            case Integer(size=size):
                return random.randrange(min(1 << (8 * size), 1 << 31))
            case Boolean():
                return random.choice([False, True])
            case Enumeration(names=names):
                return random.choice(names)
            case String():
                return "why"
            case Address():
                return "192.0.2.1"
            case CoreBits() | CoreBytes():
                return self._of_cores(layout)
            case Bytes(size=size):
                return random.randbytes(size)
        raise AssertionError(layout)

    def _of_cores(self, layout: object) -> object:
        if isinstance(layout, CoreBytes):
            return [self.random.randrange(4) for _ in range(CORES)]
        return bytes(-(-CORES // 8))
