from __future__ import annotations

from collections import Counter

import pytest

from tart.simulate.model.world import SLOT
from tests.simulate.played import Played

NETWORKS = pytest.mark.parametrize("network", ["told", "larger"])


@pytest.mark.no_cover
@NETWORKS
def test_an_assurance_received_was_sent_before(network, request):
    played = request.getfixturevalue(network)
    sent = Counter()
    for each in played.emissions:
        if each.variant == "AssuranceSent":
            anchor = played.origin(each, "distributing_id").fields["statement"]["anchor"]
            sent[each.node, played.node_of(each.fields["recipient"]), anchor] += 1
        elif each.variant == "AssuranceReceived":
            key = (played.node_of(each.fields["sender"]), each.node, each.fields["anchor"])
            sent[key] -= 1
            assert sent[key] >= 0
    arriving = sum(sent.values())
    assert arriving == len(played.of("AssuranceSent")) - len(played.of("AssuranceReceived"))
    assert arriving <= len(played.of("AssuranceReceiveFailed")) + len(played.peer_ids) ** 2


@NETWORKS
def test_every_node_assures_every_peer_in_every_slot(network, request):
    played = request.getfixturevalue(network)
    nodes = len(played.peer_ids)
    told = Counter()
    for variant in ("AssuranceSent", "AssuranceSendFailed"):
        for each in played.of(variant):
            told[each.node, each.fields["distributing_id"]] += 1
    distributed = played.of("AssuranceDistributed")
    assert len({(e.node, e.when // SLOT) for e in distributed}) == len(distributed)
    for each in distributed:
        assert told[each.node, each.fields["distributing_id"]] == nodes - 1


@pytest.mark.no_cover
@NETWORKS
def test_shards_are_requested_from_guarantors_of_the_report(network, request):
    played = request.getfixturevalue(network)
    guarantors: dict[bytes, set[int]] = {}
    roots = {
        each.fields["outline"]["work_report_hash"]: each.fields["outline"]["erasure_root"]
        for each in played.of("WorkReportBuilt")
    }
    for each in played.of("GuaranteeBuilt"):
        outline = each.fields["outline"]
        root = roots[outline["work_report_hash"]]
        guarantors.setdefault(root, set()).update(outline["guarantors"])
    for each in played.of("SendingShardRequest"):
        asked = played.node_of(each.fields["guarantor"])
        assert asked in guarantors[each.fields["erasure_root"]]
        assert each.node not in guarantors[each.fields["erasure_root"]]


def test_every_assurer_has_its_own_shard_of_a_report(told: Played):
    owners: dict[tuple[bytes, int], set[int]] = {}
    for each in told.of("SendingShardRequest"):
        key = (each.fields["erasure_root"], each.fields["shard"])
        owners.setdefault(key, set()).add(each.node)
        assert each.fields["shard"] < 6
    assert {len(each) for each in owners.values()} == {1}


def test_assurances_name_only_reports_with_stored_shards(told: Played):
    """A bit set means: of the report pending on that core, shards arrived or were made."""
    cores = {
        each.fields["outline"]["work_package_hash"]: each.fields["core"]
        for each in told.of("WorkPackageReceived")
    }
    assert set(cores.values()) == {0, 1}
    had_shards: set[int] = set()
    for each in told.emissions:
        if each.variant in ("ShardsTransferred", "GuaranteeBuilt", "WorkReportSignatureSent"):
            had_shards.add(each.node)
        elif each.variant == "DistributingAssurance" and any(each.fields["statement"]["bitfield"]):
            assert each.node in had_shards


def test_reports_become_available_and_are_accumulated(told: Played):
    costs = [each.fields["accumulate_costs"] for each in told.of("BlockExecuted")]
    assert sum(map(bool, costs)) > len(costs) // 2
    bits = [e.fields["statement"]["bitfield"][0] for e in told.of("DistributingAssurance")]
    assert {0, 3} <= set(bits) <= {0, 1, 2, 3}


def test_blocks_count_the_assurances_their_author_received(told: Played):
    counts = [e.fields["outline"]["num_assurances"] for e in told.of("Authored")]
    assert max(counts) == 5
    assert min(counts) >= 0
