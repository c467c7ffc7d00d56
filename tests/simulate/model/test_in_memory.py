from __future__ import annotations

import hashlib
from collections import defaultdict

import pytest

from tart.protocol.connection import Connection
from tart.protocol.events import BY_VARIANT
from tart.simulate.model.fault_rates import Rates
from tart.simulate.model.in_memory import MIXED, Played, play, play_troubled


@pytest.fixture(scope="module")
def troubled() -> Played:
    return play_troubled(40)


def test_equal_arguments_give_equal_simulations():
    one, two = play_troubled(6, seed=3), play_troubled(6, seed=3)
    assert [each.data for each in one.sessions] == [each.data for each in two.sessions]
    assert one.facts.all == two.facts.all


@pytest.mark.no_cover
def test_sessions_contain_every_emission_once(troubled: Played):
    in_sessions = [each for session in troubled.sessions for each in session.emissions]
    assert len(in_sessions) == len(troubled.emissions)
    assert set(map(id, in_sessions)) == set(map(id, troubled.emissions))


@pytest.mark.no_cover
def test_a_troubled_network_reconnects_forks_drops_and_speaks_both_versions(troubled: Played):
    ordinals = [each.ordinal for each in troubled.sessions]
    assert max(ordinals) > 0
    assert len(troubled.facts.of("opened")) == len(ordinals) > 6
    versions = set()
    for session in troubled.sessions:
        connection = Connection()
        connection.receive_data(session.hello)
        assert connection.node is not None
        versions.add(connection.node.protocol_version)
    assert versions == set(MIXED)
    parents = [each["parent"] for each in troubled.facts.of("block")]
    assert len(set(parents)) < len(parents)
    assert sum(each["dropped"] for each in troubled.facts.of("closed")) > 20


@pytest.mark.no_cover
@pytest.mark.slow
@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(1, 6))]
)
def test_every_event_type_occurs_in_a_troubled_network_and_the_chain_goes_on(seed):
    played = play_troubled(80, seed=seed)
    assert {each.variant for each in played.emissions} == BY_VARIANT.keys()
    assert all(each["finalized"]["number"] > 20 for each in played.facts.of("state"))


@pytest.mark.no_cover
@pytest.mark.slow
@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(1, 4))]
)
def test_equal_event_ids_stand_for_different_packages(seed):
    packages = defaultdict(set)
    for each in play_troubled(60, seed=seed).facts.events("WorkPackageReceived"):
        packages[each["root"]["event_id"]].add(each["about"]["package"])
    assert sum(len(each) > 1 for each in packages.values()) >= 5


@pytest.mark.parametrize(
    ("streams", "digest"),
    [
        # The third is measured; it plays what these do.
        pytest.param(
            lambda: play(30), "44b565354b7d7f0542ae5552b87f9ce0", marks=pytest.mark.no_cover
        ),
        pytest.param(
            lambda: play(20, seed=5, nodes=12, cores=4),
            "9c9a3b2459ba9bea20b5cf43c2374d06",
            marks=pytest.mark.no_cover,
        ),
        (lambda: play_troubled(30, seed=3), "84027ff1a7a07516baab7eb6c833ae17"),
    ],
)
def test_seeds_give_the_streams_that_they_always_gave(streams, digest):
    """A new activity has a source of randomness of its own, and is off by default."""
    content = hashlib.blake2b(digest_size=16)
    for session in streams().sessions:
        content.update(session.data)
    assert content.hexdigest() == digest


@pytest.mark.no_cover
def test_facts_may_be_those_of_some_kinds_alone():
    every, some = play(10, seed=2), play(10, seed=2, only={"block", "closed"})
    assert {each["fact"] for each in some.facts.all} == {"block", "closed", "end"}
    assert some.facts.of("block") == every.facts.of("block")
    assert some.facts.of("closed") == every.facts.of("closed")
    assert some.emissions == every.emissions


def test_no_node_leaves_at_a_reconnect_rate_of_0():
    played = play(12, rates=Rates(reconnect=0))
    assert [each.ordinal for each in played.sessions] == [0] * 6


def test_a_disconnected_node_reconnects_a_second_later(troubled: Played):
    away = []
    closed = {(f["node"], f["session"]): f["network_us"] for f in troubled.facts.of("closed")}
    for each in troubled.facts.of("opened"):
        if each["session"]:
            away.append(each["network_us"] - closed[each["node"], each["session"] - 1])
    assert set(away) == {1_000_000}
