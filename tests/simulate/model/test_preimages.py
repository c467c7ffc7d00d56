from __future__ import annotations

from collections import Counter

from tests.simulate.played import Played


def test_a_received_announcement_was_sent_before(told: Played):
    made = Counter()
    for each in told.of("PreimageAnnounced"):
        peer = told.node_of(each.fields["peer"])
        if each.fields["announcer"] == "Local":
            made[each.node, peer, each.fields["hash"]] += 1
        else:
            made[peer, each.node, each.fields["hash"]] -= 1
            assert made[peer, each.node, each.fields["hash"]] >= 0


def test_a_preimage_is_requested_from_its_announcer(told: Played):
    heard = set()
    for each in told.emissions:
        if each.variant == "PreimageAnnounced" and each.fields["announcer"] == "Remote":
            heard.add((each.node, each.fields["peer"], each.fields["hash"]))
        elif each.variant == "SendingPreimageRequest":
            assert (each.node, each.fields["recipient"], each.fields["hash"]) in heard


def test_discarded_preimages_were_held_and_forgotten_ones_were_not(told: Played):
    has: set[tuple[int, bytes]] = set()
    for each in told.emissions:
        if each.variant == "PreimageTransferred":
            origin = told.origin(each, "request_id")
            if origin.variant == "SendingPreimageRequest":
                has.add((each.node, origin.fields["hash"]))
        elif each.variant == "PreimageAnnounced" and each.fields["announcer"] == "Local":
            has.add((each.node, each.fields["hash"]))
        elif each.variant == "PreimageDiscarded":
            assert (each.node, each.fields["hash"]) in has
            has.remove((each.node, each.fields["hash"]))
        elif each.variant == "AnnouncedPreimageForgotten":
            assert (each.node, each.fields["hash"]) not in has


def test_most_preimages_end_on_chain(told: Played):
    reasons = Counter(each.fields["reason"] for each in told.of("PreimageDiscarded"))
    assert reasons["ProvidedOnChain"] > 5 * reasons["TooManyPreimages"]
    authored = told.of("Authored")
    assert sum(each.fields["outline"]["num_preimages"] for each in authored) > 10


def test_both_sides_report_a_failed_announcement(told: Played):
    sides = Counter(e.fields["announcer"] for e in told.of("PreimageAnnouncementFailed"))
    assert abs(sides["Local"] - sides["Remote"]) <= 1
