"""Slots and the propagation of their blocks: every figure against what really happened."""

from __future__ import annotations

from collections import defaultdict
from math import ceil

import pytest

from tart.query.core.rfc3339 import server_time
from tart.units import JCE_US, MINUTE_US
from tests.e2e.received import rooted

STAGES = {
    "importing": "Importing",
    "verified": "BlockVerified",
    "executed": "BlockExecuted",
    "best": "BestBlockChanged",
    "finalized": "FinalizedBlockChanged",
}
LATE_US = MINUTE_US


@pytest.fixture(scope="module")
def moments(truth, received):
    """By stage, block and node: the first event, as (received µs, clock of the node, JCE µs)."""
    found = defaultdict(lambda: defaultdict(dict))

    def add(stage, block, fact):
        moment = received.event(fact)["at"], fact["node_us"]
        known = found[stage][block].get(fact["node"])
        found[stage][block][fact["node"]] = moment if known is None else min(moment, known)

    for variant in ("Importing", "BestBlockChanged", "FinalizedBlockChanged"):
        stage = next(name for name, known in STAGES.items() if known == variant)
        for fact in truth.facts.events(variant):
            add(stage, fact["about"]["block"], fact)
            if variant != "FinalizedBlockChanged":
                add("had", fact["about"]["block"], fact)
    for fact, _ in rooted(truth.facts, "Authored", "Authoring"):
        add("authored", fact["about"]["block"], fact)
        add("had", fact["about"]["block"], fact)
    for variant in ("BlockVerified", "BlockExecuted"):
        stage = next(name for name, known in STAGES.items() if known == variant)
        for fact, root in rooted(truth.facts, variant, "Authoring", "Importing"):
            # What an author made has a hash from Authored on.
            if fact["about"]["block"] in found["authored"] or root["event"] == "Importing":
                add(stage, fact["about"]["block"], fact)
    for fact in truth.facts.events("BlockAnnounced"):
        side = "by" if fact["data"]["announcer"] == "Local" else "to"
        add(f"announced_{side}", fact["about"]["block"], fact)
    return found


@pytest.fixture(scope="module")
def slots(truth):
    """The answer that has all slots, by slot."""
    answer = truth.system.get("/api/slots", count=300)
    return {each["slot"]: each for each in answer["slots"]}


def blocks_of(slots):
    return {block["hash"]: block for slot in slots.values() for block in slot["blocks"]}


def test_every_block_that_a_node_had_is_in_its_slot(truth, slots, moments):
    truth_slots = {fact["block"]: fact["slot"] for fact in truth.facts.of("block")}
    shown = {block["hash"]: slot for slot, each in slots.items() for block in each["blocks"]}
    expected = {block: truth_slots[block] for block in moments["had"] if block in truth_slots}
    assert len(expected) > 40
    assert {block: shown[block] for block in expected} == expected
    # The block before all, which the nodes start from, is in no fact.
    assert len(shown.keys() - expected.keys()) <= 1


def test_blocks_have_their_content_author_and_parent(truth, slots, moments):
    shown = blocks_of(slots)
    authors = {fact["block"]: fact for fact in truth.facts.of("block")}
    parents = {
        fact["about"]["block"]: root["data"]["parent"]
        for fact, root in rooted(truth.facts, "Authored", "Authoring")
    }
    assert parents
    for digest, block in shown.items():
        author = block["author"] and block["author"]["node_id"]
        assert author == (authors[digest]["author"] if digest in parents else None)
        assert block["parent"] == parents.get(digest)
        if digest in moments["importing"] or digest in parents:
            outline = authors[digest]["outline"]
            assert block["size_bytes"] == outline["size_bytes"]
            assert block["num_guarantees"] == outline["num_guarantees"]


def test_shares_of_nodes_are_reached_when_they_were(slots, moments):
    for digest, block in blocks_of(slots).items():
        had = {node: moment[0] for node, moment in moments["had"][digest].items()}
        author = block["author"] and block["author"]["node_id"]
        zero = had[author] if author else min(had.values())
        delays = sorted(us - zero for us in had.values() if us - zero <= LATE_US)
        assert (block["nodes"], block["late"]) == (len(delays), len(had) - len(delays))
        assert block["expected"] >= len(delays)
        assert block["authored_at"] == (server_time(zero) if author else None)
        for share in (50, 90, 99):
            needed = ceil(share * block["expected"] / 100)
            expected = delays[needed - 1] / 1000 if needed <= len(delays) else None
            assert block[f"until_{share}_ms"] == expected


def test_expected_are_the_nodes_that_sent_events_then(slots, moments, received):
    by_bucket = defaultdict(set)
    for event in received.events:
        by_bucket[event["at"] // 10_000_000].add(event["node_id"])
    for digest, block in blocks_of(slots).items():
        had = moments["had"][digest]
        bucket = min(us for us, _ in had.values()) // 10_000_000
        connected = by_bucket[bucket]
        if bucket + 1 in by_bucket:
            connected = connected & by_bucket[bucket + 1]
        assert block["expected"] == len(connected | had.keys())


def test_forks_are_not_on_the_chain_of_the_finalized_blocks(truth, slots):
    shown = blocks_of(slots)
    parents = {fact["block"]: fact["parent"] for fact in truth.facts.of("block")}
    finalized = {fact["finalized"]["block"] for fact in truth.facts.of("state")}
    final = set()
    for digest in finalized:
        while digest in parents:
            final.add(digest)
            digest = parents[digest]
    states = {digest: block["chain"] for digest, block in shown.items()}
    assert "fork" in states.values()
    assert "finalized" in states.values()
    assert [digest for digest in final & states.keys() if states[digest] == "fork"] == []
    # Each slot has at most one block on the chain.
    for slot in slots.values():
        assert sum(each["chain"] in ("best", "finalized") for each in slot["blocks"]) <= 1


def test_slots_without_a_block_were_missed(truth, slots):
    made = {fact["slot"] for fact in truth.facts.of("block")}
    first = min(made)
    missed = [slot for slot, each in slots.items() if each["state"] == "missed"]
    assert [slot for slot in missed if slot in made and first < slot] == []
    assert all(not each["blocks"] for each in slots.values() if each["state"] != "authored")


def test_failures_of_slots(truth, slots):
    expected = defaultdict(int)
    for _, root in rooted(truth.facts, "AuthoringFailed", "Authoring"):
        expected[root["data"]["slot"], "authoring_failed"] += 1
    for variant in ("BlockVerificationFailed", "BlockExecutionFailed"):
        for _, root in rooted(truth.facts, variant, "Authoring", "Importing"):
            expected[root["data"]["slot"], "import_failed"] += 1
    assert expected
    shown = {
        (slot, name): each[name]
        for slot, each in slots.items()
        for name in ("authoring_failed", "import_failed")
        if each[name]
    }
    assert shown == expected


def test_slots_before_a_slot_are_the_same(truth, slots):
    newest = max(slots)
    answer = truth.system.get("/api/slots", count=10, before=newest - 20)
    assert [each["slot"] for each in answer["slots"]] == list(range(newest - 30, newest - 20))
    for each in answer["slots"]:
        known = slots[each["slot"]]
        assert {b["hash"]: b["nodes"] for b in each["blocks"]} == {
            b["hash"]: b["nodes"] for b in known["blocks"]
        }


def test_every_stage_of_each_node(truth, slots, moments):
    busiest = sorted(slots.values(), key=lambda each: sum(b["nodes"] for b in each["blocks"]))[-8:]
    for each in busiest:
        answer = truth.system.get(f"/api/slots/{each['slot']}/propagation")
        ids = [node["node_id"] for node in answer["nodes"]]
        assert {b["hash"] for b in answer["blocks"]} == {b["hash"] for b in each["blocks"]}
        for block in answer["blocks"]:
            digest, stages = block["hash"], block["stages"]
            author = block["author"] and block["author"]["node_id"]
            had = moments["had"][digest]
            zero = had[author][0] if author else min(us for us, _ in had.values())
            for stage in ("had", *STAGES, "announced_to", "announced_by"):
                shown = {
                    ids[place]: ms
                    for place, ms in zip(stages["node"], stages[stage], strict=True)
                    if ms is not None
                }
                expected = {
                    node: (us - zero) / 1000 for node, (us, _) in moments[stage][digest].items()
                }
                assert shown == pytest.approx(expected), stage
            durations = {
                node: (moments["verified"][digest][node][1] - start) / 1000
                for node, (_, start) in moments["importing"][digest].items()
                if node in moments["verified"][digest]
            }
            shown = {
                ids[place]: ms
                for place, ms in zip(stages["node"], stages["verification_ms"], strict=True)
                if ms is not None
            }
            assert shown == pytest.approx(durations)
            never = {ids[place] for place in block["never"]}
            assert never.isdisjoint(had)
            assert len(block["curve"]["ms"]) == block["nodes"]


def test_failures_have_their_reasons(truth, slots):
    failed = [
        (fact, root)
        for variant in ("BlockVerificationFailed", "BlockExecutionFailed")
        for fact, root in rooted(truth.facts, variant, "Authoring", "Importing")
    ]
    slot = failed[0][1]["data"]["slot"]
    answer = truth.system.get(f"/api/slots/{slot}/propagation")
    ids = [node["node_id"] for node in answer["nodes"]]
    shown = sorted(
        (ids[each["node"]], each["event_type"], each["reason"]) for each in answer["failures"]
    )
    assert set(shown) >= {
        (fact["node"], fact["type"], fact["data"]["reason"])
        for fact, root in failed
        if root["data"]["slot"] == slot
    }


def test_by_the_clocks_of_the_nodes_times_are_theirs_corrected(truth, slots, moments, received):
    """By the offset of the message of that minute that arrived fastest."""
    offsets = {}
    for event in received.events:
        clock = received.fields(event)["timestamp"] + JCE_US
        key = event["node_id"], event["at"] // MINUTE_US
        offsets[key] = min(event["at"] - clock, offsets.get(key, event["at"] - clock))
    slot = max(slots.values(), key=lambda each: sum(b["nodes"] for b in each["blocks"]))["slot"]
    answer = truth.system.get(f"/api/slots/{slot}/propagation", clock="node")
    ids = [node["node_id"] for node in answer["nodes"]]
    for block in answer["blocks"]:
        author = block["author"] and block["author"]["node_id"]
        times = {
            node: node_us + JCE_US + offsets[node, us // MINUTE_US]
            for node, (us, node_us) in moments["had"][block["hash"]].items()
        }
        zero = times[author] if author else min(times.values())
        shown = {
            ids[place]: ms
            for place, ms in zip(block["stages"]["node"], block["stages"]["had"], strict=True)
            if ms is not None
        }
        assert block["without_clock"] == 0
        assert shown == pytest.approx({node: (us - zero) / 1000 for node, us in times.items()})
