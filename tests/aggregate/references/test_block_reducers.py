"""``tart/aggregate/references/block_reducers.py``: first sights and costs of blocks."""

from __future__ import annotations

from tests.aggregate.batches import (
    aggregate,
    rows,
    troubled_network,
)
from tests.aggregate.node_script import NodeScript


def node_numbers():
    return {node["node"]: at for at, node in enumerate(troubled_network().facts.of("node"))}


def test_first_seen_of_blocks_match_the_simulator():
    played = troubled_network()
    numbers = node_numbers()
    found = {
        (r["node"], r["hash"].hex()): r["timestamp"] for r in rows(aggregate(played), "sightings")
    }
    compared = 0
    for block in played.facts.of("block"):
        for node, fact in played.facts.first_seen(block["block"]).items():
            if fact["event"] == "BlockAnnounced" and fact["data"]["announcer"] == "Local":
                continue  # The node may have seen the block on an earlier connection.
            if fact["root"] is not None and fact["root"]["told"] != "sent":
                continue  # Without its parent the event does not name the block.
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
    # If the parent was dropped, the block of an execution is unknown.
    for key, row in found.items():
        nodes, gas, _ = expected[key]
        assert row["nodes"] <= nodes
        assert row["gas"] == gas
    exact = [k for k, r in found.items() if (r["nodes"], r["gas"], r["elapsed_ns"]) == expected[k]]
    assert len(exact) > len(found) / 2


def test_an_authored_block_is_seen_without_its_slot_if_its_beginning_is_unknown():
    script = NodeScript()
    outline = dict.fromkeys(("size_bytes", "num_tickets", "num_preimages"), 0)
    outline |= dict.fromkeys(("total_preimages_size", "num_guarantees", "num_assurances"), 0)
    outline |= {"num_dispute_verdicts": 0, "hash": b"b" * 32}
    script.send("Authored", authoring_id=script.send_dropped(1), outline=outline)
    (row,) = rows(script.aggregate(), "sightings")
    assert (row["hash"], row["slot"]) == (b"b" * 32, None)
