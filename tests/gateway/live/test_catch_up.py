"""``tart/gateway/live/catch_up.py``: every missed event once, in parts, whoever is slow."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tart.gateway.live import catch_up as module
from tart.gateway.live.catch_up import CatchingUp, Found
from tart.ipc.messages import Failure
from tart.query.core.event_ids import event_api_id
from tests.gateway.fake_shard import NODE_B, NOON, event
from tests.gateway.running import Running, eventually, running_gateway

ALL = {"type": "All"}
START = {0: event_api_id(0, 0), 1: event_api_id(1, 0)}


class Client:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.said: list[Any] = []
        self.batches: list[list[Any]] = []

    def hold(self, shard: int) -> None:
        self.said.append(("hold", shard))

    def release(self, shard: int) -> None:
        self.said.append(("release", shard))

    async def found(self, batch: Sequence[Found]) -> None:
        self.batches.append([each.event["id"] for each in batch if each.event])
        self.said += [each.event["id"] if each.event else dict(each.ids) for each in batch]

    async def cut(self) -> None:
        self.said.append("cut")

    @property
    def events(self) -> list[int]:
        return [each for each in self.said if isinstance(each, int)]


def with_gateway(directory: Path, check: Callable[[Running], Awaitable[None]], **api: Any) -> None:
    async def run() -> None:
        async with running_gateway(directory, **api) as gateway:
            await check(gateway)

    asyncio.run(run())


def catching_up(gateway: Running, client: Client, wanted: Any = ALL) -> CatchingUp:
    return CatchingUp(gateway.gateway.queries, client, wanted, "hex", NOON, START)


def asked(gateway: Running, shard: int) -> list[dict[str, Any]]:
    return [each.parameters for each in gateway.shards[shard].requests if each.name == "backfill"]


def test_events_come_in_order_of_arrival_over_the_shards(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        for shard in (0, 1):
            events = [event(shard, i, at=NOON + 2 * i + shard) for i in range(300)]
            gateway.shards[shard].append(*events)
        client = Client()
        assert await catching_up(gateway, client).run()
        expected = [event_api_id(shard, i) for i in range(1, 300) for shard in (0, 1)]
        assert client.events == expected
        assert set(client.said[-2:]) == {("release", 0), ("release", 1)}
        # Small parts first, then larger ones: it takes no more queries than that.
        assert [each["limit"] for each in asked(gateway, 0)][:3] == [64, 128, 256]
        assert len(asked(gateway, 0)) <= 5

    with_gateway(tmp_path, check)


def test_what_does_not_pass_moves_the_position_all_the_same(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        rare = event(0, 100, node=NODE_B)
        gateway.shards[0].append(*[event(0, i) for i in range(100)], rare)
        client = Client()
        await catching_up(gateway, client, {"type": "Node", "node_id": NODE_B}).run()
        before = client.said[: client.said.index(rare["id"])]
        assert {0: event_api_id(0, 64)} in before

    with_gateway(tmp_path, check)


def test_live_events_are_kept_back_only_for_the_last_look(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        gateway.shards[0].append(*[event(0, i, at=NOON + i) for i in range(70)])
        client = Client()
        seen: list[tuple[str, int]] = []

        def missed(parameters: dict[str, Any]) -> Any:
            held = ("hold", 0) in client.said
            seen.append(("held" if held else "left out", parameters["after"]["0"]))
            return gateway.shards[0].usual_answer("backfill", parameters)

        gateway.shards[0].answers["backfill"] = missed
        await catching_up(gateway, client).run()
        assert seen == [("left out", 0), ("left out", 64), ("held", 69)]

    with_gateway(tmp_path, check)


def test_a_shard_that_is_slow_holds_up_only_itself(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        gateway.shards[0].append(*[event(0, i, at=NOON + i) for i in range(10)])
        gateway.shards[1].answers["backfill"] = lambda _: None
        client = Client()
        catching = asyncio.create_task(catching_up(gateway, client).run())
        await eventually(lambda: ("release", 0) in client.said)
        assert client.events == [event_api_id(0, i) for i in range(1, 10)]
        assert "cut" not in client.said
        catching.cancel()
        await asyncio.wait((catching,))
        open_ = {each.id for each in gateway.shards[1].requests if each.name == "backfill"}
        await eventually(lambda: open_ <= set(gateway.shards[1].cancelled))

    with_gateway(tmp_path, check)


@pytest.mark.parametrize("code", ["deadline", "busy"])
def test_what_was_late_or_refused_is_asked_for_again_in_a_small_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.001)

    async def check(gateway: Running) -> None:
        one = gateway.shards[0]
        one.append(*[event(0, i, at=NOON + i) for i in range(1000)])
        failing = [False, True, True, False, True] + [False] * 20

        def missed(parameters: dict[str, Any]) -> Any:
            return (
                Failure(0, code, "x")
                if failing.pop(0)
                else one.usual_answer("backfill", parameters)
            )

        one.answers["backfill"] = missed
        client = Client()
        await catching_up(gateway, client).run()
        assert client.events == [event_api_id(0, i) for i in range(1, 1000)]
        assert [each["limit"] for each in asked(gateway, 0)][:6] == [64, 128, 64, 64, 128, 64]
        assert "cut" not in client.said

    with_gateway(tmp_path, check)


@pytest.mark.parametrize("code", ["deadline", "no_shard"])
def test_a_shard_that_does_not_answer_is_told_and_holds_up_nobody(
    tmp_path: Path, code: str
) -> None:
    async def check(gateway: Running) -> None:
        gateway.shards[0].answers["backfill"] = lambda _: Failure(0, code, "x")
        gateway.shards[1].append(event(1, 1))
        client = Client()
        await catching_up(gateway, client).run()
        assert client.events == [event_api_id(1, 1)]
        assert client.said.count("cut") == 1
        assert ("release", 0) in client.said

    with_gateway(tmp_path, check)


def test_where_no_shard_answers_nothing_counts_as_lost(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        for shard in gateway.shards:
            shard.answers["backfill"] = lambda _: Failure(0, "no_shard", "x")
        client = Client()
        assert not await catching_up(gateway, client).run()
        assert client.said == []

    with_gateway(tmp_path, check)


def test_what_is_never_stored_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        answer = {"events": [], "at": {"0": 0}, "more": [], "cut": False}
        gateway.shards[0].answers["backfill"] = lambda _: {**answer, "committed": 1, "next": 9}
        client = Client()
        await catching_up(gateway, client).run()
        assert "cut" in client.said

    with_gateway(tmp_path, check, deadline_seconds=0.2)


def test_a_shard_that_receives_faster_than_it_is_looked_through_is_caught_up_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ENOUGH_ROWS", 300)

    async def check(gateway: Running) -> None:
        def missed(parameters: dict[str, Any]) -> dict[str, Any]:
            first = parameters["after"]["0"] + 1
            last = first + parameters["limit"] - 1
            return {
                "events": [event(0, i, at=NOON + i) for i in range(first, last + 1)],
                "at": {"0": last},
                "more": [0],
                "cut": False,
                "committed": last + 500,
                "next": last + 501,
            }

        gateway.shards[0].answers["backfill"] = missed
        client = Client()
        await catching_up(gateway, client).run()
        assert client.events == [event_api_id(0, i + 1) for i in range(len(client.events))]
        assert client.said[-1] == ("release", 0)

    with_gateway(tmp_path, check)


def test_what_breaks_ends_it_all(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        gateway.shards[0].answers["backfill"] = lambda _: {"no": "answer"}
        gateway.shards[1].answers["backfill"] = lambda _: None
        with pytest.raises(ExceptionGroup):
            await catching_up(gateway, Client()).run()

    with_gateway(tmp_path, check)
