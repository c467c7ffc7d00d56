"""``tart/query/reconcile/findings.py``: each lie is found, and nothing that may be right."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tart.query.reconcile.claims import AuthoredBlock
from tart.query.reconcile.findings import (
    SendCounts,
    suspicious_blocks,
    suspicious_reports,
    witness_blocks,
)
from tart.query.reconcile.reconciliation import reconcile
from tart.query.shard_queries.claims import ClaimedGas
from tart.units import MINUTE_US
from tests.query.reconcile.world import (
    FIRST,
    NODES,
    World,
    hash_of,
    invented,
    report_of,
    time_of,
)

SLOT = FIRST + 40
AUTHOR = NODES[SLOT % 6]
OTHER = NODES[(SLOT + 3) % 6]


def cases(world, **changes):
    """Kind, node and hash of all cases."""
    findings = reconcile(replace(world.inputs(), **changes)).findings
    return [(each.kind, each.node, case.hash) for each in findings for case in each.examples]


def fork(node=OTHER, slot=SLOT):
    return AuthoredBlock(node, "ab" * 32, slot, time_of(slot))


def test_an_honest_network_has_no_findings():
    assert cases(World()) == []


# --- Blocks -------------------------------------------------------------------------------


def test_a_block_of_which_its_author_says_nothing_is_found():
    world = World()
    del world.authored[SLOT]
    assert cases(world) == [("unreported_block", AUTHOR, hash_of(SLOT))]


def test_silence_means_nothing_while_telemetry_is_incomplete():
    world = World()
    del world.authored[SLOT]
    at_us = time_of(SLOT)
    world.dropped = [{"node": AUTHOR, "bucket": at_us - at_us % MINUTE_US}]
    assert cases(world) == []
    world.dropped, world.all_shards = [], False
    assert cases(world) == []


def test_a_block_that_is_not_final_or_too_young_is_not_compared():
    world = World()
    del world.authored[SLOT]
    world.change(SLOT, status="best")
    assert cases(world) == []
    world = World()
    del world.authored[world.last]
    world.now_us = time_of(world.last) + 1
    assert cases(world) == []


def test_other_numbers_than_the_chain_has_are_found():
    world = World()
    outline = {**world.authored[SLOT].outline, "num_tickets": 3, "num_assurances": 5}
    world.authored[SLOT] = replace(world.authored[SLOT], outline=outline)
    findings = reconcile(world.inputs()).findings
    assert [
        (each.kind, case.subject, case.claimed, case.on_chain)
        for each in findings
        for case in each.examples
    ] == [
        ("outline_differs", "num_tickets", 3, SLOT % 3),
        ("outline_differs", "num_assurances", 5, 6),
    ]


def test_a_block_that_no_other_node_and_no_endpoint_knows_is_found():
    world = World()
    world.more = [fork()]
    assert cases(world) == [("unknown_block", OTHER, "ab" * 32)]


@pytest.mark.parametrize(
    "excuse", ["a witness", "a fork", "a gap", "cut off", "not sending", "not searched", "alone"]
)
def test_an_unknown_block_that_may_be_true_is_no_finding(excuse):
    world = World()
    world.more = [fork()]
    changes = {}
    if excuse == "a witness":
        world.sights["ab" * 32] = {NODES[0]: 1, OTHER: 1}
    elif excuse == "a fork":
        parts = {name: getattr(world.blocks[SLOT], name) for name in ("seen_at", "parent")}
        world.blocks[0] = type(world.blocks[SLOT])(
            hash="ab" * 32, slot=SLOT, status="fork", author=(SLOT + 3) % 6, **parts
        )
    elif excuse == "a gap":
        world.change(SLOT, parent="cd" * 32)
    elif excuse == "cut off":
        for slot in range(SLOT - 3, SLOT):
            world.sights[hash_of(slot)][OTHER] = time_of(SLOT + 1)
    elif excuse == "not sending":
        sends = world.inputs().sends.sent
        failed = dict.fromkeys(sends, 40)
        changes = {"sends": SendCounts(sends, failed)}
    elif excuse == "not searched":
        inputs = world.inputs()
        changes = {"claims": replace(inputs.claims, examined=frozenset())}
    else:
        world.spans = [each for each in world.spans if each.node in (OTHER, AUTHOR)]
    assert [case for case in cases(world, **changes) if case[0] == "unknown_block"] == []


def test_another_validators_block_is_a_foreign_one():
    world = World()
    world.more = [replace(fork(), hash=hash_of(SLOT))]
    assert cases(world) == [("foreign_block", OTHER, hash_of(SLOT))]


def test_only_unknown_blocks_of_the_range_need_witnesses():
    world = World()
    view = world.view
    outside = replace(fork(), slot=FIRST - 1)
    assert suspicious_blocks(view, [world.authored[SLOT], outside, fork()]) == [fork()]
    assert hash_of(SLOT + 1) in witness_blocks(view, [fork()])


# --- Guarantees ---------------------------------------------------------------------------


def test_a_guarantee_of_which_a_guarantor_says_nothing_is_found():
    world = World()
    silent = next(each for each in world.packages if each.report == report_of(SLOT))
    world.packages.remove(silent)
    assert cases(world) == [("unreported_guarantee", silent.node, hash_of(SLOT + 1))]


def test_nothing_is_said_about_guarantees_if_packages_are_missing():
    world = World()
    world.packages = world.packages[: len(world.packages) // 2]
    inputs = world.inputs()
    assert cases(world, claims=replace(inputs.claims, is_complete=False)) == []


def test_a_guarantee_that_its_builder_alone_knows_is_found():
    world = World()
    claim = invented(SLOT, OTHER)
    world.packages.append(claim)
    assert cases(world) == [("unknown_guarantee", OTHER, claim.report)]
    # Those who are said to have signed it know nothing either.
    world.packages[-1] = replace(claim, sent=0)
    assert cases(world) == [("unknown_guarantee", OTHER, claim.report)]


def test_a_guarantee_that_others_know_or_that_was_lost_is_no_finding():
    world = World()
    claim = invented(SLOT, OTHER)
    world.packages.append(claim)
    world.reported = {claim.report: 1}
    assert cases(world) == []
    world.reported = {}
    world.packages.append(replace(claim, node=NODES[0], built=False))
    assert cases(world) == []
    # Nobody whose telemetry is known would have received it.
    world.packages[-2:] = [replace(claim, sent=0, guarantors=(9, 10))]
    assert cases(world) == []
    # It may come on chain yet.
    late = invented(world.last - 1, OTHER)
    world.packages[-1:] = [late]
    assert cases(world) == []


def test_reports_that_the_chain_has_need_no_witnesses():
    world = World()
    world.packages.append(invented(SLOT, OTHER))
    result = reconcile(world.inputs())
    names = [report.hash for report in suspicious_reports(result.reports)]
    # That of the last slot had no block after it.
    assert names == [invented(SLOT, OTHER).report, report_of(world.last)]


# --- Assurances ---------------------------------------------------------------------------


def test_an_assurance_of_which_the_node_says_nothing_is_found():
    world = World()
    world.assured[OTHER].remove(SLOT)
    assert cases(world) == [("unreported_assurance", OTHER, hash_of(SLOT))]


def without(validator):
    return [each for each in range(6) if each != validator]


def test_an_assurance_that_no_node_received_is_found():
    world = World()
    world.assure(SLOT, without(NODES.index(OTHER)))
    assert cases(world) == []
    world.received[OTHER].remove(SLOT)
    assert cases(world) == [("unknown_assurance", OTHER, hash_of(SLOT))]


def test_an_assurance_that_was_late_or_failed_is_no_finding():
    world = World()
    world.assure(SLOT, without(NODES.index(OTHER)))
    world.received[OTHER].remove(SLOT)
    world.in_time[OTHER].remove(SLOT)
    assert cases(world) == []
    world.in_time[OTHER].add(SLOT)
    sends = world.inputs().sends.sent
    assert cases(world, sends=SendCounts(sends, dict.fromkeys(sends, 30))) == []
    # Others assured another branch.
    for node in NODES:
        world.received[node].discard(SLOT)
    assert cases(world) == []


def test_few_nodes_of_the_same_branch_may_all_have_lost_an_assurance():
    world = World()
    # The other half of the nodes is beyond a partition.
    half = {OTHER, NODES[0], NODES[5]}
    assert len(half) == 3
    world.assure(SLOT, [NODES.index(node) for node in sorted(half - {OTHER})])
    world.received[OTHER].remove(SLOT)
    for node in NODES:
        if node not in half:
            for assurances in (world.assured, world.in_time, world.received):
                assurances[node].discard(SLOT)
    assert cases(world) == []


def test_more_missing_assurances_than_chance_explains_are_found():
    world = World()
    index = NODES.index(OTHER)
    slots = [slot for slot in range(SLOT - SLOT % 12, SLOT - SLOT % 12 + 12) if slot % 6 != index]
    for slot in slots[:8]:
        world.assure(slot, without(index))
    (finding,) = reconcile(world.inputs()).findings
    assert (finding.kind, finding.node, len(finding.examples)) == ("missing_assurance", OTHER, 8)
    assert finding.probability is not None
    assert finding.probability < 1e-4
    assert finding.expected is not None
    assert finding.expected < 1
    # All others miss as many: that is no node's fault.
    world = World()
    for slot in slots[:8]:
        world.assure(slot, [slot % 6])
    assert cases(world) == []


# --- Gas ----------------------------------------------------------------------------------


def test_gas_that_differs_from_the_chain_and_from_most_nodes_is_found():
    world = World()
    right = ClaimedGas(hash_of(SLOT), 50 + SLOT, 5, [node for node in NODES if node != OTHER])
    world.gas[hash_of(SLOT)] = [right, ClaimedGas(hash_of(SLOT), 1, 1, [OTHER])]
    assert cases(world) == [("gas_differs", OTHER, hash_of(SLOT))]
    # If most nodes differ from the chain, it is not known who is right.
    world.gas[hash_of(SLOT)] = [ClaimedGas(hash_of(SLOT), 1, 6, list(NODES))]
    assert cases(world) == []


def test_gas_of_refinement_that_differs_from_the_other_guarantors_is_found():
    world = World()
    places = [n for n, each in enumerate(world.packages) if each.report == report_of(SLOT)]
    one = world.packages[places[0]]
    world.packages[places[0]] = replace(one, refine_gas=1)
    assert cases(world) == [("gas_differs", one.node, report_of(SLOT))]
    # With the gas of the authorization.
    world.packages[places[0]] = replace(one, refine_gas=10 + SLOT - 1)
    assert cases(world) == []
    for place in places:
        world.packages[place] = replace(world.packages[place], refine_gas=1)
    assert cases(world) == []
