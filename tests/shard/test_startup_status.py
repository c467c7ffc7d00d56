"""``tart/shard/startup_status.py``: a long start publishes its progress and can be interrupted."""

from __future__ import annotations

import asyncio

import pytest
import uvloop

from tart.errors import StartInterrupted
from tart.ipc.messages import Recovering
from tart.process_handle import ProcessHandle
from tart.shard.startup_status import StartupStatus
from tests.shard.running import Gateway, until


def recovery(path, said, patience=0.001):
    handle = ProcessHandle(
        ready=lambda: said.append("ready"),
        lifeline=-1,
        extend_startup=lambda: said.append("advance"),
        waive_startup=lambda: said.append("waive"),
        startup_seconds=patience,
    )
    return StartupStatus(3, handle, path)


def test_each_step_extends_the_startup_and_an_interrupt_ends_the_next(tmp_path):
    said = []
    start = recovery(tmp_path / "sock", said)
    start.report("opening 00/x", 1, 4)
    assert said == ["advance"]
    assert start.text == "opening 00/x, 25 %"
    start.report("reading what was open", 0, 0)
    assert start.text == "reading what was open"
    start.interrupt()
    with pytest.raises(StartInterrupted):
        start.report("opening 00/y", 2, 4)


def test_clients_get_the_progress_until_the_shard_listens_itself(tmp_path):
    path, said = tmp_path / "sock", []

    async def scenario():
        start = recovery(path, said)
        async with start.serve():
            start.report("counting again", 43, 100)
            await until(lambda: "waive" in said)
            gateway = await Gateway().connect(path)
            await until(lambda: gateway.of(Recovering))
            start.report("counting again", 44, 100)
            await until(lambda: gateway.of(Recovering)[-1].progress == "counting again, 44 %")
        await until(lambda: gateway.over)
        # The shard's own socket takes its place.
        heard = []
        server = await asyncio.get_running_loop().create_unix_server(
            lambda: heard.append("connected") or asyncio.Protocol(), path
        )
        again = await Gateway().connect(path)
        await until(lambda: heard)
        again.channel.close()
        server.close()
        return gateway.of(Recovering)

    first, *_ = uvloop.run(scenario())
    assert (first.shard, first.progress) == (3, "counting again, 43 %")


def test_a_short_start_is_not_published(tmp_path):
    said = []

    async def scenario():
        async with recovery(tmp_path / "sock", said, patience=3600.0).serve():
            await asyncio.sleep(0)

    uvloop.run(scenario())
    assert said == []
    assert not (tmp_path / "sock").exists()
