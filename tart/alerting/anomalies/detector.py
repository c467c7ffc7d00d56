"""The detector of anomalies: takes a minute at a time, and knows the scores of the last ones.

Pure; it holds what it learnt in memory. Scores are shown; only a rule makes an alert of one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tart.alerting.anomalies.cohort import MINUTES, PERSISTENT, Cohort, Persistence, cohort
from tart.alerting.anomalies.network_series import NETWORK_SERIES, series_values
from tart.alerting.anomalies.node_series import NODE_SERIES, MinuteRows, node_values
from tart.alerting.anomalies.phases import SeasonalValues, phase_of
from tart.alerting.anomalies.usual_values import WARM_UP, Deviation
from tart.query.answers import anomalies as answers
from tart.query.core.rfc3339 import rfc3339
from tart.units import MINUTE_US

# Minutes after which nothing more is said of an interrupted series.
STALE_MINUTES = 3
# Scores below this are not listed.
LISTED_SCORE = 1.0
Implementation = tuple[str | None, str | None]


class NodeScore(NamedTuple):
    """A figure of a node in the last minute.

    Attributes:
        value: Of the last minute.
        median: Of the cohort.
        scale: One unit of the score.
        score: Signed distance from the network's median in most of the last minutes.
        cohorts: Signed distances of the last minute by kind of cohort.
    """

    value: float
    median: float
    scale: float
    score: float
    cohorts: Mapping[str, float]


@dataclass(frozen=True)
class Epochs:
    """The lengths that phases are told from.

    Attributes:
        epoch_slots: Slots of an epoch, ``None`` if it is not known.
        slot_seconds: Seconds of a slot.
    """

    epoch_slots: int | None = None
    slot_seconds: int | None = None


class AnomalyDetector:
    """Scores of nodes and of the network.

    Attributes:
        minute_us: Start of the last minute, Unix microseconds; ``None`` before the first.
    """

    def __init__(self) -> None:
        self._series = {series.name: SeasonalValues(series.unit) for series in NETWORK_SERIES}
        self._network: dict[str, Deviation] = {}
        self._network_minute_us: int | None = None
        self._persistence: defaultdict[str, Persistence] = defaultdict(Persistence)
        self._nodes: dict[str, dict[str, NodeScore]] = {}
        self._groups: list[answers.GroupAnomaly] = []
        self._implementations: Mapping[str, Implementation] = {}
        self.minute_us: int | None = None

    def add_network(self, minute_us: int, counts: Mapping[int, int], epochs: Epochs) -> None:
        """Take a minute of the whole network, later than the ones before.

        Args:
            minute_us: Start of the minute, Unix microseconds.
            counts: Events by type.
            epochs: Of the protocol.
        """
        if self._network_minute_us is not None and minute_us <= self._network_minute_us:
            return
        self._network_minute_us = minute_us
        phase = phase_of(minute_us, epochs.epoch_slots, epochs.slot_seconds)
        self._network = {
            name: self._series[name].add(value, phase)
            for name, value in series_values(counts).items()
        }

    def add_nodes(
        self, minute_us: int, rows: MinuteRows, implementations: Mapping[str, Implementation]
    ) -> None:
        """Take a minute of all nodes.

        Args:
            minute_us: Start of the minute, Unix microseconds.
            rows: Of the aggregates.
            implementations: Name and version by node.
        """
        if self.minute_us is not None and minute_us - self.minute_us > STALE_MINUTES * MINUTE_US:
            self._persistence.clear()
        self.minute_us = minute_us
        self._implementations = implementations
        nodes: defaultdict[str, dict[str, NodeScore]] = defaultdict(dict)
        groups: list[answers.GroupAnomaly] = []
        values = node_values(rows)
        for series in NODE_SERIES:
            members = list(values[series.name])
            scores = _Scores(members, values[series.name], series.unit, implementations)
            if scores.network is None:
                continue
            persistent = self._persistence[series.name].add(scores.of_network())
            for place, node in enumerate(members):
                nodes[node][series.name] = scores.node_score(place, persistent[node])
            groups += scores.group_anomalies(series.name)
        self._nodes = dict(nodes)
        groups.sort(key=lambda group: -abs(group["score"]))
        self._groups = groups

    def node_scores(self) -> dict[str, float]:
        """Return the greatest distance of each node's figures, without its sign."""
        return {
            node: abs(self._worst(node)[1].score) for node, known in self._nodes.items() if known
        }

    def network_scores(self) -> dict[str, float]:
        """Return the scores of the network's figures of which enough is known."""
        return {
            name: deviation.score
            for name, deviation in self._network.items()
            if deviation.known >= 2 * WARM_UP
        }

    def answer(self, limit: int, node: str | None = None) -> answers.AnomalyFigures:
        """Return the scores for ``/api/anomalies``.

        Args:
            limit: The most nodes.
            node: Only this node.
        """
        chosen = [each for each in self._nodes if self._nodes[each] and node in (None, each)]
        rows = [self._node(each) for each in chosen]
        listed = [row for row in rows if node or row["score"] >= LISTED_SCORE]
        listed.sort(key=lambda row: (-row["score"], row["node_id"]))
        return {
            "minute": rfc3339(self.minute_us) if self.minute_us is not None else None,
            "minutes": MINUTES,
            "persistent_minutes": PERSISTENT,
            "nodes_compared": len(self._nodes),
            "nodes": listed[:limit],
            "nodes_truncated": max(0, len(listed) - limit),
            "groups": [group for group in self._groups if abs(group["score"]) >= LISTED_SCORE],
            "network": [
                {
                    "figure": name,
                    "value": round(deviation.value, 4),
                    "usual": round(deviation.usual, 4),
                    "score": round(deviation.score, 2),
                    "known_minutes": deviation.known,
                }
                for name, deviation in self._network.items()
            ],
        }

    def _worst(self, node: str) -> tuple[str, NodeScore]:
        return max(self._nodes[node].items(), key=lambda item: abs(item[1].score))

    def _node(self, node: str) -> answers.NodeAnomaly:
        name, version = self._implementations.get(node, (None, None))
        figure, worst = self._worst(node)
        return {
            "node_id": node,
            "implementation_name": name,
            "implementation_version": version,
            "score": round(abs(worst.score), 2),
            "figure": figure,
            "figures": [
                {
                    "figure": each,
                    "value": round(score.value, 3),
                    "median": round(score.median, 3),
                    "scale": round(score.scale, 3),
                    "score": round(score.score, 2),
                    "cohorts": {kind: round(part, 2) for kind, part in score.cohorts.items()},
                }
                for each, score in sorted(
                    self._nodes[node].items(), key=lambda item: -abs(item[1].score)
                )
            ],
        }


class _Part(NamedTuple):
    """A part of the network; ``scores`` are by the place of the node."""

    cohort: Cohort
    scores: Mapping[int, float]


class _Scores:
    """A figure of all nodes in one minute, against the network and the parts of it."""

    def __init__(
        self,
        members: Sequence[str],
        values: Mapping[str, float],
        unit: float,
        implementations: Mapping[str, Implementation],
    ) -> None:
        self._members = members
        self._unit = unit
        self._values = np.array([values[node] for node in members], dtype=np.float64)
        self.network: Cohort | None = cohort(self._values, unit)
        names = [implementations.get(node, (None, None)) for node in members]
        self._parts = {
            "implementation": self._cohorts([name for name, _ in names]),
            "version": self._cohorts(
                [name and f"{name} {version}" if version else None for name, version in names]
            ),
        }

    def _cohorts(self, labels: Sequence[str | None]) -> dict[str, _Part]:
        places: defaultdict[str, list[int]] = defaultdict(list)
        for place, label in enumerate(labels):
            if label:
                places[label].append(place)
        parts: dict[str, _Part] = {}
        for label, chosen in places.items():
            if (part := cohort(self._values[chosen], self._unit)) is not None:
                parts[label] = _Part(part, dict(zip(chosen, part.scores.tolist(), strict=True)))
        return parts

    def of_network(self) -> dict[str, float]:
        assert self.network is not None
        return dict(zip(self._members, self.network.scores.tolist(), strict=True))

    def node_score(self, place: int, persistent: float) -> NodeScore:
        assert self.network is not None
        cohorts = {"network": float(self.network.scores[place])}
        for kind, parts in self._parts.items():
            for part in parts.values():
                if place in part.scores:
                    cohorts[kind] = part.scores[place]
        return NodeScore(
            float(self._values[place]), self.network.median, self.network.scale, persistent, cohorts
        )

    def group_anomalies(self, figure: str) -> Iterable[answers.GroupAnomaly]:
        """Yield the distance of each part's median from the network's."""
        assert self.network is not None
        for kind, parts in self._parts.items():
            # A part that is the whole network has nothing to differ from.
            for label, part in parts.items():
                if len(part.scores) < len(self._members):
                    yield {
                        "kind": "implementation" if kind == "implementation" else "version",
                        "name": label,
                        "figure": figure,
                        "nodes": part.cohort.members,
                        "median": round(part.cohort.median, 3),
                        "network_median": round(self.network.median, 3),
                        "score": round(
                            (part.cohort.median - self.network.median) / self.network.scale, 2
                        ),
                    }
