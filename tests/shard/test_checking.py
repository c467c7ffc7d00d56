"""``tart/shard/checking.py``: one connection's bytes, judged as a shard judges them."""

from __future__ import annotations

import pytest

from tart.protocol.framing import frame
from tart.protocol.rules import RULES
from tart.shard.checking import check
from tests.aggregate.test_judging import misbehaving
from tests.shard.running import best, fake_node, framed, run
from tests.vectors import event_vectors, node_vectors, stream_vectors

NOW = 1_795_262_400_000_000
# The rules of what is wrong with the deviating vectors, in order, with field and offset.
DEVIATING = {
    "ACCUMULATE_RESULT_AVAILABLE": ("unknown_event", "", 8),
    "BLOCK_ANNOUNCEMENT_MALFORMED": ("unknown_event", "", 8),
    "WORK_PACKAGE_SUBMISSION": ("bool_out_of_range", "bundle", 41),
    "WORK_PACKAGE_RECEIVED": ("truncated", "outline.prerequisites", 91),
    "SHARING_WORK_PACKAGE": ("trailing_bytes", "", 49),
    "WORK_REPORT_SIGNATURE_RECEIVED": ("trailing_bytes", "", 49),
    "CONTEXT_AVAILABLE": ("unknown_event", "", 8),
    "ASSURANCE_PROVIDED": ("unknown_event", "", 8),
    "REASON128": ("leb128_length", "", 9),
    "TICKETS130": ("leb128_length", "", 9),
    "10 Status": ("unknown_event", "", 8),
    "11 Best block changed": ("truncated", "outline.hash", 21),
    "0 Dropped": ("unknown_event", "", 8),
    "22 Connect in failed": ("trailing_bytes", "", 17),
    "27 Disconnected": ("unknown_event", "", 8),
    "63 Sending block request": ("unknown_event", "", 8),
    "90 Work-package submission": ("unknown_event", "", 8),
}
# What a vector on its own cannot do: refer to an event that came before it.
ALONE = {"reference_unknown", "events_dropped"}


def said(vector):
    """What is found when a vector is all that a node says."""
    node = fake_node(cores=vector.cores or 2, version=vector.protocol_version)
    found = check([(NOW, node.connect() + frame(vector.content))])
    return [each for each in found if each.rule not in ALONE]


@pytest.mark.parametrize("vector", event_vectors(conformant=False), ids=str)
def test_what_others_write_otherwise_is_found_with_its_place(vector):
    (name,) = [each for each in DEVIATING if each in vector.description]
    (found,) = said(vector)
    assert (found.rule, found.field, found.offset) == DEVIATING[name]
    assert found.frame == vector.content
    assert found.expectation


def test_what_others_write_as_specified_is_not_found():
    assert [finding for vector in event_vectors() for finding in said(vector)] == []


@pytest.mark.parametrize("vector", node_vectors(), ids=str)
def test_of_first_messages_likewise(vector):
    found = check([(NOW, frame(vector.content))])
    assert all((each.seq, each.event_id, each.number) == (None,) * 3 for each in found)
    assert all(each.frame == vector.content for each in found)
    rules = {each.rule for each in found}
    if vector.conformant:
        # Some of them fill the parameters with what no network has.
        assert rules <= {"core_count_out_of_range"}
    else:
        assert rules & {"parameters_prefixed", "parameters_length"}


@pytest.mark.parametrize("vector", stream_vectors(), ids=str)
def test_of_whole_connections_likewise(vector):
    rules = {each.rule for each in check([(NOW, vector.data)])}
    assert rules <= RULES.keys()
    wrong = rules - {"events_dropped", "core_count_out_of_range"}
    assert bool(wrong) is not vector.conformant


def test_what_ends_the_connection_is_last():
    node = fake_node()
    after = framed(b"short")
    data = node.connect() + best(node, 1) + b"\xff\xff\xff\xff" + after
    (found,) = check([(NOW, data), (NOW + 1, after)])
    assert (found.rule, found.received_at, found.seq) == ("frame_too_long", NOW, 1)
    (found,) = check([(NOW, framed(b"GET / HTTP/1.1"))])
    assert found.rule == "node_information"


def test_a_shard_finds_the_same(tmp_path):
    data = b"".join(misbehaving().frames)

    async def scenario(shard):
        shard.session(data)
        return await shard.ask("summed", table="conformance", by=["rule"], values=["count"])

    expected: dict[str, int] = {}
    for finding in check([(NOW, data)]):
        expected[finding.rule] = expected.get(finding.rule, 0) + 1
    assert dict(run(scenario, tmp_path)) == expected
