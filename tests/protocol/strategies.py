"""Values and messages for property tests, derived from the declarations under test.

What ``tart.protocol.events`` declares is what gets generated: a new event or type is
covered the moment it is declared.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tart.protocol.events import EVENTS, EventKind
from tart.protocol.types import WORK_PACKAGE_HASH_BIT, ImportSpecification
from tart.protocol.wire import (
    Address,
    Boolean,
    Bytes,
    CoreBits,
    CoreBytes,
    Enumeration,
    Integer,
    List,
    Option,
    String,
    Struct,
    Tuple,
    Type,
)

# Every event as each protocol version writes it.
LAYOUTS: tuple[tuple[EventKind, int], ...] = tuple(
    (event, version) for event in EVENTS.values() for version in (0, 1)
)
CORES = 11

U64 = st.integers(0, 2**64 - 1)
layouts = st.sampled_from(LAYOUTS)

# What a caller might hand to the encoder by mistake.
anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.binary(max_size=40),
    st.lists(st.integers(-1, 300), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    st.just(object()),
)


def values(layout: Type, cores: int = CORES) -> st.SearchStrategy[Any]:
    """Values that a type can carry, as decoding gives them."""
    match layout:
        case ImportSpecification():
            kind = st.sampled_from(("SegmentsRoot", "WorkPackageHash"))
            return st.fixed_dictionaries(
                {
                    "root_identifier": st.dictionaries(
                        kind, st.binary(min_size=32, max_size=32), min_size=1, max_size=1
                    ),
                    "export_index": st.integers(0, WORK_PACKAGE_HASH_BIT - 1),
                }
            )
        case Struct(fields=fields):
            return st.fixed_dictionaries({name: values(each, cores) for name, each in fields})
        case Tuple(inner=types):
            return st.tuples(*(values(each, cores) for each in types)).map(list)
        case List(inner=each):
            return st.lists(values(each, cores), max_size=3)
        case Option(inner=each):
            return st.none() | values(each, cores)
        case Integer(size=size):
            return st.integers(0, 2 ** (8 * size) - 1)
        case Boolean():
            return st.booleans()
        case Enumeration(names=names):
            return st.sampled_from(names)
        case Bytes(size=size):
            return st.binary(min_size=size, max_size=size)
        case Address():
            return st.ip_addresses().map(lambda ip: str(getattr(ip, "ipv4_mapped", None) or ip))
        case CoreBytes():
            return st.binary(min_size=cores, max_size=cores).map(list)
        case CoreBits():
            size = (cores + 7) // 8
            return st.binary(min_size=size, max_size=size).map(list)
        case String(limit=limit):
            short = st.text(st.characters(codec="utf-8"), max_size=limit // 4)
            return short | st.just("x" * limit) | st.just("é" * (limit // 2))
    raise AssertionError(f"no strategy for {layout!r}")


def payload(layout: Struct, value: Any) -> bytes:
    """A value's bytes, without frame and header."""
    out = bytearray()
    layout.write(value, out)
    return bytes(out)


@st.composite
def events(draw: st.DrawFn) -> tuple[EventKind, int, dict[str, Any]]:
    """Any event, in any version, with fields it can carry."""
    event, version = draw(layouts)
    return event, version, draw(values(event.layout(version)))


@st.composite
def mutated(draw: st.DrawFn, original: bytes) -> bytes:
    """The bytes with a few of them changed, removed, added or repeated."""
    data = bytearray(original)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(data)))
        end = at + draw(st.integers(0, 9))
        data[at:end] = draw(
            st.sampled_from(
                (b"", b"\0", b"\x01", b"\x80", b"\xff", b"\xff" * 9, bytes(data[at:end]) * 2)
            )
            | st.binary(max_size=4)
        )
    return bytes(data)


@st.composite
def hostile_payloads(draw: st.DrawFn) -> tuple[int, int, bytes]:
    """Number, version and bytes: a valid payload after mutation, or any bytes at all."""
    if draw(st.booleans()):
        return draw(st.integers(0, 255)), draw(st.integers(0, 255)), draw(st.binary(max_size=200))
    event, version, fields = draw(events())
    return event.number, version, draw(mutated(payload(event.layout(version), fields)))


@st.composite
def segmentations(draw: st.DrawFn, data: bytes) -> list[bytes]:
    """The same bytes in pieces, some of them empty."""
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=12)))
    return [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]
