"""How the network is, in five words and one number.

Pure. The parts, cuts and words are the peer's; the figures are of what happened, and a part
of which nothing is known has no score and none in the mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from tart.query.core import failure_rates
from tart.query.core.merge import Json

HEALTHY_FROM, DEGRADED_FROM = 75, 45
# A pipeline that failed so often, of so many attempts at least, is worth an alert.
FAILING_RATE, FAILING_ATTEMPTS = 0.05, 20
# Events in a minute, and the score they are worth.
_THROUGHPUT = ((100, 100), (10, 80), (0, 50))
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
    """What is looked at.

    Attributes:
        counts: events of the window by type.
        active: nodes heard of in the window; ``lately``: in the last minute.
        events_per_minute: events of the last minute.
        connected: nodes connected now.
    """

    counts: Mapping[int, int]
    active: int
    lately: int
    connected: int
    events_per_minute: int


class Part(NamedTuple):
    """One component; ``cuts`` are the scores from which it is healthy, and degraded."""

    name: str
    score: int | None
    cuts: tuple[int, int]
    metrics: Json
    issues: list[str]


def health(seen: HealthInput, now: str) -> Json:
    """The body of ``/api/analytics/network-health``, as of ``now``."""
    parts = list(_parts(seen))
    scores = [part.score for part in parts if part.score is not None]
    score = round(sum(scores) / len(scores), 1) if scores else None
    return {
        "overall_health": _word(score, (HEALTHY_FROM, DEGRADED_FROM)),
        "health_score": score,
        "components": [
            {
                "name": part.name,
                "status": _word(part.score, part.cuts),
                "score": part.score,
                "metrics": part.metrics,
                "issues": part.issues,
            }
            for part in parts
        ],
        "alerts": [{**alert, "timestamp": now, "acknowledged": False} for alert in _alerts(seen)],
        "recommendations": [],
    }


def _parts(seen: HealthInput) -> Iterator[Part]:
    counts = seen.counts
    silent = seen.active - seen.lately
    yield Part(
        "Node Connectivity",
        _percent(seen.lately, seen.active),
        (80, 50),
        {"active_1m": seen.lately, "active_1h": seen.active, "connected": seen.connected},
        [f"{silent} nodes were not heard of for a minute"] if silent else [],
    )
    authored, tried, failed = (counts.get(number, 0) for number in (42, 40, 41))
    yield Part(
        "Block Production",
        _percent(authored, tried),
        (80, 50),
        {"authored": authored, "attempts": tried, "failures": failed},
        _issues("authorings", failed, tried),
    )
    operations, lost = _of("shard_requests", counts)
    yield Part(
        "Data Availability",
        _percent(operations - lost, operations),
        (90, 60),
        {"operations": operations, "failures": lost},
        _issues("requests for shards", lost, operations),
    )
    packages, broken = _of("work_package", counts)
    yield Part(
        "Work Packages",
        _percent(packages - broken, packages),
        (90, 60),
        {
            "received": counts.get(94, 0),
            "attempts": packages,
            "failures": broken,
            "guarantees": counts.get(105, 0),
        },
        _issues("work-packages", broken, packages),
    )
    minute = seen.events_per_minute
    yield Part(
        "Event Throughput",
        next((score for above, score in _THROUGHPUT if minute > above), 0),
        (80, 50),
        {"events_per_minute": minute},
        [] if minute else ["no events in the last minute"],
    )


def _of(pipeline: str, counts: Mapping[int, int]) -> tuple[int, int]:
    found = next(
        (each for each in failure_rates.rates(counts) if each["pipeline"] == pipeline), None
    )
    return (found["attempts"], found["failures"]) if found else (0, 0)


def _issues(what: str, failed: int, tried: int) -> list[str]:
    return [f"{failed} of {tried} {what} failed"] if failed else []


def _percent(part: int, whole: int) -> int | None:
    """A share in percent; more than all may have ended than began in the window, or less."""
    return max(0, min(100, round(100 * part / whole))) if whole else None


def _word(score: float | None, cuts: tuple[int, int]) -> str:
    if score is None:
        return "unknown"
    return "healthy" if score >= cuts[0] else "degraded" if score >= cuts[1] else "unhealthy"


def _alerts(seen: HealthInput) -> Iterator[Json]:
    if seen.active and not seen.lately:
        yield {
            "severity": "critical",
            "component": "connectivity",
            "message": "no node was heard of in the last minute",
        }
    for each in failure_rates.rates(seen.counts):
        name, failed, tried = each["pipeline"], each["failures"], each["attempts"]
        if tried >= FAILING_ATTEMPTS and each["rate"] > FAILING_RATE:
            yield {
                "severity": "warning",
                "component": _COMPONENTS.get(name, name),
                "message": f"{failed} of {tried} failed in the window: {name}",
            }
