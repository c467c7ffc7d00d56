"""PolkaJam's own bytes against the decoder, the encoder, the columns and the reference vectors.

``vectors/polkajam/README.md`` says how they were made.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pytest

from tart.protocol.columnar import read_columns
from tart.protocol.decoding import HEADER_BYTES, check_event, decode_event
from tart.protocol.encoding import encode_event, encode_first_message
from tart.protocol.events import BY_VARIANT, EVENTS, EventKind, leading_reference
from tart.protocol.frames import Frames
from tart.protocol.framing import LENGTH_BYTES
from tart.protocol.node_information import PARAMETER_LAYOUTS, decode_node_information
from tart.protocol.types import PEER_DETAILS
from tart.query.core.event_names import view_name
from tart.query.sql.views import column_name, view_value
from tests.storage.log.test_views import Log, hexed
from tests.vectors import flat, flat_values
from vectors import generate
from vectors.polkajam import merge

VERSIONS = (0, 1)
PUBLISHED = json.loads(generate.TARGET.read_text(encoding="utf-8"))


class Vector(NamedTuple):
    """One message of PolkaJam's encoder; ``values`` are its fields in wire order, flat."""

    description: str
    kind: str
    content: bytes
    versions: list[int]
    cores: int
    variant: str
    timestamp: int
    values: list[Any]


@cache
def vectors() -> list[Vector]:
    """All messages, the longest too."""
    short = json.loads(merge.TARGET.read_text(encoding="utf-8"))
    longest = json.loads(gzip.decompress(merge.LONGEST.read_bytes()))
    return [
        Vector(
            description=each["description"],
            kind=each["kind"],
            content=bytes.fromhex(each["hex"])[LENGTH_BYTES:],
            versions=each["protocol_versions"],
            cores=each["cores"],
            variant=each["expected"].get("event", ""),
            timestamp=each["expected"].get("timestamp_us", 0),
            values=[_cores_as_bits(value, each["cores"]) for value in each["expected"]["values"]],
        )
        for each in (*short, *longest)
    ]


def _cores_as_bits(value: Any, cores: int) -> Any:
    """The cores of a bitfield, as the bits of the Gray Paper: core i is bit i % 8 of byte i / 8."""
    if not isinstance(value, dict):
        return value
    number = sum(1 << core for core in value["cores"])
    return number.to_bytes(-(-cores // 8), "little").hex()


def events(version: int) -> Iterator[Vector]:
    return (each for each in vectors() if each.kind == "event" and version in each.versions)


@pytest.mark.parametrize("version", VERSIONS)
def test_all_event_types_are_there_with_their_numbers(version):
    numbers = {vector.variant: vector.content[8] for vector in events(version)}
    assert numbers == {kind.variant: kind.number for kind in EventKind}


@pytest.mark.parametrize("version", VERSIONS)
def test_the_decoder_reads_what_polkajam_encoded(version):
    for vector in events(version):
        payload = vector.content[HEADER_BYTES:]
        number = vector.content[8]
        decoded = decode_event(number, payload, version=version, cores=vector.cores)
        assert decoded.deviations == (), vector.description
        layout = EVENTS[number].layout(version)
        assert flat_values(layout, decoded.fields) == flat(vector.values), vector.description
        assert check_event(number, payload, version=version, cores=vector.cores) == ()


@pytest.mark.parametrize("version", VERSIONS)
def test_the_encoder_writes_what_polkajam_encoded(version):
    for vector in events(version):
        number, payload = vector.content[8], vector.content[HEADER_BYTES:]
        fields = decode_event(number, payload, version=version, cores=vector.cores).fields
        written = encode_event(vector.variant, vector.timestamp, fields, version=version)
        assert written[LENGTH_BYTES:] == vector.content, vector.description


@pytest.mark.parametrize("version", VERSIONS)
def test_the_columns_are_those_of_polkajams_values(version):
    chosen = list(events(version))
    columns = read_columns(Frames.of(vector.content for vector in chosen))
    assert columns.timestamp.tolist() == [vector.timestamp for vector in chosen]
    for index, vector in enumerate(chosen):
        layout = EVENTS[vector.content[8]].layout(version)
        payload = vector.content[HEADER_BYTES:]
        decoded = decode_event(vector.content[8], payload, version=version, cores=vector.cores)
        if EVENTS[vector.content[8]].version_0 is None and leading_reference(layout):
            assert columns.has_ref[index]
            assert columns.ref[index] == vector.values[0], vector.description
        for name, values, mask in (
            ("slot", columns.slot, columns.has_slot),
            ("core", columns.core, columns.has_core),
        ):
            if layout.offset_of(name) is not None:
                assert mask[index]
                assert values[index] == _find(decoded.fields, name), vector.description
        if columns.has_shard_index[index]:
            assert columns.shard_index[index] == vector.values[-1]
    # The fast path accepts nearly all of them.
    short = np.array([len(vector.content) < 200 for vector in chosen])
    assert columns.clean[short].mean() > 0.5


def _find(fields: Any, name: str) -> Any:
    """The first field of that name, in nested structures too."""
    if name in fields:
        return fields[name]
    return next(
        value
        for inner in fields.values()
        if isinstance(inner, dict) and (value := _find(inner, name)) is not None
    )


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("case", ["smallest", "largest"])
def test_the_reference_vectors_are_the_bytes_that_polkajam_writes(version, case):
    reference = {
        each["event"]: each["hex"]
        for each in PUBLISHED["events"]
        if each["case"] == case and version in each["protocol_versions"]
    }
    written = {
        vector.variant: (len(vector.content).to_bytes(4, "little") + vector.content).hex()
        for vector in events(version)
        if vector.description.endswith(f"/ {case} / {generate.CORES} cores")
    }
    assert written == reference


@pytest.mark.parametrize("version", VERSIONS)
def test_sql_views_have_polkajams_values(version):
    log = Log()
    try:
        chosen = [vector for vector in events(version) if vector.cores == generate.CORES]
        rows = log.hold(*((version, vector.content) for vector in chosen))
        stored = {name: log.rows(name) for name in {view_name(each.variant) for each in chosen}}
        for row, vector in zip(rows, chosen, strict=True):
            (shown,) = [
                each for each in stored[view_name(vector.variant)] if each["id"] >> 8 == row.seq
            ]
            layout = EVENTS[row.type].layout(version)
            fields = decode_event(row.type, row.payload, version=version, cores=vector.cores).fields
            assert flat_values(layout, fields) == flat(vector.values)
            kinds = dict(EVENTS[row.type].fields.fields)
            for name, value in fields.items():
                if name in kinds:
                    expected = view_value(kinds[name], value)
                    assert hexed(shown[column_name(name)]) == expected, vector.description
    finally:
        log.cursor.close()


def test_node_information_is_read_and_written_as_polkajam_does():
    seen = set()
    for vector in vectors():
        if vector.kind != "node_info":
            continue
        node = decode_node_information(vector.content)
        seen.add((node.protocol_version, node.layout))
        if "network" in vector.description:
            assert node.deviations == ()
        details = {
            "peer_id": node.peer_id,
            "peer_address": {"ipv6": node.address, "port": node.port},
        }
        assert node.parameters is not None
        assert vector.values == [
            *flat_values(PARAMETER_LAYOUTS[node.layout], node.parameters),
            node.genesis.hex(),
            *flat(flat_values(PEER_DETAILS, details)),
            node.flags,
            node.implementation_name,
            node.implementation_version,
            node.gp_version,
            node.additional_info,
        ]
        assert encode_first_message(node)[LENGTH_BYTES:] == vector.content
    assert seen == {(0, "gp-0.7"), (1, "gp-0.8")}


def test_every_variant_of_enumerations_and_both_states_of_options_are_there():
    cases = {(vector.variant, vector.description.split(" / ")[1]) for vector in vectors()}
    for variant, number in (
        ("GuaranteeDiscarded", 5),
        ("AnnouncedPreimageForgotten", 6),
        ("PreimageDiscarded", 4),
        ("ReconstructingBundle", 2),
        ("Disconnected", 2),
    ):
        assert {(variant, f"enumeration at {index}") for index in range(number)} <= cases
    assert ("Disconnected", "option absent") in cases
    assert BY_VARIANT.keys() == {
        variant for variant, case in cases if case == "smallest" and variant
    }
