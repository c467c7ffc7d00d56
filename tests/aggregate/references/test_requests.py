"""Counted by the batch, as one by one would have been."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.aggregate.aggregates import Aggregates
from tart.aggregate.core.event_batch import DecodeContext
from tart.protocol.connection import Connection
from tart.shard.decode.batch_decoder import FrameRun, decode_batch
from tart.shard.state.nodes import Session
from tart.shard.state.peer_dictionary import PeerDictionary
from tests.aggregate.batches import (
    aggregate,
    decode_contexts,
    event_batches,
    rows,
    sum_by,
    troubled_network,
)
from tests.aggregate.rules.test_conformance_checks import HASH, NOW, Talk

PLAYED = troubled_network()
FACTS = PLAYED.facts
NODE = {node["node"]: at for at, node in enumerate(FACTS.of("node"))}
ROOT, OTHER = b"r" * 32, b"o" * 32
TABLES = ("erasures", "shard_requests", "assurances", "reports", "failures", "latency")


def told(talk, size):
    """Aggregates that heard a connection's events so many at a time."""
    session = Session(3, 0, "", 0, Connection(), node_number=4)
    contents = session.connection.receive_frames(b"".join(talk.frames))
    aggregates = Aggregates(lambda session: DecodeContext(1, 2))
    for start in range(0, len(contents), size):
        part = contents[start : start + size]
        # A second between two of them, whoever cuts them how.
        found = decode_batch(
            part, [FrameRun(session, len(part), NOW)], start, PeerDictionary({})
        ).events
        found.columns.received_at[:] = NOW + 1_000_000 * np.arange(start, start + len(part))
        aggregates.add(found)
    return aggregates


def odd(talk):
    """Give the last frame a byte too many: it is read, and no longer as specified."""
    content = talk.frames[-1][4:] + b"\0"
    talk.frames[-1] = len(content).to_bytes(4, "little") + content


def counters(aggregates, root=ROOT):
    (row,) = (row for row in rows(aggregates, "erasures") if row["root"] == root)
    return {name: value for name, value in row.items() if value and isinstance(value, int)}


def ask(talk):
    return talk.say("SendingShardRequest", guarantor=HASH, erasure_root=ROOT, shard=7)


both = pytest.mark.parametrize("size", [1, 100])


@both
def test_a_sent_shard_request_and_its_end_count_for_its_erasure_root(size):
    talk = Talk()
    request = ask(talk)
    talk.say("ShardRequestSent", request_id=request)
    talk.say("ShardsTransferred", request_id=request)
    found = counters(told(talk, size))
    assert found == {
        "first_at": NOW,
        "last_at": NOW + 2_000_000,
        "requested": 1,
        "transferred": 1,
    }


@both
def test_a_received_shard_request_and_its_end_count_for_its_erasure_root(size):
    talk = Talk()
    request = talk.say("ReceivingShardRequest", assurer=HASH)
    talk.say("ShardRequestReceived", request_id=request, erasure_root=ROOT, shard=7)
    talk.say("ShardRequestFailed", request_id=request, reason="gone")
    aggregates = told(talk, size)
    found = counters(aggregates)
    assert (found["served"], found["failed"]) == (1, 1)
    (failure,) = rows(aggregates, "failures")
    assert (failure["type"], failure["reason"], failure["count"]) == (122, "gone", 1)
    (shard,) = rows(aggregates, "shard_requests")
    assert (shard["node"], shard["type"], shard["shard_index"]) == (None, 124, 7)


@both
def test_only_the_first_end_of_a_request_counts(size):
    talk = Talk()
    request = ask(talk)
    for _ in range(3):
        talk.say("ShardsTransferred", request_id=request)
    aggregates = told(talk, size)
    assert counters(aggregates)["transferred"] == 1
    assert aggregates.statistics()["references_unresolved"] == 2
    assert sum(row["count"] for row in rows(aggregates, "latency")) == 1


@both
def test_the_end_of_an_assurance_does_not_end_a_request(size):
    talk = Talk()
    request = ask(talk)
    talk.say("AssuranceDistributed", distributing_id=request)
    talk.say("ShardsTransferred", request_id=request)
    aggregates = told(talk, size)
    assert counters(aggregates)["transferred"] == 1
    assert rows(aggregates, "assurances") == []


@both
def test_a_reference_to_a_later_event_is_not_resolved(size):
    talk = Talk()
    talk.say("ShardsTransferred", request_id=1)
    ask(talk)
    aggregates = told(talk, size)
    assert "transferred" not in counters(aggregates)
    assert aggregates.statistics()["open_references"] == 1


@both
@pytest.mark.parametrize("strange", [False, True])
def test_events_with_a_deviating_layout_are_counted(size, strange):
    talk = Talk()
    spoil = odd if strange else lambda talk: None
    request = ask(talk)
    spoil(talk)
    talk.say("ShardsTransferred", request_id=request)
    spoil(talk)
    outline = {"work_report_hash": OTHER, "slot": 5, "guarantors": [1]}
    talk.say("GuaranteeDiscarded", outline=outline, reason="TooManyGuarantees")
    spoil(talk)
    receiving = talk.say("ReceivingGuarantee", sender=HASH)
    talk.say("GuaranteeReceived", receiving_id=receiving, outline=outline)
    spoil(talk)
    aggregates = told(talk, size)
    found = counters(aggregates)
    assert (found["requested"], found["transferred"]) == (1, 1)
    (shard,) = rows(aggregates, "shard_requests")
    assert (shard["node"], shard["shard_index"], shard["count"]) == (4, 7, 1)
    (report,) = rows(aggregates, "reports")
    assert (report["hash"], report["slot"]) == (OTHER, 5)
    assert (report["received"], report["too_many"]) == (1, 1)
    (failure,) = rows(aggregates, "failures")
    assert (failure["type"], failure["reason"]) == (113, "TooManyGuarantees")


KINDS = (
    lambda talk, at: ask(talk),
    lambda talk, at: talk.say("ReceivingShardRequest", assurer=HASH),
    lambda talk, at: talk.say(
        "ShardRequestReceived", request_id=at, erasure_root=OTHER, shard=at % 3
    ),
    lambda talk, at: talk.say("ShardsTransferred", request_id=at),
    lambda talk, at: talk.say("ShardRequestFailed", request_id=at, reason="no"),
    lambda talk, at: talk.say("AssuranceReceived", sender=HASH, anchor=ROOT),
    lambda talk, at: talk.say("AssuranceDistributed", distributing_id=at),
)


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 12))), st.integers(1, 20))
def test_counts_of_requests_do_not_depend_on_batches(said, size):
    talk = Talk()
    for kind, at in said:
        kind(talk, at)
    alone, together = told(talk, 1), told(talk, size)
    for table in TABLES:
        assert sorted(map(repr, rows(together, table))) == sorted(map(repr, rows(alone, table)))
    one, other = alone.statistics(), together.statistics()
    assert one == other


def test_shard_requests_are_counted_by_index():
    expected = Counter(
        (NODE[each["node"]], 120, each["data"]["shard"])
        for each in FACTS.events("SendingShardRequest")
    )
    expected += Counter(
        (None, 124, each["data"]["shard"]) for each in FACTS.events("ShardRequestReceived")
    )
    found = Counter()
    for row in rows(aggregate(PLAYED), "shard_requests"):
        found[row["node"], row["type"], row["shard_index"]] += row["count"]
    assert found == expected


def test_the_context_of_a_request_s_end_is_its_erasure_root():
    aggregates = Aggregates(decode_contexts(PLAYED).__getitem__)
    about = defaultdict(set)
    for batch in event_batches(PLAYED, 500):
        contexts = aggregates.add(batch, contexts=True)
        for at in np.flatnonzero(np.isin(batch.columns.type, (122, 123, 125))).tolist():
            if at in contexts:
                root, erasure_root = contexts[at]
                assert root == batch.columns.ref[at]
                about[int(batch.columns.type[at])].add(erasure_root.hex())
    for variant, number in (("ShardsTransferred", 125), ("ShardRequestFailed", 122)):
        roots = {each["about"].get("erasure_root") for each in FACTS.events(variant)}
        assert about[number]
        assert about[number] <= roots


def test_reports_are_counted_by_hash():
    found = {row["hash"].hex(): row for row in rows(aggregate(PLAYED), "reports")}
    received = Counter(f["about"]["report"] for f in FACTS.events("GuaranteeReceived"))
    assert {each: row["received"] for each, row in found.items() if row["received"]} == received
    discarded = Counter(
        (f["about"]["report"], f["data"]["reason"]) for f in FACTS.events("GuaranteeDiscarded")
    )
    columns = {
        "PackageReportedOnChain": "reported_on_chain",
        "ReplacedByBetter": "replaced",
        "CannotReportOnChain": "cannot_report",
        "TooManyGuarantees": "too_many",
        "Other": "other",
    }
    for (report, reason), count in discarded.items():
        assert found[report][columns[reason]] == count
    assert sum(row[each] for row in found.values() for each in columns.values()) == sum(
        discarded.values()
    )


def test_shard_requests_are_counted_by_erasure_root():
    found = rows(aggregate(PLAYED), "erasures")
    for column, variant in {
        "requested": "SendingShardRequest",
        "served": "ShardRequestReceived",
        "bundle_shards_served": "BundleShardRequestReceived",
        "bundles_served": "BundleRequestReceived",
    }.items():
        facts = FACTS.events(variant)
        assert facts, variant
        expected = Counter(f["about"]["erasure_root"] for f in facts)
        assert {row["root"].hex(): row[column] for row in found if row[column]} == expected, column


def test_the_end_of_a_request_counts_for_the_erasure_root_of_the_request():
    roots = {
        (f["node"], f["session"], f["event_id"]): f["about"].get("erasure_root")
        for f in FACTS.events("SendingShardRequest")
    }
    served = {
        (f["node"], f["session"], f["root"]["event_id"]): f["about"].get("erasure_root")
        for f in FACTS.events("ShardRequestReceived")
    }
    for column, variant in (("transferred", "ShardsTransferred"), ("failed", "ShardRequestFailed")):
        expected: Counter = Counter()
        for f in FACTS.events(variant):
            root = (f["node"], f["session"], f["root"]["event_id"])
            about = roots.get(root) or served.get(root)
            if about:
                expected[about] += 1
        found = {
            row["root"].hex(): row[column]
            for row in rows(aggregate(PLAYED), "erasures")
            if row[column]
        }
        assert found == expected, column


def test_assurances_are_counted_by_anchor():
    found = sum_by(rows(aggregate(PLAYED), "assurances"), "anchor", "type")
    distributing = {
        (f["node"], f["session"], f["event_id"]) for f in FACTS.events("DistributingAssurance")
    }
    expected: Counter = Counter()
    for variant in ("DistributingAssurance", "AssuranceReceived"):
        for f in FACTS.events(variant):
            expected[bytes.fromhex(f["about"]["anchor"]), f["type"]] += 1
    for variant in ("AssuranceSent", "AssuranceSendFailed", "AssuranceDistributed"):
        for f in FACTS.events(variant):
            if (f["node"], f["session"], f["root"]["event_id"]) in distributing:
                expected[bytes.fromhex(f["about"]["anchor"]), f["type"]] += 1
    assert found == expected
