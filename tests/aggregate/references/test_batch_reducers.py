"""``tart/aggregate/references/batch_reducers.py``: counted by the batch, as if one by one."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.aggregate.aggregates import Aggregates
from tart.aggregate.core.event_batch import DecodeContext
from tart.protocol.connection import Connection
from tart.protocol.frames import Frames
from tart.shard.decode.batch_decoder import FrameRuns, decode_batch
from tart.shard.state.nodes import Session
from tart.shard.state.peer_dictionary import PeerDictionary
from tart.units import SECOND_US
from tests.aggregate.batches import (
    aggregate,
    decode_contexts,
    event_batches,
    rows,
    sum_by,
    troubled_network,
)
from tests.aggregate.node_script import HASH, NOW, NodeScript

PLAYED = troubled_network()
FACTS = PLAYED.facts
NODE = {node["node"]: at for at, node in enumerate(FACTS.of("node"))}
ROOT, OTHER = b"r" * 32, b"o" * 32
TABLES = ("erasures", "shard_requests", "assurances", "reports", "failures", "latency")


def aggregate_script(script, size):
    """Return the aggregates of a connection's events, ``size`` at a time, a second apart."""
    session = Session(3, 0, "", 0, Connection(), node_number=4)
    contents = session.connection.receive_frames(b"".join(script.frames)).contents()
    aggregates = Aggregates(lambda session: DecodeContext(1, 2))
    for start in range(0, len(contents), size):
        part = contents[start : start + size]
        runs = FrameRuns([session], [len(part)], [NOW])
        batch = decode_batch(Frames.of(part), runs, start, PeerDictionary({})).events
        batch.columns.received_at[:] = NOW + SECOND_US * np.arange(start, start + len(part))
        aggregates.add(batch)
    return aggregates


def append_byte(script):
    """Append a byte to the last frame: it is decoded, and no longer as specified."""
    content = script.frames[-1][4:] + b"\0"
    script.frames[-1] = len(content).to_bytes(4, "little") + content


def counters(aggregates, root=ROOT):
    (row,) = (row for row in rows(aggregates, "erasures") if row["root"] == root)
    return {name: value for name, value in row.items() if value and isinstance(value, int)}


def send_request(script):
    return script.send("SendingShardRequest", guarantor=HASH, erasure_root=ROOT, shard=7)


batch_sizes = pytest.mark.parametrize("size", [1, 100])


@batch_sizes
def test_a_sent_shard_request_and_its_end_count_for_its_erasure_root(size):
    script = NodeScript()
    request = send_request(script)
    script.send("ShardRequestSent", request_id=request)
    script.send("ShardsTransferred", request_id=request)
    found = counters(aggregate_script(script, size))
    assert found == {
        "first_at": NOW,
        "last_at": NOW + 2_000_000,
        "requested": 1,
        "transferred": 1,
    }


@batch_sizes
def test_a_received_shard_request_and_its_end_count_for_its_erasure_root(size):
    script = NodeScript()
    request = script.send("ReceivingShardRequest", assurer=HASH)
    script.send("ShardRequestReceived", request_id=request, erasure_root=ROOT, shard=7)
    script.send("ShardRequestFailed", request_id=request, reason="gone")
    aggregates = aggregate_script(script, size)
    found = counters(aggregates)
    assert (found["served"], found["failed"]) == (1, 1)
    (failure,) = rows(aggregates, "failures")
    assert (failure["type"], failure["reason"], failure["count"]) == (122, "gone", 1)
    (shard,) = rows(aggregates, "shard_requests")
    assert (shard["node"], shard["type"], shard["shard_index"]) == (None, 124, 7)


@batch_sizes
def test_only_the_first_end_of_a_request_counts(size):
    script = NodeScript()
    request = send_request(script)
    for _ in range(3):
        script.send("ShardsTransferred", request_id=request)
    aggregates = aggregate_script(script, size)
    assert counters(aggregates)["transferred"] == 1
    assert aggregates.statistics()["references_unresolved"] == 2
    assert sum(row["count"] for row in rows(aggregates, "latency")) == 1


@batch_sizes
def test_the_end_of_an_assurance_does_not_end_a_request(size):
    script = NodeScript()
    request = send_request(script)
    script.send("AssuranceDistributed", distributing_id=request)
    script.send("ShardsTransferred", request_id=request)
    aggregates = aggregate_script(script, size)
    assert counters(aggregates)["transferred"] == 1
    assert rows(aggregates, "assurances") == []


@batch_sizes
def test_a_reference_to_a_later_event_is_not_resolved(size):
    script = NodeScript()
    script.send("ShardsTransferred", request_id=1)
    send_request(script)
    aggregates = aggregate_script(script, size)
    assert "transferred" not in counters(aggregates)
    assert aggregates.statistics()["open_references"] == 1


@batch_sizes
@pytest.mark.parametrize("deviating", [False, True])
def test_events_with_a_deviating_layout_are_counted(size, deviating):
    script = NodeScript()
    modify = append_byte if deviating else lambda script: None
    request = send_request(script)
    modify(script)
    script.send("ShardsTransferred", request_id=request)
    modify(script)
    outline = {"work_report_hash": OTHER, "slot": 5, "guarantors": [1]}
    script.send("GuaranteeDiscarded", outline=outline, reason="TooManyGuarantees")
    modify(script)
    receiving = script.send("ReceivingGuarantee", sender=HASH)
    script.send("GuaranteeReceived", receiving_id=receiving, outline=outline)
    modify(script)
    aggregates = aggregate_script(script, size)
    found = counters(aggregates)
    assert (found["requested"], found["transferred"]) == (1, 1)
    (shard,) = rows(aggregates, "shard_requests")
    assert (shard["node"], shard["shard_index"], shard["count"]) == (4, 7, 1)
    (report,) = rows(aggregates, "reports")
    assert (report["hash"], report["slot"]) == (OTHER, 5)
    assert (report["received"], report["too_many"]) == (1, 1)
    (failure,) = rows(aggregates, "failures")
    assert (failure["type"], failure["reason"]) == (113, "TooManyGuarantees")


ACTIONS = (
    lambda script, event_id: send_request(script),
    lambda script, event_id: script.send("ReceivingShardRequest", assurer=HASH),
    lambda script, event_id: script.send(
        "ShardRequestReceived", request_id=event_id, erasure_root=OTHER, shard=event_id % 3
    ),
    lambda script, event_id: script.send("ShardsTransferred", request_id=event_id),
    lambda script, event_id: script.send("ShardRequestFailed", request_id=event_id, reason="no"),
    lambda script, event_id: script.send("AssuranceReceived", sender=HASH, anchor=ROOT),
    lambda script, event_id: script.send("AssuranceDistributed", distributing_id=event_id),
)


@pytest.mark.no_cover
@given(st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 12))), st.integers(1, 20))
def test_counts_of_requests_do_not_depend_on_batches(actions, size):
    script = NodeScript()
    for action, event_id in actions:
        action(script, event_id)
    alone, together = aggregate_script(script, 1), aggregate_script(script, size)
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
        contexts = aggregates.follow(batch, contexts=True)
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


@pytest.mark.no_cover
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


def test_a_guarantee_discarded_for_an_unknown_reason_counts_as_other():
    script = NodeScript()
    outline = {"work_report_hash": OTHER, "slot": 5, "guarantors": [1]}
    script.send("GuaranteeDiscarded", outline=outline, reason="Other")
    script.frames[-1] = script.frames[-1][:-1] + b"\x63"
    (row,) = rows(script.aggregate(), "reports")
    assert (row["other"], row["reported_on_chain"]) == (1, 0)
