"""One shard without sockets: what was received is found, at the simulated time."""

import pytest

from tart.errors import StorageError
from tart.gateway.fanout.queries import coverage
from tart.offline.server import offline_server
from tart.query.core.cursor import Cursor
from tart.query.core.filters import Selection
from tart.query.shard_queries.nodes import Nodes
from tests.offline.playing import PlayedNetwork, network

pytestmark = pytest.mark.anyio


async def test_times_of_reception_are_those_of_the_simulation():
    made, start_us = network()
    async with offline_server(start_us, keeps_events=True) as server:
        played = PlayedNetwork(server, made, 3)
        played.play(60)
        await server.settle()
        page, seen = await server.queries.events(Selection(), 10, 0, Cursor(server.now_us))
        assert seen.complete
        assert len(page.events) == 10
        assert page.events[0]["received_at"].startswith("2026-11-2")
        answers = await server.queries.ask_each(Nodes())
        assert coverage(answers).complete
        assert sum(each["event_count"] for _, part in answers.values for each in part) == (
            played.events
        )


async def test_without_the_event_log_only_events_are_missing():
    made, start_us = network()
    async with offline_server(start_us) as server:
        PlayedNetwork(server, made, 3).play(30)
        await server.settle()
        page, _ = await server.queries.events(Selection(), 10, 0, Cursor(server.now_us))
        assert page.events == []


async def test_a_failure_to_write_is_raised():
    made, start_us = network()
    async with offline_server(start_us) as server:
        played = PlayedNetwork(server, made, 3)
        played.play(10)
        shard = played.connections[0].shard
        shard._write = None  # type: ignore[assignment]
        shard._on_failure(OSError("no space left on device"))
        shard._handed += 1
        with pytest.raises(StorageError, match="no space left"):
            await shard.settle()
        shard._handed -= 1
