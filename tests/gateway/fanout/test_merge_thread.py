"""Work on the merge thread: its result, its errors, and an event loop that goes on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from tart.errors import NotFound
from tart.gateway.fanout import queries
from tart.gateway.fanout.merge_thread import THREAD_NAME, run_on_merge_thread
from tests.gateway.running import Running, running_gateway


def run(scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(60):
            await scenario()

    asyncio.run(limited())


def test_work_runs_on_the_one_merge_thread() -> None:
    async def scenario() -> None:
        names = await asyncio.gather(
            *(run_on_merge_thread(lambda: threading.current_thread().name) for _ in range(3))
        )
        assert {name.rpartition("_")[0] for name in names} == {THREAD_NAME}
        assert len(set(names)) == 1

    run(scenario)


def test_the_event_loop_runs_while_work_takes_long() -> None:
    loop_ran = threading.Event()

    async def scenario() -> None:
        working = asyncio.create_task(run_on_merge_thread(lambda: loop_ran.wait(10)))
        await asyncio.sleep(0)
        loop_ran.set()
        assert await working

    run(scenario)


def test_an_error_of_the_work_is_raised() -> None:
    def work() -> None:
        raise NotFound("nothing", "id")

    async def scenario() -> None:
        with pytest.raises(NotFound, match="nothing"):
            await run_on_merge_thread(work)

    run(scenario)


def test_a_cancelled_caller_leaves_at_once() -> None:
    release = threading.Event()

    async def scenario() -> None:
        waiting = asyncio.create_task(run_on_merge_thread(lambda: release.wait(10)))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        release.set()

    run(scenario)


def test_requests_are_answered_while_a_large_answer_is_merged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    merging, release = threading.Event(), threading.Event()

    def merge_slowly(*_: Any) -> None:
        merging.set()
        assert release.wait(10)

    async def check(running: Running) -> None:
        merged = asyncio.create_task(running.get("/api/stats"))
        assert await asyncio.to_thread(merging.wait, 10)
        assert (await running.get("/api/health")).status_code == 200
        release.set()
        assert (await merged).status_code == 200

    async def scenario() -> None:
        monkeypatch.setattr(queries, "MERGE_ON_THREAD_BYTES", -1)
        async with running_gateway(tmp_path) as running:
            await running.all_there()
            decode = queries._decode

            def decode_slowly(*arguments: Any) -> Any:
                merge_slowly()
                return decode(*arguments)

            monkeypatch.setattr(queries, "_decode", decode_slowly)
            await check(running)

    run(scenario)
