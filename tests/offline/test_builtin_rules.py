"""The built-in rules fire on what they are about, and on nothing else.

A small part of ``loadtest.rules``, which plays fifty networks. Rules about the server get its state
from the test.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from loadtest.planted import score
from loadtest.rules import CALM, network_rules, play
from tart.alerting.engine.model import State
from tart.alerting.figures.inputs import ServerState
from tart.alerting.rules.builtin_rules import BUILTIN_RULES
from tart.background_tasks import Background
from tart.gateway.alerting.measurements import Measurements
from tart.offline.evaluation import Evaluation
from tart.simulate.model.network import Network
from tart.simulate.model.troubles import Trouble
from tart.units import DAY_US, HOUR_US, MINUTE_US, SECOND_US
from tests.alerting.figures.making import NOON, statistics

NODES = 5
TURN_US = 30 * SECOND_US
# Turns in which a trouble of the server begins and ends.
BEGIN, END = 20, 40


def at(minute: int, name: str, *nodes: int, minutes: int = 6) -> Trouble:
    return Trouble(name, minute * MINUTE_US, minutes * MINUTE_US, nodes)


def test_troubles_of_nodes_and_of_the_chain_are_found_and_nothing_else_fires():
    troubles = [
        at(2, "node-silent", 0),
        at(2, "node-clock", 1),
        at(2, "node-undecodable", 2),
        at(2, "node-drops", 3),
        at(2, "node-behind", 4),
        at(15, "blocks-stall", minutes=4),
    ]
    network = Network(nodes=NODES, cores=1, seed=1, rates=CALM, troubles=troubles)
    rules = network_rules()
    played = asyncio.run(play(network, NODES, 20 * 60, rules))
    outcome = score(troubles, played.fired, played.peers, rules)
    assert outcome.missed == []
    assert outcome.false == []
    delays = {trouble.name: delay // SECOND_US for trouble, delay, _ in outcome.found}
    assert max(delays.values()) <= 240
    assert delays["node-undecodable"] <= 60


class Server:
    """A source that has nothing but the state of the server."""

    def __init__(self):
        self.state = healthy(NOON)

    async def server(self):
        return self.state

    async def network(self):
        return None


def healthy(now_us: int) -> ServerState:
    """A server without trouble, which writes once a second."""
    seconds = (now_us - NOON) // SECOND_US
    return ServerState(
        now_us=now_us,
        shards=2,
        statistics={
            shard: statistics(pid=10 + shard, write_seconds=writes(seconds, seconds))
            for shard in (0, 1)
        },
        disk=(50, 100),
        memory=(40, 100),
        descriptors=0.1,
        certificate_ends_us=now_us + 60 * DAY_US,
        backup_us=now_us - 5 * HOUR_US,
    )


def writes(fast: int, total: int):
    return {"buckets": [[0.01, fast], [0.1, fast], [1.0, fast]], "sum": 0.0, "count": total}


def without_a_shard(state: ServerState) -> ServerState:
    return replace(state, statistics={0: state.statistics[0]})


def with_counter(name: str, value: object):
    def change(state: ServerState) -> ServerState:
        changed = {**state.statistics[0], name: value}
        return replace(state, statistics={**state.statistics, 0: changed})

    return change


def with_slow_writes(state: ServerState) -> ServerState:
    """Return a state in which a write of each second takes longer than one."""
    seconds = (state.now_us - NOON) // SECOND_US
    return with_counter("write_seconds", writes(BEGIN * TURN_US // SECOND_US, seconds))(state)


TROUBLES = {
    "ShardMissing": (without_a_shard, {"ShardMissing"}),
    "DiskLow": (lambda state: replace(state, disk=(8, 100)), {"DiskLow"}),
    "DiskFull": (lambda state: replace(state, disk=(1, 100)), {"DiskLow", "DiskFull"}),
    "MemoryLow": (lambda state: replace(state, memory=(3, 100)), {"MemoryLow"}),
    "WritesSlow": (with_slow_writes, {"WritesSlow"}),
    "IngestPaused": (with_counter("ingest_pauses", {"disk": 2, "rate": 5}), {"IngestPaused"}),
    "DerivedWorkFailing": (
        with_counter("derived_failures", {"aggregates": 1}),
        {"DerivedWorkFailing"},
    ),
    "CertificateExpiresSoon": (
        lambda state: replace(state, certificate_ends_us=state.now_us + 5 * DAY_US),
        {"CertificateExpiresSoon"},
    ),
    "CertificateExpires": (
        lambda state: replace(state, certificate_ends_us=state.now_us + DAY_US // 2),
        {"CertificateExpiresSoon", "CertificateExpires"},
    ),
    "BackupOld": (
        lambda state: replace(state, backup_us=state.now_us - 60 * HOUR_US),
        {"BackupOld"},
    ),
    "DescriptorsLow": (lambda state: replace(state, descriptors=0.95), {"DescriptorsLow"}),
}


def server_rules():
    return [rule for rule in BUILTIN_RULES if rule.is_on and rule.scope == "server"]


def test_every_rule_about_the_server_has_a_trouble():
    assert {rule.alert for rule in server_rules()} == TROUBLES.keys()


@pytest.mark.anyio
@pytest.mark.parametrize("name", TROUBLES)
async def test_troubles_of_the_server_fire_their_rules_and_end(name: str):
    change, expected = TROUBLES[name]
    source = Server()
    measurements = Measurements(source, Background())
    evaluation = Evaluation(server_rules(), measurements.measure, interval_us=TURN_US)
    fired: dict[str, int] = {}
    for turn in range(100):
        now_us = NOON + turn * TURN_US
        lasts = BEGIN <= turn < END
        source.state = change(healthy(now_us)) if lasts else healthy(now_us)
        for each in await evaluation.turn(now_us):
            if each.transition.next == State.FIRING:
                assert lasts
                fired.setdefault(each.rule.alert, turn - BEGIN)
    assert fired.keys() == expected
    assert max(fired.values()) <= 12
    assert evaluation.alerts == ()
