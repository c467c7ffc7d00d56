"""Figures of anomalies for rules: the scores of the last minute that was scored."""

from __future__ import annotations

from collections.abc import Mapping

from tart.alerting.anomalies.detector import AnomalyDetector
from tart.alerting.engine.model import Measurement
from tart.alerting.rules.model import FigureCondition, LabelSet
from tart.gateway.alerting.measurements import Measurements
from tart.units import MINUTE_US

NODE, NETWORK = "node_anomaly_score", "network_anomaly_score"
# Scores that are older say nothing of the present: a shard has not answered since.
STALE_US = 5 * MINUTE_US


class AnomalyFigures:
    """Measures the scores of nodes and of the network.

    Args:
        detector: Has the scores.
    """

    def __init__(self, detector: AnomalyDetector) -> None:
        self._detector = detector

    def add_to(self, measurements: Measurements) -> None:
        """Let measurements have the figures."""
        measurements.provide(NODE, self.measure_nodes)
        measurements.provide(NETWORK, self.measure_network)

    async def measure_nodes(self, condition: FigureCondition, at_us: int) -> Measurement:
        """Return the score of each node."""
        return self._measure("node", self._detector.node_scores(), at_us)

    async def measure_network(self, condition: FigureCondition, at_us: int) -> Measurement:
        """Return the score of each figure of the network of which enough is known."""
        return self._measure("figure", self._detector.network_scores(), at_us)

    def _measure(self, label: str, scores: Mapping[str, float], at_us: int) -> Measurement:
        minute_us = self._detector.minute_us
        if minute_us is None or at_us - minute_us > STALE_US:
            return Measurement({}, is_complete=False)
        values: dict[LabelSet, float | None] = {
            ((label, name),): score for name, score in scores.items()
        }
        return Measurement(values)
