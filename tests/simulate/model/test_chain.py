from __future__ import annotations

from collections import Counter

import pytest

from tart.simulate.model.chain import FINALITY_DEPTH
from tart.simulate.model.fault_rates import Rates
from tests.simulate.played import Played, play

NETWORKS = pytest.mark.parametrize("network", ["told", "larger"])


@pytest.fixture
def played(network, request) -> Played:
    return request.getfixturevalue(network)


def header(emission) -> bytes:
    return emission.fields["outline"]["hash"]


@NETWORKS
def test_imported_blocks_were_authored_before(played: Played):
    authored = {header(each): each for each in played.of("Authored")}
    for each in played.of("Importing"):
        assert authored[header(each)].when < each.when
        assert authored[header(each)].node != each.node
        assert authored[header(each)].fields["outline"] == each.fields["outline"]


@pytest.mark.no_cover
@NETWORKS
def test_a_block_is_built_on_one_the_author_had_executed(played: Played):
    executed = set()
    base = played.network._world.base.hash
    for each in played.emissions:
        if each.variant == "BlockExecuted":
            root = played.origin(each, "authoring_or_importing_id")
            if root.variant == "Importing":
                executed.add((each.node, header(root)))
        elif each.variant == "BestBlockChanged":
            executed.add((each.node, each.fields["hash"]))
        elif each.variant == "Authoring":
            assert each.fields["parent"] == base or (each.node, each.fields["parent"]) in executed


@pytest.mark.no_cover
@NETWORKS
def test_nodes_import_nearly_all_blocks_once(played: Played):
    imported = Counter((each.node, header(each)) for each in played.of("Importing"))
    assert set(imported.values()) == {1}
    nodes, authored = len(played.peer_ids), len(played.of("Authored"))
    assert len(imported) > 0.95 * (nodes - 1) * (authored - 1)


@NETWORKS
def test_all_nodes_finalize_the_same_chain(played: Played):
    chains = [
        [e.fields["hash"] for e in played.of("FinalizedBlockChanged") if e.node == node]
        for node in range(len(played.peer_ids))
    ]
    longest = max(chains, key=len)
    for chain in chains:
        at = [longest.index(each) for each in chain]
        assert at == sorted(at)
        assert len(chain) > len(longest) // 2


@NETWORKS
def test_finality_trails_the_best_block(played: Played):
    best: dict[int, list[bytes]] = {}
    for each in played.emissions:
        if each.variant == "BestBlockChanged":
            best.setdefault(each.node, []).append(each.fields["hash"])
        elif each.variant == "FinalizedBlockChanged":
            behind = best[each.node][::-1]
            hash_ = each.fields["hash"]
            assert hash_ not in behind[: FINALITY_DEPTH - 1]


def test_a_received_announcement_was_sent_before(told: Played):
    made = Counter()
    for each in told.of("BlockAnnounced"):
        peer = told.node_of(each.fields["peer"])
        if each.fields["announcer"] == "Local":
            made[each.node, peer, each.fields["hash"]] += 1
        else:
            made[peer, each.node, each.fields["hash"]] -= 1
            assert made[peer, each.node, each.fields["hash"]] == 0


def test_a_flawed_block_is_refused_by_all_but_its_author_and_not_built_upon(told: Played):
    authored = {header(each): each.node for each in told.of("Authored")}
    imported: dict[bytes, set[int]] = {}
    for each in told.of("Importing"):
        imported.setdefault(header(each), set()).add(each.node)
    parents = {each.fields["parent"] for each in told.of("Authoring")}
    refused: dict[bytes, set[int]] = {}
    for each in told.of("BlockVerificationFailed"):
        refused.setdefault(header(told.origin(each, "importing_id")), set()).add(each.node)
    for each in told.of("BlockExecutionFailed"):
        root = told.origin(each, "authoring_or_importing_id")
        refused.setdefault(header(root), set()).add(each.node)
    assert len(refused) >= 2
    for block, nodes in refused.items():
        assert nodes == imported[block]
        assert authored[block] not in nodes
        assert block not in parents


def test_forks_switch_best_blocks(told: Played):
    slots = Counter(each.fields["slot"] for each in told.of("Authoring"))
    assert max(slots.values()) == 2


def test_a_lagging_node_fetches_several_blocks_at_once_and_is_synced_again(told: Played):
    asked = [each.fields["max_blocks"] for each in told.of("SendingBlockRequest")]
    assert max(asked) > 1
    for node in range(6):
        flags = [e.fields["synced"] for e in told.of("SyncStatusChanged") if e.node == node]
        assert flags[:2] == [False, True]
        assert flags == [at % 2 == 1 for at in range(len(flags))]


def test_a_transfer_of_several_blocks_marks_its_last(told: Played):
    last: dict[tuple[int, int], list[bool]] = {}
    for each in told.of("BlockTransferred"):
        last.setdefault((each.node, each.fields["request_id"]), []).append(each.fields["last"])
    for flags in last.values():
        assert flags[:-1] == [False] * (len(flags) - 1)
    assert max(map(len, last.values())) > 1


def test_gas_is_the_same_on_every_node_and_time_is_not(told: Played):
    gas, elapsed = {}, {}
    for each in told.of("BlockExecuted"):
        root = told.origin(each, "authoring_or_importing_id")
        costs = each.fields["accumulate_costs"]
        if root.variant == "Importing" and costs:
            used = [(service, cost["total"]["gas_used"]) for service, cost in costs]
            assert gas.setdefault(header(root), used) == used
            times = elapsed.setdefault(header(root), set())
            times.add(costs[0][1]["total"]["elapsed_ns"])
    assert all(len(times) > 1 for times in elapsed.values())


def test_a_chain_without_failing_authors_has_a_block_every_slot():
    rates = Rates(authoring=0, fork=0, invalid_seal=0, invalid_execution=0, lag=0, dropped=0)
    slots = [each.fields["slot"] for each in play(20, rates=rates).of("Authoring")]
    assert slots == list(range(slots[0], slots[0] + len(slots)))


@pytest.mark.no_cover
def test_a_chain_resumes_after_slots_without_blocks():
    """Everybody fails to author: nothing is forgotten that is still needed."""
    played = play(60, rates=Rates(authoring=1.0))
    assert not played.of("Authored")
    assert len(played.of("AuthoringFailed")) >= 50
