"""Each planted trouble happens in its time, to its nodes, and leaves no trace afterwards."""

from __future__ import annotations

from functools import cache

import pytest

from tart.errors import ConfigError
from tart.protocol.connection import Connection
from tart.simulate.model.fault_rates import Rates
from tart.simulate.model.in_memory import Played, play
from tart.simulate.model.network import DEFAULT_START
from tart.simulate.model.reporter import Emission
from tart.simulate.model.troubles import TROUBLES, Trouble, check_trouble, parse_trouble
from tart.units import SECOND_US

START, LENGTH, SLOTS = 30, 60, 25
NODES, NODE = 5, 2
CALM = Rates(dropped=0, lag=0, fork=0, authoring=0, invalid_seal=0, invalid_execution=0)


@cache
def played(name: str) -> Played:
    nodes = (NODE,) if TROUBLES[name].of_nodes else ()
    trouble = Trouble(name, START * SECOND_US, LENGTH * SECOND_US, nodes)
    return play(SLOTS, nodes=NODES, cores=1, seed=1, rates=CALM, troubles=[trouble])


def between(simulation: Played, variant: str, first: int, last: int) -> list[Emission]:
    """The events of a type between two seconds of the run."""
    return [
        each
        for each in simulation.emissions
        if each.variant == variant
        and first * SECOND_US <= each.when - DEFAULT_START < last * SECOND_US
    ]


def during(simulation: Played, variant: str) -> list[Emission]:
    """The events of a type while the trouble lasts, without its first and last seconds."""
    return between(simulation, variant, START + 8, START + LENGTH - 1)


def afterwards(simulation: Played, variant: str) -> list[Emission]:
    return between(simulation, variant, START + LENGTH + 20, 6 * SLOTS)


@pytest.mark.no_cover
@pytest.mark.parametrize("name", TROUBLES)
def test_the_network_works_afterwards(name: str):
    simulation = played(name)
    heights = {each["best"]["number"] for each in simulation.facts.of("state")}
    assert max(heights) - min(heights) <= 1
    assert max(heights) > 12
    assert {each.node for each in afterwards(simulation, "FinalizedBlockChanged")} == set(
        range(NODES)
    )


def test_all_troubles_may_happen_in_one_network():
    troubles = [
        Trouble(name, (6 + 2 * index) * SECOND_US, 12 * SECOND_US, (index % 6,) * each.of_nodes)
        for index, (name, each) in enumerate(TROUBLES.items())
    ]
    simulation = play(18, nodes=6, cores=1, seed=1, rates=CALM, troubles=troubles)
    assert [each["name"] for each in simulation.facts.of("trouble")] == [*TROUBLES]
    last = max(each.end for each in troubles) / SECOND_US
    assert {each.node for each in between(simulation, "BestBlockChanged", last + 12, 6 * 18)} == (
        set(range(6))
    )


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("name", "variant"),
    [
        ("finality-stalls", "FinalizedBlockChanged"),
        ("blocks-stall", "BestBlockChanged"),
        ("blocks-stall", "Authoring"),
    ],
)
def test_a_stall_of_the_network_stops_it_for_all_nodes(name: str, variant: str):
    assert during(played(name), variant) == []


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("name", "variant"),
    [
        ("node-silent", "Status"),
        ("node-disconnected", "Status"),
        ("node-behind", "BestBlockChanged"),
    ],
)
def test_a_trouble_of_a_node_is_of_that_node_alone(name: str, variant: str):
    simulation = played(name)
    assert {each.node for each in during(simulation, variant)} == {0, 1, 3, 4}
    assert NODE in {each.node for each in afterwards(simulation, variant)}


@pytest.mark.no_cover
def test_a_silent_node_stays_connected_and_one_without_a_connection_does_not():
    silent = played("node-silent")
    gone = played("node-disconnected")
    begin, end = DEFAULT_START + START * SECOND_US, DEFAULT_START + (START + LENGTH) * SECOND_US
    for simulation, closed_at in ((silent, end), (gone, begin)):
        (ended,) = [each for each in simulation.facts.of("closed") if each["reason"] == "hung up"]
        assert closed_at <= ended["network_us"] <= closed_at + SECOND_US


@pytest.mark.no_cover
def test_forks_and_missed_slots_are_of_blocks():
    def blocks(name: str) -> list[int]:
        return [each.fields["slot"] for each in during(played(name), "Authoring")]

    forks, missed = blocks("forks"), blocks("missed-slots")
    assert len(forks) == 2 * len(set(forks))
    assert 1 <= len(missed) <= 8


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("name", "attempt", "failure"),
    [
        ("failing-guarantees", "SendingGuarantee", "GuaranteeSendFailed"),
        ("failing-assurances", "AssuranceSent", "AssuranceReceiveFailed"),
        ("failing-shards", "SendingShardRequest", "ShardRequestFailed"),
    ],
)
def test_a_step_fails_often(name: str, attempt: str, failure: str):
    simulation = played(name)
    share = len(during(simulation, failure)) / len(during(simulation, attempt))
    usual = len(afterwards(simulation, failure)) / len(afterwards(simulation, attempt))
    assert share > 0.4 > 0.1 > usual


@pytest.mark.no_cover
def test_late_assurances_arrive_after_the_next_slot():
    simulation = played("late-assurances")
    late = [
        each
        for each in during(simulation, "AssuranceReceived")
        if each.when % (6 * SECOND_US) < 4 * SECOND_US
    ]
    assert 0.6 < len(late) / len(during(simulation, "AssuranceReceived")) < 0.95


@pytest.mark.no_cover
def test_late_guarantees_take_longer_than_a_slot():
    simulation = played("late-guarantees")
    built = {
        (each.node, each.event_id): each.when for each in during(simulation, "SendingGuarantee")
    }
    waits = [
        each.when - built[each.node, each.fields["sending_id"]]
        for each in during(simulation, "GuaranteeSent")
        if (each.node, each.fields["sending_id"]) in built
    ]
    assert waits
    assert min(waits) > 6 * SECOND_US


@pytest.mark.no_cover
def test_a_wrong_clock_is_on_connections_of_its_own():
    simulation = played("node-clock")
    offsets = [
        {round((each.timestamp - each.when) / SECOND_US) for each in session.emissions}
        for session in simulation.sessions
        if session.node == NODE
    ]
    assert offsets == [{0}, {30}, {0}]


@pytest.mark.no_cover
def test_a_node_that_drops_events_reports_their_number():
    simulation = played("node-drops")
    drops = during(simulation, "Dropped")
    assert {each.node for each in drops} == {NODE}
    assert sum(each.fields["num"] for each in drops) > 50
    assert afterwards(simulation, "Dropped") == []


@pytest.mark.no_cover
@pytest.mark.parametrize("name", ["node-undecodable", "node-finding"])
def test_status_events_are_cut_or_too_long(name: str):
    simulation = played(name)
    lengths = {
        node: {len(each.frame) for each in during(simulation, "Status") if each.node == node}
        for node in (NODE, 3)
    }
    change = -1 if name == "node-undecodable" else 1
    assert lengths[NODE] == {length + change for length in lengths[3]}
    connection = Connection()
    connection.receive_data(simulation.sessions[NODE].hello)
    (frame, *_) = [each.frame for each in during(simulation, "Status") if each.node == NODE]
    (event,) = connection.receive_data(frame)
    assert (event.error is not None) is (name == "node-undecodable")


@pytest.mark.no_cover
def test_a_version_appears_or_vanishes_for_good():
    def versions(name: str) -> list[dict[int, str]]:
        simulation = played(name)
        known: list[dict[int, str]] = []
        for session in simulation.sessions:
            connection = Connection()
            connection.receive_data(session.hello)
            assert connection.node is not None
            text = connection.node.implementation_version
            known.append({**(known[-1] if known else {}), session.node: text})
        return known

    appeared = versions("version-appears")
    assert appeared[-1][NODE] == "9.0.0"
    vanished = versions("version-vanishes")
    before, after = vanished[NODES - 1], vanished[-1]
    assert set(after.values()) == set(before.values()) - {before[NODE]}


@pytest.mark.no_cover
def test_the_truth_has_the_troubles_in_time():
    (fact,) = played("node-silent").facts.of("trouble")
    peers = {each["index"]: each["node"] for each in played("node-silent").facts.of("node")}
    assert fact["name"] == "node-silent"
    assert fact["nodes"] == [peers[NODE]]
    assert fact["begin_us"] == DEFAULT_START + START * SECOND_US
    assert fact["end_us"] == DEFAULT_START + (START + LENGTH) * SECOND_US


@pytest.mark.no_cover
def test_equal_seeds_give_equal_troubles():
    one, two = played("node-drops"), played.__wrapped__("node-drops")
    assert [each.frame for each in one.emissions] == [each.frame for each in two.emissions]


def test_texts_of_troubles():
    assert parse_trouble("node-silent:3@2m+5m") == Trouble(
        "node-silent", 120 * SECOND_US, 300 * SECOND_US, (3,)
    )
    assert parse_trouble("version-vanishes:1,5@30s+1h").nodes == (1, 5)
    assert parse_trouble("forks@30s+1h").end == 3630 * SECOND_US
    for text in ("forks", "forks@3m", "forks@x+1m", "node-silent:a@1m+1m", "forks@1m+"):
        with pytest.raises(ConfigError, match="NAME"):
            parse_trouble(text)


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (Trouble("node-silnt", 0, 1, (1,)), "did you mean node-silent"),
        (Trouble("node-silent", 0, 1), "needs a node"),
        (Trouble("forks", 0, 1, (1,)), "whole network"),
        (Trouble("node-silent", 0, 1, (6,)), "0 to 5"),
    ],
)
def test_a_trouble_that_cannot_be_planted_is_refused(trouble: Trouble, reason: str):
    with pytest.raises(ValueError, match=reason):
        check_trouble(trouble, 6)
