"""The table of events against the field table, and what is derived from it."""

from __future__ import annotations

import pytest

from tart.protocol.events import BY_VARIANT, EVENTS, GROUPS, leading_reference
from tart.protocol.wire import EventId, List, Struct, Tuple, Type
from tests.cases import all_cases
from tests.protocol.notation import fields_of
from tests.vectors import event_vectors, field_table

ROWS = field_table()["events"]
CHANGED_IN_1 = field_table()["version_differences"]["1"]


def layout_in_table(row, version):
    changed = CHANGED_IN_1.get(str(row["number"])) if version else None
    source = changed or row
    return Struct(row["variant"], fields_of(source["fields"], source.get("refers_to")))


def nested(layout: Type):
    yield layout
    match layout:
        case Struct(fields=fields):
            inner = [each for _, each in fields]
        case Tuple(inner=types):
            inner = list(types)
        case _:
            inner = [layout.inner] if hasattr(layout, "inner") else []
    for each in inner:
        yield from nested(each)


def test_the_events_are_those_of_the_field_table_in_its_order():
    declared = [(each.number, each.variant, each.title, each.group) for each in EVENTS.values()]
    assert declared == [(r["number"], r["variant"], r["title"], r["group"]) for r in ROWS]


def test_an_event_is_found_under_its_own_number_and_variant():
    assert all(number == event.number for number, event in EVENTS.items())
    assert list(BY_VARIANT.values()) == list(EVENTS.values())


@all_cases("version", [0, 1])
@all_cases("row", ROWS, ids=lambda row: row["variant"])
def test_fields_types_and_references_are_those_of_the_field_table(row, version):
    assert EVENTS[row["number"]].layout(version) == layout_in_table(row, version)


def test_only_the_listed_events_differ_between_versions():
    assert not field_table()["version_differences"]["0"]
    differing = {str(n) for n, event in EVENTS.items() if event.layout(0) != event.layout(1)}
    assert differing == set(CHANGED_IN_1)


@pytest.mark.parametrize("version", [2, 255])
def test_an_unknown_version_is_read_as_the_newest_known(version):
    assert all(event.layout(version) is event.layout(1) for event in EVENTS.values())


def test_groups_keep_the_order_of_the_specification():
    assert list(GROUPS) == list(dict.fromkeys(row["group"] for row in ROWS))


def test_references_name_existing_event_types():
    for event in EVENTS.values():
        for each in nested(event.fields):
            if isinstance(each, EventId):
                assert set(each.refers_to) <= set(EVENTS)


def test_every_element_of_a_list_takes_bytes():
    """A count alone must not make the reader allocate: it is checked against the rest."""
    lists = [
        each for event in EVENTS.values() for each in nested(event.fields) if isinstance(each, List)
    ]
    assert lists
    assert all(each.inner.minimum > 0 for each in lists)


@pytest.mark.parametrize(
    ("variant", "slot", "core"),
    [
        ("BestBlockChanged", 0, None),
        ("Importing", 0, None),
        ("BlockAnnounced", 33, None),
        ("BlockTransferred", 8, None),
        ("GuaranteeBuilt", 40, None),
        ("GuaranteeDiscarded", 32, None),
        ("DuplicateWorkPackage", None, 8),
        # Its outline has a lookup anchor's slot, which is another thing.
        ("WorkPackageReceived", None, 8),
        ("Disconnected", None, None),
        ("Status", None, None),
    ],
)
def test_slot_and_core_offsets_match_the_vectors(variant, slot, core):
    event = BY_VARIANT[variant]
    assert (event.slot_offset, event.core_offset) == (slot, core)


def test_the_slot_at_its_offset_is_the_decoded_one():
    checked = 0
    for vector in event_vectors():
        event = EVENTS[vector.number]
        names = [name for name, _ in event.fields.fields]
        if event.slot_offset is not None and "slot" in names:
            found = vector.payload[event.slot_offset : event.slot_offset + 4]
            assert int.from_bytes(found, "little") == vector.values[names.index("slot")]
            checked += 1
    assert checked


@pytest.mark.parametrize(
    ("variant", "refers_to"),
    [("ConnectedIn", (21,)), ("BlockExecuted", (40, 43)), ("Dropped", None), ("Status", None)],
)
def test_a_leading_reference_is_known(variant, refers_to):
    reference = leading_reference(BY_VARIANT[variant].fields)
    assert (reference and reference.refers_to) == refers_to


def test_a_payload_without_fields_has_no_leading_reference():
    assert leading_reference(Struct("Nothing", ())) is None
