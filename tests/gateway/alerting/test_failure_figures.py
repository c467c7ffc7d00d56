"""``tart/gateway/alerting/failure_figures.py``: what rules read of failure groups."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tart.alerting.rules.figures import FIGURES
from tart.alerting.rules.model import FigureCondition
from tart.gateway.alerting.failure_figures import NEW, REGRESSED, FailureFigures
from tart.gateway.alerting.measurements import Measurements
from tart.gateway.fanout.queries import now_us
from tart.query.core.failure_states import FailureState
from tart.query.core.failure_templates import failure_fingerprint
from tart.units import HOUR_US, SECOND_US
from tests.gateway.fake_failures import failure
from tests.gateway.fake_shard import NODE_B
from tests.gateway.running import Running, running_gateway

TIMED_OUT = failure_fingerprint(92, "timed out after <duration>")
IS_NEW = FigureCondition(NEW, by="fingerprint", above=0)
IS_BACK = FigureCondition(REGRESSED, by="fingerprint", above=0)
LABELS = {
    "event": "WorkPackageFailed",
    "fingerprint": TIMED_OUT,
    "template": "timed out after <duration>",
}


def with_figures(
    directory: Path, test: Callable[[Running, Callable[..., Awaitable[Any]]], Awaitable[None]]
) -> None:
    async def run() -> None:
        async with running_gateway(directory) as running:
            gateway = running.gateway
            measurements = Measurements(None, gateway.background)  # type: ignore[arg-type]
            FailureFigures(gateway.queries, gateway.failure_watch).add_to(measurements)

            async def measure(condition: FigureCondition, later_us: int = SECOND_US) -> Any:
                await gateway.failure_watch.scan()
                measured = await measurements.measure([condition], now_us() + later_us)
                found = measured[condition]
                assert found.error is None
                return [(dict(labels), value) for labels, value in found.values.items()]

            await test(running, measure)

    asyncio.run(run())


def test_a_new_group_has_its_failures_until_the_window_is_over(tmp_path: Path) -> None:
    async def check(gateway: Running, measure: Any) -> None:
        assert await measure(IS_NEW) == []
        failure(gateway.shards[0], now_us(), "timed out after 5s")
        failure(gateway.shards[1], now_us(), "timed out after 7s", node=NODE_B)
        assert await measure(IS_NEW) == [(LABELS, 2.0)]
        assert {*LABELS} == {"fingerprint", *FIGURES[NEW].details}
        assert await measure(IS_NEW, HOUR_US + SECOND_US) == [(LABELS, 0.0)]
        assert await measure(IS_NEW, 3 * HOUR_US) == []
        watch = gateway.gateway.failure_watch
        await watch.set_state(TIMED_OUT, FailureState.IGNORED, changed_by=None, comment="")
        assert await measure(IS_NEW) == [(LABELS, 0.0)]

    with_figures(tmp_path, check)


def test_a_group_that_came_back_has_the_version_and_its_failures_since(tmp_path: Path) -> None:
    async def check(gateway: Running, measure: Any) -> None:
        watch = gateway.gateway.failure_watch
        failure(gateway.shards[0], now_us(), "timed out after 5s")
        assert await measure(IS_BACK) == []
        await watch.set_state(TIMED_OUT, FailureState.RESOLVED, changed_by=None, comment="")
        assert await measure(IS_BACK) == []
        failure(gateway.shards[1], now_us() + 1, "timed out after 6s", node_version="0.3.2")
        ((labels, value),) = await measure(IS_BACK)
        assert labels == {**LABELS, "version": "0.3.2"}
        assert {*labels} == {"fingerprint", *FIGURES[REGRESSED].details}
        # The minute of the return has the failure before it, too.
        assert value in (1.0, 2.0)
        await watch.set_state(TIMED_OUT, FailureState.OPEN, changed_by=None, comment="")
        assert await measure(IS_BACK) == [(labels, 0.0)]

    with_figures(tmp_path, check)


def test_a_shard_that_is_away_leaves_the_figures_incomplete(tmp_path: Path) -> None:
    async def check(gateway: Running, measure: Any) -> None:
        failure(gateway.shards[0], now_us(), "timed out after 5s")
        await measure(IS_NEW)
        await gateway.shards[0].stop()
        figures = FailureFigures(gateway.gateway.queries, gateway.gateway.failure_watch)
        found = await figures.measure_new(IS_NEW, now_us() + SECOND_US)
        assert not found.is_complete
        assert list(found.values.values()) == [None]

    with_figures(tmp_path, check)
