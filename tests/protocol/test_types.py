"""The named types against the field table, and the one with a rule of its own."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tart.errors import EncodeError
from tart.protocol import types
from tart.protocol.byte_reader import Reader
from tart.protocol.types import IMPORT_SPEC, refers_to, struct
from tart.protocol.wire import Enumeration, EventId, Integer, Struct
from tart.units import JCE_UNIX_SECONDS
from tests.cases import all_cases
from tests.protocol.notation import type_of
from tests.vectors import field_table

ROOT = bytes(range(32))
NAMED = {each.name: each for each in vars(types).values() if isinstance(each, Struct | Enumeration)}


@all_cases("name", [*field_table()["structs"], *field_table()["enums"]])
def test_every_structure_and_enumeration_is_as_the_field_table_has_it(name):
    # Host calls are structures of their own only in the table's outer ones.
    assert NAMED[name] == type_of(name)


def test_every_declared_type_is_in_the_field_table():
    assert set(NAMED) == {*field_table()["structs"], *field_table()["enums"]}


def test_the_jam_common_era_starts_at_noon_of_2025():
    assert datetime(2025, 1, 1, 12, tzinfo=UTC).timestamp() == JCE_UNIX_SECONDS


def test_a_trailing_underscore_of_a_field_is_dropped():
    assert struct("Refused", from_=Integer(1)).fields == (("from", Integer(1)),)


def test_a_reference_has_its_target_types():
    assert refers_to(40, 43) == EventId(refers_to=(40, 43))


@pytest.mark.parametrize(
    ("kind", "index", "on_the_wire"),
    [
        ("SegmentsRoot", 0, "0000"),
        ("SegmentsRoot", 0x7FFF, "ff7f"),
        ("WorkPackageHash", 0, "0080"),
        ("WorkPackageHash", 0x7FFF, "ffff"),
    ],
)
def test_bit_15_of_an_import_selects_the_kind_of_its_root(kind, index, on_the_wire):
    value = {"root_identifier": {kind: ROOT}, "export_index": index}
    data = ROOT + bytes.fromhex(on_the_wire)

    out = bytearray()
    IMPORT_SPEC.write(value, out)

    assert bytes(out) == data
    assert IMPORT_SPEC.read(Reader(data)) == value


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (None, ""),
        ([ROOT, 0], ""),
        ({}, ""),
        ({"root_identifier": {"SegmentsRoot": ROOT}}, ""),
        ({"root_identifier": {"SegmentsRoot": ROOT}, "export_index": 0, "more": 1}, ""),
        ({"root_identifier": ROOT, "export_index": 0}, "root_identifier"),
        ({"root_identifier": {}, "export_index": 0}, "root_identifier"),
        ({"root_identifier": {"Root": ROOT}, "export_index": 0}, "root_identifier"),
        ({"root_identifier": {"SegmentsRoot": ROOT[1:]}, "export_index": 0}, "root_identifier"),
        ({"root_identifier": {"SegmentsRoot": ROOT}, "export_index": 1 << 15}, "export_index"),
        ({"root_identifier": {"SegmentsRoot": ROOT}, "export_index": -1}, "export_index"),
        ({"root_identifier": {"SegmentsRoot": ROOT}, "export_index": True}, "export_index"),
    ],
)
def test_an_unencodable_import_names_the_field(value, field):
    with pytest.raises(EncodeError) as caught:
        IMPORT_SPEC.write(value, bytearray())
    assert caught.value.field == field
