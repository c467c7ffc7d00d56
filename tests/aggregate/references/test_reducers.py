"""What each event type tells, against the simulator's account."""

from __future__ import annotations

from collections import Counter

from tart.aggregate.aggregates import Aggregates
from tart.aggregate.core.failure_events import FAILED_REASONS, FAILURES
from tests.aggregate.batches import (
    aggregate,
    decode_contexts,
    event_batches,
    rows,
    sum_by,
    troubled_network,
)


def node_numbers():
    return {node["node"]: at for at, node in enumerate(troubled_network().facts.of("node"))}


def test_failures_are_counted_by_node_type_and_reason():
    numbers, expected = node_numbers(), Counter()
    for fact in troubled_network().facts.sent:
        reason = fact["data"].get("reason")
        if fact["type"] in FAILURES or reason in FAILED_REASONS.get(fact["type"], ()):
            expected[numbers[fact["node"]], fact["type"], reason] += 1
    found = sum_by(rows(aggregate(troubled_network()), "failures"), "node", "type", "reason")
    assert found == expected
    assert len({number for _, number, _ in expected}) > 15


def test_reports_are_counted_by_hash():
    found = {row["hash"].hex(): row for row in rows(aggregate(troubled_network()), "reports")}
    received = Counter(
        f["about"]["report"] for f in troubled_network().facts.events("GuaranteeReceived")
    )
    assert {each: row["received"] for each, row in found.items() if row["received"]} == received
    discarded = Counter(
        (f["about"]["report"], f["data"]["reason"])
        for f in troubled_network().facts.events("GuaranteeDiscarded")
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


def test_requests_for_shards_are_counted_by_erasure_root():
    found = rows(aggregate(troubled_network()), "erasures")
    for column, variant in {
        "requested": "SendingShardRequest",
        "served": "ShardRequestReceived",
        "bundle_shards_served": "BundleShardRequestReceived",
        "bundles_served": "BundleRequestReceived",
    }.items():
        facts = troubled_network().facts.events(variant)
        assert facts, variant
        expected = Counter(f["about"]["erasure_root"] for f in facts)
        assert {row["root"].hex(): row[column] for row in found if row[column]} == expected, column


def test_the_end_of_a_request_counts_where_its_root_told_what_it_was_about():
    facts = troubled_network().facts
    roots = {
        (f["node"], f["session"], f["event_id"]): f["about"].get("erasure_root")
        for f in facts.events("SendingShardRequest")
    }
    served = {
        (f["node"], f["session"], f["root"]["event_id"]): f["about"].get("erasure_root")
        for f in facts.events("ShardRequestReceived")
    }
    for column, variant in (("transferred", "ShardsTransferred"), ("failed", "ShardRequestFailed")):
        expected: Counter = Counter()
        for f in facts.events(variant):
            root = (f["node"], f["session"], f["root"]["event_id"])
            about = roots.get(root) or served.get(root)
            if about:
                expected[about] += 1
        found = {
            row["root"].hex(): row[column]
            for row in rows(aggregate(troubled_network()), "erasures")
            if row[column]
        }
        assert found == expected, column


def test_assurances_are_counted_by_anchor():
    facts = troubled_network().facts
    found = sum_by(rows(aggregate(troubled_network()), "assurances"), "anchor", "type")
    distributing = {
        (f["node"], f["session"], f["event_id"]) for f in facts.events("DistributingAssurance")
    }
    expected: Counter = Counter()
    for variant in ("DistributingAssurance", "AssuranceReceived"):
        for f in facts.events(variant):
            expected[bytes.fromhex(f["about"]["anchor"]), f["type"]] += 1
    for variant in ("AssuranceSent", "AssuranceSendFailed", "AssuranceDistributed"):
        for f in facts.events(variant):
            if (f["node"], f["session"], f["root"]["event_id"]) in distributing:
                expected[bytes.fromhex(f["about"]["anchor"]), f["type"]] += 1
    assert found == expected


def test_first_sights_are_those_of_the_simulator():
    played = troubled_network()
    numbers = node_numbers()
    found = {
        (r["node"], r["hash"].hex()): r["timestamp"] for r in rows(aggregate(played), "sightings")
    }
    compared = 0
    for block in played.facts.of("block"):
        for node, fact in played.facts.first_sights(block["block"]).items():
            if fact["event"] == "BlockAnnounced" and fact["data"]["announcer"] == "Local":
                continue  # it announces what it knew, perhaps from an earlier connection
            if fact["root"] is not None and fact["root"]["told"] != "sent":
                continue  # without what it refers to it tells less
            assert found[numbers[node], block["block"]] == fact["node_us"]
            compared += 1
    assert compared > 50


def test_gas_is_counted_once_for_a_block_and_service():
    found = {
        (row["hash"].hex(), row["service"]): row
        for row in rows(aggregate(troubled_network()), "executions")
    }
    expected: dict = {}
    for fact in troubled_network().facts.events("BlockExecuted"):
        for service, cost in fact["data"]["accumulate_costs"]:
            key = (fact["about"]["block"], service)
            nodes, gas, elapsed = expected.get(key, (0, 0, 0))
            total = cost["total"]
            expected[key] = (
                nodes + 1,
                max(gas, total["gas_used"]),
                elapsed + total["elapsed_ns"],
            )
    # Where the root was lost there is no telling of which block it was.
    for key, row in found.items():
        nodes, gas, _ = expected[key]
        assert row["nodes"] <= nodes
        assert row["gas"] == gas
    exact = [k for k, r in found.items() if (r["nodes"], r["gas"], r["elapsed_ns"]) == expected[k]]
    assert len(exact) > len(found) / 2


def test_events_of_a_pipeline_inherit_its_core_and_slot():
    played = troubled_network()
    aggregates = Aggregates(decode_contexts(played).__getitem__)
    of_core: Counter = Counter()
    for batch in event_batches(played, 400):
        contexts = aggregates.add(batch, contexts=True)
        for at in contexts:
            number = int(batch.columns.type[at])
            if number in (95, 101, 102, 108, 109) and batch.columns.has_core[at]:
                of_core[number] += 1
    counts = played.facts.counts()
    for number in (95, 101, 102):
        assert of_core[number] > counts[number] * 0.9, number
