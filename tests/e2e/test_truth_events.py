"""What is stored of each node is what it sent, by the simulator's own account."""

from __future__ import annotations


def test_every_node_has_exactly_the_events_it_sent(truth):
    for node in truth.facts.of("node"):
        counts = truth.facts.counts(node["node"])
        found = truth.system.get(f"/api/nodes/{node['node']}/status")["event_breakdown"]
        assert {each["event_type"]: each["count"] for each in found} == dict(counts)


def test_the_network_has_all_nodes_that_ever_spoke_and_those_still_there(truth):
    nodes = {each["node"] for each in truth.facts.of("node")}
    found = truth.system.get("/api/network")
    # The whole network has hung up: nobody is left to agree on anything.
    assert found["network"] == {"connected_nodes": 0, "total_nodes": len(nodes), "genesis": None}
    assert {each["node_id"] for each in truth.system.get("/api/nodes")["nodes"]} == nodes
