"""Health of a network: five components with a status and a score each, and one overall.

Pure. Components, thresholds and statuses are those of jamtart; the figures are measured. A
component without data has no score and does not count in the mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tart.protocol.events import EventKind
from tart.query.answers import analytics as answers
from tart.query.answers.common import Health
from tart.query.core import failure_rates

# Lowest scores of a healthy and of a degraded network, and of its components.
OVERALL = (75, 45)
_STRICT, _LENIENT = (90, 60), (80, 50)
# Failure rate of a pipeline above which an alert is raised, and the attempts it takes.
FAILING_RATE, FAILING_ATTEMPTS = 0.05, 20
# Events per minute above which a score is given.
_THROUGHPUT_SCORES = ((100, 100), (10, 80), (0, 50))
# The component of an alert about a pipeline.
_COMPONENTS = {
    "block_authoring": "block_production",
    "block_verification": "block_production",
    "block_execution": "block_production",
    "shard_requests": "data_availability",
    "bundle_shard_requests": "data_availability",
    "segment_shard_requests": "data_availability",
    "preimage_requests": "data_availability",
    "work_package": "work_packages",
    "sharing": "work_packages",
    "guarantee": "work_packages",
    "connections": "connectivity",
}


@dataclass(frozen=True)
class HealthInput:
    """Figures that the health is computed from.

    Attributes:
        counts: Number of events in the window by type.
        active: Number of nodes that sent an event in the window.
        active_last_minute: Number of nodes that sent an event in its last minute.
        connected: Number of nodes connected now.
        events_per_minute: Number of events in the last minute.
    """

    counts: Mapping[int, int]
    active: int
    active_last_minute: int
    connected: int
    events_per_minute: int


def network_health(figures: HealthInput, now: str) -> answers.NetworkHealth:
    """Return the answer of ``/api/analytics/network-health``.

    Args:
        figures: The figures of the window.
        now: The present time, for the alerts.
    """
    components = list(_components(figures))
    scores = [component["score"] for component in components if component["score"] is not None]
    score = round(sum(scores) / len(scores), 1) if scores else None
    return {
        "overall_health": _status(score, OVERALL),
        "health_score": score,
        "components": components,
        "alerts": list(_alerts(figures, now)),
        "recommendations": [],
    }


def _components(figures: HealthInput) -> Iterator[answers.HealthComponent]:
    counts = figures.counts
    silent = figures.active - figures.active_last_minute
    yield _component(
        "Node Connectivity",
        score=_percent(figures.active_last_minute, figures.active),
        thresholds=_LENIENT,
        metrics={
            "active_1m": figures.active_last_minute,
            "active_1h": figures.active,
            "connected": figures.connected,
        },
        issues=[f"{silent} nodes sent no event for a minute"] if silent else [],
    )
    authored = counts.get(EventKind.AUTHORED, 0)
    attempts = counts.get(EventKind.AUTHORING, 0)
    failures = counts.get(EventKind.AUTHORING_FAILED, 0)
    yield _component(
        "Block Production",
        score=_percent(authored, attempts),
        thresholds=_LENIENT,
        metrics={"authored": authored, "attempts": attempts, "failures": failures},
        issues=_issues("authorings", failures, attempts),
    )
    attempts, failures = _pipeline("shard_requests", counts)
    yield _component(
        "Data Availability",
        score=_percent(attempts - failures, attempts),
        thresholds=_STRICT,
        metrics={"operations": attempts, "failures": failures},
        issues=_issues("requests for shards", failures, attempts),
    )
    attempts, failures = _pipeline("work_package", counts)
    yield _component(
        "Work Packages",
        score=_percent(attempts - failures, attempts),
        thresholds=_STRICT,
        metrics={
            "received": counts.get(EventKind.WORK_PACKAGE_RECEIVED, 0),
            "attempts": attempts,
            "failures": failures,
            "guarantees": counts.get(EventKind.GUARANTEE_BUILT, 0),
        },
        issues=_issues("work-packages", failures, attempts),
    )
    rate = figures.events_per_minute
    yield _component(
        "Event Throughput",
        score=next((score for above, score in _THROUGHPUT_SCORES if rate > above), 0),
        thresholds=_LENIENT,
        metrics={"events_per_minute": rate},
        issues=[] if rate else ["no events in the last minute"],
    )


def _component(
    name: str,
    *,
    score: int | None,
    thresholds: tuple[int, int],
    metrics: dict[str, int],
    issues: list[str],
) -> answers.HealthComponent:
    return {
        "name": name,
        "status": _status(score, thresholds),
        "score": score,
        "metrics": metrics,
        "issues": issues,
    }


def _pipeline(name: str, counts: Mapping[int, int]) -> tuple[int, int]:
    """Return attempts and failures of a pipeline."""
    for row in failure_rates.rates(counts):
        if row["pipeline"] == name:
            return row["attempts"], row["failures"]
    return 0, 0


def _issues(attempts_name: str, failures: int, attempts: int) -> list[str]:
    return [f"{failures} of {attempts} {attempts_name} failed"] if failures else []


def _percent(part: int, whole: int) -> int | None:
    """Return a share in percent, clamped to 0-100; ``None`` without a whole.

    Attempts may end in another window than they began in, so a share may lie outside.
    """
    return max(0, min(100, round(100 * part / whole))) if whole else None


def _status(score: float | None, thresholds: tuple[int, int]) -> Health:
    """Return the status of a score.

    Args:
        score: Percent; ``None`` if it is not known.
        thresholds: The lowest scores of ``healthy`` and ``degraded``.
    """
    if score is None:
        return "unknown"
    healthy, degraded = thresholds
    return "healthy" if score >= healthy else "degraded" if score >= degraded else "unhealthy"


def _alerts(figures: HealthInput, now: str) -> Iterator[answers.Alert]:
    if figures.active and not figures.active_last_minute:
        yield {
            "severity": "critical",
            "component": "connectivity",
            "message": "no node sent an event in the last minute",
            "timestamp": now,
            "acknowledged": False,
        }
    for row in failure_rates.rates(figures.counts):
        name: str = row["pipeline"]
        failures, attempts = row["failures"], row["attempts"]
        if attempts >= FAILING_ATTEMPTS and row["rate"] > FAILING_RATE:
            yield {
                "severity": "warning",
                "component": _COMPONENTS.get(name, name),
                "message": f"{failures} of {attempts} failed in the window: {name}",
                "timestamp": now,
                "acknowledged": False,
            }
