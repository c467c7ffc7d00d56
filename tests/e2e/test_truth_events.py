"""What is stored of each node is what it sent, by the simulator's own account."""

from __future__ import annotations

from collections import Counter

import pytest

from tart.protocol.references import PARENT_TYPES
from tests.e2e.truth import SEVERAL, system_params

# Over one shard in every run, too.
pytestmark = pytest.mark.parametrize(
    "truth", system_params("1 shard", SEVERAL), indirect=True, scope="session"
)


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


def test_every_event_tells_where_its_chain_begins(truth):
    """By the network's own account, where all of the chain was sent."""
    for node in truth.facts.of("node")[:2]:
        own = [each for each in truth.facts.sent if each["node"] == node["node"]]
        by_id = {(each["session"], each["event_id"]): each for each in own}

        def first(each, by_id=by_id):
            while each is not None and PARENT_TYPES[each["type"]] and each["root"] is not None:
                above = by_id.get((each["session"], each["root"]["event_id"]))
                # A Dropped has the id of the first event that it tells of.
                known = above is not None and above["type"] in PARENT_TYPES[each["type"]]
                each = above if known else None
            return each

        expected = Counter(
            (each["type"], each["event_id"], root["event_id"])
            for each in own
            if each["root"] is not None
            and (root := first(each)) is not None
            and PARENT_TYPES[each["type"]]
        )
        assert {each[0] for each in expected} >= {42, 47, 105, 106, 108, 125, 164, 167, 170, 178}
        events = truth.system.events(bytes.fromhex(node["node"]))
        found = Counter(
            (each["event_type"], each["event_id"], each["context"]["root_event_id"])
            for each in events
        )
        assert expected <= found
        # What an audit names is no event that the specification knows.
        audits = [each for each in events if each["event_type"] in (140, 146, 147, 148)]
        assert {
            (each["event_type"], each["context"]["root_event_id"] == each["event_id"])
            for each in audits
        } == {(140, True), (146, False), (147, False), (148, True)}
        assert {each["event_type"] for each in events if each["context"]["hash"]} >= {
            *(11, 42, 47, 106, 108, 125, 128, 164),
        }
