"""Inhibition: alerts that another alert explains send nothing. Pure.

There are three fixed rules. An inhibited alert keeps its state and is shown with the name of the
alert that explains it.

1. The server's own trouble inhibits what it explains: figures of what it did not read or could not
   answer. It does so from the moment it is pending, since its consequences show at the same time.
2. An alert of the network inhibits those of members with the same cause: when finality stalls, all
   nodes are behind.
3. A node that is silent or disconnected inhibits its other alerts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from tart.alerting.engine.model import Alert, State
from tart.alerting.rules.figures import FIGURES
from tart.alerting.rules.model import FigureCondition, Rule

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


class _Causes:
    """The alerts that explain others, by what they explain."""

    def __init__(self, active: Iterable[tuple[Alert, Rule]]) -> None:
        self._server: dict[str, str] = {}
        self._network: dict[tuple[str, str | None], str] = {}
        self._gone: dict[str, tuple[int, str]] = {}
        for alert, rule in active:
            figure = _figure(rule)
            if rule.scope == "server":
                for explained in SERVER_CAUSES.get(figure, ()):
                    self._server.setdefault(explained, rule.alert)
            if alert.state is not State.FIRING:
                continue
            if rule.scope == "network":
                for explained in NETWORK_CAUSES.get(figure, ()):
                    self._network.setdefault((explained, _pipeline(alert)), rule.alert)
            if figure in GONE and (node := dict(alert.labels).get("node")) is not None:
                known = self._gone.get(node, (-1, ""))
                self._gone[node] = max(known, (GONE.index(figure), rule.alert))

    def explain(self, alert: Alert, rule: Rule) -> Iterator[str]:
        """Yield the names of the alerts that explain an alert."""
        figure = _figure(rule)
        if (source := self._server.get(figure)) is not None and source != rule.alert:
            yield source
        if rule.scope != "member":
            return
        if (source := self._network.get((figure, _pipeline(alert)))) is not None:
            yield source
        node = dict(alert.labels).get("node")
        if node is not None and node in self._gone:
            rank, source = self._gone[node]
            if source != rule.alert and (figure not in GONE or GONE.index(figure) < rank):
                yield source


def _figure(rule: Rule) -> str:
    return rule.condition.figure if isinstance(rule.condition, FigureCondition) else ""


def _pipeline(alert: Alert) -> str | None:
    """Return the pipeline that an alert is about: failures of one do not explain another's."""
    return dict(alert.labels).get("pipeline")
