"""The answer of ``/api/server``, from the same figures as ``/metrics`` and health."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tart.config.addresses import public_value
from tart.config.schema import Config, settings, values
from tart.gateway.observability.chain_figures import ChainFigures, chain_report
from tart.gateway.observability.metrics import Durations, Traffic
from tart.query.answers.server import (
    DiskForecast,
    MillisecondPercentiles,
    ServerDisk,
    ServerGateway,
    ServerHost,
    ServerRoute,
    ServerSetting,
    ServerShard,
    ServerStatus,
    ShardFigures,
)

Json = dict[str, Any]

MAX_ROUTES = 50
# An estimate from fewer events, or a shorter time, would be of the files' fixed size.
MIN_EVENTS = 100_000
MIN_SECONDS = 600.0
_DAY_SECONDS = 86_400.0
_HOUR_SECONDS = 3_600.0
# Settings that name hosts, paths or people, shown to admins only.
_PRIVATE = frozenset(
    {
        "data_dir",
        "run_dir",
        "telemetry.bind",
        "telemetry.allow",
        "telemetry.deny",
        "telemetry.peer_ids",
        "api.bind",
        "api.tls_certificate",
        "api.tls_key",
        "api.cors_origins",
        "rpc.urls",
        "traces.url",
        "traces.headers_file",
        "traces.ca_file",
    }
)


@dataclass(frozen=True)
class ShardState:
    """The gateway's view of one shard.

    Attributes:
        statistics: ``None`` if it did not answer.
        recovering: The progress of its start; empty if it is not starting.
        events_per_second: Mean of the last ten seconds, ``None`` if it is not known.
        rows: Of the event log, ``None`` if they could not be counted.
    """

    index: int
    statistics: Json | None
    recovering: str
    restarts: int
    unanswered: Mapping[str, int]
    events_per_second: float | None
    rows: int | None


@dataclass(frozen=True)
class ServerInput:
    """The input of the report.

    Attributes:
        is_admin: Whether hosts and paths are named.
        disk: Free and total bytes.
        chain: The state of the chain process; None if the chain is not followed.
    """

    config: Config
    is_admin: bool
    shards: Sequence[ShardState]
    gateway: ServerGateway
    host: ServerHost
    disk: tuple[int, int]
    traffic: Traffic
    python: str
    chain: ChainFigures | None = None


def report(inputs: ServerInput, timestamp: str, version: str) -> ServerStatus:
    """Return the body of ``/api/server``."""
    answering = [shard.statistics for shard in inputs.shards if shard.statistics is not None]
    return {
        "version": version,
        "python": inputs.python,
        "duckdb": next((each["duckdb"] for each in answering), None),
        "timestamp": timestamp,
        "host": inputs.host if inputs.is_admin else {**inputs.host, "name": None},
        "gateway": inputs.gateway,
        "shards_up": len(answering),
        "shard_list": [_shard(shard) for shard in inputs.shards],
        "chain": chain_report(inputs.chain, is_admin=inputs.is_admin),
        "disk": _disk(inputs, answering),
        "requests": _routes(inputs.traffic),
        "settings": _settings(inputs.config, is_admin=inputs.is_admin),
    }


def percentiles(buckets: Iterable[tuple[float, float]], count: int) -> MillisecondPercentiles:
    """Return percentiles of a histogram in seconds.

    Args:
        buckets: Upper bounds and cumulative counts, without the last one, which has no bound.
        count: All durations.
    """
    known = list(buckets)
    return {
        "p50": _percentile(known, count, 0.5),
        "p99": _percentile(known, count, 0.99),
        "count": count,
    }


def _percentile(buckets: list[tuple[float, float]], count: int, share: float) -> float | None:
    """Return a percentile in milliseconds; the highest bound if it is beyond."""
    if not count or not buckets:
        return None
    wanted, low, below = share * count, 0.0, 0.0
    for bound, cumulative in buckets:
        if cumulative >= wanted:
            inside = cumulative - below
            part = (wanted - below) / inside if inside else 1.0
            return round((low + (bound - low) * part) * 1000, 3)
        low, below = bound, cumulative
    return round(low * 1000, 3)


def _histogram(value: Json) -> MillisecondPercentiles:
    return percentiles(((bound, count) for bound, count in value["buckets"]), value["count"])


def _shard(shard: ShardState) -> ServerShard:
    statistics = shard.statistics
    return {
        "shard": shard.index,
        "state": "up" if statistics else "starting" if shard.recovering else "down",
        "message": shard.recovering or None,
        "restarts": shard.restarts,
        "unanswered": dict(shard.unanswered),
        "figures": None if statistics is None else _figures(shard, statistics),
    }


def _figures(shard: ShardState, statistics: Json) -> ShardFigures:
    damaged = ("quarantined", "damaged", "vanished")
    return {
        "uptime_seconds": statistics["uptime_seconds"],
        "connections": statistics["connections"],
        "connections_total": statistics["connections_total"],
        "connections_rejected": statistics["connections_rejected"],
        "events_received": statistics["events_received"],
        "events_per_second": shard.events_per_second,
        "commit_ms": _histogram(statistics["commit_seconds"]),
        "write_ms": _histogram(statistics["write_seconds"]),
        "pending_events": statistics["pending_events"],
        "pending_bytes": statistics["pending_bytes"],
        "is_paused": statistics["ingest_paused"],
        "paused_for": statistics["paused_for"],
        "pauses": statistics["ingest_pauses"],
        "loop_lag_seconds": statistics["loop_lag_seconds"],
        "files": statistics["files"],
        "bytes_on_disk": statistics["bytes_on_disk"],
        "rows": shard.rows,
        "resident_bytes": statistics["rss_bytes"],
        "cpu_seconds": statistics["cpu_seconds"],
        "descriptors": {
            "open": statistics["open_descriptors"],
            "limit": statistics["descriptor_limit"],
        },
        "queries_running": statistics["queries_running"],
        "queries_waiting": sum(statistics["queries_waiting"].values()),
        "queries_rejected": statistics["queries_rejected"],
        "query_failures": statistics["query_failures"],
        "derived_failures": statistics["derived_failures"],
        "derived_events_lost": statistics["derived_events_lost"],
        "background_failures": statistics["background_failures"],
        "checkpoint_failures": statistics["checkpoint_failures"],
        "damaged_files": sum(len(statistics[name]) for name in damaged),
    }


def _disk(inputs: ServerInput, answering: Sequence[Json]) -> ServerDisk:
    free, total = inputs.disk
    storage = inputs.config.storage
    used = sum(each["bytes_on_disk"] for each in answering)
    limit = min(
        int(total * storage.retain_disk_share), max(0, used + free - storage.disk_reserve_bytes)
    )
    rows = [shard.rows for shard in inputs.shards]
    stored = None if None in rows else sum(each or 0 for each in rows)
    return {
        "path": str(inputs.config.data_path) if inputs.is_admin else None,
        "total_bytes": total,
        "free_bytes": free,
        "used_bytes": used,
        "reserve_bytes": storage.disk_reserve_bytes,
        "forecast": forecast(
            answering, used, stored, limit, storage.retain_hours + storage.file_hours
        ),
    }


def forecast(
    answering: Sequence[Json], used: int, stored: int | None, limit: int, hours: int
) -> DiskForecast:
    """Return for how long events can be kept.

    Args:
        answering: Statistics of the shards.
        used: Bytes of all their files.
        stored: Rows of the event log in these files, ``None`` if they could not be counted.
        limit: Most bytes for files.
        hours: For how long the settings keep a file's first events.
    """
    estimate: DiskForecast = {
        "bytes_per_event": None,
        "bytes_per_day": None,
        "reason": None,
        "limit_bytes": limit,
        "needed_bytes": None,
        "full_in_days": None,
        "retention_hours": None,
    }
    uptime = min((each["uptime_seconds"] for each in answering), default=0.0)
    if stored is None or not answering:
        return {**estimate, "reason": "not all shards answered"}
    if uptime < MIN_SECONDS:
        return {**estimate, "reason": "the shards started less than ten minutes ago"}
    if stored < MIN_EVENTS:
        return {**estimate, "reason": f"fewer than {MIN_EVENTS} events are stored"}
    size = used / stored
    per_second = size * sum(each["events_received"] / each["uptime_seconds"] for each in answering)
    needed = per_second * hours * _HOUR_SECONDS
    is_enough = needed <= limit
    return {
        **estimate,
        "bytes_per_event": round(size, 1),
        "bytes_per_day": round(per_second * _DAY_SECONDS),
        "needed_bytes": round(needed),
        "full_in_days": (
            None if is_enough else max(0.0, round((limit - used) / per_second / _DAY_SECONDS, 2))
        ),
        "retention_hours": float(hours)
        if is_enough
        else round(limit / per_second / _HOUR_SECONDS, 1),
    }


def _routes(traffic: Traffic) -> list[ServerRoute]:
    statuses: dict[str, Counter[int]] = {}
    for (path, status), count in traffic.statuses.items():
        statuses.setdefault(path, Counter())[status // 100] += count
    nothing = Durations()
    rows: list[ServerRoute] = [
        {
            "route": path,
            "requests": counts.total(),
            "refused": counts[4],
            "failed": counts[5],
            "seconds_total": round((durations := traffic.durations.get(path, nothing)).sum, 3),
            "duration_ms": percentiles(
                [(float(bound), count) for bound, count in durations.buckets()[:-1]],
                durations.count,
            ),
        }
        for path, counts in statuses.items()
    ]
    rows.sort(key=lambda row: (-row["seconds_total"], row["route"]))
    return rows[:MAX_ROUTES]


def _settings(config: Config, *, is_admin: bool) -> list[ServerSetting]:
    current = values(config)
    return [
        {
            "name": name,
            "value": (
                public_value(name, current[name]) if is_admin or name not in _PRIVATE else None
            ),
            "is_default": current[name] == setting.default,
            "description": setting.description,
        }
        for name, setting in settings().items()
    ]
