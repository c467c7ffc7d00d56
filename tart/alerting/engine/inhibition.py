"""Inhibition: alerts that another alert explains send nothing. Pure.

There are three fixed rules. An inhibited alert keeps its state and is shown with the name of the
alert that explains it.

1. The server's own trouble inhibits what it explains: figures of what it did not read or could not
   answer. It does so from the moment it is pending, since its consequences show at the same time.
2. An alert of the network inhibits those of members with the same cause: when finality stalls, all
   nodes are behind.
3. A node that is silent or disconnected inhibits its other alerts.

No alert inhibits one that is more severe: a warning about this server must not hide that finality
stalls.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from tart.alerting.engine.model import Alert, State
from tart.alerting.rules.figures import FIGURES
from tart.alerting.rules.model import SEVERITIES, FigureCondition, Rule

K = TypeVar("K")

# Figures of the server, and the figures that they explain. A shard that is missing takes its nodes
# with it: it explains all figures of the network and its members.
_NOT_READ = frozenset(
    {
        "node_silent_seconds",
        "node_disconnected_seconds",
        "node_behind_slots",
        "node_clock_offset_seconds",
        "node_dropped_events",
        "node_anomaly_score",
        "finality_lag_slots",
        "best_block_age_seconds",
        "finalized_block_age_seconds",
        "missed_slots_share",
        "late_assurances_share",
        "late_guarantees_share",
        "nodes_disconnected_share",
        "network_clock_offset_seconds",
        "network_anomaly_score",
        "write_latency_seconds",
    }
)
_OF_NETWORK = frozenset(figure.name for figure in FIGURES.values() if figure.subject == "network")
SERVER_CAUSES: Mapping[str, frozenset[str]] = {
    "shards_missing": _OF_NETWORK,
    "ingest_pauses": _NOT_READ,
    "disk_free_share": frozenset(
        {"ingest_pauses", "write_latency_seconds", "derived_failures", "disk_full_hours"}
    ),
    "memory_free_share": frozenset({"ingest_pauses", "write_latency_seconds"}),
}
# Shares below which a resource is short enough to explain anything.
SHORT: Mapping[str, float] = {"disk_free_share": 0.05, "memory_free_share": 0.05}
# Figures of the network, and the figures of members that have the same cause.
NETWORK_CAUSES: Mapping[str, frozenset[str]] = {
    "best_block_age_seconds": frozenset({"node_behind_slots", "node_anomaly_score"}),
    "finality_lag_slots": frozenset({"node_anomaly_score"}),
    "finalized_block_age_seconds": frozenset({"node_anomaly_score"}),
    "forks_share": frozenset({"node_behind_slots", "node_anomaly_score"}),
    "nodes_disconnected_share": frozenset(
        {"node_silent_seconds", "node_disconnected_seconds", "node_anomaly_score"}
    ),
    "network_clock_offset_seconds": frozenset({"node_clock_offset_seconds"}),
    "new_findings_nodes": frozenset({"node_new_findings"}),
    "step_failure_share": frozenset({"step_failure_share"}),
}
# The later explains the earlier: a node without a connection is silent.
GONE = ("node_silent_seconds", "node_disconnected_seconds")


def inhibited_by(alerts: Iterable[Alert], rules: Iterable[Rule]) -> dict[str, str]:
    """Return by id of an alert the name of the alert that inhibits it.

    Args:
        alerts: Ended ones inhibit nothing and are not inhibited.
        rules: All rules in force.
    """
    by_name = {rule.alert: rule for rule in rules}
    active = [
        (alert, by_name[alert.rule])
        for alert in alerts
        if alert.state is not State.RESOLVED and alert.rule in by_name
    ]
    causes = _Causes(active)
    return {
        alert.id: source
        for alert, rule in active
        if (source := next(causes.explain(alert, rule), None)) is not None
    }


@dataclass(frozen=True, order=True)
class _Source:
    """An alert that explains others; the most severe one is the least."""

    severity: int
    alert: str


class _Causes:
    """The alerts that explain others, by what they explain."""

    def __init__(self, active: Iterable[tuple[Alert, Rule]]) -> None:
        self._server: dict[str, _Source] = {}
        self._network: dict[tuple[str, str | None], _Source] = {}
        # By node and rank in ``GONE``.
        self._gone: dict[tuple[str, int], _Source] = {}
        for alert, rule in active:
            figure = _figure(rule)
            source = _Source(SEVERITIES.index(alert.severity), rule.alert)
            if rule.scope == "server" and _is_short(figure, alert.value):
                for explained in SERVER_CAUSES.get(figure, ()):
                    _add(self._server, explained, source)
            if alert.state is not State.FIRING:
                continue
            if rule.scope == "network":
                for explained in NETWORK_CAUSES.get(figure, ()):
                    _add(self._network, (explained, _pipeline(alert)), source)
            if figure in GONE and (node := dict(alert.labels).get("node")) is not None:
                _add(self._gone, (node, GONE.index(figure)), source)

    def explain(self, alert: Alert, rule: Rule) -> Iterator[str]:
        """Yield the names of the alerts that explain an alert."""
        severity = SEVERITIES.index(alert.severity)
        for source in self._sources(alert, rule):
            if source is not None and source.alert != rule.alert and source.severity <= severity:
                yield source.alert

    def _sources(self, alert: Alert, rule: Rule) -> Iterator[_Source | None]:
        figure = _figure(rule)
        yield self._server.get(figure)
        if rule.scope != "member":
            return
        yield self._network.get((figure, _pipeline(alert)))
        node = dict(alert.labels).get("node")
        if node is not None:
            least = GONE.index(figure) + 1 if figure in GONE else 0
            for rank in reversed(range(least, len(GONE))):
                yield self._gone.get((node, rank))


def _add(sources: dict[K, _Source], explained: K, source: _Source) -> None:
    """Add a source unless there is a more severe one."""
    sources[explained] = min(source, sources.get(explained, source))


def _is_short(figure: str, value: float | None) -> bool:
    """Return whether a resource is short enough to explain anything; other figures always are."""
    return figure not in SHORT or (value is not None and value <= SHORT[figure])


def _figure(rule: Rule) -> str:
    return rule.condition.figure if isinstance(rule.condition, FigureCondition) else ""


def _pipeline(alert: Alert) -> str | None:
    """Return the pipeline that an alert is about: failures of one do not explain another's."""
    return dict(alert.labels).get("pipeline")
