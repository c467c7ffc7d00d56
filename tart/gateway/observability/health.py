"""How well each part is, from what the shards count and what the machine has left.

Pure; the rules are those that the route's description in ``contract`` promises. Words and
shapes are the peer's, so that its dashboard shows them; the figures are measured.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from tart.query.answers.health import DetailedHealth, HealthStatus

HEALTHY: Final = "Healthy"
DEGRADED: Final = "Degraded"
UNHEALTHY: Final = "Unhealthy"
# Shares of memory or disk that are left.
DEGRADED_BELOW, UNHEALTHY_BELOW = 0.10, 0.02
BUFFER_DEGRADED_ABOVE = 0.75
LAG_DEGRADED_ABOVE_SECONDS = 1.0
# Files in one message.
_NAMED = 10
_SHORT_OF = {"disk": "disk nearly full: ", "memory": "storage.memory_limit does not suffice: "}

Json = dict[str, Any]


@dataclass(frozen=True)
class Measured:
    """What the rules look at.

    Attributes:
        statistics: of each shard that answered.
        total: how many shards there are.
        response_seconds: how long the shards took to answer.
        pending_limit: bytes a shard may hold before it stops reading.
        broadcaster: the figures of the live stream.
        shed_recently: whether shards shed live events for us in the last minute.
        rss_bytes: of the gateway.
        memory: bytes available and in all, of the machine.
        disk: bytes free and in all, where the data is.
        recovering: of the shards that start and take long, how far they are.
        failing: background tasks of the gateway that failed lately, with the newest reason.
    """

    statistics: Mapping[int, Json]
    total: int
    response_seconds: float
    pending_limit: int
    broadcaster: Json
    shed_recently: bool
    rss_bytes: int
    memory: tuple[int, int]
    disk: tuple[int, int]
    recovering: Mapping[int, str] = field(default_factory=dict)
    failing: Mapping[str, str] = field(default_factory=dict)


class Part(NamedTuple):
    """How one part is."""

    name: str
    status: HealthStatus
    message: str
    metrics: Json


def report(measured: Measured, now: str, version: str, uptime_seconds: int) -> DetailedHealth:
    """The body of ``/api/health/detailed``."""
    rules = (_database, _batch_writer, _broadcaster, _memory, _system)
    essential = [rule(measured) for rule in rules]
    parts = essential + [_shard(measured, shard) for shard in range(measured.total)]
    every = Counter[HealthStatus](part.status for part in parts)
    return {
        "status": _overall(essential, every),
        "timestamp": now,
        "components": {
            part.name: {
                "name": part.name,
                "status": part.status,
                "message": part.message,
                "last_check": now,
                "metrics": part.metrics,
            }
            for part in parts
        },
        "version": version,
        "uptime_seconds": uptime_seconds,
        "summary": {
            "total_components": len(parts),
            "healthy_components": every[HEALTHY],
            "degraded_components": every[DEGRADED],
            "unhealthy_components": every[UNHEALTHY],
        },
    }


def _overall(essential: list[Part], every: Mapping[HealthStatus, int]) -> HealthStatus:
    # One shard of several is not the whole; where none answers, the database part says so.
    if any(part.status == UNHEALTHY for part in essential):
        return UNHEALTHY
    return DEGRADED if every[DEGRADED] or every[UNHEALTHY] else HEALTHY


def _database(measured: Measured) -> Part:
    answered = len(measured.statistics)
    status: HealthStatus
    status = HEALTHY if answered == measured.total else DEGRADED if answered else UNHEALTHY
    metrics = {
        "response_time_ms": round(measured.response_seconds * 1000),
        "shards_answered": answered,
        "shards_total": measured.total,
    }
    return Part("database", status, f"{answered} of {measured.total} shards answer", metrics)


def _batch_writer(measured: Measured) -> Part:
    shards = measured.statistics.values()
    used = max((each["pending_bytes"] / measured.pending_limit for each in shards), default=0.0)
    paused = sum(bool(each["reading_paused"]) for each in shards)
    short_of = {each["paused_for"] for each in shards}
    status: HealthStatus = HEALTHY
    message = "reading"
    if not shards:
        status, message = UNHEALTHY, "no shard answers"
    elif paused:
        status = UNHEALTHY if paused == measured.total else DEGRADED
        reasons = "".join(why for what, why in _SHORT_OF.items() if what in short_of)
        message = f"{reasons}reading is paused in {paused} of {measured.total} shards"
    elif used > BUFFER_DEGRADED_ABOVE:
        status, message = DEGRADED, f"{used:.0%} of a buffer are used"
    metrics = {
        "pending_count": sum(each["pending_events"] for each in shards),
        "pending_bytes": sum(each["pending_bytes"] for each in shards),
        "is_full": bool(paused),
        "usage_percent": round(used * 100, 2),
    }
    return Part("batch_writer", status, message, metrics)


def _broadcaster(measured: Measured) -> Part:
    if measured.shed_recently:
        message = "shards shed live events in the last minute, the gateway did not keep up"
        return Part("event_broadcaster", DEGRADED, message, measured.broadcaster)
    count = measured.broadcaster["active_subscribers"]
    return Part("event_broadcaster", HEALTHY, f"{count} subscribers", measured.broadcaster)


def _memory(measured: Measured) -> Part:
    available, total = measured.memory
    shards = sum(each["rss_bytes"] for each in measured.statistics.values())
    rss = shards + measured.rss_bytes
    status = _by_share(available, total)
    message = f"{rss >> 20} MiB used, {available >> 20} MiB of the machine's available"
    metrics = {
        "rss_bytes": rss,
        "gateway_rss_bytes": measured.rss_bytes,
        "shards_rss_bytes": shards,
        "available_bytes": available,
        "total_bytes": total,
    }
    return Part("memory", status, message, metrics)


def _system(measured: Measured) -> Part:
    free, total = measured.disk
    message = f"{free >> 20} MiB of disk free"
    metrics = {"disk_free_bytes": free, "disk_total_bytes": total}
    status = _by_share(free, total)
    if measured.failing:
        message = f"{message}; background work of the gateway failed: {_tasks(measured.failing)}"
        status = DEGRADED if status == HEALTHY else status
    return Part("system_resources", status, message, metrics)


def _tasks(failing: Mapping[str, str]) -> str:
    return ", ".join(f"{task} ({reason})" for task, reason in sorted(failing.items()))


def _by_share(left: int, total: int) -> HealthStatus:
    share = left / total if total else 1.0
    if share < UNHEALTHY_BELOW:
        return UNHEALTHY
    return DEGRADED if share < DEGRADED_BELOW else HEALTHY


def _shard(measured: Measured, shard: int) -> Part:
    name = f"shard_{shard:02d}"
    found = measured.statistics.get(shard)
    if found is None and shard in measured.recovering:
        return Part(name, DEGRADED, f"starting: {measured.recovering[shard]}", {})
    if found is None:
        return Part(name, UNHEALTHY, "does not answer", {})
    lag = found["loop_lag_seconds"]
    metrics = {
        "pid": found["pid"],
        "uptime_seconds": found["uptime_seconds"],
        "connections": found["connections"],
        "loop_lag_seconds": lag,
        "bytes_on_disk": found["bytes_on_disk"],
        "quarantined": found["quarantined"],
        "damaged": found["damaged"],
        "vanished": found["vanished"],
        "frames_missing": found["frames_missing"],
        "derived_failures": sum(found["derived_failures"].values()),
        "derived_events_lost": sum(found["derived_events_lost"].values()),
    }
    problems = list(_of_files(found))
    if found["aggregates_failed"]:
        problems.append(
            "aggregates are not written; events are stored, and the next start makes up the "
            "aggregates from them"
        )
    if failing := found["derived_failing"]:
        problems.append(f"events are stored, but answers lack what failed: {_failing(failing)}")
    if failing := found["background_failing"]:
        problems.append(f"background work failed: {_tasks(failing)}")
    if lag > LAG_DEGRADED_ABOVE_SECONDS:
        problems.append(f"lags {lag:.1f} s behind")
    message = "; ".join(problems) or f"{found['connections']} connections"
    return Part(name, DEGRADED if problems else HEALTHY, message, metrics)


def _of_files(found: Json) -> Iterator[str]:
    """What is wrong with a shard's files."""
    if vanished := found["vanished"]:
        yield f"files deleted while in use, lost with the next stop: {_some(vanished)}"
    if aside := found["quarantined"]:
        yield f"damaged files, not served until restored or taken away: {_some(aside)}"
    if damaged := found["damaged"]:
        yield f"parts of files cannot be read: {_some([_lost(each) for each in damaged])}"
    if missing := found["frames_missing"]:
        yield f"{missing} frames are missing between those that are there"


def _some(texts: Sequence[str]) -> str:
    """The first of them, and how many there are besides."""
    more = f" and {len(texts) - _NAMED} more" if len(texts) > _NAMED else ""
    return ", ".join(texts[:_NAMED]) + more


def _lost(damaged: Json) -> str:
    """What of a file cannot be read."""
    parts = [f"{damaged['events']} events"] if damaged["events"] else []
    for each in damaged["stretches"]:
        if None not in (each["first"], each["last"]):
            parts.append(f"sequence {each['first']} to {each['last']}")
    if damaged["bare"]:
        parts.append(f"slot or core of {damaged['bare']} events")
    parts += [f"{rows} rows of {table}" for table, rows in damaged["others"].items()]
    return f"{damaged['file']} ({', '.join(parts)})"


def _failing(stages: Mapping[str, Json]) -> str:
    """What a shard failed to derive from events in the last hour."""
    return ", ".join(
        f"{stage} of {each['events']} events ({each['failures']} failures, last: {each['error']})"
        for stage, each in sorted(stages.items())
    )
