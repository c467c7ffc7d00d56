"""Planted differences show in the telemetry of their implementation, and in no other's."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from statistics import mean, stdev

import pytest

from tart.errors import ConfigError
from tart.protocol.connection import Connection
from tart.simulate.model.differences import (
    HOST_SPREAD,
    Difference,
    Upgrade,
    check_difference,
    check_upgrade,
    parse_difference,
    parse_upgrade,
    shuffled_implementations,
)
from tart.simulate.model.fault_rates import Rates
from tart.simulate.model.in_memory import play
from tart.simulate.model.network import DEFAULT_START, Network
from tart.simulate.model.world import IMPLEMENTATIONS, Implementation
from tart.units import SECOND_US
from tests.simulate.chains import PlayedChain, play_chain

NODES, CORES = 16, 5
DIFFERENCES = [
    Difference("sim-alpha", guaranteeing=1.5),
    Difference("sim-beta", imports=1.2, clock_us=2_000_000),
    Difference("sim-gamma", lost_assurances=0.2),
    Difference("sim-delta", lie="claims-guarantees", failures=4),
]
RATES = Rates(dropped=0)


def implementation_of(chain: PlayedChain) -> dict[str, str]:
    return {each["node"]: each["name"] for each in chain.facts.of("node")}


@pytest.fixture(scope="module")
def different() -> PlayedChain:
    return play_chain(
        30,
        nodes=NODES,
        cores=CORES,
        seed=1,
        rates=RATES,
        differences=DIFFERENCES,
        host_spread=HOST_SPREAD,
        own_assurances=True,
        implementations=shuffled_implementations(NODES, 1),
    )


@pytest.fixture(scope="module")
def equal() -> PlayedChain:
    return play_chain(30, nodes=NODES, cores=CORES, seed=1, rates=RATES, own_assurances=True)


def mean_latency(chain: PlayedChain, event: str, after: str) -> dict[str, float]:
    """The mean time to an event from the one that it refers to, by implementation."""
    names, times = implementation_of(chain), defaultdict(list)
    kinds = {
        (each["node"], each["session"], each["event_id"])
        for each in chain.facts.of("happened", event=after)
    }
    for fact in chain.facts.of("happened", event=event):
        root = fact["root"]
        if (fact["node"], fact["session"], root["event_id"]) in kinds:
            times[names[fact["node"]]].append(root["after_us"])
    return {name: mean(each) for name, each in times.items()}


@pytest.mark.no_cover
def test_one_implementation_imports_more_slowly(different, equal):
    slow = mean_latency(different, "BlockVerified", "Importing")
    others = mean(value for name, value in slow.items() if name != "sim-beta")
    assert 1.08 < slow["sim-beta"] / others < 1.32
    usual = mean_latency(equal, "BlockVerified", "Importing")
    assert usual["sim-beta"] < mean(usual.values())


@pytest.mark.no_cover
def test_one_implementation_refines_more_slowly(different):
    slow = mean_latency(different, "Refined", "WorkPackageSubmission")
    others = mean(value for name, value in slow.items() if name != "sim-alpha")
    assert 1.2 < slow["sim-alpha"] / others < 1.8


@pytest.mark.no_cover
def test_the_clocks_of_one_implementation_are_wrong(different):
    names = implementation_of(different)
    for node in different.facts.of("node"):
        expected = 2_000_000 if node["name"] == "sim-beta" else 0
        assert abs(node["clock_us"] - expected) <= 4_000
    offsets = defaultdict(set)
    peers = {index: peer for peer, index in different.index.items()}
    for each in different.emissions:
        if each.variant == "Status":
            offset = round((each.timestamp - each.when) / 1_000_000)
            offsets[names[peers[each.node]]].add(offset)
    assert offsets == {name: {2 if name == "sim-beta" else 0} for name in set(names.values())}


@pytest.mark.no_cover
def test_lost_assurances_are_told_and_reach_nobody(different, equal):
    names = implementation_of(different)
    lost = {(each["node"], each["anchor"]) for each in different.facts.of("lost_assurance")}
    told = different.facts.of("happened", event="DistributingAssurance")
    keys = {(each["node"], each["about"]["anchor"]) for each in told}
    received = {
        (each["about"]["assurer"], each["about"]["anchor"])
        for each in different.facts.of("happened", event="AssuranceReceived")
    }
    unheard = keys - received
    # The last are on their way when the run ends.
    assert lost <= keys
    assert not {each for each in unheard - lost if names[each[0]] != "sim-gamma"} - {
        (each["node"], each["about"]["anchor"]) for each in told[-2 * NODES :]
    }
    assert {names[node] for node, _ in lost} == {"sim-gamma"}
    of_gamma = [key for key in keys if names[key[0]] == "sim-gamma"]
    assert 0.1 < len(lost) / len(of_gamma) < 0.3
    on_chain = {
        (assurer, block["parent"])
        for block in different.facts.of("block")
        for assurer in block["assurers"]
    }
    # An anchor that is assured twice, because a slot has no block, may be lost once.
    twice = Counter((each["node"], each["about"]["anchor"]) for each in told)
    assert not {key for key in lost & (on_chain | received) if twice[key] == 1}
    assert not equal.facts.of("lost_assurance")


@pytest.mark.no_cover
def test_one_implementation_fails_more_often(different):
    names = implementation_of(different)
    failed, sent = Counter(), Counter()
    for fact in different.facts.of("happened", event="GuaranteeReceiveFailed"):
        failed[names[fact["node"]]] += 1
    for fact in different.facts.of("happened", event="ReceivingGuarantee"):
        sent[names[fact["node"]]] += 1
    shares = {name: failed[name] / sent[name] for name in sent}
    others = [share for name, share in shares.items() if name != "sim-delta"]
    assert shares["sim-delta"] > 2 * max(others)


@pytest.mark.no_cover
def test_all_nodes_of_an_implementation_lie(different):
    names = implementation_of(different)
    liars = {each["node"] for each in different.facts.of("told_lie")}
    assert liars == {node for node, name in names.items() if name == "sim-delta"}


@pytest.mark.no_cover
def test_the_truth_has_the_differences(different):
    facts = {each["implementation"]: each for each in different.facts.of("difference")}
    assert {name: each["effects"] for name, each in facts.items()} == {
        "sim-alpha": {"guaranteeing": 1.5},
        "sim-beta": {"imports": 1.2, "clock_us": 2_000_000},
        "sim-gamma": {"lost_assurances": 0.2},
        "sim-delta": {"failures": 4, "lie": "claims-guarantees"},
    }
    names = implementation_of(different)
    for name, fact in facts.items():
        assert sorted(fact["nodes"]) == sorted(n for n, each in names.items() if each == name)


def test_hosts_differ_as_much_as_they_should():
    nodes = Network(nodes=400, cores=2, seed=3, host_spread=0.1)._world.nodes
    logs = [math.log(each.conduct.pace) for each in nodes]
    assert abs(mean(logs)) < 0.02
    assert 0.085 < stdev(logs) < 0.115
    assert {each.conduct.import_pace == each.conduct.pace for each in nodes} == {True}


def test_a_difference_may_be_of_one_version_alone():
    versions = [Implementation("sim-beta", "1"), Implementation("sim-beta", "2")]
    slow = Difference("sim-beta", "2", imports=3.0)
    chain = play_chain(1, seed=1, implementations=versions, differences=[slow])
    assert [each.conduct.import_pace for each in chain.network._world.nodes] == [1, 3] * 3


@pytest.mark.no_cover
def test_nodes_upgrade_one_after_the_other_and_get_what_comes_with_the_version():
    chain = play(
        25,
        nodes=NODES,
        cores=CORES,
        seed=2,
        rates=RATES,
        upgrades=[Upgrade("sim-beta", "0.4.0", 30 * SECOND_US, 30 * SECOND_US)],
        differences=[
            Difference("sim-beta", "0.4.0", imports=3.0, clock_us=5_000_000, lie="hides-assurances")
        ],
    )
    names = {each["node"]: each for each in chain.facts.of("node")}
    beta = [peer for peer, fact in names.items() if fact["name"] == "sim-beta"]
    versions = {}
    for session in chain.sessions:
        connection = Connection()
        connection.receive_data(session.hello)
        versions.setdefault(session.node, []).append(connection.node.implementation_version)
    assert versions == {
        fact["index"]: ["0.3.2", "0.4.0"] if peer in beta else [fact["version"]]
        for peer, fact in names.items()
    }
    moments = [
        each["network_us"] - DEFAULT_START
        for each in chain.facts.of("closed")
        if each["reason"] == "hung up"
    ]
    assert [round(each / SECOND_US) for each in moments] == [30, 40, 50, 60]
    for session in chain.sessions:
        is_new = session.ordinal == 1
        offsets = {round((e.timestamp - e.when) / SECOND_US) for e in session.emissions}
        assert offsets == {5 if is_new else 0}
        assert is_new is not any(e.variant == "DistributingAssurance" for e in session.emissions)
    (fact,) = chain.facts.of("upgrade")
    assert (fact["implementation"], fact["version"]) == ("sim-beta", "0.4.0")
    assert fact["end_us"] - fact["begin_us"] == 30 * SECOND_US
    (difference,) = chain.facts.of("difference")
    assert sorted(difference["nodes"]) == sorted(beta)
    assert {each["node"] for each in chain.facts.of("told_lie")} == set(beta)
    imports = {
        session.ordinal: mean_import(chain, session.node, session.ordinal)
        for session in chain.sessions
        if session.node == names[beta[0]]["index"]
    }
    assert imports[1] > 2 * imports[0]


def mean_import(played, node: int, ordinal: int) -> float:
    (peer,) = [each["node"] for each in played.facts.of("node", index=node)]
    facts = played.facts.of("happened", event="BlockVerified", node=peer, session=ordinal)
    return mean(each["root"]["after_us"] for each in facts if each["told"] == "sent")


def test_texts_of_upgrades():
    expected = Upgrade("sim-beta", "0.4.0", 600 * SECOND_US, 300 * SECOND_US)
    assert parse_upgrade("sim-beta/0.4.0@10m+5m") == expected
    assert parse_upgrade("sim-beta/0.4.0@10m").spread == 0
    for text in ("sim-beta@10m", "sim-beta/0.4.0", "/1@10m", "sim-beta/1@x", "sim-beta/1@1m+"):
        with pytest.raises(ConfigError, match="NAME/VERSION@START"):
            parse_upgrade(text)
    with pytest.raises(ValueError, match="did you mean sim-beta"):
        check_upgrade(Upgrade("sim-bta", "1", 0), IMPLEMENTATIONS)
    with pytest.raises(ValueError, match=r"no version '7', but 0\.3\.2, 1"):
        check_difference(
            Difference("sim-beta", "7"), IMPLEMENTATIONS, [Upgrade("sim-beta", "1", 0)]
        )


def test_a_difference_of_nodes_that_do_not_exist_is_refused():
    with pytest.raises(ValueError, match="no implementation 'sim-delta'"):
        play_chain(1, nodes=3, differences=[Difference("sim-delta", imports=2)])


def test_implementations_are_shuffled_and_balanced():
    one, other = shuffled_implementations(42, 1), shuffled_implementations(42, 2)
    assert one == shuffled_implementations(42, 1) != other
    assert Counter(one) == Counter(other)
    assert set(Counter(one).values()) == {10, 11}
    assert set(one) == set(IMPLEMENTATIONS)


def test_a_network_without_differences_is_as_ever():
    assert play_chain(1).network._world.nodes[0].conduct.pace == 1.0
    assert DEFAULT_START % 6_000_000 == 0


def test_texts_of_differences():
    assert parse_difference("sim-beta:import=1.2") == Difference("sim-beta", imports=1.2)
    text = "sim-beta/0.3.2: guarantee=1.5, failures=3, lost-assurances=1%, clock=-200ms"
    assert parse_difference(text) == Difference(
        "sim-beta",
        "0.3.2",
        guaranteeing=1.5,
        failures=3.0,
        lost_assurances=0.01,
        clock_us=-200_000,
    )
    text = "sim-beta:clock=1.5s,lost-assurances=0.5,lie=wrong-gas"
    assert parse_difference(text) == Difference(
        "sim-beta", clock_us=1_500_000, lost_assurances=0.5, lie="wrong-gas"
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("sim-beta", "is not NAME:EFFECT=VALUE"),
        (":import=2", "is not NAME:EFFECT=VALUE"),
        ("sim-beta:imports=2", "did you mean import"),
        ("sim-beta:xyz=2", "there are import, guarantee"),
        ("sim-beta:import=fast", "import is not 'fast', but such as 1.2"),
        ("sim-beta:import=inf", "imports is a factor above 0"),
        ("sim-beta:import=nan", "imports is a factor above 0"),
        ("sim-beta:import=0", "imports is a factor above 0"),
        ("sim-beta:lost-assurances=120%", "a share from 0 to 1"),
        ("sim-beta:clock=20", "clock is not '20', but such as 200ms"),
        ("sim-beta:clock=inf s", "clock is not"),
        ("sim-beta:clock=7200s", "at most 3600 s wrong"),
        ("sim-beta:lie=wrong-gass", "did you mean wrong-gas"),
    ],
)
def test_texts_that_are_no_differences(text, reason):
    with pytest.raises(ConfigError, match=reason):
        parse_difference(text)


@pytest.mark.parametrize(
    ("difference", "reason"),
    [
        (Difference("sim-bta"), "did you mean sim-beta"),
        (Difference("polkajam"), "the network has sim-alpha"),
        (Difference("sim-beta", "7"), "no version '7', but 0.3.2"),
    ],
)
def test_a_difference_of_nobody_is_refused(difference, reason):
    with pytest.raises(ValueError, match=reason):
        check_difference(difference, IMPLEMENTATIONS)
