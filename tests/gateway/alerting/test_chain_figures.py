"""``tart/gateway/alerting/chain_figures.py``: findings of the chain as figures of rules."""

from __future__ import annotations

import asyncio
from typing import Any, get_args

import pytest

from tart.alerting.rules.figures import FIGURES
from tart.alerting.rules.model import FigureCondition
from tart.errors import ChainNotFollowed, ChainUnavailable
from tart.gateway.alerting import chain_figures as module
from tart.gateway.alerting.chain_figures import FRESH_US, KINDS, MAX_WINDOWS, ChainFigures
from tart.gateway.fanout.queries import Coverage
from tart.gateway.fanout.reconcile_queries import ReadInputs
from tart.query.answers.reconcile import FindingKind
from tart.units import HOUR_US, MINUTE_US
from tests.query.reconcile.world import FIRST, NODES, World

ALL, SOME = Coverage(frozenset({0}), 1), Coverage(frozenset(), 1)
NOW = 1 << 50


class Reads:
    """Stands for what is read: a network, its coverage or an error; counts the times."""

    def __init__(self, world: World | None = None, coverage: Coverage = ALL) -> None:
        self.world, self.coverage = world or World(), coverage
        self.error: Exception | None = None
        self.windows: list[int] = []
        self.may_end = asyncio.Event()
        self.may_end.set()

    async def __call__(self, queries: Any, window: Any, now_us: int) -> ReadInputs:
        self.windows.append(window.end_us - window.start_us)
        await self.may_end.wait()
        if self.error is not None:
            raise self.error
        return ReadInputs(self.world.inputs(), self.coverage)


def condition(figure: str, window_us: int | None = None) -> FigureCondition:
    return FigureCondition(figure, above=0, window_us=window_us)


def run(monkeypatch: pytest.MonkeyPatch, test: Any) -> None:
    async def inside() -> None:
        reads = Reads()
        monkeypatch.setattr(module, "read_inputs", reads)
        figures: Any = ChainFigures(None)  # type: ignore[arg-type]
        await test(figures, reads)

    asyncio.run(inside())


def test_each_kind_of_finding_is_in_one_figure() -> None:
    kinds = [kind for some in KINDS.values() for kind in some]
    assert len(kinds) == len(set(kinds))
    declared, *_ = get_args(FindingKind)
    assert set(kinds) == set(get_args(declared))
    assert KINDS.keys() <= FIGURES.keys()


def test_a_node_has_the_number_of_its_cases_and_the_others_have_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def test(figures: Any, reads: Reads) -> None:
        del reads.world.authored[FIRST + 40]
        measured = await figures.measure_findings(condition("chain_unreported_blocks"), NOW)
        author = NODES[(FIRST + 40) % 6]
        assert measured.values == {(("node", node),): float(node == author) for node in NODES}
        assert measured.is_complete
        unknown = await figures.measure_findings(condition("chain_unknown_blocks"), NOW)
        assert set(unknown.values.values()) == {0.0}
        assert reads.windows == [HOUR_US]
        reads.coverage = SOME
        later = await figures.measure_findings(condition("chain_unknown_blocks"), NOW + FRESH_US)
        assert not later.is_complete

    run(monkeypatch, test)


def test_validators_without_telemetry_are_those_of_the_last_whole_epoch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def test(figures: Any, reads: Reads) -> None:
        world, name = reads.world, "validators_without_telemetry"
        world.authored = {s: each for s, each in world.authored.items() if each.node != NODES[5]}
        world.packages = [each for each in world.packages if each.node != NODES[5]]
        measured = await figures.measure_without_telemetry(condition(name), NOW)
        assert measured.values == {(): 1.0}
        reads.world = World(5)
        short = await figures.measure_without_telemetry(condition(name), NOW + FRESH_US)
        assert short.values == {}

    run(monkeypatch, test)


def test_without_a_chain_there_is_no_value_and_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(figures: Any, reads: Reads) -> None:
        reads.error = ChainNotFollowed("set rpc.urls")
        for name in KINDS:
            measured = await figures.measure_findings(condition(name), NOW)
            assert (measured.values, measured.is_complete) == ({}, True)
        measured = await figures.measure_without_telemetry(condition("chain_unknown_blocks"), NOW)
        assert measured.values == {}
        reads.error = ChainUnavailable("restarting")
        with pytest.raises(ChainUnavailable):
            await figures.measure_findings(condition("chain_unknown_blocks"), NOW + FRESH_US)

    run(monkeypatch, test)


def test_a_comparison_goes_on_when_its_turn_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(figures: Any, reads: Reads) -> None:
        reads.may_end.clear()
        wanted = condition("chain_unknown_blocks")
        turn = asyncio.ensure_future(figures.measure_findings(wanted, NOW))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        turn.cancel()
        await asyncio.gather(turn, return_exceptions=True)
        reads.may_end.set()
        measured = await figures.measure_findings(wanted, NOW + 10 * FRESH_US)
        assert len(measured.values) == 6
        assert len(reads.windows) == 1

    run(monkeypatch, test)


def test_the_windows_that_are_compared_at_a_time_are_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def test(figures: Any, reads: Reads) -> None:
        for number in range(MAX_WINDOWS + 3):
            window_us = (20 + number) * MINUTE_US
            await figures.measure_findings(condition("chain_unknown_blocks", window_us), NOW)
        assert len(figures._comparisons) == MAX_WINDOWS

    run(monkeypatch, test)
