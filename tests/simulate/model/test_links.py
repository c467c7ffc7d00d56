from __future__ import annotations

from collections import Counter

import pytest

from tests.simulate.played import Played


def test_every_pair_of_nodes_connects_once(told: Played):
    early = [each for each in told.of("ConnectedIn") if each.when < told.emissions[0].when + 6e6]
    assert len({frozenset((e.node, told.node_of(e.fields["peer_id"]))) for e in early}) == 15


@pytest.mark.parametrize("network", ["told", "larger"])
def test_streams_are_opened_among_neighbours_only(network, request):
    played = request.getfixturevalue(network)
    neighbours = {
        (node.index, each.index) for node in played.network._world.nodes for each in node.neighbours
    }
    opened = {
        (each.node, played.node_of(each.fields["peer"]))
        for each in played.of("BlockAnnouncementStreamOpened")
    }
    assert opened == neighbours


def test_each_attempt_to_connect_has_one_outcome(told: Played):
    for attempt, outcomes in (
        ("ConnectingOut", ("ConnectedOut", "ConnectOutFailed")),
        ("ConnectingIn", ("ConnectedIn", "ConnectInFailed")),
    ):
        ended = Counter(
            (each.node, each.fields["connecting_id"])
            for outcome in outcomes
            for each in told.of(outcome)
        )
        for each in told.of(attempt)[:-1]:  # the last may still be under way
            assert ended[each.node, each.event_id] == 1


def test_both_sides_report_a_disconnect(told: Played):
    parted = Counter()
    for each in told.of("Disconnected"):
        pair = frozenset((each.node, told.node_of(each.fields["peer"])))
        parted[pair, each.fields["reason"]] += 1
    assert parted
    under_way = told.emissions[-1].when - 1_000_000
    late = [each for each in told.of("Disconnected") if each.when > under_way]
    assert sum(number % 2 for number in parted.values()) <= len(late)


def test_local_and_remote_are_the_two_sides_of_an_event(told: Played):
    sides = Counter(each.fields["terminator"] for each in told.of("Disconnected"))
    assert abs(sides["Local"] - sides["Remote"]) <= 1


def test_a_stream_is_closed_after_it_was_opened_and_once(told: Played):
    closed = [(e.node, e.fields["opened_id"]) for e in told.of("BlockAnnouncementStreamClosed")]
    assert len(closed) == len(set(closed)) > 0
