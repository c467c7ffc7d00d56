"""Work on another thread, what it asks on the gateway's."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tart.errors import NotFound
from tart.gateway.fanout.merge_thread import Apart, QueriesApart
from tests.gateway.fake_shard import NODE_A, node
from tests.gateway.running import Running, running_gateway


def with_apart(check: Callable[[Apart], Awaitable[None]]) -> None:
    async def run() -> None:
        async with asyncio.timeout(10):
            apart = Apart()
            try:
                await check(apart)
            finally:
                await apart.stop()

    asyncio.run(run())


def test_work_is_done_on_another_thread_and_its_result_comes_back() -> None:
    async def work() -> str:
        return threading.current_thread().name

    async def check(apart: Apart) -> None:
        assert await apart.run(work()) == "apart"

    with_apart(check)
    assert "apart" not in {each.name for each in threading.enumerate()}


def test_the_loop_goes_on_while_work_takes_long() -> None:
    going_on = threading.Event()

    async def work() -> bool:
        return going_on.wait(10)

    async def check(apart: Apart) -> None:
        working = asyncio.create_task(apart.run(work()))
        await asyncio.sleep(0)
        going_on.set()
        assert await working

    with_apart(check)


def test_an_error_is_the_askers() -> None:
    async def work() -> None:
        raise NotFound("nothing", "id")

    async def check(apart: Apart) -> None:
        with pytest.raises(NotFound, match="nothing"):
            await apart.run(work())

    with_apart(check)


def test_what_nobody_waits_for_is_given_up() -> None:
    begun, ended = threading.Event(), threading.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    async def check(apart: Apart) -> None:
        waiting = asyncio.create_task(apart.run(work()))
        assert await asyncio.to_thread(begun.wait, 10)
        waiting.cancel()
        assert await asyncio.to_thread(ended.wait, 10)

    with_apart(check)


def test_stopping_ends_what_is_being_done() -> None:
    ended = threading.Event()

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    async def check(apart: Apart) -> None:
        waiting = asyncio.create_task(apart.run(work()))
        await asyncio.sleep(0)
        await apart.stop()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert ended.is_set()

    async def run() -> None:
        async with asyncio.timeout(10):
            await check(Apart())

    asyncio.run(run())


def test_questions_are_asked_at_home(tmp_path: Path) -> None:
    async def check(running: Running) -> None:
        gateway = running.gateway
        questions = QueriesApart(gateway.questions, asyncio.get_running_loop())
        apart = Apart()
        try:
            for asked, same in (
                (questions.nodes(), gateway.questions.nodes()),
                (questions.node(NODE_A), gateway.questions.node(NODE_A)),
                (questions.chain(), gateway.questions.chain()),
            ):
                assert await apart.run(asked) == await same
            with pytest.raises(NotFound):
                await apart.run(questions.node("ff" * 32))
        finally:
            await apart.stop()

    async def run() -> None:
        async with asyncio.timeout(20), running_gateway(tmp_path) as gateway:
            await gateway.all_there()
            for shard in gateway.shards:
                shard.nodes = [node()]
            await check(gateway)

    asyncio.run(run())
