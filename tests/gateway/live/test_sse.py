"""Server-sent events over real sockets: figures, live events, and going on where one was."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tart.gateway.live.positions import Position, sse
from tart.gateway.live.sse import LIVE, LOOKING_UP, STATUS_SECONDS, Reader
from tart.gateway.live.streams import Chunk, Encoded
from tart.ipc.messages import Failure, Missed
from tart.query.core.event_ids import event_api_id
from tests.gateway.fake_shard import NODE_A, NODE_B, NOON, claims, event
from tests.gateway.running import PATIENCE_SECONDS, Running, eventually, running_gateway


def with_gateway(directory: Path, test: Callable[[Running], Awaitable[None]], **api: Any) -> None:
    async def run() -> None:
        async with running_gateway(directory, **api) as running:
            await test(running)

    asyncio.run(run())


class Stream:
    """One client's events."""

    def __init__(self, lines: AsyncIterator[str], headers: Any) -> None:
        self._lines = lines
        self.headers = headers

    async def fields(self) -> list[tuple[str, str]]:
        """The fields of the next event, in order; comments are passed over."""
        found: list[tuple[str, str]] = []
        async with asyncio.timeout(PATIENCE_SECONDS):
            async for line in self._lines:
                if line.startswith(":"):
                    continue
                if line:
                    name, _, value = line.partition(": ")
                    found.append((name, value))
                elif found:
                    return found
        raise AssertionError("the stream has ended")

    async def next(self, kind: str = "event") -> tuple[str | None, dict[str, Any]]:
        """Id and data of the next event, which must be of that kind."""
        fields = dict(await self.fields())
        assert fields["event"] == kind
        return fields.get("id"), json.loads(fields["data"])


@asynccontextmanager
async def reading(gateway: Running, path: str, **headers: str) -> AsyncIterator[Stream]:
    async with gateway.client.stream("GET", path, headers=headers) as response:
        assert response.status_code == 200, await response.aread()
        assert response.headers["content-type"].startswith("text/event-stream")
        yield Stream(response.aiter_lines(), response.headers)


def answer(events: list[dict[str, Any]], at: dict[str, int], **changes: Any) -> dict[str, Any]:
    """A shard's to ``missed``, the last."""
    usual = {"cut": False, "more": [], "committed": 0, "next": 0}
    return {**usual, "events": events, "at": at, **changes}


async def subscribed(gateway: Running, count: int = 1) -> None:
    await eventually(lambda: all(len(s.subscriptions) == count for s in gateway.shards))


def test_metrics_are_sent_every_second_in_the_format_of_jamtart(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        gateway.shards[0].chain = [claims(NODE_A, 7, 5)]
        async with reading(gateway, "/api/metrics/stream") as stream:
            assert stream.headers["cache-control"] == "no-cache"
            fields = await stream.fields()
            assert [name for name, _ in fields] == ["data", "event"]
            assert fields[1] == ("event", "metrics")
            body = json.loads(fields[0][1])
            assert body.keys() == (await gateway.json("/api/metrics/live")).keys()
            assert body["latest_slot"] == 7
            await stream.fields()

    with_gateway(tmp_path, check)


def test_metrics_go_on_when_shards_do_not_answer(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        for shard in gateway.shards:
            shard.answers["live"] = lambda _: Failure(0, "internal", "x")
        async with gateway.client.stream("GET", "/api/metrics/stream") as response:
            lines = response.aiter_lines()
            assert (await anext(lines)).startswith(": ")
            for shard in gateway.shards:
                del shard.answers["live"]
            async with asyncio.timeout(PATIENCE_SECONDS):
                async for line in lines:
                    if line == "event: metrics":
                        break

    with_gateway(tmp_path, check)


def test_events_have_the_data_of_the_websocket_and_an_id(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        async with reading(gateway, "/api/events/stream") as stream:
            await subscribed(gateway)
            gateway.shards[0].publish(event(0, 5))
            place, data = await stream.next()
            assert data["id"] == event_api_id(0, 5)
            assert data["event"] == event(0, 5)["data"]
            assert place is not None
            assert place.split(".")[1:] == [str(event_api_id(0, 5))]
            gateway.shards[1].publish(event(1, 6))
            place, data = await stream.next()
            assert place is not None
            assert place.split(".")[1:] == [str(event_api_id(0, 5)), str(event_api_id(1, 6))]
        await eventually(lambda: not any(shard.subscriptions for shard in gateway.shards))
        assert not gateway.gateway.streams.subscribers

    with_gateway(tmp_path, check)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {1, 2, 3}),
        (f"node_id={NODE_B}", {2}),
        ("event_types=42,100", {3}),
        ("event_type=42", {3}),
        ("start=11&end=12", {1, 2}),
        ("end=12", {1, 2}),
        ("group=guaranteeing", set()),
        ("core_index=1", {3}),
        ("core=1&event_types=11", set()),
        (
            'filter={"type":"Any","filters":[{"type":"Core","core":1},{"type":"Slot","slot":1}]}',
            {1, 3},
        ),
    ],
)
def test_filters_are_query_parameters(tmp_path: Path, query: str, expected: set[int]) -> None:
    async def check(gateway: Running) -> None:
        events = [
            event(0, 1),
            event(0, 2, node=NODE_B),
            event(0, 3, number=42, variant="Authored", fields={"core": 1}),
        ]
        async with reading(gateway, f"/api/events/stream?{query}") as stream:
            await subscribed(gateway)
            wanted = gateway.shards[0].publish(*events)
            assert wanted == len(expected)
            found = {(await stream.next())[1]["event_id"] for _ in expected}
            assert found == expected

    with_gateway(tmp_path, check)


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("event_types=x", "event_types"),
        ("filter={", "filter"),
        ('filter={"type":"No"}', "filter.type"),
        ("last_event_id=x", "last_event_id"),
        ("node_id=1", "node_id"),
        ("start=256", "start"),
    ],
)
def test_an_invalid_query_is_refused_before_the_stream_begins(
    tmp_path: Path, query: str, parameter: str
) -> None:
    async def check(gateway: Running) -> None:
        body = await gateway.json(f"/api/events/stream?{query}", 400)
        assert body["error"]["param"] == parameter
        assert not gateway.gateway.streams.subscribers

    with_gateway(tmp_path, check)


def test_a_stream_resumes_at_its_position(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        one, two = gateway.shards
        old = [event(0, i, at=NOON + i) for i in range(4)]
        one.append(*old)
        two.append(event(1, 0, at=NOON - 1), event(1, 1, at=NOON + 2))
        place = f"{NOON}.{event_api_id(0, 1)}"
        headers = {"last-event-id": place}
        async with reading(gateway, "/api/events/stream", **headers) as stream:
            found = [(await stream.next())[1]["id"] for _ in range(3)]
            assert set(found) == {event_api_id(0, 2), event_api_id(0, 3), event_api_id(1, 1)}
            # The same ones, published late, are no news.
            await subscribed(gateway)
            one.publish(old[3], event(0, 4))
            place, data = await stream.next()
            assert data["id"] == event_api_id(0, 4)
            assert place == f"{NOON}.{event_api_id(0, 4)}.{event_api_id(1, 1)}"

    with_gateway(tmp_path, check)


def test_a_stream_resumes_behind_any_event(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        gateway.shards[0].append(*[event(0, i, at=NOON + i) for i in range(3)])
        known = event_api_id(0, 1)
        async with reading(gateway, f"/api/events/stream?last_event_id={known}") as stream:
            place, data = await stream.next()
            assert data["id"] == event_api_id(0, 2)
            assert place == f"{NOON + 1}.{event_api_id(0, 2)}"
        unknown = event_api_id(0, 77)
        await gateway.json(f"/api/events/stream?last_event_id={unknown}", 404)

    with_gateway(tmp_path, check)


def test_a_resumed_stream_waits_for_events_that_are_stored_late(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        asked: list[int] = []

        def missed(parameters: dict[str, Any]) -> dict[str, Any]:
            asked.append(parameters["after"]["0"])
            stored = len(asked) > 3
            events = [event(0, 8)] if stored else []
            return answer(events, {"0": 8 if stored else 7}, committed=9 if stored else 8, next=9)

        gateway.shards[0].answers["backfill"] = missed
        place = f"{NOON}.{event_api_id(0, 7)}"
        async with reading(gateway, f"/api/events/stream?last_event_id={place}") as stream:
            assert (await stream.next())[1]["id"] == event_api_id(0, 8)
        assert asked[:4] == [7, 7, 7, 7]

    with_gateway(tmp_path, check)


def test_a_client_is_told_that_missed_events_are_no_longer_recent(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        found = answer([event(0, 8)], {"0": 8}, cut=True, committed=0, next=0)
        gateway.shards[0].answers["backfill"] = lambda _: found
        async with reading(gateway, f"/api/events/stream?last_event_id={NOON}.0") as stream:
            assert await stream.next("lagged") == (None, {"missed": None})
            await stream.next()

    with_gateway(tmp_path, check)


def test_a_client_is_told_how_many_events_were_shed(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        async with reading(gateway, "/api/events/stream") as stream:
            await subscribed(gateway)
            (number,) = gateway.shards[0].subscriptions
            gateway.shards[0].push(Missed(number, 5))
            assert await stream.next("lagged") == (None, {"missed": 5})

    with_gateway(tmp_path, check)


def test_a_client_that_reads_nothing_is_cut_off_and_delays_no_other(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        fields = {"slot": 1, "hash": "0x" + "11" * 2000}
        with socket.socket() as stalled:
            stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            stalled.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(stalled, ("127.0.0.1", gateway.port))
            request = "GET /api/events/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
            await loop.sock_sendall(stalled, request.encode())
            await subscribed(gateway)
            number = 0
            async with reading(gateway, f"/api/events/stream?node_id={NODE_B}") as quick:
                await subscribed(gateway, 2)
                while not gateway.gateway.event_streams.stalled:
                    for _ in range(50):
                        number += 1
                        gateway.shards[0].publish(event(0, number, fields=fields))
                    gateway.shards[0].publish(event(0, number, node=NODE_B))
                    assert (await quick.next())[1]["event_id"] == number
                await eventually(lambda: len(gateway.gateway.streams.subscribers) == 1)

    with_gateway(tmp_path, check, send_stall_seconds=0.2, subscriber_queue=100)


def test_event_streams_are_limited_by_max_subscribers(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        async with reading(gateway, "/api/events/stream"):
            body = await gateway.json("/api/metrics/stream", 503)
            assert body["error"]["code"] == "too_many_subscribers"

    with_gateway(tmp_path, check, max_subscribers=1)


def test_head_gets_the_headers_of_a_stream_alone(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        for path in ("/api/events/stream", "/api/metrics/stream"):
            response = await gateway.client.head(path)
            assert (response.status_code, response.content) == (200, b"")

    with_gateway(tmp_path, check)


def chunk(event_id: int, data: bytes) -> Chunk:
    return Chunk([Encoded(b"", data, event_id)], Position(7))


def test_a_reader_skips_events_that_its_client_has() -> None:
    reader = Reader(10, Position(7, {0: event_api_id(0, 5)}))
    for directory, number in ((0, 5), (0, 6), (1, 0)):
        reader.queue(chunk(event_api_id(directory, number), b"%d" % number))
    first, second = filter(None, reader.take(1000))
    assert first == sse("event", b"6", f"7.{event_api_id(0, 6)}")
    assert second == sse("event", b"0", f"7.{event_api_id(0, 6)}.{event_api_id(1, 0)}")


# --- A machine that is busy -----------------------------------------------------------


async def raw_stream(gateway: Running, place: str = "") -> tuple[Any, Any]:
    """A bare connection that asks for the stream from a position on."""
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    head = f"GET /api/events/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nLast-Event-ID: {place}\r\n\r\n"
    writer.write(head.encode())
    return reader, writer


async def leave(writer: Any) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


def test_headers_and_comments_are_sent_while_missed_events_are_looked_up(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        for shard in gateway.shards:
            shard.answers["backfill"] = shard.answers["event"] = lambda _: None
        for place in (f"{NOON}.0", str(event_api_id(0, 1))):
            reader, writer = await raw_stream(gateway, place)
            async with asyncio.timeout(PATIENCE_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                assert b" 200 " in head
                for _ in range(3):
                    await reader.readuntil(LOOKING_UP)
            await leave(writer)
            for shard in gateway.shards:
                asked = {e.id for e in shard.requests if e.name in ("backfill", "event")}
                await eventually(lambda shard=shard, asked=asked: asked <= set(shard.cancelled))

    with_gateway(tmp_path, check)


def test_a_client_is_cut_off_to_resume_if_no_shard_answers(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        for shard in gateway.shards:
            shard.answers["backfill"] = lambda _: Failure(0, "no_shard", "x")
        reader, writer = await raw_stream(gateway, f"{NOON}.0")
        async with asyncio.timeout(PATIENCE_SECONDS):
            text = await reader.read()
        await leave(writer)
        assert LOOKING_UP in text
        assert b"lagged" not in text
        # Cut off, and not ended as what is complete: the last chunk, of no bytes, is missing.
        assert not text.endswith(b"0\r\n\r\n")

    with_gateway(tmp_path, check)


def test_an_unknown_event_id_that_is_looked_up_slowly_is_told_in_the_stream(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        for shard in gateway.shards:
            shard.delays["event"] = 2 * STATUS_SECONDS
        unknown = event_api_id(0, 77)
        async with reading(gateway, f"/api/events/stream?last_event_id={unknown}") as stream:
            assert await stream.next("lagged") == (None, {"missed": None})
            gateway.shards[0].publish(event(0, 78))
            assert (await stream.next())[1]["event_id"] == 78

    with_gateway(tmp_path, check)


def test_live_events_follow_the_missed_events_and_come_once(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        one, two = gateway.shards
        one.append(*[event(0, i, at=NOON + i) for i in range(5)])
        one.delays["backfill"] = 0.2
        place = f"{NOON}.{event_api_id(0, 0)}"
        async with reading(gateway, "/api/events/stream", **{"last-event-id": place}) as stream:
            await subscribed(gateway)
            await eventually(lambda: len([r for r in one.requests if r.name == "backfill"]) == 2)
            # All was looked at, and is looked at once more: these two are held back.
            one.append(event(0, 5, at=NOON + 5))
            one.publish(event(0, 5, at=NOON + 5), event(0, 6, at=NOON + 6))
            two.publish(event(1, 9))
            found = [(await stream.next())[1]["id"] for _ in range(7)]
            assert [each for each in found if each & 0xFF == 0] == [
                event_api_id(0, i) for i in range(1, 7)
            ]

    with_gateway(tmp_path, check)


def test_a_failed_lookup_is_told_and_live_events_follow(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def check(gateway: Running) -> None:
        gateway.shards[0].answers["backfill"] = lambda _: {"no": "answer"}
        async with reading(gateway, f"/api/events/stream?last_event_id={NOON}.0") as stream:
            assert await stream.next("lagged") == (None, {"missed": None})
            gateway.shards[0].publish(event(0, 5))
            await stream.next()

    with_gateway(tmp_path, check)
    assert "cannot look up the missed events" in caplog.text


@pytest.mark.parametrize("patience", ["some bytes", "a moment"])
def test_a_client_that_reconnects_repeatedly_gets_every_event_once(
    tmp_path: Path, patience: str
) -> None:
    """One shard takes longer than the reader's patience for most of what it is asked."""

    async def check(gateway: Running) -> None:
        expected = set()
        count, seconds = (150, 0.6) if patience == "a moment" else (400, None)
        for directory, shard in enumerate(gateway.shards):
            events = [event(directory, i, at=NOON + i) for i in range(count)]
            shard.append(*events)
            expected |= {each["id"] for each in events}
        # Of two parts only one comes in time.
        gateway.shards[1].delays["backfill"] = 0.35 if seconds else 0.05
        found: list[int] = []
        place, times = f"{NOON}.{event_api_id(7, 0)}", 0
        async with asyncio.timeout(6 * PATIENCE_SECONDS):
            while len(found) < len(expected):
                times += 1
                reader, writer = await raw_stream(gateway, place)
                with suppress(TimeoutError, asyncio.IncompleteReadError):
                    async with asyncio.timeout(seconds):
                        taken = 0
                        while seconds or taken < 20_000:
                            block = await reader.readuntil(b"\n\n")
                            taken += len(block)
                            lines = block.decode().split("\r\n")[-1].splitlines()
                            fields = dict(each.split(": ", 1) for each in lines if ": " in each)
                            if fields.get("event") == "event":
                                found.append(json.loads(fields["data"])["id"])
                                place = fields["id"]
                            if len(found) == len(expected):
                                break
                await leave(writer)
        assert times >= 3
        assert sorted(found) == sorted(expected)
        await eventually(lambda: not any(e.pending for e in gateway.gateway.shards.every))

    with_gateway(tmp_path, check)


def test_a_reader_holds_back_no_more_events_than_its_queue_holds() -> None:
    reader = Reader(2, Position(7), [0])
    reader.deliver(chunk(event_api_id(0, 1), b"left out"), 0)
    reader.deliver(chunk(event_api_id(1, 1), b"other"), 0)
    reader.hold(0)
    for number in range(2, 5):
        reader.deliver(chunk(event_api_id(0, number), b"%d" % number), 0)
    assert reader.comment == LOOKING_UP
    reader.release(0)
    assert reader.comment == LIVE
    text = b"".join(reader.take(10_000))
    assert [line for line in text.split(b"\n") if line.startswith(b"data")] == [
        b'data: {"missed":2}',
        b"data: 3",
        b"data: 4",
    ]


# --- Events of several shards that leave together ---------------------------------------

FROM_BOTH = [event_api_id(0, 5), event_api_id(1, 7), event_api_id(1, 8), event_api_id(0, 6)]


def from_both() -> Chunk:
    """Events of two shards in one chunk."""
    position = Position(7, {0: event_api_id(0, 4), 1: event_api_id(1, 6)})
    return Chunk([Encoded(b"", b"%d" % each, each) for each in FROM_BOTH], position)


def sent(data: bytes) -> list[tuple[str, int]]:
    """The positions and events of a stream's bytes."""
    lines = [line.split(": ", 1)[1] for line in data.decode().split("\n") if ": " in line]
    return [(lines[at], int(lines[at + 2])) for at in range(0, len(lines), 3)]


def test_each_event_of_a_chunk_of_several_shards_has_its_own_position() -> None:
    assert sent(from_both().sse) == [
        (f"7.{event_api_id(0, 5)}.{event_api_id(1, 6)}", FROM_BOTH[0]),
        (f"7.{event_api_id(0, 5)}.{event_api_id(1, 7)}", FROM_BOTH[1]),
        (f"7.{event_api_id(0, 5)}.{event_api_id(1, 8)}", FROM_BOTH[2]),
        (f"7.{event_api_id(0, 6)}.{event_api_id(1, 8)}", FROM_BOTH[3]),
    ]


@pytest.mark.parametrize("had", range(5))
def test_a_client_that_left_within_a_chunk_of_several_shards_gets_the_rest_of_it(had: int) -> None:
    chunk = from_both()
    # Others have got it before.
    every = sent(chunk.sse)
    positions = [str(from_both().position), *(place for place, _ in every)]
    position = Position.read(positions[had])
    assert isinstance(position, Position)
    reader = Reader(10, position, [0, 1])
    for shard in (0, 1):
        reader.release(shard)
    reader.deliver(chunk, 0)
    assert sent(b"".join(reader.take(10_000))) == every[had:]


def test_of_a_chunk_of_several_shards_those_that_are_looked_up_are_left_out_or_held() -> None:
    reader = Reader(10, Position(7, {0: event_api_id(0, 4), 1: event_api_id(1, 6)}), [0, 1])
    reader.hold(1)
    reader.deliver(from_both(), 0)
    assert reader.take(10_000) == []
    reader.release(1)
    # Of shard 0 nothing is sent before it has been looked up.
    assert [each for _, each in sent(b"".join(reader.take(10_000)))] == FROM_BOTH[1:3]
    reader.hold(0)
    reader.deliver(from_both(), 0)
    reader.release(0)
    taken = sent(b"".join(reader.take(10_000)))
    assert [each for _, each in taken] == [FROM_BOTH[0], FROM_BOTH[3]]
    assert taken[-1][0] == f"7.{event_api_id(0, 6)}.{event_api_id(1, 8)}"


def test_events_of_several_shards_are_one_write_for_all_clients_that_keep_up() -> None:
    written: dict[Reader, list[bytes]] = {}

    async def run() -> None:
        new, resumed = Reader(10), Reader(10, Position(7, {0: event_api_id(0, 4)}), [0, 1])
        for shard in (0, 1):
            resumed.release(shard)
        waiting = []
        for reader in (new, resumed):
            written[reader] = []

            def write(data: bytes, to: list[bytes] = written[reader]) -> bool:
                to.append(data)
                return True

            waiting.append(asyncio.create_task(reader.wait_ready(write)))
        await asyncio.sleep(0)
        chunk = from_both()
        for reader in (new, resumed):
            reader.deliver(chunk, 0)
        assert list(written.values()) == [[chunk.sse_chunk], [chunk.sse_chunk]]
        assert written[new][0] is written[resumed][0]
        for task in waiting:
            task.cancel()

    asyncio.run(run())
