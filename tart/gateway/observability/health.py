"""Component health, from the statistics of the shards and the resources of the host.

Pure. The rules are documented in the description of ``/api/health/detailed``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from tart.amounts import plural
from tart.gateway.observability.alerting_figures import AlertingFigures
from tart.gateway.observability.chain_figures import ChainFigures
from tart.gateway.observability.host_usage import (
    HostSample,
    ProcessSample,
    descriptors_share,
)
from tart.query.answers.health import DetailedHealth, HealthStatus

HEALTHY: Final = "Healthy"
DEGRADED: Final = "Degraded"
UNHEALTHY: Final = "Unhealthy"
# A lower available share of memory or disk is degraded or unhealthy.
DEGRADED_BELOW, UNHEALTHY_BELOW = 0.10, 0.02
BUFFER_DEGRADED_ABOVE = 0.75
LAG_DEGRADED_ABOVE_SECONDS = 1.0
# The most files that one message lists.
_MAX_LISTED = 10
_SHORTAGES = {"disk": "disk nearly full: ", "memory": "storage.memory_limit exceeded: "}

# From good to bad.
_SEVERITY: Sequence[HealthStatus] = (HEALTHY, DEGRADED, UNHEALTHY)

Json = dict[str, Any]


@dataclass(frozen=True)
class HealthInput:
    """The input of the health rules.

    Attributes:
        statistics: Of each shard that answered.
        total: How many shards there are.
        response_seconds: How long the shards took to answer.
        pending_limit: Received bytes that a shard may hold before it pauses ingestion.
        broadcaster: Statistics of the live stream.
        shed_recently: Whether shards shed live events in the last minute, because the gateway
            did not keep up.
        rss_bytes: Resident memory of the gateway.
        memory: Available and total bytes of the host.
        disk: Free and total bytes of the disk with the data directory.
        recovering: Progress of the shards that are starting.
        failing: Background tasks of the gateway that failed recently, with the newest error.
        host: The newest sample of the machine.
        alerting: The state of alerting; ``None`` leaves its component out.
        chain: The state of the chain process; ``None`` leaves its component out.
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
    host: HostSample | None = None
    alerting: AlertingFigures | None = None
    chain: ChainFigures | None = None


class Component(NamedTuple):
    """The health of one component."""

    name: str
    status: HealthStatus
    message: str
    metrics: Json


def report(inputs: HealthInput, now: str, version: str, uptime_seconds: int) -> DetailedHealth:
    """Return the body of ``/api/health/detailed``."""
    rules = (_database, _batch_writer, _broadcaster, _memory, _system)
    essential = [rule(inputs) for rule in rules]
    alerting = [] if inputs.alerting is None else [_alerting(inputs.alerting)]
    chain = [] if inputs.chain is None else [_chain(inputs.chain)]
    components = (
        essential + alerting + chain + [_shard(inputs, shard) for shard in range(inputs.total)]
    )
    statuses = Counter[HealthStatus](component.status for component in components)
    return {
        "status": _overall(essential, statuses),
        "timestamp": now,
        "components": {
            component.name: {
                "name": component.name,
                "status": component.status,
                "message": component.message,
                "last_check": now,
                "metrics": component.metrics,
            }
            for component in components
        },
        "version": version,
        "uptime_seconds": uptime_seconds,
        "summary": {
            "total_components": len(components),
            "healthy_components": statuses[HEALTHY],
            "degraded_components": statuses[DEGRADED],
            "unhealthy_components": statuses[UNHEALTHY],
        },
    }


def _overall(essential: list[Component], statuses: Mapping[HealthStatus, int]) -> HealthStatus:
    # One unhealthy shard of several degrades the whole; if none answers, the database component
    # is unhealthy.
    if any(component.status == UNHEALTHY for component in essential):
        return UNHEALTHY
    return DEGRADED if statuses[DEGRADED] or statuses[UNHEALTHY] else HEALTHY


def _database(inputs: HealthInput) -> Component:
    answered = len(inputs.statistics)
    status: HealthStatus
    status = HEALTHY if answered == inputs.total else DEGRADED if answered else UNHEALTHY
    metrics = {
        "response_time_ms": round(inputs.response_seconds * 1000),
        "shards_answered": answered,
        "shards_total": inputs.total,
    }
    # Name kept for jamtart's dashboard: the shards, which store and read the events.
    return Component("database", status, f"{answered} of {inputs.total} shards answer", metrics)


def _batch_writer(inputs: HealthInput) -> Component:
    shards = inputs.statistics.values()
    used = max((each["pending_bytes"] / inputs.pending_limit for each in shards), default=0.0)
    paused = sum(bool(each["ingest_paused"]) for each in shards)
    shortages = {each["paused_for"] for each in shards}
    status: HealthStatus = HEALTHY
    message = "ingesting"
    if not shards:
        status, message = UNHEALTHY, "no shard answers"
    elif paused:
        status = UNHEALTHY if paused == inputs.total else DEGRADED
        reasons = "".join(text for reason, text in _SHORTAGES.items() if reason in shortages)
        message = f"{reasons}ingestion is paused in {paused} of {inputs.total} shards"
    elif used > BUFFER_DEGRADED_ABOVE:
        status, message = DEGRADED, f"{used:.0%} of a buffer is used"
    metrics = {
        "pending_count": sum(each["pending_events"] for each in shards),
        "pending_bytes": sum(each["pending_bytes"] for each in shards),
        "is_full": bool(paused),
        "usage_percent": round(used * 100, 2),
    }
    # Name kept for jamtart's dashboard: the buffers of the shards.
    return Component("batch_writer", status, message, metrics)


def _broadcaster(inputs: HealthInput) -> Component:
    if inputs.shed_recently:
        message = "shards shed live events in the last minute: the gateway did not keep up"
        return Component("event_broadcaster", DEGRADED, message, inputs.broadcaster)
    count = inputs.broadcaster["active_subscribers"]
    return Component("event_broadcaster", HEALTHY, f"{count} subscribers", inputs.broadcaster)


def _memory(inputs: HealthInput) -> Component:
    available, total = inputs.memory
    shards = sum(each["rss_bytes"] for each in inputs.statistics.values())
    rss = shards + inputs.rss_bytes
    status = _by_share(available, total)
    message = f"{rss >> 20} MiB used, {available >> 20} MiB of the host available"
    budget = None if inputs.host is None else inputs.host.memory_budget
    if budget is not None:
        limit, used = budget
        status = max(status, _by_share(limit - used, limit), key=_SEVERITY.index)
        message = f"{message}, {used >> 20} of the {limit >> 20} MiB that the service may use"
    metrics = {
        "rss_bytes": rss,
        "gateway_rss_bytes": inputs.rss_bytes,
        "shards_rss_bytes": shards,
        "available_bytes": available,
        "total_bytes": total,
        "budget_bytes": None if budget is None else budget[0],
        "budget_used_bytes": None if budget is None else budget[1],
    }
    return Component("memory", status, message, metrics)


def _system(inputs: HealthInput) -> Component:
    free, total = inputs.disk
    message = f"{free >> 20} MiB of disk free"
    host = inputs.host
    metrics = {
        "disk_free_bytes": free,
        "disk_total_bytes": total,
        "load_1m": None if host is None else round(host.load[0], 2),
        "cpus": None if host is None else host.cpus,
        "descriptors_share": None if host is None else descriptors_share(host.processes),
    }
    status = _by_share(free, total)
    for process in () if host is None else host.processes:
        if (worse := _descriptors(process)) != HEALTHY:
            status = max(status, worse, key=_SEVERITY.index)
            message = (
                f"{message}; {process.name} has {process.descriptors} of "
                f"{process.descriptor_limit} descriptors open"
            )
    if inputs.failing:
        message = (
            f"{message}; background tasks of the gateway failed: {_describe_tasks(inputs.failing)}"
        )
        status = DEGRADED if status == HEALTHY else status
    return Component("system_resources", status, message, metrics)


def _alerting(figures: AlertingFigures) -> Component:
    """Return the health of alerting: what it finds is not its health."""
    metrics = {
        "rules": figures.rules,
        "firing": figures.firing,
        "seconds_since_evaluation": round(figures.seconds_since, 1),
        "queued_messages": sum(figures.queued.values()),
        "problems": len(figures.problems),
    }
    if figures.fault:
        return Component("alerting", DEGRADED, figures.fault, metrics)
    message = f"{plural(figures.rules, 'rule')} evaluated, {plural(figures.firing, 'alert')} firing"
    return Component("alerting", HEALTHY, message, metrics)


def _chain(figures: ChainFigures) -> Component:
    """Return the health of the chain process: telemetry does without it."""
    state = figures.state
    metrics = {
        "restarts": figures.restarts,
        "endpoints": None if state is None else len(state.endpoints),
        "endpoints_connected": (
            None if state is None else sum(each.connected for each in state.endpoints)
        ),
        "best_slot": None if state is None or state.best is None else state.best.slot,
        "finalized_slot": (
            None if state is None or state.finalized is None else state.finalized.slot
        ),
    }
    if figures.fault:
        return Component("chain", DEGRADED, figures.fault, metrics)
    return Component("chain", HEALTHY, figures.text, metrics)


def _descriptors(process: ProcessSample) -> HealthStatus:
    if process.descriptors is None or process.descriptor_limit is None:
        return HEALTHY
    return _by_share(process.descriptor_limit - process.descriptors, process.descriptor_limit)


def _describe_tasks(failing: Mapping[str, str]) -> str:
    return ", ".join(f"{task} ({reason})" for task, reason in sorted(failing.items()))


def _by_share(left: int, total: int) -> HealthStatus:
    share = left / total if total else 1.0
    if share < UNHEALTHY_BELOW:
        return UNHEALTHY
    return DEGRADED if share < DEGRADED_BELOW else HEALTHY


def _shard(inputs: HealthInput, shard: int) -> Component:
    name = f"shard_{shard:02d}"
    statistics = inputs.statistics.get(shard)
    if statistics is None and shard in inputs.recovering:
        return Component(name, DEGRADED, f"starting: {inputs.recovering[shard]}", {})
    if statistics is None:
        return Component(name, UNHEALTHY, "does not answer", {})
    lag = statistics["loop_lag_seconds"]
    metrics = {
        "pid": statistics["pid"],
        "kernel": statistics["kernel"],
        "uptime_seconds": statistics["uptime_seconds"],
        "connections": statistics["connections"],
        "loop_lag_seconds": lag,
        "bytes_on_disk": statistics["bytes_on_disk"],
        "quarantined": statistics["quarantined"],
        "damaged": statistics["damaged"],
        "vanished": statistics["vanished"],
        "frames_missing": statistics["frames_missing"],
        "derived_failures": sum(statistics["derived_failures"].values()),
        "derived_events_lost": sum(statistics["derived_events_lost"].values()),
    }
    problems = list(_file_problems(statistics))
    if statistics["aggregates_failed"]:
        problems.append(
            "aggregates cannot be written; events are stored, and the next start rebuilds the "
            "aggregates from them"
        )
    if failing := statistics["derived_failing"]:
        problems.append(
            f"events are stored, but answers lack failed work: {_describe_stages(failing)}"
        )
    if failing := statistics["background_failing"]:
        problems.append(f"background tasks failed: {_describe_tasks(failing)}")
    if statistics["sampling"]:
        problems.append(
            "it does not keep up, so its event log is sampled: aggregates are exact, but answers "
            f"from the event log lack {statistics['events_sampled_out']} events so far"
        )
    if lag > LAG_DEGRADED_ABOVE_SECONDS:
        problems.append(f"event-loop lag is {lag:.1f} s")
    message = "; ".join(problems) or f"{statistics['connections']} connections"
    return Component(name, DEGRADED if problems else HEALTHY, message, metrics)


def _file_problems(statistics: Json) -> Iterator[str]:
    """Yield the problems of a shard's files."""
    if vanished := statistics["vanished"]:
        yield (
            "files deleted while in use, served until tart stops (stop it and restore them from a "
            f"backup): {_join_first(vanished)}"
        )
    if aside := statistics["quarantined"]:
        yield f"damaged files, not served until restored or removed: {_join_first(aside)}"
    if damaged := statistics["damaged"]:
        losses = [_describe_loss(each) for each in damaged]
        yield f"parts of files are unreadable: {_join_first(losses)}"
    if missing := statistics["frames_missing"]:
        yield f"{missing} frames are missing in the sequence"


def _join_first(texts: Sequence[str]) -> str:
    """Join the first texts; add the number of the others."""
    more = f" and {len(texts) - _MAX_LISTED} more" if len(texts) > _MAX_LISTED else ""
    return ", ".join(texts[:_MAX_LISTED]) + more


def _describe_loss(damaged: Json) -> str:
    """Return a text for the rows of a file that cannot be read."""
    losses = [f"{damaged['events']} events"] if damaged["events"] else []
    for missing in damaged["stretches"]:
        if None not in (missing["first"], missing["last"]):
            losses.append(f"sequence {missing['first']} to {missing['last']}")
    if damaged["bare"]:
        losses.append(f"slot or core of {damaged['bare']} events")
    losses += [f"{rows} rows of {table}" for table, rows in damaged["others"].items()]
    return f"{damaged['file']} ({', '.join(losses)})"


def _describe_stages(stages: Mapping[str, Json]) -> str:
    """Return a text for the stages of a shard that failed in the last hour."""
    return ", ".join(
        f"{stage} of {each['events']} events ({each['failures']} failures, last: {each['error']})"
        for stage, each in sorted(stages.items())
    )
