"""Several shards in one process, asked by the gateway's own client."""

import pytest

from tart.background_tasks import Background
from tart.gateway.live.summary import Summaries
from tart.offline.server import offline_server
from tart.query.core.windows import Window
from tart.query.shard_queries.aggregates import AggregateSum
from tart.units import MINUTE_US
from tests.offline.playing import PlayedNetwork, network

pytestmark = pytest.mark.anyio


def _counts(server):
    return AggregateSum("counts", Window(server.now_us - MINUTE_US, server.now_us), by=["type"])


async def test_shards_together_answer_for_all_nodes():
    made, start_us = network()
    async with offline_server(start_us, shards=2) as server:
        played = PlayedNetwork(server, made, 3)
        played.play(30)
        await server.settle()
        rows, seen = await server.queries.ask(_counts(server))
        assert seen.total == 2
        assert seen.complete
        assert sum(row["count"] for row in rows) == played.events


async def test_an_answer_is_of_the_present_however_soon_it_is_asked_again():
    made, start_us = network()
    async with offline_server(start_us) as server:
        played = PlayedNetwork(server, made, 3)
        for _ in range(3):
            played.play(10)
            await server.settle()
            rows, _ = await server.queries.ask(_counts(server))
            assert sum(row["count"] for row in rows) == played.events


async def test_a_shard_that_is_not_reachable_does_not_answer():
    made, start_us = network()
    async with offline_server(start_us, shards=2) as server:
        PlayedNetwork(server, made, 3).play(10)
        await server.settle()
        server.set_up(1, is_up=False)
        _, seen = await server.queries.ask(_counts(server))
        assert seen.shards == {0}
        server.set_up(1, is_up=True)
        _, seen = await server.queries.ask(_counts(server))
        assert seen.complete


async def test_the_summary_has_the_simulated_present():
    made, start_us = network()
    async with offline_server(start_us) as server:
        played = PlayedNetwork(server, made, 3)
        summaries = Summaries(
            server.queries, Background(), interval_seconds=0.0, clock=server.clock
        )
        played.play(20)
        played.disconnect(2)
        played.play(20)
        state = await summaries.newest()
        nodes = {node.is_connected: node for node in state.nodes()}
        assert nodes[False].last_seen_ms <= (start_us + 21_000_000) // 1000
        assert nodes[True].last_seen_ms >= (server.now_us - 3_000_000) // 1000


async def test_the_present_never_goes_back():
    _, start_us = network()
    async with offline_server(start_us) as server:
        server.advance(start_us - 1)
        assert server.clock() == start_us


async def test_bytes_after_a_connections_error_are_not_read():
    _, start_us = network()
    async with offline_server(start_us) as server:
        connection = server.open_session("192.0.2.1:1")
        connection.receive(b"\xff\xff\xff\xff")
        assert connection.is_refused
        connection.receive(b"\x00")
