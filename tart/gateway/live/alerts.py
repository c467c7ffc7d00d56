"""Alerts: problems of nodes and pipelines, found by comparing two samples.

Pure. Each alert names its node or pipeline, and the counts that it is based on. An alert that
persists keeps the time at which it was first raised.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tart.query.core.failure_rates import rates
from tart.query.core.merge import Json
from tart.query.core.rfc3339 import rfc3339
from tart.query.topics.summary import NodeSample
from tart.units import SECOND_US

BEHIND_SLOTS = 10
# The window of failure rates, and the time after which a silent node is inactive.
ALERT_WINDOW_US = 300 * SECOND_US
FAILING_RATE = 0.05
FAILING_ATTEMPTS = 100


@dataclass(frozen=True)
class AlertSample:
    """The state of the network at one time.

    Attributes:
        nodes: By id.
        now_us: The time of the sample, Unix microseconds.
        counts: Events by type, in the ``ALERT_WINDOW_US`` before the sample.
    """

    nodes: Mapping[str, NodeSample]
    best_block: int | None
    now_us: int = 0
    counts: Mapping[int, int] = field(default_factory=dict)


def alerts(
    before: AlertSample, now: AlertSample, timestamp: str, raised: Iterable[Json] = ()
) -> list[Json]:
    """Return the current alerts.

    Args:
        before: The previous sample.
        now: The current sample.
        timestamp: The present, for new alerts.
        raised: The alerts of the previous sample.
    """
    since = {alert_key(alert): alert["timestamp"] for alert in raised}
    current = [*_pipeline_alerts(now.counts)]
    for node_id, node in sorted(now.nodes.items()):
        current += _node_alerts(before.nodes.get(node_id), node, now)
    return [{**alert, "timestamp": since.get(alert_key(alert), timestamp)} for alert in current]


def alert_key(alert: Json) -> tuple[str, str]:
    """Return what an alert is about: its type, and the id of its node or its pipeline."""
    return alert["type"], alert.get("node_id") or alert["details"]["pipeline"]


def _pipeline_alerts(counts: Mapping[int, int]) -> Iterator[Json]:
    for pipeline in rates(counts):
        if pipeline["attempts"] >= FAILING_ATTEMPTS and pipeline["rate"] > FAILING_RATE:
            name, failures = pipeline["pipeline"], pipeline["failures"]
            attempts = pipeline["attempts"]
            yield {
                "severity": "warning",
                "type": "high_failure_rate",
                "message": f"{name}: {failures} of {attempts} failed in five minutes",
                "details": {
                    "pipeline": name,
                    "total_events": attempts,
                    "failures": failures,
                    "rate": pipeline["rate"],
                },
            }


def _node_alerts(before: NodeSample | None, node: NodeSample, now: AlertSample) -> Iterator[Json]:
    short = node.node_id[:16]
    if before is not None and (dropped := node.dropped_count - before.dropped_count) > 0:
        yield _alert("dropped_events", node, f"node {short} dropped {_events(dropped)}", dropped)
    if before is not None and (undecodable := node.undecodable - before.undecodable) > 0:
        text = f"node {short} sent {_events(undecodable)} that cannot be read"
        yield _alert("undecodable_events", node, text, undecodable)
    if node.best_slot is not None and now.best_block is not None:
        behind = now.best_block - node.best_slot
        if behind > BEHIND_SLOTS:
            text = f"node {short} is {behind} slots behind"
            yield _alert("node_behind", node, text, behind)
    seen_us = (node.last_seen_ms or 0) * 1000
    if node.is_connected and seen_us and seen_us < now.now_us - ALERT_WINDOW_US:
        text = f"node {short} is connected and has sent nothing for five minutes"
        seen = rfc3339(seen_us) or ""
        yield {**_alert("node_inactive", node, text, seen), "severity": "info"}


def _events(count: int) -> str:
    return f"{count} event" if count == 1 else f"{count} events"


_DETAILS = {
    "dropped_events": "dropped_count",
    "undecodable_events": "undecodable",
    "node_behind": "slots_behind",
    "node_inactive": "last_seen_at",
}


def _alert(kind: str, node: NodeSample, message: str, detail: int | str) -> dict[str, Any]:
    return {
        "severity": "warning",
        "type": kind,
        "message": message,
        "node_id": node.node_id,
        "details": {_DETAILS[kind]: detail},
    }
