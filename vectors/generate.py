"""Writes ``jip3.json``: ``python -m vectors.generate``.

Pure but for ``main``. Cases are made from the declarations in ``tart.protocol``, so every
event type, structure and enumeration is there; README.md tells what the cases are for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from tart.protocol.byte_reader import encode_natural
from tart.protocol.encoding import encode_event, encode_first_message
from tart.protocol.events import EVENTS, EventKind
from tart.protocol.framing import LENGTH_BYTES
from tart.protocol.node_information import PARAMETER_LAYOUTS, NodeInformation
from tart.protocol.types import ImportSpecification
from tart.protocol.vector_values import event_vector, vector_value
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
from tart.testing import FULL_PARAMETERS, TINY_PARAMETERS

TARGET = Path(__file__).with_name("jip3.json")
VERSIONS = (0, 1)
CORES = 2
OTHER_CORES = (1, 8, 9, 341)
ELEMENTS = 130
# A length of 127 is one byte, one of 128 two.
LENGTHS = (127, 128)
_TIMESTAMP = 0x0102030405060708
_HASH = bytes(range(32))
_TOP = (1 << 64) - 1
_ID_OCTETS = 3
_ALL_ONES = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"


class Case(NamedTuple):
    """How the values of a vector are chosen.

    Attributes:
        octet: a byte: of integers, hashes, ``[u8; C]`` and bit fields.
        true: of booleans, and of options whether they are there.
        pick: one of so many: enumerations and the two kinds of import.
        text: by the most bytes a string may have.
        elements: of outer lists, and of lists in them.
        cores: the network's core count.
    """

    octet: Callable[[], int]
    true: bool
    pick: Callable[[int], int]
    text: Callable[[int], str]
    elements: tuple[int, int]
    address: str
    cores: int = CORES


def smallest() -> Case:
    """Zeros, nothing in lists, empty strings."""
    return Case(lambda: 0, False, lambda _: 0, lambda _: "", (0, 0), "::")


def largest() -> Case:
    """All bits set, strings full, two elements in each list."""
    return Case(
        lambda: 255, True, lambda number: number - 1, lambda limit: "x" * limit, (2, 2), _ALL_ONES
    )


def distinct(elements: tuple[int, int] = (2, 2), cores: int = CORES) -> Case:
    """No two neighbouring bytes alike, so that an exchange or a wrong byte order shows."""
    octets, picks = count(1), count(1)
    return Case(
        lambda: next(octets) % 251,
        True,
        lambda number: next(picks) % number,
        lambda _: "naïve €",
        elements,
        "192.0.2.7",
        cores,
    )


# --- Values ----------------------------------------------------------------------


def value_of(layout: Type, case: Case, depth: int = 0) -> Any:
    """A value of a type, as ``tart.protocol.wire`` has it."""
    match layout:
        case ImportSpecification():
            kind = ("SegmentsRoot", "WorkPackageHash")[case.pick(2)]
            root = _octets(case, 32)
            index = int.from_bytes(_octets(case, 2), "little") & 0x7FFF
            return {"root_identifier": {kind: root}, "export_index": index}
        case Struct(fields=fields):
            return {name: value_of(each, case, depth) for name, each in fields}
        case Tuple(inner=types):
            return [value_of(each, case, depth) for each in types]
        case List(inner=inner):
            return [value_of(inner, case, depth + 1) for _ in range(case.elements[min(depth, 1)])]
        case Option(inner=inner):
            return value_of(inner, case, depth) if case.true else None
        case EventId() if case.octet() not in (0, 255):
            # An id that a connection can have reached.
            return int.from_bytes(_octets(case, _ID_OCTETS), "little")
        case Integer(size=size):
            return int.from_bytes(_octets(case, size), "little")
        case Boolean():
            return case.true
        case Enumeration(names=names):
            return names[case.pick(len(names))]
        case Bytes(size=size):
            return _octets(case, size)
        case Address():
            return case.address
        case CoreBytes():
            return list(_octets(case, case.cores))
        case CoreBits():
            octets = list(_octets(case, -(-case.cores // 8)))
            # No bit beyond the last core.
            octets[-1] &= 0xFF >> -case.cores % 8
            return octets
        case String(limit=limit):
            return case.text(limit)
    raise TypeError(f"no value for {layout!r}")


def _octets(case: Case, size: int) -> bytes:
    return bytes(case.octet() for _ in range(size))


def holds(layout: Type, wanted: type[Type], lists: int = 0) -> bool:
    """Whether a type is somewhere inside, within so many lists at least."""
    if lists <= 0 and isinstance(layout, wanted):
        return True
    match layout:
        case Struct(fields=fields):
            return any(holds(each, wanted, lists) for _, each in fields)
        case Tuple(inner=types):
            return any(holds(each, wanted, lists) for each in types)
        case Option(inner=inner):
            return holds(inner, wanted, lists)
        case List(inner=inner):
            return holds(inner, wanted, lists - 1)
    return False


# --- Events ----------------------------------------------------------------------


def cases(fields: Struct) -> Iterator[tuple[str, Case]]:
    """The cases of an event type, by name."""
    yield "smallest", smallest()
    yield "distinct", distinct()
    yield "largest", largest()
    if holds(fields, String):
        for length in LENGTHS:
            yield f"text of {length} bytes", distinct()._replace(text=_exactly(length))
    if holds(fields, List):
        for elements in (*LENGTHS, ELEMENTS):
            yield f"{elements} elements", distinct((elements, 1))
    if holds(fields, List, lists=1):
        yield f"{ELEMENTS} elements inside", distinct((1, ELEMENTS))
    if holds(fields, CoreBytes) or holds(fields, CoreBits):
        for cores in OTHER_CORES:
            yield f"{cores} cores", distinct(cores=cores)
    names = [len(each.names) for _, each in fields.fields if isinstance(each, Enumeration)]
    for number in range(max(names, default=0)):
        yield f"enumeration at {number}", distinct()._replace(pick=_at(number))


def _exactly(length: int) -> Callable[[int], str]:
    """A text of so many bytes, fewer characters."""
    return lambda _: "€" * (length // 3) + "x" * (length % 3)


def _at(number: int) -> Callable[[int], int]:
    return lambda among: min(number, among - 1)


def event_vectors(event: EventKind) -> Iterator[dict[str, Any]]:
    """All vectors of one type; one for both versions where they do not differ."""
    both = event.version_0 is None
    for version in VERSIONS[-1:] if both else VERSIONS:
        layout = event.layout(version)
        for name, case in cases(layout):
            fields = value_of(layout, case)
            timestamp = {"smallest": 0, "largest": _TOP}.get(name, _TIMESTAMP)
            content = encode_event(event.variant, timestamp, fields, version=version)[LENGTH_BYTES:]
            vector = event_vector(event, version, case.cores, content, fields)
            yield {**vector, "case": name}


# --- Node information, connections, naturals -------------------------------------

_OF_0_8 = {name: FULL_PARAMETERS[name] for name, _ in PARAMETER_LAYOUTS["gp-0.8"].fields}
_ALL_BITS = {
    name: (1 << 8 * (each.size or 0)) - 1 for name, each in PARAMETER_LAYOUTS["gp-0.7"].fields
}


def node(version: int, **changes: Any) -> NodeInformation:
    """Node information of a small network."""
    usual: dict[str, Any] = {
        "parameters": TINY_PARAMETERS,
        "layout": "gp-0.7",
        "raw_parameters": b"",
        "genesis": bytes(range(32, 64)),
        "peer_id": _HASH,
        "address": "2001:db8::7",
        "port": 0x0102,
        "flags": 0,
        "implementation_name": "a node",
        "implementation_version": "1.2.3",
        "gp_version": "0.7.2",
        "additional_info": "",
    }
    return NodeInformation(protocol_version=version, **{**usual, **changes})


def node_vectors() -> Iterator[dict[str, Any]]:
    """First messages of connections."""
    names = ("implementation_name", "implementation_version", "gp_version")
    lengths = dict(zip(names, (32, 32, 16), strict=True))
    changes: Mapping[str, dict[str, Any]] = {
        "tiny network": {},
        "full network, recompiler": {"parameters": FULL_PARAMETERS, "flags": 1},
        "Gray Paper 0.8": {"parameters": _OF_0_8, "layout": "gp-0.8", "gp_version": "0.8.0"},
        "IPv4": {"address": "192.0.2.7"},
        "texts empty": dict.fromkeys(names, ""),
        "texts full": {
            **{name: "t" * length for name, length in lengths.items()},
            "additional_info": "i" * 512,
        },
        "note of 127 bytes": {"additional_info": _exactly(127)(0)},
        "note of 128 bytes": {"additional_info": _exactly(128)(0)},
        "largest": {
            "parameters": {**_ALL_BITS, "core_count": 341},
            "genesis": b"\xff" * 32,
            "peer_id": b"\xff" * 32,
            "address": _ALL_ONES,
            "port": 65_535,
            "flags": 1,
        },
    }
    for version in VERSIONS:
        for name, each in changes.items():
            yield _node_vector(name, node(version, **each))


def _node_vector(name: str, information: NodeInformation) -> dict[str, Any]:
    layout = PARAMETER_LAYOUTS[information.layout]
    return {
        "case": name,
        "protocol_version": information.protocol_version,
        "parameters_layout": information.layout,
        "parameters": vector_value(layout, information.parameters),
        "genesis": information.genesis.hex(),
        "peer_id": information.peer_id.hex(),
        "address": information.address,
        "port": information.port,
        "flags": information.flags,
        "implementation_name": information.implementation_name,
        "implementation_version": information.implementation_version,
        "gp_version": information.gp_version,
        "additional_info": information.additional_info,
        "hex": encode_first_message(information).hex(),
    }


_CONNECTIONS: Mapping[str, list[tuple[int, str, dict[str, Any]]]] = {
    "ids count from 0": [(at, "SyncStatusChanged", {"synced": False}) for at in range(3)],
    "references, and events that were dropped": [
        (0, "ConnectingIn", {"from": {"ipv6": "::1", "port": 1}}),
        (1, "ConnectedIn", {"connecting_id": 0, "peer_id": _HASH}),
        # Stands for the events 2 to 398.
        (2, "Dropped", {"last_timestamp": 1_000_400, "num": 397}),
        (399, "ConnectingIn", {"from": {"ipv6": "::1", "port": 2}}),
        (400, "ConnectInFailed", {"connecting_id": 399, "reason": "no"}),
    ],
    "more dropped than 16 bits count": [
        (0, "Dropped", {"last_timestamp": 1_000_001, "num": 1 << 20}),
        (1 << 20, "SyncStatusChanged", {"synced": True}),
    ],
}


def connection_vectors() -> Iterator[dict[str, Any]]:
    """Whole connections: what ids the events have, also behind events that were dropped."""
    for version in VERSIONS:
        for name, messages in _CONNECTIONS.items():
            data = encode_first_message(node(version))
            for at, (_, variant, fields) in enumerate(messages):
                data += encode_event(variant, 1_000_000 + at, fields, version=version)
            yield {
                "case": name,
                "protocol_version": version,
                "events": [
                    {"id": str(number), "event": variant} for number, variant, _ in messages
                ],
                "hex": data.hex(),
            }


def natural_vectors() -> list[dict[str, str]]:
    """The Gray Paper's naturals, on both sides of each length."""
    edges = {(1 << 7 * length) + each for length in range(1, 9) for each in (-1, 0, 1)}
    return [
        {"value": str(each), "hex": encode_natural(each).hex()}
        for each in sorted({0, _TOP} | edges)
    ]


# --- The document ----------------------------------------------------------------


def enumerations() -> dict[str, list[str]]:
    """The names of each enumeration; the place is the byte."""
    return {
        each.name: list(each.names)
        for event in EVENTS.values()
        for _, each in event.fields.fields
        if isinstance(each, Enumeration)
    }


def document() -> dict[str, Any]:
    """Everything."""
    return {
        "specification": "JIP-3, protocol versions 0 and 1",
        "description": "vectors/README.md",
        "enumerations": enumerations(),
        "naturals": natural_vectors(),
        "node_information": list(node_vectors()),
        "connections": list(connection_vectors()),
        "events": [each for event in EVENTS.values() for each in event_vectors(event)],
    }


def text() -> str:
    """The file: JSON with a line for each vector."""
    parts = []
    for name, content in document().items():
        if isinstance(content, list):
            lines = ",\n".join(f"  {_line(each)}" for each in content)
            parts.append(f' "{name}": [\n{lines}\n ]')
        else:
            parts.append(f' "{name}": {_line(content)}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _line(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False)


def main() -> None:
    """Write the file."""
    TARGET.write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main()
