from __future__ import annotations

from collections import Counter

import pytest

from tart.simulate.model.fault_rates import Rates
from tart.simulate.model.packages import guarantors_of
from tart.simulate.model.reporter import Emission
from tart.simulate.model.world import SLOT
from tests.simulate.played import NO_DROPS, Played, play

PRIMARY_STEPS = [
    "WorkPackageSubmission",
    "WorkPackageReceived",
    "Authorized",
    "ExtrinsicDataReceived",
    "ImportsReceived",
    "Refined",
    "WorkReportBuilt",
    "GuaranteeBuilt",
    "GuaranteesDistributed",
]
SECONDARY_STEPS = [
    "WorkPackageBeingShared",
    "WorkPackageReceived",
    "Authorized",
    "ExtrinsicDataReceived",
    "ImportsReceived",
    "Refined",
    "WorkReportBuilt",
    "WorkReportSignatureSent",
]
ROOTS = ("submission_or_share_id", "submission_id", "share_id")


def stories(played: Played, root: str) -> dict[tuple[int, int], list[Emission]]:
    """All that refers to each submission or share, in order."""
    found = {(each.node, each.event_id): [each] for each in played.of(root)}
    for each in played.emissions:
        for name in ROOTS:
            story = found.get((each.node, each.fields.get(name, -1)))
            if story is not None:
                story.append(each)
    return found


def hash_of(story: list[Emission]) -> bytes | None:
    for each in story:
        if each.variant == "WorkPackageReceived":
            return each.fields["outline"]["work_package_hash"]
    return None


@pytest.mark.parametrize(
    ("root", "steps"),
    [("WorkPackageSubmission", PRIMARY_STEPS), ("WorkPackageBeingShared", SECONDARY_STEPS)],
)
@pytest.mark.parametrize("network", ["told", "larger"])
def test_the_events_of_a_package_are_in_order(network, root, steps, request):
    complete = 0
    for story in stories(request.getfixturevalue(network), root).values():
        taken = [each.variant for each in story if each.variant in steps]
        once = list(dict.fromkeys(taken))
        assert once == steps[: len(once)]
        complete += len(once) == len(steps)
    assert complete > 40


def test_a_submission_ends_in_a_guarantee_a_failure_or_a_duplicate(told: Played):
    last = told.emissions[-1].when - 6_000_000
    outcomes = Counter()
    for story in stories(told, "WorkPackageSubmission").values():
        ends = {each.variant for each in story} & {
            "GuaranteesDistributed",
            "WorkPackageFailed",
            "DuplicateWorkPackage",
        }
        assert len(ends) == 1 or story[0].when > last
        outcomes.update(ends)
    assert len(outcomes) == 3


def test_guarantors_are_those_of_the_core(told: Played):
    for each in told.of("WorkPackageReceived"):
        slot = told.origin(each, "submission_or_share_id").when // SLOT
        assigned = {
            node.index
            # A share may arrive in the slot after its submission.
            for at in (slot, slot - 1)
            for node in guarantors_of(told.network._world, each.fields["core"], at)
        }
        assert each.node in assigned


def test_all_guarantors_of_a_package_report_the_same_outline(told: Played):
    shared: dict[bytes, set[int]] = {}
    primaries = {}
    for story in stories(told, "WorkPackageSubmission").values():
        if (package := hash_of(story)) is not None:
            primaries[package] = story[0]
    for story in stories(told, "WorkPackageBeingShared").values():
        if (package := hash_of(story)) is not None:
            assert told.node_of(story[0].fields["primary"]) == primaries[package].node
            assert story[0].when > primaries[package].when
            shared.setdefault(package, set()).add(story[0].node)
    assert max(map(len, shared.values())) == 2


def test_refine_gas_is_the_same_on_every_node(told: Played):
    gas: dict[bytes, set[tuple[int, ...]]] = {}
    for root in ("WorkPackageSubmission", "WorkPackageBeingShared"):
        for story in stories(told, root).values():
            for each in story:
                if each.variant == "Refined":
                    used = tuple(cost["total"]["gas_used"] for cost in each.fields["costs"])
                    gas.setdefault(hash_of(story), set()).add(used)
    assert {len(each) for each in gas.values()} == {1}


def test_a_guarantee_carries_the_signatures_received(told: Played):
    for story in stories(told, "WorkPackageSubmission").values():
        signed = {story[0].node}
        for each in story:
            if each.variant == "WorkReportSignatureReceived":
                signed.add(told.node_of(each.fields["secondary"]))
            elif each.variant == "GuaranteeBuilt":
                assert set(each.fields["outline"]["guarantors"]) == signed
                assert len(signed) >= 2


def test_an_early_guarantee_is_replaced_by_a_better_one(told: Played):
    built = Counter((each.node, each.fields["submission_id"]) for each in told.of("GuaranteeBuilt"))
    assert set(built.values()) == {1, 2}
    reasons = Counter(each.fields["reason"] for each in told.of("GuaranteeDiscarded"))
    assert reasons["ReplacedByBetter"] > 0
    assert reasons["PackageReportedOnChain"] > reasons["ReplacedByBetter"]


def test_a_received_guarantee_was_sent_by_its_primary(told: Played):
    sent = Counter()
    for each in told.emissions:
        if each.variant == "SendingGuarantee":
            outline = told.origin(each, "built_id").fields["outline"]
            to = told.node_of(each.fields["recipient"])
            sent[each.node, to, outline["work_report_hash"]] += 1
        elif each.variant == "GuaranteeReceived":
            opened = told.origin(each, "receiving_id")
            sender = told.node_of(opened.fields["sender"])
            key = (sender, each.node, each.fields["outline"]["work_report_hash"])
            sent[key] -= 1
            assert sent[key] >= 0


def test_pools_do_not_overflow_when_nothing_is_reported():
    """No blocks: guarantees pile up, until there are too many."""
    played = play(12, rates=Rates(authoring=1.0, dropped=0))
    reasons = {each.fields["reason"] for each in played.of("GuaranteeDiscarded")}
    assert "TooManyGuarantees" in reasons
    assert played.network.statistics()["guarantees"] <= 6 * 3 * 2


def test_without_signatures_there_is_no_guarantee():
    played = play(10, rates=Rates(sharing=1.0, dropped=0))
    assert not played.of("GuaranteeBuilt")
    reasons = {each.fields["reason"] for each in played.of("WorkPackageFailed")}
    assert "not enough signatures" in reasons


def test_cores_short_of_guarantors_stay_idle():
    played = play(12, nodes=5, cores=4, rates=NO_DROPS)
    cores = Counter(
        (each.when // SLOT, each.fields["core"]) for each in played.of("WorkPackageReceived")
    )
    assert len({slot for slot, _ in cores}) > 5
    per_slot = Counter(slot for slot, _ in cores)
    # Five validators give one core two guarantors and three cores one each.
    assert max(per_slot.values()) <= 2
