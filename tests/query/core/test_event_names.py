"""Names of event types and groups in requests."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.errors import BadQuery
from tart.protocol.events import EVENTS, GROUPS, EventKind
from tart.query.core.event_names import (
    GROUP_TYPES,
    JAMTART_GROUPS,
    event_type,
    event_types,
    event_types_of,
    group_name,
    selected_types,
)
from tests.cases import all_cases


@all_cases("kind", EventKind, ids=lambda kind: kind.variant)
def test_every_event_type_is_read_in_all_usual_forms_of_its_name(kind: EventKind) -> None:
    snake = re.sub(r"(?<!^)(?=[A-Z])", "_", kind.variant).lower()
    forms = (kind.variant, kind.variant.upper(), snake, snake.replace("_", "-"), kind.title)
    for name in (*forms, str(kind.number), f" {kind.variant} "):
        if name not in GROUP_TYPES:
            assert event_types(name) == [kind.number], name
        assert event_type(name) == kind.number, name


def test_a_list_mixes_numbers_ranges_names_and_groups() -> None:
    assert event_types("Authored, 43,60-62,tickets,42") == [42, 43, 60, 61, 62, *range(80, 85)]


def test_the_groups_are_those_of_jip_3_and_of_jamtart() -> None:
    assert {*GROUPS, *JAMTART_GROUPS} == GROUP_TYPES.keys()
    assert event_types("blocks") == event_types("Block Authoring") == list(range(40, 48))
    assert event_types("wp_pipeline") == event_types("WP-Pipeline") == list(range(90, 110))
    assert event_types("bundles") == list(GROUP_TYPES["bundle_recovery"])
    for name in GROUPS:
        members = {kind.number for kind in EventKind if kind.group == name}
        assert {*GROUP_TYPES[name]} == members, "a name of jamtart's means something else"
    assert sorted(number for name in GROUPS for number in GROUP_TYPES[name]) == sorted(EVENTS)


def test_status_in_lower_case_is_the_group() -> None:
    assert event_types("Status") == event_types("STATUS") == [10]
    assert event_types("status") == [10, 11, 12, 13]
    assert event_types("status_events") == event_types("Status events") == [10, 11, 12, 13]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Autored", "event_types has no event type or group called Autored; did you mean Authored"),
        ("block_anounced", "did you mean BlockAnnounced"),
        ("garanteeing", "did you mean guaranteeing"),
        ("42,,43", "an empty item is none"),
        ("", "an empty item is none"),
        ("256", "event numbers from 0 to 255"),
        ("-1", "event numbers from 0 to 255"),
        ("\u0664\u0662", "event numbers from 0 to 255"),
        ("60-256", "has the range 60-256"),
        ("9-8", "has the range 9-8"),
        ("zzzzzzz", "names such as Authored, and groups: meta, status"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(text: str, message: str) -> None:
    with pytest.raises(BadQuery, match=re.escape(message)) as refused:
        event_types(text)
    assert refused.value.parameter == "event_types"


@pytest.mark.parametrize("value", [None, True, 1.0, -1, 256, "tickets", "", [], {}])
def test_one_event_type_is_a_number_or_a_name(value: Any) -> None:
    with pytest.raises(BadQuery) as refused:
        event_type(value, "filter.start")
    assert refused.value.parameter == "filter.start"


@pytest.mark.parametrize(
    ("value", "numbers"),
    [(42, [42]), ("Authored", [42]), (["tickets", 42, "43,44"], [42, 43, 44, *range(80, 85)])],
)
def test_event_types_in_json_are_one_or_a_list(value: Any, numbers: list[int]) -> None:
    assert event_types_of(value, "event_type") == numbers


@pytest.mark.parametrize("value", [[], [[]], [None], {}, None, [1, "x"]])
def test_other_json_is_no_event_type(value: Any) -> None:
    with pytest.raises(BadQuery):
        event_types_of(value, "event_type")


def test_a_group_is_read_in_any_case() -> None:
    assert group_name("Block_Authoring") == "block_authoring"
    assert group_name("wp pipeline events") == "wp_pipeline"
    for value in ("guarantee", 5, None, ["status"]):
        with pytest.raises(BadQuery, match="must be one of meta, status"):
            group_name(value)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        assert all(0 <= number <= 255 for number in event_types(text))
    except BadQuery:
        return


def test_types_are_left_out_of_those_that_are_selected_or_of_all() -> None:
    assert selected_types(None, None) is None
    assert selected_types([11, 12], None) == (11, 12)
    assert selected_types([11, 12], [12, 13]) == (11,)
    assert selected_types(None, [11]) == tuple(number for number in EVENTS if number != 11)
