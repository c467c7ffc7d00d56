"""``tart/gateway/fanout/reconcile_queries.py``: what is read of a window, and its bounds."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from loadtest.witness import WitnessChain
from tart.errors import BadQuery, ChainNotFollowed
from tart.gateway.fanout import reconcile_queries
from tart.gateway.fanout.reconcile_queries import epoch_window, read_inputs
from tart.offline.server import OfflineServer, offline_server
from tart.query.core.windows import Window
from tart.query.reconcile.comparison import reconcile_answer
from tart.simulate.model.lies import Lie
from tart.units import JCE_US, MINUTE_US, SECOND_US
from tests.offline.playing import PlayedNetwork, network
from tests.query.reconcile.world import World, time_of

pytestmark = pytest.mark.slow
EPOCH = 12


async def play(minutes: int, test: Any, **options: Any) -> None:
    """Play a network of three validators and its chain, then run a test."""
    made, start = network(own_assurances=True, **options)
    async with offline_server(start) as server:
        witness = WitnessChain([made.chain_of(0)])
        server.queries.chain_process = witness  # type: ignore[assignment]
        played = PlayedNetwork(server, made, 3)
        for _ in range(minutes * 12):
            played.play(5)
            witness.poll()
        await server.settle()
        await test(server, Window(start, server.now_us), witness)


def test_the_inputs_of_an_honest_network_agree() -> None:
    async def check(server: OfflineServer, window: Window, witness: WitnessChain) -> None:
        read = await read_inputs(server.queries, window, server.now_us)
        assert read.coverage.complete
        body = reconcile_answer(read.inputs, None, 100)
        assert body["findings"] == []
        assert body["chain"]["compared"] > 20
        complete = [row for row in body["validators"] if row["complete"]]
        assert complete
        assert all(row["blocks"]["difference"] == 0 for row in complete)
        assert all(row["guarantees"]["difference"] == 0 for row in complete)
        # An epoch alone, by its number.
        epoch = body["epochs"][1]["epoch"]
        of_epoch = await epoch_window(server.queries, epoch, server.now_us)
        some = (await read_inputs(server.queries, of_epoch, server.now_us, epoch)).inputs
        assert {some.view.epoch(block) for block in some.view.compared} == {epoch}
        assert (some.view.first_slot, some.view.last_slot) == (
            epoch * EPOCH,
            epoch * EPOCH + EPOCH - 1,
        )
        with pytest.raises(BadQuery, match="not begun"):
            await epoch_window(server.queries, epoch + 1000, server.now_us)

    asyncio.run(play(5, check))


def test_witnesses_are_searched_for_what_the_chain_does_not_know() -> None:
    async def check(server: OfflineServer, window: Window, witness: WitnessChain) -> None:
        inputs = (await read_inputs(server.queries, window, server.now_us)).inputs
        unknown = {
            block.hash for block in inputs.claims.authored if block.hash not in inputs.view.blocks
        }
        assert unknown & inputs.claims.examined
        assert inputs.unexamined == 0

    asyncio.run(play(5, check, lies=[Lie("claims-blocks", (1,))]))


def test_a_window_of_too_many_validators_and_blocks_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def check(server: OfflineServer, window: Window, witness: WitnessChain) -> None:
        monkeypatch.setattr(reconcile_queries, "MAX_CELLS", 30)
        with pytest.raises(BadQuery, match="at most 10 blocks"):
            await read_inputs(server.queries, window, server.now_us)

    asyncio.run(play(3, check))


def test_a_window_without_blocks_has_the_slots_of_the_calendar() -> None:
    async def check(server: OfflineServer, window: Window, witness: WitnessChain) -> None:
        assert window.start_us is not None
        early = replace(window, start_us=JCE_US, end_us=JCE_US + MINUTE_US)
        inputs = (await read_inputs(server.queries, early, server.now_us)).inputs
        assert (inputs.view.first_slot, inputs.view.last_slot) == (0, 10)
        assert inputs.view.compared == []
        assert reconcile_answer(inputs, None, 10)["validators"] == []

    asyncio.run(play(1, check))


def test_without_a_chain_there_is_nothing_to_compare_with() -> None:
    async def check() -> None:
        async with offline_server(JCE_US + SECOND_US) as server:
            with pytest.raises(ChainNotFollowed, match=r"rpc\.urls"):
                await read_inputs(server.queries, Window(JCE_US, JCE_US + 1), server.now_us)

    asyncio.run(check())


def test_the_length_of_an_epoch_must_be_known() -> None:
    async def ask_chain(query: Any) -> Any:
        return SimpleNamespace(parameters={})

    queries: Any = SimpleNamespace(ask_chain=ask_chain)
    with pytest.raises(BadQuery, match="how long an epoch is"):
        asyncio.run(epoch_window(queries, 3, 1 << 60))


def test_an_epoch_lasts_as_its_blocks_were_seen() -> None:
    world = World(24)

    async def ask_chain(query: Any) -> Any:
        if query.name == "chain_state":
            return SimpleNamespace(parameters={"epoch_period": EPOCH, "slot_period_sec": 6})
        blocks = [
            block
            for block in world.blocks.values()
            if query.first_slot <= block.slot <= query.last_slot
        ]
        return SimpleNamespace(blocks=blocks)

    queries: Any = SimpleNamespace(ask_chain=ask_chain)
    epoch = world.first // EPOCH
    window = asyncio.run(epoch_window(queries, epoch, 1 << 60))
    assert window == Window(
        JCE_US + world.first * 6 * SECOND_US, time_of(world.first + 11) + 5_900_000 - 1
    )
