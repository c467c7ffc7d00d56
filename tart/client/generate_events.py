"""Generate ``client/_generated/events.py`` from the event declarations.

Run it with ``python -m tart.client.generate_events``.

A checked-in module instead of methods made at import: editors complete it, type checkers
check it, and people read it. A test proves that it is what this would write now.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tart.protocol.decoding import DROPPED
from tart.protocol.events import EVENTS, EventKind
from tart.protocol.types import ImportSpecification
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
    Type,
)

TARGET = Path(__file__).parent / "_generated" / "events.py"
LINE = 100

_HEAD = '''"""One method per event of JIP-3, and the types of their arguments.

Written by ``python -m tart.client.generate_events`` from ``tart.protocol.events``; change it there.

Every method returns the event's id at once, waits for nothing and raises nothing (but in
strict mode). Bytes are ``bytes``, structures dictionaries, enumerations their names.
An ``EventId`` is what the method of the earlier event returned.
"""

from __future__ import annotations

from typing import Literal, TypedDict

from tart.client.core.emitter_core import EventId
'''

_IMPORT_SPEC = '''

class SegmentsRoot(TypedDict):
    """Where an import is found: under the root of its segments."""

    SegmentsRoot: bytes


class WorkPackageHash(TypedDict):
    """Where an import is found: under the hash of the work-package that exported it."""

    WorkPackageHash: bytes


class ImportSpec(TypedDict):
    """JIP-3's Import Spec; the index has 15 bits."""

    root_identifier: SegmentsRoot | WorkPackageHash
    export_index: int
'''

_CLASS = '''

class Events:
    """The events a node can emit; what becomes of them is the subclass's part."""

    # Protocol version of the connection: one event has other fields in version 0.
    _version: int = 1

    def _emit(self, event_type: int, *values: object) -> EventId:
        raise NotImplementedError
'''


def module() -> str:
    """The text of ``tart/client/_generated/events.py``."""
    return "".join((_HEAD, *_types(), _CLASS, *(_method(each) for each in _emitted())))


def _emitted() -> list[EventKind]:
    """Every event but Dropped, which is the emitter's own to send."""
    return [event for event in EVENTS.values() if event.number != DROPPED]


# --- Types of arguments ----------------------------------------------------------


def _types() -> list[str]:
    """Enumerations, then structures, each before what is made of it."""
    found: dict[str, Type] = {}
    for event in _emitted():
        for _, each in event.fields.fields:
            found |= {_annotation(inner): inner for inner in _within(each)}
    enumerations = [each for each in found.values() if isinstance(each, Enumeration)]
    structures = [each for each in found.values() if isinstance(each, Struct)]
    return ["\n", *map(_alias, enumerations), *map(_typed_dict, structures)]


def _within(layout: Type) -> Iterator[Type]:
    """The named types in a type, innermost first."""
    match layout:
        case Struct(fields=fields):
            inner = tuple(each for _, each in fields)
        case Tuple(inner=inner):
            pass
        case List(inner=one) | Option(inner=one):
            inner = (one,)
        case _:
            inner = ()
    for each in inner:
        yield from _within(each)
    if isinstance(layout, Struct | Enumeration):
        yield layout


def _alias(layout: Enumeration) -> str:
    return _call(f"{layout.name} = Literal[", [f'"{each}"' for each in layout.names], "]", "")


def _typed_dict(layout: Struct) -> str:
    if isinstance(layout, ImportSpecification):
        return _IMPORT_SPEC
    fields = "".join(f"    {name}: {_annotation(each)}\n" for name, each in layout.fields)
    return f'\n\nclass {layout.name}(TypedDict):\n    """JIP-3\'s {layout.name}."""\n\n{fields}'


def _annotation(layout: Type) -> str:
    match layout:
        case EventId(refers_to=numbers):
            return "EventId" if numbers else "int"
        case Integer():
            return "int"
        case Boolean():
            return "bool"
        case Bytes():
            return "bytes"
        case Address() | String():
            return "str"
        case CoreBytes() | CoreBits():
            return "bytes | list[int]"
        case Enumeration(name=name) | Struct(name=name):
            return name
        case Option(inner=inner):
            return f"{_annotation(inner)} | None"
        case List(inner=inner):
            return f"list[{_annotation(inner)}]"
        case Tuple(inner=several):
            return f"tuple[{', '.join(map(_annotation, several))}]"
    raise TypeError(f"no annotation for {layout!r}")


# --- Methods ---------------------------------------------------------------------


def method_name(variant: str) -> str:
    """``BestBlockChanged`` as a method's name."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", variant).lower()


def parameter(name: str) -> str:
    """A field's name as a parameter; ``from`` is Python's word."""
    return "from_" if name == "from" else name


def _method(event: EventKind) -> str:
    fields = [(parameter(name), each) for name, each in event.fields.fields]
    old = _only_in_version_0(event)
    parameters = [f"{name}: {_annotation(each)}" for name, each in fields]
    parameters += [f"{name}: {_annotation(each)} | None = None" for name, each in old]
    described = [f"            {name}: {_description(each)}.\n" for name, each in fields]
    described += [
        f"            {name}: {_description(each)}; protocol version 0 has it for {fields[0][0]}.\n"
        for name, each in old
    ]
    return (
        "\n"
        + _call(f"    def {method_name(event.variant)}(", ["self", *parameters], ") -> EventId:")
        + f'        """{event.title} (event {event.number}).\n\n        Args:\n'
        + "".join(described)
        + '        """\n'
        + _body(event, [name for name, _ in fields])
    )


def _only_in_version_0(event: EventKind) -> list[tuple[str, Type]]:
    now = {name for name, _ in event.fields.fields}
    return [(name, each) for name, each in event.layout(0).fields if name not in now]


def _body(event: EventKind, names: list[str]) -> str:
    emit = _call("        return self._emit(", [str(event.number), *names], ")", "")
    if event.version_0 is None:
        return emit
    old = [str(event.number), *(parameter(name) for name, _ in event.version_0.fields)]
    before = _call("            return self._emit(", old, ")", "")
    return f"        if self._version == 0:\n{before}{emit}"


def _call(start: str, arguments: list[str], end: str, comma: str = ",") -> str:
    """A call or signature as the formatter would break it."""
    line = f"{start}{', '.join(arguments)}{end}"
    if len(line) <= LINE:
        return line + "\n"
    indent = " " * (len(start) - len(start.lstrip()))
    inner = f"{indent}    {', '.join(arguments)}"
    if len(inner) > LINE or not comma:
        inner = "".join(f"{indent}    {each},\n" for each in arguments).rstrip("\n")
    return f"{start}\n{inner}\n{indent}{end}\n"


def _description(layout: Type) -> str:
    match layout:
        case EventId(refers_to=()):
            return "number of the audit's event, which JIP-3 does not define yet"
        case EventId(refers_to=numbers):
            return f"of the {' or '.join(EVENTS[each].variant for each in numbers)}"
        case Integer(size=size):
            return f"below 2^{8 * size}"
        case Bytes(size=size):
            return f"{size} bytes"
        case CoreBytes():
            return "one byte per core"
        case String():
            return "in words; cut where it is too long"
        case List():
            return "in order"
        case Option():
            return "None where it is not known"
        case Boolean():
            return "whether it is so"
    return f"see {_annotation(layout)}"


def main() -> None:
    """Write the module."""
    TARGET.write_text(module())


if __name__ == "__main__":
    main()
