"""What is stored of each node is what it sent, by the simulator's own account."""

from __future__ import annotations


def test_every_node_has_exactly_the_events_it_sent(truth):
    for node in truth.facts.of("node"):
        counts = truth.facts.counts(node["node"])
        found = truth.system.get(f"/api/nodes/{node['node']}/status")["event_breakdown"]
        assert {each["event_type"]: each["count"] for each in found} == dict(counts)
