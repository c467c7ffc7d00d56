"""The fields of messages: every byte is in one leaf, and the values are the decoder's."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tart.errors import DecodeError, NodeInformationError
from tart.protocol.byte_reader import encode_natural
from tart.protocol.decoding import HEADER_BYTES, decode_event
from tart.protocol.dialects import Dialect
from tart.protocol.events import EVENTS, EventKind
from tart.protocol.field_tree import (
    MAX_FIELDS,
    event_fields,
    node_information_fields,
    notation,
)
from tart.protocol.node_information import decode_node_information
from tests.cases import all_cases, examples
from tests.e2e.test_truth_conformance import OF_JAMIXIR, PAYLOADS
from tests.protocol.strategies import CORES, hostile_payloads, payload, values
from tests.protocol.strategies import mutated as mutated_bytes
from tests.vectors import node_vectors

JAMIXIR = {"version": 0, "dialect": Dialect.JAMIXIR}


def message(number: int, body: bytes, timestamp: int = 1) -> bytes:
    return timestamp.to_bytes(8, "little") + bytes([number]) + body


def assert_partition(tree, content):
    """The leaves are the bytes of the message: in order, without gap, overlap or empty leaf."""
    end = 0
    for leaf in tree.leaves():
        assert leaf.offset == end
        assert leaf.length > 0
        assert not leaf.fields
        end += leaf.length
    assert end == len(content)
    for each in tree.fields:
        assert_groups(each)


def assert_groups(field):
    leaves = list(field.leaves())
    assert field.length == sum(leaf.length for leaf in leaves)
    if leaves:
        assert field.offset == leaves[0].offset
    for each in field.fields:
        assert_groups(each)


def values_of(tree):
    return {
        each.name: each.value for each in tree.fields[2:] if each.role not in ("trailing", "unread")
    }


@pytest.mark.no_cover
@pytest.mark.parametrize("kind", EVENTS.values(), ids=lambda kind: kind.variant)
@given(data=st.data())
@examples(0.04)
def test_leaves_are_the_bytes_of_every_event_type_and_encode_to_them(kind, data):
    version = data.draw(st.integers(0, 1))
    layout = kind.layout(version)
    body = payload(layout, data.draw(values(layout)))
    content = message(kind.number, body, data.draw(st.integers(0, 2**64 - 1)))
    tree = event_fields(content, version=version, cores=CORES)
    assert_partition(tree, content)
    assert tree.problem is None
    read = values_of(tree)
    assert read == decode_event(kind.number, body, version=version, cores=CORES).fields
    assert payload(layout, read) == body


@given(hostile_payloads(), st.sampled_from((None, 1, CORES)), st.sampled_from(tuple(Dialect)))
def test_any_bytes_are_leaves_with_what_the_decoder_says_of_them(hostile, cores, dialect):
    number, version, body = hostile
    content = message(number, body)
    tree = event_fields(content, version=version, cores=cores, dialect=dialect)
    assert_partition(tree, content)
    decoded = outcome(number, body, version=version, cores=cores, dialect=dialect)
    if isinstance(decoded, str):
        assert str(tree.problem) == decoded
        assert tree.deviations == ()
    else:
        assert tree.problem is None
        assert tree.deviations == decoded.deviations
        assert values_of(tree) == decoded.fields


def outcome(number, body, **context):
    """What the decoder returns, or its error in words."""
    try:
        return decode_event(number, body, **context)
    except DecodeError as error:
        return str(error)


@given(st.binary(max_size=HEADER_BYTES - 1))
def test_a_message_without_a_whole_header_is_shown_as_far_as_it_goes(content):
    tree = event_fields(content)
    assert_partition(tree, content)
    assert tree.problem is not None
    assert tree.problem.rule == "truncated"


@all_cases("rule", [*PAYLOADS, *OF_JAMIXIR])
def test_the_bytes_of_every_deviation_are_in_a_leaf(rule):
    number, body, offset, _ = {**PAYLOADS, **OF_JAMIXIR}[rule]
    content = message(number, body)
    context = JAMIXIR if rule in OF_JAMIXIR else {"version": 1}
    tree = event_fields(content, cores=2, **context)
    assert_partition(tree, content)
    named = [tree.problem] if tree.problem else tree.deviations
    deviation = next(each for each in named if each.rule == rule)
    assert deviation.offset == offset
    ends = [leaf.offset + leaf.length for leaf in tree.leaves()]
    assert offset <= ends[-1]


def test_an_undecodable_event_is_shown_as_far_as_it_was_read():
    tree = event_fields(message(28, bytes(32) + b"\x05abc"))
    assert [(leaf.name, leaf.offset, leaf.length, leaf.role) for leaf in tree.leaves()] == [
        ("timestamp", 0, 8, "value"),
        ("event_type", 8, 1, "value"),
        ("peer", 9, 32, "value"),
        ("length", 41, 1, "prefix"),
        ("unread", 42, 3, "unread"),
    ]
    assert tree.problem.field == "reason"


def test_an_unknown_event_has_its_header_and_the_rest_unread():
    tree = event_fields(message(48, b"abc"))
    assert [leaf.name for leaf in tree.leaves()] == ["timestamp", "event_type", "unread"]
    assert tree.problem.rule == "unknown_event"


def test_prefixes_tags_and_trailing_bytes_are_leaves_of_their_own():
    body = bytes(32) + b"\1\1\2ok" + b"!"
    tree = event_fields(message(EventKind.DISCONNECTED, body))
    assert [(leaf.name, leaf.role, leaf.value) for leaf in tree.leaves()][2:] == [
        ("peer", "value", bytes(32)),
        ("tag", "prefix", 1),
        ("some", "value", "Remote"),
        ("length", "prefix", 2),
        ("text", "value", "ok"),
        ("trailing", "trailing", b"!"),
    ]


def test_the_length_before_a_list_by_core_is_a_leaf():
    number, body, offset, _ = PAYLOADS["core_list_prefixed"]
    tree = event_fields(message(number, body), cores=2)
    group = next(each for each in tree.fields if each.name == "num_guarantees")
    assert [(each.name, each.offset, each.value) for each in group.fields] == [
        ("length", offset, b"\2"),
        ("values", offset + 1, [0, 0]),
    ]


def test_a_long_list_ends_in_one_leaf():
    count = MAX_FIELDS + 1_000
    body = bytes(8) + encode_natural(count) + bytes(2 * count)
    content = message(EventKind.SEGMENTS_VERIFIED, body)
    tree = event_fields(content)
    assert_partition(tree, content)
    assert sum(1 for _ in tree.leaves()) <= MAX_FIELDS + 2
    assert values_of(tree)["segments"] == [0] * count


@given(data=st.data())
@settings(max_examples=30)
def test_node_information_is_leaves_too(data):
    vector = data.draw(st.sampled_from(list(node_vectors())))
    content = data.draw(mutated_bytes(vector.content))
    tree = node_information_fields(content)
    assert_partition(tree, content)
    try:
        node = decode_node_information(content)
    except NodeInformationError:
        assert tree.problem is not None
        return
    assert tree.deviations == node.deviations
    shown = {each.name: each.value for each in tree.fields}
    assert shown["genesis"] == node.genesis
    assert shown["additional_info"] == node.additional_info
    if node.parameters is not None:
        assert shown["params"] == dict(node.parameters)


def test_types_are_written_as_the_specification_does():
    assert [notation(kind) for _, kind in EventKind.DISCONNECTED.fields.fields] == [
        "Peer ID ([u8; 32])",
        "Option<u8 (Side)>",
        "String<128>",
    ]
    assert notation(EventKind.BLOCK_EXECUTED.fields.fields[1][1]) == "len++[u32 ++ AccumulateCost]"
