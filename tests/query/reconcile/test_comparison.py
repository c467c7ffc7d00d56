"""``tart/query/reconcile/comparison.py``: sums of nodes and of the chain, side by side."""

from __future__ import annotations

from dataclasses import replace

from tart.query.core.version_spans import VersionSpan
from tart.query.reconcile.comparison import MAX_EXAMPLES, compare, reconcile_answer
from tart.query.reconcile.reconciliation import reconcile
from tests.query.reconcile.world import EPOCH, FIRST, NODES, World, hash_of, invented, time_of

E = FIRST // EPOCH


def answer(world, node=None, limit=1000):
    return reconcile_answer(world.inputs(), node, limit)


def row_of(body, epoch, validator):
    (row,) = [
        row for row in body["validators"] if (row["epoch"], row["validator"]) == (epoch, validator)
    ]
    return row


def test_an_honest_network_agrees_with_its_chain():
    body = answer(World())
    assert body["findings"] == []
    assert body["chain"]["compared"] == 72
    assert body["chain"]["complete"]
    for row in body["validators"]:
        assert row["complete"], row
        for name in ("blocks", "guarantees", "assurances", "tickets", "preimages"):
            assert row[name]["difference"] == 0, (name, row)
    row = row_of(body, E + 1, 2)
    assert (row["node_id"], row["implementation"], row["evidence"]) == (NODES[2], "sim", "blocks")
    assert row["blocks"] == {"claimed": 2, "on_chain": 2, "difference": 0}
    assert row["preimage_octets"]["claimed"] is None
    assert all(core["gas"]["equal"] for core in body["cores"])
    assert sum(core["reports"]["on_chain"] for core in body["cores"]) == 72
    assert all(each["gas"]["equal"] for each in body["services"])
    assert [row["slot"] for row in body["blocks"]] == sorted(World().slots, reverse=True)
    assert all(row["gas"]["equal"] for row in body["blocks"])
    (version,) = body["implementations"]
    assert (version["name"], version["nodes"], version["findings"]) == ("sim", 6, {})
    assert version["blocks"]["difference"] == 0


def test_a_silent_validator_has_a_difference_and_a_finding():
    world = World()
    for slot in list(world.authored):
        if slot % 6 == 3 and slot // EPOCH == E + 2:
            del world.authored[slot]
    body = answer(world)
    row = row_of(body, E + 2, 3)
    assert (row["evidence"], row["evidence_count"]) == ("other_epoch", 1)
    assert row["blocks"] == {"claimed": 0, "on_chain": 2, "difference": 2}
    (finding,) = body["findings"]
    assert (finding["kind"], finding["count"], finding["validator"]) == ("unreported_block", 2, 3)
    assert [each["slot"] for each in finding["examples"]] == [FIRST + 27, FIRST + 33]
    assert body["implementations"][0]["findings"] == {"unreported_block": 2}


def test_validators_and_nodes_without_a_partner_are_listed():
    world = World()
    stranger = "ab" * 32
    world.packages = [each for each in world.packages if each.node != NODES[5]]
    world.authored = {s: each for s, each in world.authored.items() if each.node != NODES[5]}
    del world.assured[NODES[5]]
    world.assured[stranger] = set(world.slots)
    world.in_time[stranger] = world.received[stranger] = set()
    body = answer(world)
    (epoch,) = [each for each in body["epochs"] if each["epoch"] == E]
    assert epoch["validators_without_telemetry"] == [5]
    assert epoch["unmatched_nodes"] == [stranger]
    assert (epoch["matched"], epoch["by_evidence"]) == (5, {"blocks": 5})
    assert (epoch["first_slot"], epoch["last_slot"]) == (FIRST, FIRST + 11)
    row = row_of(body, E, 5)
    assert (row["node_id"], row["complete"], row["blocks"]["claimed"]) == (None, None, None)
    assert row["assurances"] == {"claimed": None, "on_chain": 12, "difference": None}
    assert body["findings"] == []


def test_contradictory_evidence_is_shown():
    world = World()
    world.more = [replace(world.authored[FIRST], node=NODES[1])]
    del world.authored[FIRST]
    body = answer(world)
    (epoch,) = [each for each in body["epochs"] if each["epoch"] == E]
    (contradiction,) = epoch["contradictions"][:1]
    assert NODES[1] in contradiction["nodes"]


def test_an_answer_can_be_of_one_node_and_is_limited():
    world = World()
    for slot in list(world.authored):
        if slot % 6 == 3 and slot > FIRST + 20:
            del world.authored[slot]
    body = answer(world, NODES[3], 2)
    assert {row["node_id"] for row in body["validators"]} == {NODES[3]}
    assert (len(body["validators"]), body["total_validators"]) == (2, 6)
    assert {each["node_id"] for each in body["findings"]} == {NODES[3]}
    assert (len(body["findings"]), body["total_findings"]) == (2, 5)
    assert [row["node_id"] for row in body["blocks"]] == [None, None]
    assert {row["validator"] for row in body["blocks"]} == {3}
    assert answer(world, NODES[0])["findings"] == []


def test_examples_are_limited_and_counts_are_not():
    world = World()
    world.assured[NODES[2]] = set()
    for finding in answer(world)["findings"]:
        assert finding["count"] == 12
        assert len(finding["examples"]) == MAX_EXAMPLES


def test_a_node_that_was_away_is_incomplete_and_is_not_accused():
    world = World()
    away = time_of(FIRST + 20)
    world.spans = [each for each in world.spans if each.node != NODES[0]]
    world.spans.append(VersionSpan(NODES[0], "sim", "1", away, time_of(world.last + 100)))
    world.assured[NODES[0]] = {slot for slot in world.slots if slot > FIRST + 20}
    body = answer(world)
    row = row_of(body, E, 0)
    assert (row["complete"], row["incomplete_reason"]) == (False, "disconnected")
    assert row["assurances"]["difference"] == 12
    assert body["findings"] == []


def test_a_finding_of_a_report_names_it():
    world = World()
    world.packages.append(invented(FIRST + 30, NODES[4]))
    (finding,) = answer(world)["findings"]
    assert finding["examples"][0]["hash"] == invented(FIRST + 30, NODES[4]).report


def test_numbers_are_compared_if_both_are_known():
    assert compare(None, 4) == {"claimed": None, "on_chain": 4, "difference": None}
    assert compare(6, 4)["difference"] == -2
    assert reconcile(World(20).inputs()).without_telemetry(E) == []
    assert hash_of(1) != hash_of(2)
