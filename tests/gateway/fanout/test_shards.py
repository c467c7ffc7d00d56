"""Channels to shards: scatter, deadline, reconnect, refusals, limits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tart import json_encoding
from tart.errors import BadQuery, Busy, QueryTimeout, ShardUnavailable
from tart.gateway.fanout import shards as module
from tart.gateway.fanout.shards import Answers, Shards
from tart.ipc.messages import (
    Failure,
    LiveEvents,
    Missed,
    NodeChanged,
    Partial,
    Subscribe,
    Subscribed,
    UnreadableRows,
)
from tart.query.core.cursor import Cursor
from tart.query.core.merge import Json
from tart.query.shard_queries.events import Events
from tart.query.shard_queries.nodes import Chain, Nodes
from tests.gateway.fake_shard import FakeShard, event, raw
from tests.gateway.running import PATIENCE_SECONDS, eventually


class Receiver:
    """Collects the messages that shards send unasked."""

    def __init__(self) -> None:
        self.messages: list[Any] = []

    def publish(self, events: LiveEvents) -> None:
        self.messages.append(events)

    def record_missed(self, missed: Missed) -> None:
        self.messages.append(missed)

    def confirmed(self, reply: Subscribed) -> None:
        self.messages.append(reply)

    def interrupted(self, shard: int) -> None:
        self.messages.append(("connected", shard))

    def record(self, shard: int, nodes: Iterable[Json]) -> None:
        self.messages.append((shard, list(nodes)))


@asynccontextmanager
async def connected(
    directory: Path, count: int = 2
) -> AsyncIterator[tuple[Shards, list[FakeShard], Receiver]]:
    fakes = [FakeShard(index, directory / str(index), pid=100) for index in range(count)]
    for fake in fakes:
        await fake.start()
    receiver = Receiver()
    shards = Shards([fake.path for fake in fakes])
    shards.start(receiver, receiver)
    try:
        await asyncio.wait_for(shards.wait_all_welcomed(), PATIENCE_SECONDS)
        yield shards, fakes, receiver
    finally:
        await shards.stop()
        for fake in fakes:
            await fake.stop()


def run(
    directory: Path,
    test: Callable[[Shards, list[FakeShard], Receiver], Awaitable[None]],
    count: int = 2,
) -> None:
    async def inside() -> None:
        async with connected(directory, count) as (shards, fakes, receiver):
            await test(shards, fakes, receiver)

    asyncio.run(inside())


def decoded(answers: Answers[Partial]) -> list[tuple[int, Any]]:
    return [(shard, json_encoding.unpack(partial.value)) for shard, partial in answers.values]


def test_every_shard_is_queried_and_its_answer_has_its_number(tmp_path: Path) -> None:
    async def check(shards: Shards, fakes: list[FakeShard], receiver: Receiver) -> None:
        fakes[0].chain, fakes[1].chain = [["a"]], [["b"]]
        answers = await shards.scatter(Chain(["cc"]), 5)
        assert decoded(answers) == [(0, [["a"]]), (1, [["b"]])]
        assert (answers.total, answers.answered, answers.missing) == (2, 2, [])
        assert fakes[1].requests[-1].parameters == {"nodes": ["cc"]}
        assert fakes[1].requests[-1].deadline_seconds == 5

    run(tmp_path, check)


def test_a_late_shard_is_left_out_and_named(tmp_path: Path) -> None:
    async def check(shards: Shards, fakes: list[FakeShard], receiver: Receiver) -> None:
        fakes[1].answers["chain"] = lambda _: None
        answers = await shards.scatter(Chain(), 0.05)
        assert (decoded(answers), answers.missing) == ([(0, [])], [1])
        await eventually(lambda: fakes[1].cancelled == [fakes[1].requests[-1].id])
        assert fakes[0].cancelled == []
        assert shards.every[1].statistics.failures == {"deadline": 1}
        assert not shards.every[1].pending

    run(tmp_path, check)


def test_a_caller_that_leaves_cancels_its_query(tmp_path: Path) -> None:
    async def check(shards: Shards, fakes: list[FakeShard], receiver: Receiver) -> None:
        fakes[1].answers["chain"] = lambda _: None
        asking = asyncio.create_task(shards.scatter(Chain(), 60))
        await eventually(lambda: fakes[1].requests)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await eventually(lambda: fakes[1].cancelled)

    run(tmp_path, check)


def test_an_answer_after_the_deadline_is_ignored(tmp_path: Path) -> None:
    async def check(shards: Shards, fakes: list[FakeShard], receiver: Receiver) -> None:
        fakes[1].answers["chain"] = lambda _: None
        await shards.scatter(Chain(), 0.02)
        fakes[1].channels[0].send(Partial(fakes[1].requests[-1].id, raw(["late"])))
        fakes[1].answers.clear()
        assert (await shards.scatter(Chain(), 5)).answered == 2

    run(tmp_path, check)


def test_no_answer_in_time_is_a_timeout(tmp_path: Path) -> None:
    async def check(shards: Shards, fakes: list[FakeShard], receiver: Receiver) -> None:
        for fake in fakes:
            fake.answers["chain"] = lambda _: None
        with pytest.raises(QueryTimeout):
            await shards.scatter(Chain(), 0.02)
        for fake in fakes:
            fake.answers["chain"] = lambda _: Failure(0, "deadline", "too slow")
        with pytest.raises(QueryTimeout):
            await shards.scatter(Chain(), 5)

    run(tmp_path, check)


def test_failures_of_all_shards_are_unavailability(tmp_path: Path) -> None:
    async def check(shards: Shards, fakes: list[FakeShard], receiver: Receiver) -> None:
        for fake in fakes:
            fake.answers["chain"] = lambda _: Failure(0, "something new", "x")
        with pytest.raises(ShardUnavailable):
            await shards.scatter(Chain(), 5)
        # What a shard calls its failure does not become a label.
        assert shards.every[0].statistics.failures == {"internal": 1}

    run(tmp_path, check)


def test_a_parameter_that_a_shard_refuses_is_an_error_of_the_caller(tmp_path: Path) -> None:
    async def check(shards: Shards, fakes: list[FakeShard], receiver: Receiver) -> None:
        refusal = Failure(0, "bad_parameter", "no such slot", "slot")
        fakes[1].answers["events"] = lambda _: refusal
        with pytest.raises(BadQuery, match="no such slot") as refused:
            await shards.scatter(Events(cursor=Cursor(1), limit=1), 5)
        assert refused.value.parameter == "slot"

    run(tmp_path, check)


def test_a_shard_that_dies_answers_nothing_and_comes_back(tmp_path: Path) -> None:
    async def check(shards: Shards, fakes: list[FakeShard], receiver: Receiver) -> None:
        fakes[1].answers["chain"] = lambda _: None
        asking = asyncio.create_task(shards.scatter(Chain(), 60))
        await eventually(lambda: fakes[1].requests)
        await fakes[1].stop()
        assert (await asking).missing == [1]
        assert shards.every[1].statistics.failures == {"no_shard": 1}
        fakes[1].answers.clear()
        fakes[1].pid = 200
        shards.welcomed.clear()
        await fakes[1].start()
        await eventually(shards.welcomed.is_set)
        assert (await shards.scatter(Chain(), 5)).answered == 2
        assert [shard.statistics.restarts for shard in shards.every] == [0, 1]

    run(tmp_path, check)


def test_without_a_connected_shard_the_error_is_immediate(tmp_path: Path) -> None:
    async def inside() -> None:
        shards = Shards([tmp_path / "missing"])
        shards.start(Receiver(), Receiver())
        with pytest.raises(ShardUnavailable):
            await shards.scatter(Chain(), 60)
        await shards.stop()

    asyncio.run(inside())


@pytest.mark.parametrize(("index", "version"), [(0, 99), (5, 1)])
def test_a_shard_of_another_release_or_number_is_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, index: int, version: int
) -> None:
    async def inside() -> None:
        fake = FakeShard(index, tmp_path / "s", version=version)
        await fake.start()
        shards = Shards([fake.path])
        shards.start(Receiver(), Receiver())
        await eventually(lambda: "refused shard" in caplog.text)
        assert not shards.every[0].up
        with pytest.raises(ShardUnavailable):
            await shards.scatter(Chain(), 5)
        await shards.stop()
        await fake.stop()

    asyncio.run(inside())


@pytest.mark.parametrize("first", ["gateway", "shard"])
def test_disconnects_while_stopping_are_no_warnings(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, first: str
) -> None:
    async def check(shards: Shards, fakes: list[FakeShard], receiver: Receiver) -> None:
        with caplog.at_level("INFO"):
            if first == "gateway":
                shards.expect_disconnects()
            await fakes[0].stop()
            await eventually(lambda: not shards.every[0].up)
            shards.expect_disconnects()
            await eventually(lambda: "disconnected from shard 0" in caplog.text)
        assert not [record for record in caplog.records if record.levelname == "WARNING"]

    run(tmp_path, check)


def test_a_busy_shard_is_distinguished_from_a_lost_one(tmp_path: Path) -> None:
    async def check(shards: Shards, fakes: list[FakeShard], receiver: Receiver) -> None:
        for fake in fakes:
            fake.answers["chain"] = lambda _: Failure(0, "busy", "256 queries are waiting")
        with pytest.raises(Busy) as refused:
            await shards.scatter(Chain(), 5)
        assert refused.value.seconds > 0
        assert shards.every[0].statistics.failures == {"busy": 1}
        with pytest.raises(Busy):
            await shards.ask(1, Chain(), 5)
        del fakes[0].answers["chain"]
        assert (await shards.scatter(Chain(), 5)).missing == [1]

    run(tmp_path, check)


def test_one_shard_can_be_queried_alone(tmp_path: Path) -> None:
    async def check(shards: Shards, fakes: list[FakeShard], receiver: Receiver) -> None:
        fakes[1].chain = [["aa", 1, 2]]
        partial = await shards.ask(1, Chain(), 5)
        assert json_encoding.unpack(partial.value) == [["aa", 1, 2]]
        assert fakes[0].requests == []
        fakes[1].answers["chain"] = lambda _: None
        with pytest.raises(QueryTimeout):
            await shards.ask(1, Chain(), 0.01)
        await eventually(lambda: fakes[1].cancelled)
        await fakes[1].stop()
        await eventually(lambda: not shards.every[1].up)
        with pytest.raises(ShardUnavailable):
            await shards.ask(1, Chain(), 5)

    run(tmp_path, check)


def test_a_query_is_as_old_as_its_request(tmp_path: Path) -> None:
    async def check(shards: Shards, fakes: list[FakeShard], receiver: Receiver) -> None:
        await shards.scatter(Chain(), 5)
        module.requested_at.set(time.monotonic() - 3.0)
        await shards.scatter(Chain(), 5)
        fresh, old = fakes[0].requests
        assert fresh.age_seconds == 0.0
        assert old.age_seconds >= 3.0

    run(tmp_path, check)


def test_open_queries_of_a_shard_are_limited_and_rejections_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_PENDING", 2)

    async def check(shards: Shards, fakes: list[FakeShard], receiver: Receiver) -> None:
        fakes[1].answers["chain"] = lambda _: None
        waiting = [asyncio.create_task(shards.scatter(Chain(), 60)) for _ in range(2)]
        await eventually(lambda: len(fakes[1].requests) == 2)
        assert (await shards.scatter(Nodes(), 5)).missing == [1]
        assert shards.every[1].statistics.refused == 1
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert (await shards.scatter(Nodes(), 5)).missing == []

    run(tmp_path, check)


def test_live_events_and_node_changes_are_passed_on(tmp_path: Path) -> None:
    async def check(shards: Shards, fakes: list[FakeShard], receiver: Receiver) -> None:
        shards.subscribe(Subscribe(1, {"type": "All"}))
        await eventually(lambda: fakes[0].subscriptions and fakes[1].subscriptions)
        fakes[0].push(NodeChanged(raw({"node_id": "aa"})))
        fakes[1].push(Missed(1, 5))
        fakes[1].publish(event(1, 1))
        await eventually(lambda: (0, [{"node_id": "aa"}]) in receiver.messages)
        await eventually(lambda: Missed(1, 5) in receiver.messages)
        await eventually(lambda: any(isinstance(each, LiveEvents) for each in receiver.messages))

    run(tmp_path, check)


def test_subscriptions_are_renewed_at_a_shard_that_comes_back(tmp_path: Path) -> None:
    async def check(shards: Shards, fakes: list[FakeShard], receiver: Receiver) -> None:
        shards.subscribe(Subscribe(1, {"type": "All"}))
        shards.subscribe(Subscribe(2, {"type": "Slot", "slot": 5}, "array"))
        await eventually(lambda: len(fakes[1].subscriptions) == 2)
        shards.unsubscribe(1)
        await fakes[1].stop()
        await fakes[1].start()
        expected = {2: Subscribe(2, {"type": "Slot", "slot": 5}, "array")}
        await eventually(lambda: fakes[1].subscriptions == expected)
        await eventually(lambda: fakes[0].subscriptions == expected)

    run(tmp_path, check)


def test_a_shard_that_sends_requests_is_disconnected(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def check(shards: Shards, fakes: list[FakeShard], receiver: Receiver) -> None:
        shards.welcomed.clear()
        fakes[1].channels[0].send(Subscribe(1, {"type": "All"}))
        await eventually(shards.welcomed.is_set)
        assert "not a message of this release: Invalid value 'Subscribe'" in caplog.text

    run(tmp_path, check)


def test_unreadable_rows_come_with_the_answers(tmp_path: Path) -> None:
    async def check(shards: Shards, fakes: list[FakeShard], receiver: Receiver) -> None:
        fakes[1].unreadable = [["01/x.duckdb", 4096, 5, None]]
        answers = await shards.scatter(Chain(), 5)
        assert answers.unreadable == {UnreadableRows("01/x.duckdb", 4096, 5, None)}

    run(tmp_path, check)


def test_a_starting_shard_is_contacted_and_not_queried(tmp_path: Path) -> None:
    async def inside() -> None:
        fakes = [FakeShard(index, tmp_path / str(index)) for index in range(2)]
        fakes[1].recovering = "counting, 43 %"
        for fake in fakes:
            await fake.start()
        shards = Shards([fake.path for fake in fakes])
        shards.start(Receiver(), Receiver())
        try:
            await asyncio.wait_for(shards.wait_all_contacted(), PATIENCE_SECONDS)
            assert {at: each.progress for at, each in shards.recovering.items()} == {
                1: "counting, 43 %"
            }
            assert (await shards.scatter(Chain(), 5)).missing == [1]
            await fakes[1].stop()
            fakes[1].recovering = ""
            await fakes[1].start()
            await asyncio.wait_for(shards.wait_all_welcomed(), PATIENCE_SECONDS)
            assert shards.recovering == {}
            assert (await shards.scatter(Chain(), 5)).missing == []
        finally:
            await shards.stop()
            for fake in fakes:
                await fake.stop()

    asyncio.run(inside())
