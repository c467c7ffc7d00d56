"""The published vectors, against an encoder that shares nothing with what wrote them.

The encoder below knows the field table of the specification (``tests/vectors/events.json``)
and ``vectors/README.md``. It is right where it writes what other implementations wrote.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest

from tart.protocol.connection import Connection
from tart.protocol.decoding import decode_event
from tart.protocol.events import EVENTS
from tart.protocol.framing import LENGTH_BYTES, frame
from tart.protocol.vector_values import vector_value
from tests.cases import all_cases
from tests.vectors import event_vectors, field_table, natural_vectors, node_vectors
from vectors import generate

PUBLISHED = json.loads(generate.TARGET.read_text(encoding="utf-8"))
WIDTHS = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "timestamp": 8, "event_id": 8}
OCTETS = ("hash", "peer_id", "bytes<C>", "bits<C>")


# --- A second encoder ------------------------------------------------------------


def natural(value: int) -> bytes:
    """Gray Paper, appendix on serialization: a prefix of ones tells the length."""
    for length in range(8):
        if value < 1 << 7 * (length + 1):
            high = value >> 8 * length
            prefix = (0xFF << (8 - length)) & 0xFF
            return bytes([prefix + high]) + (value % (1 << 8 * length)).to_bytes(length, "little")
    return b"\xff" + value.to_bytes(8, "little")


def encoded(notation: str, value: Any) -> bytes:
    """A value of the JSON, by the table's notation."""
    table = field_table()
    if notation in WIDTHS:
        return int(value).to_bytes(WIDTHS[notation], "little")
    if notation in OCTETS:
        return bytes.fromhex(value)
    if notation == "bool":
        return bytes([value])
    if notation == "bytes16":
        address = ipaddress.ip_address(value)
        mapped = bytes(10) + b"\xff\xff" if address.version == 4 else b""
        return mapped + address.packed
    if notation in table["enums"]:
        return bytes([table["enums"][notation].index(value)])
    if notation == "ImportSpec":
        ((kind, root),) = value["root_identifier"].items()
        index = value["export_index"] + 0x8000 * (kind == "WorkPackageHash")
        return bytes.fromhex(root) + index.to_bytes(2, "little")
    if notation in table["structs"]:
        return encoded_fields(table["structs"][notation], value)
    name, inner = notation.removesuffix(">").split("<", 1)
    if name == "string":
        return natural(len(value.encode())) + value.encode()
    if name == "option":
        return b"\0" if value is None else b"\x01" + encoded(inner, value)
    if name == "tuple":
        parts = zip(inner.split(","), value, strict=True)
        return b"".join(encoded(each, part) for each, part in parts)
    assert name == "list"
    return natural(len(value)) + b"".join(encoded(inner, each) for each in value)


def encoded_fields(rows: Sequence[Sequence[str]], value: dict[str, Any]) -> bytes:
    assert [name for name, _ in rows] == list(value)
    return b"".join(encoded(notation, value[name]) for name, notation in rows)


def rows_of(number: int, version: int) -> Sequence[Sequence[str]]:
    (row,) = (each for each in field_table()["events"] if each["number"] == number)
    changed = field_table()["version_differences"][str(version)].get(str(number), row)
    return changed["fields"]


def framed(content: bytes) -> bytes:
    return len(content).to_bytes(4, "little") + content


# --- It agrees with everybody ----------------------------------------------------


@all_cases("vector", event_vectors(), ids=str)
def test_the_second_encoder_writes_what_others_wrote(vector):
    version = vector.protocol_version
    fields = decode_event(vector.number, vector.payload, version=version, cores=vector.cores).fields
    shown = vector_value(EVENTS[vector.number].layout(version), fields)
    assert encoded_fields(rows_of(vector.number, version), shown) == vector.payload


def test_naturals_are_those_that_others_wrote():
    for vector in natural_vectors():
        if vector.conformant:
            assert natural(vector.value) == vector.data
    for each in PUBLISHED["naturals"]:
        assert natural(int(each["value"])).hex() == each["hex"]


@all_cases(
    "vector",
    PUBLISHED["events"],
    ids=lambda x: f"{x['event']} {x['case']} {x['protocol_versions']}",
)
def test_events_are_what_the_second_encoder_writes(vector):
    header = int(vector["timestamp"]).to_bytes(8, "little") + bytes([vector["number"]])
    for version in vector["protocol_versions"]:
        payload = encoded_fields(rows_of(vector["number"], version), vector["fields"])
        assert framed(header + payload).hex() == vector["hex"]


def node_message(vector: dict[str, Any]) -> bytes:
    """The first message that a vector of node information describes."""
    layouts = field_table()["jam_parameters"]
    (layout,) = (
        rows for name, rows in layouts.items() if name.startswith(vector["parameters_layout"])
    )
    address = {"ipv6": vector["address"], "port": vector["port"]}
    named = {
        **vector,
        "details": {"peer_id": vector["peer_id"], "peer_address": address},
    }
    rest = field_table()["first_message"][2:]
    return (
        bytes([vector["protocol_version"]])
        + encoded_fields(layout, vector["parameters"])
        + encoded_fields(rest, {name: named[name] for name, _ in rest})
    )


@pytest.mark.parametrize(
    "vector", PUBLISHED["node_information"], ids=lambda x: f"{x['case']} {x['protocol_version']}"
)
def test_node_information_is_what_the_second_encoder_writes(vector):
    assert framed(node_message(vector)).hex() == vector["hex"]


def test_node_information_of_others_has_the_same_layout():
    lengths = {len(bytes.fromhex(each["hex"])) for each in PUBLISHED["node_information"]}
    conformant = [each for each in node_vectors() if each.conformant]
    assert conformant
    assert all(min(lengths) <= len(each.content) + 4 <= max(lengths) for each in conformant)


# --- It is complete, and what would be written now -------------------------------


def test_the_file_is_what_would_be_written_now():
    written = generate.TARGET.read_text(encoding="utf-8")
    assert written == generate.text(), "run python -m vectors.generate"


def test_the_generator_writes_the_module(tmp_path, monkeypatch):
    monkeypatch.setattr(generate, "TARGET", tmp_path / "jip3.json")
    generate.main()
    assert json.loads((tmp_path / "jip3.json").read_text(encoding="utf-8")) == PUBLISHED


def test_every_type_is_there_in_both_versions():
    found = {(each["number"], v) for each in PUBLISHED["events"] for v in each["protocol_versions"]}
    table = {each["number"] for each in field_table()["events"]}
    assert found == {(number, version) for number in table for version in (0, 1)}
    assert PUBLISHED["enumerations"] == field_table()["enums"]
    names = [
        (each["event"], each["case"], *each["protocol_versions"]) for each in PUBLISHED["events"]
    ]
    assert len(set(names)) == len(names)


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for each in value.values() for leaf in leaves(each)]
    return [leaf for each in value for leaf in leaves(each)] if isinstance(value, list) else [value]


def lengths(value: Any) -> set[int]:
    """How long the lists in a value are."""
    own = {len(value)} if isinstance(value, list) else set()
    inner = value.values() if isinstance(value, dict) else value
    return own.union(*map(lengths, inner)) if isinstance(value, dict | list) else own


def test_the_boundary_values_are_there():
    by_case: dict[str, list[dict[str, Any]]] = {}
    for each in PUBLISHED["events"]:
        by_case.setdefault(each["case"], []).append(each)
    largest = {leaf for each in by_case["largest"] for leaf in leaves(each["fields"])}
    assert {str(2**64 - 1), 2**32 - 1, 2**16 - 1, 255, True, "x" * 128} <= largest
    for length in (127, 128):
        texts = [leaves(each["fields"]) for each in by_case[f"text of {length} bytes"]]
        assert texts
        assert all(any(len(str(leaf).encode()) == length for leaf in each) for each in texts)
    lists = by_case["130 elements"]
    assert lists
    assert all(130 in lengths(each["fields"]) for each in lists)
    assert by_case["130 elements inside"]
    with_enumeration = {each["event"] for each in by_case["enumeration at 1"]}
    assert "GuaranteeDiscarded" in with_enumeration


def test_neighbouring_bytes_differ_where_they_are_to():
    for each in PUBLISHED["events"]:
        if each["case"] == "distinct":
            integers = [leaf for leaf in leaves(each["fields"]) if isinstance(leaf, int)]
            assert all(one != other for one, other in pairwise(integers) if one > 255)


@pytest.mark.parametrize("vector", PUBLISHED["connections"], ids=lambda x: x["case"])
def test_connections_give_the_ids_they_say(vector):
    connection = Connection()
    events = connection.receive_data(bytes.fromhex(vector["hex"]))
    assert [
        {"id": str(each.event_id), "event": EVENTS[each.number].variant} for each in events
    ] == vector["events"]
    assert all(each.error is None and not each.deviations for each in events)


def test_our_decoder_reads_all_of_it():
    for each in PUBLISHED["events"]:
        content = bytes.fromhex(each["hex"])[LENGTH_BYTES:]
        for version in each["protocol_versions"]:
            decoded = decode_event(
                each["number"], content[9:], version=version, cores=each["cores"]
            )
            assert decoded.deviations == ()
            layout = EVENTS[each["number"]].layout(version)
            assert vector_value(layout, decoded.fields) == each["fields"]
        assert frame(content).hex() == each["hex"]
