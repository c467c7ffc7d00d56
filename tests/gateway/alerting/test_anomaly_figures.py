"""Scores of anomalies as figures for rules."""

from __future__ import annotations

import asyncio
from typing import Any

from tart.alerting.engine.model import Measurement
from tart.alerting.rules.model import FigureCondition
from tart.gateway.alerting.anomaly_figures import NETWORK, NODE, STALE_US, AnomalyFigures
from tart.units import MINUTE_US


class Detector:
    """Has scores of a minute."""

    minute_us: int | None = None

    def node_scores(self) -> dict[str, float]:
        return {"ab" * 32: 7.5, "cd" * 32: 0.0}

    def network_scores(self) -> dict[str, float]:
        return {"failures": 3.0}


def measure(detector: Any, at_us: int) -> tuple[Measurement, Measurement]:
    figures = AnomalyFigures(detector)

    async def run() -> tuple[Measurement, Measurement]:
        return (
            await figures.measure_nodes(FigureCondition(NODE, "node", above=5), at_us),
            await figures.measure_network(FigureCondition(NETWORK, "figure", above=5), at_us),
        )

    return asyncio.run(run())


def test_the_scores_of_the_last_minute_by_node_and_by_figure() -> None:
    detector = Detector()
    detector.minute_us = MINUTE_US
    nodes, network = measure(detector, 2 * MINUTE_US)
    assert nodes.values == {(("node", "ab" * 32),): 7.5, (("node", "cd" * 32),): 0.0}
    assert network.values == {(("figure", "failures"),): 3.0}
    assert nodes.is_complete


def test_nothing_is_known_before_the_first_minute_and_long_after_the_last() -> None:
    detector = Detector()
    unknown = Measurement({}, is_complete=False)
    assert measure(detector, MINUTE_US) == (unknown, unknown)
    detector.minute_us = 0
    assert measure(detector, STALE_US + 1) == (unknown, unknown)
