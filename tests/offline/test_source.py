"""Measurements of an offline server: of the network, of statements, and of a given server."""

import pytest

from tart.alerting.figures.inputs import ServerState
from tart.alerting.rules.model import FigureCondition, SqlCondition
from tart.offline.server import offline_server
from tart.offline.source import offline_measurements
from tests.offline.playing import PlayedNetwork, network
from tests.sandbox.processes import sandboxes

pytestmark = pytest.mark.anyio

SILENT = FigureCondition("node_silent_seconds", by="node", above=30)
DISK = FigureCondition("disk_free_share", below=0.1)
NODES = SqlCondition("SELECT count(DISTINCT node_id) AS value FROM events")


async def test_figures_and_statements_are_of_the_simulated_present():
    made, start_us = network()
    others = sandboxes()
    async with offline_server(start_us, keeps_events=True) as server:
        played = PlayedNetwork(server, made, 3)
        measurements = offline_measurements(server)
        played.play(20)
        await server.settle()
        measured = await measurements.measure([SILENT, NODES, DISK], server.now_us)
        silences = [value for value in measured[SILENT].values.values() if value is not None]
        assert len(silences) == 3
        assert max(silences) < 3
        assert list(measured[NODES].values.values()) == [3]
        assert not any(measured[DISK].values.values())
        assert sandboxes() > others
    assert sandboxes() <= others


async def test_the_state_of_the_server_is_what_the_caller_says():
    made, start_us = network()
    async with offline_server(start_us) as server:
        PlayedNetwork(server, made, 3).play(5)
        await server.settle()
        state = ServerState(server.now_us, 1, disk=(5, 100))
        measurements = offline_measurements(server, lambda: state)
        measured = await measurements.measure([DISK], server.now_us)
        assert measured[DISK].values == {(): 0.05}
