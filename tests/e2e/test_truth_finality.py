"""``/api/finality`` and ``/api/audits`` against what really happened."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from tests.e2e.test_truth_metrics import finalizations
from tests.e2e.truth import SEVERAL, system_params

# Over one shard in every run, too.
pytestmark = pytest.mark.parametrize(
    "truth", system_params("1 shard", SEVERAL), indirect=True, scope="session"
)


def named(truth):
    """By block that nodes named as finalized: its slot."""
    return {
        fact["data"]["hash"]: fact["data"]["slot"]
        for fact in truth.facts.sent
        if fact["type"] == 12
    }


def test_finalized_blocks_of_the_network_and_of_each_node(truth):
    found = truth.system.get("/api/finality", limit=1000)
    blocks = named(truth)
    assert blocks
    assert found["blocks"] == len(blocks)
    assert sum(found["series"]["finalized_blocks"]) == len(blocks)
    events = Counter(fact["node"] for fact in truth.facts.sent if fact["type"] == 12)
    shown = {node["node_id"]: node["finalized_events"] for node in found["nodes"]}
    assert {node: count for node, count in shown.items() if count} == events
    assert found["network_delay"]["count"] <= len(blocks)
    assert 0 < found["arrival_delay"]["count"] <= sum(events.values())
    assert set(found["rounds"].values()) == {None}


def test_delays_from_best_to_finalized_block(truth):
    found = truth.system.get("/api/finality", limit=1000)
    delays = finalizations(truth)[11, 12]
    assert delays
    assert found["node_delay"]["count"] == len(delays)
    by_node = defaultdict(list)
    for node, duration in delays:
        by_node[node].append(duration)
    for node in found["nodes"]:
        own = sorted(by_node[node["node_id"]])
        if own:
            exact = own[(len(own) - 1) // 2] / 1000
            assert exact / 1.1 - 0.01 <= node["delay_p50_ms"] <= exact * 1.1 + 0.01
        else:
            assert node["delay_p50_ms"] is None


def test_audits_have_the_requests_that_auditors_sent(truth):
    found = truth.system.get("/api/audits", limit=1000)
    counts = Counter(fact["type"] for fact in truth.facts.sent)
    recovery = found["recovery"]
    assert recovery["shard_requests"] == counts[140] > 0
    assert recovery["reconstructions"] == counts[146]
    assert recovery["reconstructed"] == counts[147]
    assert recovery["bundle_requests"] == counts[148] > 0
    sent = Counter(fact["node"] for fact in truth.facts.sent if fact["type"] == 140)
    shown = {node["node_id"]: node["shard_requests"] for node in found["nodes"]}
    assert {node: count for node, count in shown.items() if count} == sent
    served = Counter(fact["node"] for fact in truth.facts.sent if fact["type"] in (141, 149))
    shown = {node["node_id"]: node["served"] for node in found["nodes"]}
    assert {node: count for node, count in shown.items() if count} == served
    assert found["reports"]
    assert set(found["steps"].values()) == {None}
