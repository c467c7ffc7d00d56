"""What connections received is played at its times, with evaluations in between."""

import pytest

from tart.alerting.engine.model import Measurement
from tart.alerting.rules.model import FigureCondition, Rule
from tart.offline.evaluation import Evaluation
from tart.offline.playing import Player, Received
from tart.offline.server import offline_server
from tart.query.shard_queries.nodes import Nodes
from tart.units import HOUR_US, SECOND_US
from tests.offline.playing import network

pytestmark = pytest.mark.anyio

RULE = Rule("Age", FigureCondition("best_block_age_seconds", above=60))


class Times:
    """The times of evaluations."""

    def __init__(self):
        self.all = []

    async def measure(self, conditions, at_us):
        self.all.append(at_us)
        return {condition: Measurement({(): 100.0}) for condition in conditions}


def player_of(server, times):
    return Player(server, Evaluation([RULE], times.measure, interval_us=30 * SECOND_US))


async def nodes_of(server):
    await server.settle()
    answers = await server.queries.ask_each(Nodes())
    return [node for _, part in answers.values for node in part]


async def test_connections_open_and_close_at_their_times():
    made, start_us = network()
    times = Times()
    async with offline_server(start_us) as server:
        player = player_of(server, times)
        await player.receive(Received(start_us + 1, 7, made.connect(0)))
        await player.receive(Received(start_us + 2, 7, next_event_id=100))
        for each in made.advance(made.now + 10 * SECOND_US):
            await player.receive(Received(start_us + 3, 7, each.frame))
        (node,) = await nodes_of(server)
        assert node["connections"][0]["next_event_id"] > 100
        assert node["event_count"] == player.received - 2
        await player.receive(Received(start_us + 4, 7, closes=True))
        await player.receive(Received(start_us + 5, 7, closes=True))
        (node,) = await nodes_of(server)
        assert not node["is_connected"]


async def test_rules_are_evaluated_at_whole_intervals():
    _, start_us = network()
    times = Times()
    async with offline_server(start_us) as server:
        player = player_of(server, times)
        changes = await player.advance(start_us + 95 * SECOND_US)
        assert times.all == [
            start_us // (30 * SECOND_US) * 30 * SECOND_US + turn * 30 * SECOND_US
            for turn in (1, 2, 3)
        ]
        assert [each.rule for each in changes] == [RULE]
        assert server.now_us == start_us + 95 * SECOND_US


async def test_long_pauses_are_not_evaluated():
    _, start_us = network()
    times = Times()
    async with offline_server(start_us) as server:
        player = player_of(server, times)
        await player.advance(start_us + 48 * HOUR_US)
        await player.advance(start_us + 48 * HOUR_US + 30 * SECOND_US)
        assert player.pauses == 1
        assert len(times.all) == 1
