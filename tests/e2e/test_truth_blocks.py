"""Blocks, slots and the chain: every figure against what really happened."""

from __future__ import annotations

from collections import Counter, defaultdict

from tart.protocol.events import EventKind
from tart.query.core.rfc3339 import rfc3339_of_jce
from tart.query.topics.slots import SLOT_KINDS
from tests.e2e.received import rooted

OUTLINE = (
    *("size_bytes", "num_tickets", "num_preimages", "num_guarantees", "num_assurances"),
    "num_dispute_verdicts",
)


TOTALS = {
    "authoring_started": EventKind.AUTHORING,
    "authoring_failed": EventKind.AUTHORING_FAILED,
    "authored": EventKind.AUTHORED,
    "importing": EventKind.IMPORTING,
    "verification_failed": EventKind.BLOCK_VERIFICATION_FAILED,
    "verified": EventKind.BLOCK_VERIFIED,
    "execution_failed": EventKind.BLOCK_EXECUTION_FAILED,
    "executed": EventKind.BLOCK_EXECUTED,
    "best_block_changes": EventKind.BEST_BLOCK_CHANGED,
    "finalized_block_changes": EventKind.FINALIZED_BLOCK_CHANGED,
}


def authored(truth):
    return {each["about"]["block"] for each in truth.facts.events("Authored")}


def test_an_authored_block_counts_once(truth):
    assert truth.system.get("/api/stats")["total_blocks_authored"] == len(authored(truth))
    assert truth.system.get("/api/stats", duration="30d")["total_blocks_authored"] == len(
        authored(truth)
    )


def test_totals_of_blocks_count_events(truth):
    totals = truth.system.get("/api/blocks")["totals"]
    counts = truth.facts.counts()
    assert {name: totals[name] for name in TOTALS} == {
        name: counts[number] for name, number in TOTALS.items()
    }
    assert totals["blocks_authored"] == len(authored(truth))


def test_the_chain_without_connected_nodes_is_null(truth):
    chain = truth.system.get("/api/blocks")["chain"]
    assert chain == {"best_slot": None, "finalized_slot": None, "ahead": []}


def test_blocks_by_author(truth):
    found = truth.system.get("/api/blocks")["authoring_by_node"]
    blocks = defaultdict(set)
    for each in truth.facts.events("Authored"):
        blocks[each["node"]].add(each["about"]["block"])
    expected = sorted((-len(some), node) for node, some in blocks.items())
    assert [(-each["blocks_authored"], each["node_id"]) for each in found] == expected


def test_newest_authored_blocks(truth, received):
    found = truth.system.get("/api/blocks")["recent_authored"]
    failed = {
        (root["node"], root["session"], root["event_id"]): each["data"]["reason"]
        for each, root in rooted(truth.facts, "BlockExecutionFailed", "Authoring")
    }
    expected = {}
    for each, root in rooted(truth.facts, "Authored", "Authoring"):
        key = root["node"], root["session"], root["event_id"]
        outline = each["data"]["outline"]
        expected[each["about"]["block"]] = {
            "node_id": each["node"],
            "timestamp": rfc3339_of_jce(each["node_us"]),
            "received_at": received.event(root)["received_at"],
            "slot": each["about"]["slot"],
            "parent": root["data"]["parent"],
            "authoring_ms": each["root"]["after_us"] / 1000,
            "outcome": "failed" if key in failed else "authored",
            "reason": failed.get(key),
            **{name: outline[name] for name in OUTLINE},
        }
    times = sorted((each["received_at"] for each in expected.values()), reverse=True)[:50]
    assert [each["received_at"] for each in found] == times
    for each in found:
        assert {name: each[name] for name in expected[each["hash"]]} == expected[each["hash"]]


def of_slots(truth):
    """By slot: the events that name it, or refer to what does."""
    found = defaultdict(list)
    own = ("BestBlockChanged", "FinalizedBlockChanged", "Authoring", "Importing")
    for each in truth.facts.events(*own, "BlockAnnounced", "BlockTransferred"):
        found[each["data"]["slot"]].append(each)
    for variant in (
        *("AuthoringFailed", "Authored", "BlockVerificationFailed", "BlockVerified"),
        *("BlockExecutionFailed", "BlockExecuted"),
    ):
        for each, root in rooted(truth.facts, variant, "Authoring", "Importing"):
            found[root["data"]["slot"]].append(each)
    return found


def named(events, variant):
    """Header hashes in events of that type."""
    return {
        each["data"]["hash"] if "hash" in each["data"] else each["data"]["outline"]["hash"]
        for each in events
        if each["event"] == variant
    }


def test_blocks_and_events_of_every_slot(truth, received):
    expected = of_slots(truth)
    assert len(expected) > 50
    for slot, events in expected.items():
        found = truth.system.get(f"/api/slots/{slot}")
        counts = Counter(each["event"] for each in events)
        times = sorted(received.event(each)["received_at"] for each in events)
        variants = ("BestBlockChanged", "FinalizedBlockChanged", "Authored", "Importing")
        variants += ("BlockAnnounced", "BlockTransferred")
        assert found == {
            "slot": slot,
            "blocks_authored": len(named(events, "Authored")),
            "blocks_announced": len(named(events, "BlockAnnounced")),
            "blocks_transferred": len(named(events, "BlockTransferred")),
            "blocks": sorted(set().union(*(named(events, each) for each in variants))),
            "announcements": counts["BlockAnnounced"],
            "transfers": counts["BlockTransferred"],
            "total_events": len(events),
            "authoring_attempts": counts["Authoring"],
            "authoring_failures": counts["AuthoringFailed"],
            "nodes_involved": len({each["node"] for each in events}),
            "first_event": times[0],
            "last_event": times[-1],
        }


def test_events_of_a_slot(truth):
    slot, events = max(of_slots(truth).items(), key=lambda item: len(item[1]))
    found = truth.system.get(f"/api/slots/{slot}", include_events="true")
    assert not found["has_more"]
    shown = {
        each["node_id"]: Counter(event["event_type"] for event in each["events"])
        for each in found["events_by_node"]
    }
    expected = defaultdict(Counter)
    for each in events:
        expected[each["node"]][each["type"]] += 1
    assert shown == expected
    for each in found["events_by_node"]:
        times = [event["timestamp"] for event in each["events"]]
        assert times == sorted(times)
        assert {event["event_type"] for event in each["events"]} <= set(SLOT_KINDS)
    few = truth.system.get(f"/api/slots/{slot}", include_events="true", limit=3)
    assert (sum(len(each["events"]) for each in few["events_by_node"]), few["has_more"]) == (
        3,
        True,
    )


def test_a_slot_without_events_is_empty(truth):
    found = truth.system.get("/api/slots/4294967295")
    assert (found["total_events"], found["first_event"], found["blocks"]) == (0, None, [])
