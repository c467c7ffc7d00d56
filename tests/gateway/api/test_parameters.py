"""Kinds of parameters: what each reads, and that its schema says the same."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.errors import BadQuery
from tart.gateway.api.parameters import (
    Choice,
    CursorText,
    Duration,
    EventType,
    EventTypes,
    FileName,
    Group,
    Hash,
    Integer,
    KeyId,
    Kind,
    NodeId,
    Parameter,
    Text,
    Time,
)
from tart.query.core.cursor import Cursor, encode
from tests.cases import all_cases

KINDS: list[Kind] = [
    Integer(0, 10),
    Integer(1, 5, (True, True)),
    Choice(("a", "b")),
    NodeId(),
    Hash(),
    EventTypes(),
    EventType(),
    Group(),
    Time(),
    Duration(),
    CursorText(),
    KeyId(),
    FileName(),
    Text(5),
]


@all_cases(
    ("kind", "text", "value"),
    [
        (Integer(0, 10), "7", 7),
        (Integer(0, 10), "+7", 7),
        (Integer(-5, 10), "-5", -5),
        (Integer(1, 10, (True, True)), "-3", 1),
        (Integer(1, 10, (True, True)), "1" * 90, 10),
        (Choice(("a", "b")), "b", "b"),
        (NodeId(), "AB" * 32, "ab" * 32),
        (Hash(), "0x" + "AB" * 32, "ab" * 32),
        (NodeId(), "0xABcd", "abcd"),
        (EventTypes(), "12, 11,12", [11, 12]),
        (EventTypes(), "Authored,block_announced,40-41", [40, 41, 42, 62]),
        (EventType(), "authored", 42),
        (EventType(), "0", 0),
        (Group(), "Guaranteeing", "guaranteeing"),
        (Time(), "1970-01-01T00:00:01Z", 1_000_000),
        (Duration(), "2s", 2_000_000),
        (KeyId(), "00ffab12", "00ffab12"),
        (FileName(), "a/b", "a/b"),
        (Text(5), "Jam 1", "Jam 1"),
        (CursorText(), encode(Cursor(5)), Cursor(5)),
    ],
)
def test_a_valid_parameter_is_parsed(kind: Kind, text: str, value: Any) -> None:
    assert kind.read(text, "it") == value


@all_cases(
    ("kind", "text"),
    [
        (Integer(0, 10), "11"),
        (Integer(0, 10), "-1"),
        (Integer(0, 10), ""),
        (Integer(0, 10), "-"),
        (Integer(0, 10), "1_0"),
        (Integer(0, 10), " 1"),
        (Integer(0, 10), "٣"),
        (Integer(0, 10, (True, True)), "1" * 5000),
        (Choice(("a",)), "A"),
        (EventTypes(), "1,,2"),
        (EventTypes(), "1.5"),
        (EventTypes(), "-1"),
        (EventTypes(), "999"),
        (EventType(), "guaranteeing"),
        (EventType(), "256"),
        (Group(), "guarantee"),
        (NodeId(), "abc"),
        (NodeId(), "ab" * 33),
        (NodeId(), "xyzw"),
        (KeyId(), "00FFAB12"),
        (KeyId(), "00ffab123"),
        (Text(5), "Jam 12"),
    ],
)
def test_an_invalid_parameter_is_refused_with_its_name(kind: Kind, text: str) -> None:
    with pytest.raises(BadQuery, match="it ") as refused:
        kind.read(text, "it")
    assert refused.value.parameter == "it"


@given(st.text(max_size=80))
def test_no_text_raises_anything_but_bad_query(text: str) -> None:
    for kind in KINDS:
        try:
            kind.read(text, "it")
        except BadQuery:
            continue


@given(st.sampled_from(KINDS), st.data())
def test_texts_that_match_the_pattern_of_a_kind_are_parsed(kind: Kind, data: st.DataObject) -> None:
    schema = kind.schema()
    if "pattern" not in schema or isinstance(kind, CursorText):
        return
    text = data.draw(st.from_regex(re.compile(schema["pattern"], re.ASCII), fullmatch=True))
    text = text.removesuffix("\n")
    try:
        kind.read(text, "it")
    except BadQuery:
        # A pattern cannot say how large a number may be.
        assert isinstance(kind, Duration)


def test_an_omitted_parameter_has_its_default_or_none() -> None:
    assert Parameter("it", Integer(0, 10), "", "7").read({}) == 7
    assert Parameter("it", Integer(0, 10), "").read({}) is None


def test_a_parameter_is_accepted_under_its_alias() -> None:
    parameter = Parameter("start_time", Integer(0, 10), "", aliases=("start",))
    assert parameter.read({"start": "3"}) == 3
    with pytest.raises(BadQuery) as refused:
        parameter.read({"start": "x"})
    assert refused.value.parameter == "start"
    with pytest.raises(BadQuery):
        parameter.read({"start": "1", "start_time": "1"})
