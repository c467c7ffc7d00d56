"""``tart/protocol/references.py``: what refers to what is what the specification's table says."""

import json
from pathlib import Path

import pytest

from tart.protocol.events import EVENTS
from tart.protocol.references import (
    CHAIN_HASH_FIELDS,
    INDIRECT_TYPES,
    INNER_TYPES,
    LINK_TYPES,
    OWN_HASH_FIELDS,
    PARENT_TYPES,
    ROOT_TYPES,
    TYPES_WITH_HASH,
    direct_root,
    find_hash,
    resolve_reference,
)
from tart.protocol.wire import Bytes, Struct

TABLE = json.loads((Path(__file__).parents[1] / "vectors/events.json").read_text())
AUDITS = {140, 146, 147, 148}


def referred_to(entry):
    """Of an entry of the table: what its first member, an event id, may name."""
    if entry["fields"] and entry["fields"][0][1] == "event_id":
        return set(entry.get("refers_to", {}).get(entry["fields"][0][0], ()))
    return set()


def test_parent_types_match_the_field_table():
    table = {each["number"]: referred_to(each) for each in TABLE["events"]}
    for number, changed in TABLE["version_differences"]["1"].items():
        table[int(number)] = referred_to(changed)
    assert {number: set(parents) for number, parents in PARENT_TYPES.items()} == table
    assert not any(PARENT_TYPES[number] for number in AUDITS)


def test_root_types_refer_to_nothing():
    assert set() == ROOT_TYPES & INNER_TYPES
    assert all(not PARENT_TYPES[number] for number in ROOT_TYPES)
    assert {105, 106, 162, 168, 173} == INNER_TYPES
    assert {106, 107, 108, 164, 165, 167, 169, 170, 175, 176, 178} == INDIRECT_TYPES
    # The requests of an audit are events that others refer to, whatever they name themselves.
    assert {140, 148} <= ROOT_TYPES
    assert EVENTS.keys() >= LINK_TYPES


@pytest.mark.parametrize("names", [CHAIN_HASH_FIELDS, OWN_HASH_FIELDS], ids=["tells", "names"])
def test_every_hash_is_a_member_of_32_bytes(names):
    for number, path in names.items():
        layout = EVENTS[number].fields
        for name in path.split("."):
            assert isinstance(layout, Struct)
            layout = dict(layout.fields)[name]
        assert isinstance(layout, Bytes)
        assert layout.size == 32
    assert CHAIN_HASH_FIELDS.keys() <= TYPES_WITH_HASH


def test_a_reference_names_an_earlier_event():
    assert resolve_reference(41, 5, 4) == 4
    assert (
        resolve_reference(41, 5, 5)
        is resolve_reference(41, 5, 6)
        is resolve_reference(41, 5, None)
        is None
    )
    assert all(resolve_reference(number, 5, 4) is None for number in AUDITS)


def test_direct_roots_are_the_event_its_reference_or_unknown():
    assert direct_root(40, 5, None) == 5
    assert direct_root(41, 5, 4) == 4
    assert direct_root(108, 5, 4) is None
    assert direct_root(13, 5, None) is None
    # An audit's request begins a chain, what it names is none of its events.
    assert [direct_root(number, 5, 4) for number in sorted(AUDITS)] == [5, None, None, 5]


def test_a_missing_hash_is_none():
    assert find_hash(42, {"outline": {"hash": b"x"}}, CHAIN_HASH_FIELDS) == b"x"
    assert find_hash(42, {"undecodable": "why"}, CHAIN_HASH_FIELDS) is None
    assert find_hash(42, {"outline": 7}, CHAIN_HASH_FIELDS) is None
    assert find_hash(41, {}, CHAIN_HASH_FIELDS) is None
