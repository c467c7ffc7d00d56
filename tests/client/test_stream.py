"""Live events over a line that is cut: each event once, in order, and none missing unsaid."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest

from tart.client import ApiError, AsyncTartClient, EventStream, Lagged, TelemetryEmitter
from tart.client.stream import _parse_server_sent
from tart.ipc.messages import Failure, Missed
from tart.units import SECOND_US
from tests.client.hosting import HASH, Given, information
from tests.client.serving import Line, Reply, scripted
from tests.gateway.fake_shard import NODE_B, NOON, event
from tests.gateway.running import PATIENCE_SECONDS, Running, eventually, running_gateway
from tests.running import running_system

BEST = {"type": "EventType", "event_type": 11}


class Scene:
    """A gateway behind a line, and somebody who follows it."""

    def __init__(self, gateway: Running, line: Line, stream: EventStream) -> None:
        self.gateway = gateway
        self.line = line
        self.stream = stream
        self.one, self.two = gateway.shards
        self._next = asyncio.ensure_future(anext(stream))

    async def item(self):
        """What comes next."""
        found = await asyncio.wait_for(asyncio.shield(self._next), PATIENCE_SECONDS)
        self._next = asyncio.ensure_future(anext(self.stream))
        return found

    async def ids(self, count: int) -> list[int]:
        """The event ids of what comes next."""
        return [(await self.item())["event_id"] for _ in range(count)]

    async def subscribed(self, connections: int = 1) -> None:
        """Wait until all shards know what is wanted, on that connection."""
        await eventually(lambda: self.stream.connections >= connections)
        await eventually(lambda: all(shard.subscriptions for shard in self.gateway.shards))

    def happen(self, shard, *events) -> None:
        """Events are stored, and told to who subscribed."""
        shard.append(*events)
        shard.publish(*events)

    async def cut(self) -> None:
        """No line for now; the gateway has noticed."""
        self.line.open = False
        self.line.cut()
        await eventually(lambda: not any(shard.subscriptions for shard in self.gateway.shards))

    async def end(self) -> None:
        self._next.cancel()
        await asyncio.gather(self._next, return_exceptions=True)
        await self.stream.close()


@asynccontextmanager
async def following(directory, wanted=None, stored=(), **api):
    def prepare(shards):
        shards[0].append(*stored)

    async with (
        running_gateway(directory, prepare=prepare, **api) as gateway,
        Line(gateway.port) as line,
        AsyncTartClient(line.url, proxies=False, backoff=(0.0, 0.01)) as client,
    ):
        scene = Scene(gateway, line, client.follow(wanted))
        try:
            yield scene
        finally:
            await scene.end()


def run(scenario) -> None:
    asyncio.run(scenario)


def test_streamed_events_have_the_form_of_the_routes(tmp_path):
    async def scenario():
        async with following(tmp_path) as scene:
            await scene.subscribed()
            scene.happen(scene.one, event(0, 5))
            found = await scene.item()
            shown = {name: each for name, each in event(0, 5).items() if name != "context"}
            assert shown.items() <= found.items()
            assert "event" not in found

    run(scenario())


def test_the_stream_has_only_events_of_the_filter(tmp_path):
    async def scenario():
        async with following(tmp_path, {"type": "Node", "node_id": NODE_B}) as scene:
            await scene.subscribed()
            scene.happen(scene.one, event(0, 1), event(0, 2, node=NODE_B), event(0, 3))
            scene.happen(scene.two, event(1, 4, node=NODE_B))
            assert set(await scene.ids(2)) == {2, 4}

    run(scenario())


def test_a_reconnected_stream_has_neither_gaps_nor_duplicates(tmp_path):
    async def scenario():
        async with following(tmp_path, BEST) as scene:
            await scene.subscribed()
            scene.happen(scene.one, event(0, 1), event(0, 2, at=NOON + 5))
            assert await scene.ids(2) == [1, 2]
            for number in range(3):
                await scene.cut()
                base = 10 * (number + 1)
                # Received before our newest, but told later; then what came since.
                scene.two.append(event(1, base, at=NOON - SECOND_US + number))
                scene.one.append(event(0, base + 1, at=NOON + base))
                scene.one.append(event(0, base + 2, number=12, variant="Other", fields={}))
                scene.line.open = True
                assert set(await scene.ids(2)) == {base, base + 1}
                scene.happen(scene.two, event(1, base + 3, at=NOON + base + 1))
                scene.happen(scene.one, event(0, base + 4, at=NOON + base + 2))
                assert set(await scene.ids(2)) == {base + 3, base + 4}
            assert scene.stream.connections == 4

    run(scenario())


def test_a_stream_without_events_resumes_from_the_newest_before_it(tmp_path):
    async def scenario():
        async with following(tmp_path, stored=[event(0, 1), event(0, 2)]) as scene:
            await scene.subscribed()
            await scene.cut()
            scene.one.append(event(0, 3))
            scene.line.open = True
            assert await scene.ids(1) == [3]

    run(scenario())


@pytest.mark.parametrize("stored", [[], [event(0, 2)]])
def test_a_stream_that_cannot_resume_reports_lagged(tmp_path, stored):
    async def scenario():
        async with following(tmp_path, stored=stored) as scene:
            await scene.subscribed()
            await scene.cut()
            scene.one.log.clear()  # deleted meanwhile
            scene.line.open = True
            assert await scene.item() == Lagged(None)
            scene.happen(scene.one, event(0, 7))
            assert await scene.ids(1) == [7]

    run(scenario())


def test_shed_and_expired_events_are_reported_as_lagged(tmp_path):
    async def scenario():
        async with following(tmp_path) as scene:
            await scene.subscribed()
            (number,) = scene.one.subscriptions
            scene.one.push(Missed(number, 5))
            assert await scene.item() == Lagged(5)
            scene.happen(scene.one, event(0, 1))
            assert await scene.ids(1) == [1]
            await scene.cut()
            found = {"events": [event(0, 8)], "cut": True, "at": {"0": 8}, "more": []}
            found |= {"committed": 0, "next": 0}
            scene.one.answers["backfill"] = lambda _: found
            scene.line.open = True
            assert await scene.item() == Lagged(None)
            assert await scene.ids(1) == [8]

    run(scenario())


def test_a_stream_retries_while_missed_events_cannot_be_requested(tmp_path):
    async def scenario():
        async with following(tmp_path) as scene:
            await scene.subscribed()
            scene.happen(scene.one, event(0, 1))
            assert await scene.ids(1) == [1]
            await scene.cut()
            for shard in scene.gateway.shards:
                shard.answers["backfill"] = lambda _: Failure(0, "internal", "x")
            scene.one.append(event(0, 2))
            scene.line.open = True
            await scene.subscribed(connections=4)
            for shard in scene.gateway.shards:
                del shard.answers["backfill"]
            assert await scene.ids(1) == [2]

    run(scenario())


def test_an_invalid_filter_ends_the_stream(tmp_path):
    async def scenario():
        async with following(tmp_path, {"type": "No"}) as scene:
            with pytest.raises(ApiError) as caught:
                await scene.item()
            assert (caught.value.code, caught.value.parameter) == ("bad_parameter", "filter.type")

    run(scenario())


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refused_handshake_ends_the_stream(status):
    async def scenario():
        refused = Reply({"error": {"code": "no", "message": "m"}}, status)
        with scripted(refused) as server:
            async with AsyncTartClient(server.url, proxies=False, key="tart_ab_c") as client:
                with pytest.raises(ApiError) as caught:
                    await asyncio.wait_for(anext(client.follow()), PATIENCE_SECONDS)
        assert caught.value.status == status
        assert server.asked[0].headers["authorization"] == "Bearer tart_ab_c"

    run(scenario())


def test_a_stream_retries_while_the_server_is_full(tmp_path, caplog):
    caplog.set_level("DEBUG", "tart.client")

    async def scenario():
        async with following(tmp_path, max_subscribers=1) as scene:
            await scene.subscribed()
            async with AsyncTartClient(
                scene.line.url, proxies=False, backoff=(0.0, 0.01)
            ) as client:
                other = client.follow()
                waiting = asyncio.ensure_future(anext(other))
                await eventually(lambda: caplog.text.count("cannot open the event stream") > 1)
                assert not waiting.done()
                await scene.end()
                await eventually(lambda: other.connections == 1)
                await eventually(lambda: all(shard.subscriptions for shard in scene.gateway.shards))
                scene.happen(scene.one, event(0, 3))
                assert (await asyncio.wait_for(waiting, PATIENCE_SECONDS))["event_id"] == 3
                await other.close()

    run(scenario())


def test_leaving_the_stream_closes_its_connection(tmp_path):
    async def scenario():
        async with following(tmp_path) as scene:
            await scene.subscribed()
            scene.happen(scene.one, event(0, 1))
            await scene.ids(1)
            await scene.end()
            await eventually(lambda: not scene.gateway.gateway.streams.subscribers)

    run(scenario())


def test_parse_server_sent_events_end_at_the_first_comment():
    async def scenario():
        async def lines():
            for line in ("id: 1.2", "event: event", 'data: {"a": 1}', "", ":", "data: 2"):
                yield line

        assert [each async for each in _parse_server_sent(lines())] == [("event", {"a": 1})]

    run(scenario())


@pytest.mark.slow
def test_every_event_of_an_emitter_is_streamed_once_by_real_shards(tmp_path):
    async def scenario(system):
        given = Given()
        port = int(system.api.rpartition(":")[2])
        telemetry = "{}:{}".format(*system.telemetry)
        async with (
            Line(port) as line,
            AsyncTartClient(line.url, proxies=False, backoff=(0.0, 0.01)) as client,
            TelemetryEmitter(telemetry, information(), clock=given.clock) as emitter,
        ):
            stream, found = client.follow(BEST), []

            def emit() -> None:
                given.keep(emitter.best_block_changed(1, HASH))
                given.keep(emitter.sync_status_changed(True))

            async def read() -> None:
                async for item in stream:
                    found.append(item if isinstance(item, Lagged) else item["event_id"])

            reading = asyncio.create_task(read())
            await eventually(lambda: found or emit())
            for _ in range(5):
                line.open = False
                line.cut()
                for _ in range(20):
                    emit()
                line.open = True
                emit()
                last = max(given.ids.values()).number - 1
                await eventually(lambda last=last: last in found)
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            await stream.close()
        numbers = [each.number for each in given.ids.values() if each.event_type == 11]
        assert found == [each for each in numbers if each >= found[0]]

    with running_system(tmp_path / "data") as system:
        asyncio.run(scenario(system))
