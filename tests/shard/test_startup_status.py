"""A start that takes long says how far it is, and can be ended."""

from __future__ import annotations

import asyncio

import pytest
import uvloop

from tart.errors import StartInterrupted
from tart.ipc.messages import Recovering
from tart.process_handle import ProcessHandle
from tart.shard.startup_status import Recovery
from tests.shard.running import Gateway, until


def recovery(path, said, patience=0.001):
    startup = ProcessHandle(
        ready=lambda: said.append("ready"),
        lifeline=-1,
        extend_startup=lambda: said.append("advance"),
        waive_startup=lambda: said.append("waive"),
        startup_seconds=patience,
    )
    return Recovery(3, startup, path)


def test_each_step_tells_the_supervisor_and_an_interrupt_ends_the_next(tmp_path):
    said = []
    start = recovery(tmp_path / "sock", said)
    start.told("opening 00/x", 1, 4)
    assert said == ["advance"]
    assert start.text == "opening 00/x, 25 %"
    start.told("reading what was open", 0, 0)
    assert start.text == "reading what was open"
    start.interrupt()
    with pytest.raises(StartInterrupted):
        start.told("opening 00/y", 2, 4)


def test_who_connects_hears_how_far_it_is_until_the_shard_itself_is_there(tmp_path):
    path, said = tmp_path / "sock", []

    async def scenario():
        start = recovery(path, said)
        async with start.shown():
            start.told("counting again", 43, 100)
            await until(lambda: "waive" in said)
            gateway = await Gateway().connect(path)
            await until(lambda: gateway.of(Recovering))
            start.told("counting again", 44, 100)
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


def test_a_short_start_is_not_shown(tmp_path):
    said = []

    async def scenario():
        async with recovery(tmp_path / "sock", said, patience=3600.0).shown():
            await asyncio.sleep(0)

    uvloop.run(scenario())
    assert said == []
    assert not (tmp_path / "sock").exists()
