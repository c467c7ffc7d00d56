"""Live filters, and selections of stored events."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.errors import BadQuery
from tart.query.core.filters import (
    MAX_TERMS,
    FilterInput,
    FilterRows,
    Selection,
    hash_bytes,
    parse,
)
from tests.cases import all_cases

NODE = "ab" * 32
HASH = bytes(range(32))
CANDIDATE = FilterInput(NODE, 105, 7, 1, b"\x00" + HASH + b"\x01")


@all_cases(
    ("document", "passes"),
    [
        ({"type": "All"}, True),
        ({"type": "Node", "node_id": NODE}, True),
        ({"type": "Node", "node_id": NODE.upper()}, True),
        ({"type": "Node", "node_id": "cd" * 32}, False),
        ({"type": "EventType", "event_type": 105}, True),
        ({"type": "EventType", "event_type": 104}, False),
        ({"type": "EventType", "event_type": "GuaranteeBuilt"}, True),
        ({"type": "EventType", "event_type": "guaranteeing"}, True),
        ({"type": "EventType", "event_type": [11, "guarantee_built"]}, True),
        ({"type": "EventType", "event_type": ["Status", 11]}, False),
        ({"type": "EventTypeRange", "start": "GuaranteeBuilt", "end": "sending-guarantee"}, True),
        ({"type": "Group", "group": "Guaranteeing"}, True),
        ({"type": "Group", "group": "assurances"}, False),
        ({"type": "EventTypeRange", "start": 100, "end": 105}, True),
        ({"type": "EventTypeRange", "start": 106, "end": 199}, False),
        ({"type": "Group", "group": "guaranteeing"}, True),
        ({"type": "Group", "group": "status"}, False),
        ({"type": "Slot", "slot": 7}, True),
        ({"type": "Slot", "slot": 8}, False),
        ({"type": "Core", "core": 1}, True),
        ({"type": "Core", "core": 0}, False),
        ({"type": "Hash", "hash": HASH.hex()}, True),
        ({"type": "Hash", "hash": "0x" + HASH.hex().upper()}, True),
        ({"type": "Hash", "hash": "00" * 32}, False),
        (
            {"type": "Any", "filters": [{"type": "Slot", "slot": 8}, {"type": "Core", "core": 1}]},
            True,
        ),
        ({"type": "Any", "filters": [{"type": "Slot", "slot": 8}]}, False),
        (
            {"type": "Both", "filters": [{"type": "Slot", "slot": 7}, {"type": "Core", "core": 1}]},
            True,
        ),
        (
            {"type": "Both", "filters": [{"type": "Slot", "slot": 7}, {"type": "Core", "core": 0}]},
            False,
        ),
    ],
)
def test_a_filter_passes_what_it_names(document: dict[str, Any], passes: bool) -> None:
    assert parse(document).matches(CANDIDATE) is passes


def test_an_event_without_slot_or_core_passes_no_filter_on_them() -> None:
    bare = FilterInput(NODE, 13, None, None, b"\x01")
    assert not parse({"type": "Slot", "slot": 0}).matches(bare)
    assert not parse({"type": "Core", "core": 0}).matches(bare)


LEAVES = st.sampled_from(
    [
        {"type": "All"},
        {"type": "Node", "node_id": NODE},
        {"type": "Node", "node_id": "cdef" * 16},
        {"type": "EventType", "event_type": [11, 105]},
        {"type": "EventTypeRange", "start": 10, "end": 12},
        {"type": "Group", "group": "status"},
        {"type": "Slot", "slot": 7},
        {"type": "Core", "core": 1},
        {"type": "Hash", "hash": HASH.hex()},
    ]
)
DOCUMENTS = st.recursive(
    LEAVES,
    lambda parts: st.builds(
        lambda kind, filters: {"type": kind, "filters": filters},
        st.sampled_from(["Any", "Both"]),
        st.lists(parts, min_size=1, max_size=3),
    ),
    max_leaves=6,
)
INPUTS = st.builds(
    FilterInput,
    st.sampled_from([NODE, "cdef" * 16, "12" * 32]),
    st.sampled_from([10, 11, 12, 105]),
    st.sampled_from([None, 0, 7]),
    st.sampled_from([None, 0, 1]),
    st.sampled_from([b"", b"\x00" + HASH]),
    st.sampled_from([None, HASH, bytes(32)]),
)


@given(DOCUMENTS, st.lists(INPUTS, max_size=12))
def test_a_filter_selects_of_a_batch_what_it_passes(
    document: dict[str, Any], events: list[FilterInput]
) -> None:
    rows = FilterRows(
        [each.node_id for each in events],
        [each.event_type for each in events],
        [each.slot for each in events],
        [each.core for each in events],
        lambda index: events[index].payload,
        lambda index: events[index].about,
    )
    wanted = parse(document)
    passed = [index for index, each in enumerate(events) if wanted.matches(each)]
    assert list(wanted.select(rows)) == passed


@all_cases(
    ("document", "parameter"),
    [
        (None, "filter"),
        ([], "filter"),
        ({}, "filter.type"),
        ({"type": "None"}, "filter.type"),
        ({"type": ["All"]}, "filter.type"),
        ({"type": "Node"}, "filter.node_id"),
        ({"type": "Node", "node_id": "ab"}, "filter.node_id"),
        ({"type": "EventType", "event_type": 256}, "filter.event_type"),
        ({"type": "EventType", "event_type": "Autored"}, "filter.event_type"),
        ({"type": "EventType", "event_type": []}, "filter.event_type"),
        ({"type": "EventType", "event_type": [1, None]}, "filter.event_type"),
        ({"type": "EventTypeRange", "start": 5, "end": 4}, "filter.end"),
        ({"type": "EventTypeRange", "start": "status_events", "end": 13}, "filter.start"),
        ({"type": "EventType", "event_type": True}, "filter.event_type"),
        ({"type": "EventTypeRange", "start": 1}, "filter.end"),
        ({"type": "EventTypeRange", "start": -1, "end": 3}, "filter.start"),
        ({"type": "Group", "group": "nothing"}, "filter.group"),
        ({"type": "Slot", "slot": 1 << 32}, "filter.slot"),
        ({"type": "Core", "core": 1 << 16}, "filter.core"),
        ({"type": "Hash", "hash": "0x"}, "filter.hash"),
        ({"type": "Any"}, "filter.filters"),
        ({"type": "All", "node_id": "ab"}, "filter.node_id"),
        ({"type": "Core", "core": 1, "slot": 2}, "filter.slot"),
        ({"type": "Any", "filters": [{"type": "Slot", "slots": 1}]}, "filter.slots"),
        ({"type": "Both", "filters": []}, "filter.filters"),
        ({"type": "Any", "filters": ["All"]}, "filter"),
    ],
)
def test_an_invalid_filter_is_refused_with_its_member(document: Any, parameter: str) -> None:
    with pytest.raises(BadQuery) as refused:
        parse(document)
    assert refused.value.parameter == parameter


def test_a_group_that_is_not_a_text_is_refused() -> None:
    with pytest.raises(BadQuery):
        parse({"type": "Group", "group": ["status"]})


def test_a_filter_has_a_limited_number_of_terms() -> None:
    most = {"type": "Any", "filters": [{"type": "All"}] * (MAX_TERMS - 1)}
    assert parse(most).matches(CANDIDATE)
    most["filters"] = [{"type": "All"}] * MAX_TERMS
    with pytest.raises(BadQuery):
        parse(most)


def test_hashes_are_read_in_either_case() -> None:
    assert hash_bytes("0x" + "AB" * 32) == bytes.fromhex("ab" * 32)


def test_a_selection_without_conditions_selects_everything() -> None:
    assert Selection().where("file") == ("true", [])


def test_each_condition_becomes_a_clause_with_its_value() -> None:
    clause, values = Selection(
        start_us=1, end_us=2, slot=3, core=4, hash="ab" * 32, types=(10, 11)
    ).where("file")
    assert clause == (
        "received_at >= make_timestamp(?) AND received_at <= make_timestamp(?) "
        "AND slot = ? AND last_slot = ? AND core = ? AND last_core = ? "
        "AND (peer IN (SELECT peer FROM file.peers WHERE peer_id = unhex(?)) "
        "OR (contains(hex(body), ?) AND regexp_matches(hex(body), ?))) AND type IN (10, 11)"
    )
    assert values == [1, 2, 3, 3, 4, 4, "AB" * 32, "AB" * 32, "^(?:..)*" + "AB" * 32]


def test_an_empty_list_of_types_selects_nothing() -> None:
    assert Selection(types=()).where("file") == ("false", [])
