"""``tart/protocol/references.py``: what refers to what is what the specification's table says."""

import json
from pathlib import Path

import pytest

from tart.protocol.events import EVENTS
from tart.protocol.references import (
    ABOUT,
    FIRST,
    INDIRECT,
    LINKS,
    MIDDLE,
    NAMES,
    PARENTS,
    TELLS,
    direct_root,
    hash_in,
    reference,
)
from tart.protocol.wire import Bytes, Struct

TABLE = json.loads((Path(__file__).parents[1] / "vectors/events.json").read_text())
AUDITS = {140, 146, 147, 148}


def referred_to(entry):
    """Of an entry of the table: what its first member, an event id, may name."""
    if entry["fields"] and entry["fields"][0][1] == "event_id":
        return set(entry.get("refers_to", {}).get(entry["fields"][0][0], ()))
    return set()


def test_events_refer_to_what_the_table_says():
    table = {each["number"]: referred_to(each) for each in TABLE["events"]}
    for number, changed in TABLE["version_differences"]["1"].items():
        table[int(number)] = referred_to(changed)
    assert {number: set(parents) for number, parents in PARENTS.items()} == table
    assert not any(PARENTS[number] for number in AUDITS)


def test_chains_begin_with_what_refers_to_nothing():
    assert set() == FIRST & MIDDLE
    assert all(not PARENTS[number] for number in FIRST)
    assert {105, 106, 162, 168, 173} == MIDDLE
    assert {106, 107, 108, 164, 165, 167, 169, 170, 175, 176, 178} == INDIRECT
    # The requests of an audit are events that others refer to, whatever they name themselves.
    assert {140, 148} <= FIRST
    assert EVENTS.keys() >= LINKS


@pytest.mark.parametrize("names", [TELLS, NAMES], ids=["tells", "names"])
def test_every_hash_is_a_member_of_32_bytes(names):
    for number, path in names.items():
        layout = EVENTS[number].fields
        for name in path.split("."):
            assert isinstance(layout, Struct)
            layout = dict(layout.fields)[name]
        assert isinstance(layout, Bytes)
        assert layout.size == 32
    assert TELLS.keys() <= ABOUT


def test_a_reference_names_an_event_before_it():
    assert reference(41, 5, 4) == 4
    assert reference(41, 5, 5) is reference(41, 5, 6) is reference(41, 5, None) is None
    assert all(reference(number, 5, 4) is None for number in AUDITS)


def test_the_root_is_the_event_itself_what_it_names_or_further_away():
    assert direct_root(40, 5, None) == 5
    assert direct_root(41, 5, 4) == 4
    assert direct_root(108, 5, 4) is None
    assert direct_root(13, 5, None) is None
    # An audit's request begins a chain, what it names is none of its events.
    assert [direct_root(number, 5, 4) for number in sorted(AUDITS)] == [5, None, None, 5]


def test_a_hash_that_is_not_there_is_none():
    assert hash_in(42, {"outline": {"hash": b"x"}}, TELLS) == b"x"
    assert hash_in(42, {"undecodable": "why"}, TELLS) is None
    assert hash_in(42, {"outline": 7}, TELLS) is None
    assert hash_in(41, {}, TELLS) is None
