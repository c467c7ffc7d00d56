"""Statistics of cores: their load, their guarantors, and how fast these are.

Pure. The guarantors of a core are the nodes that had a package for it, by the chain of events
within their sessions (90 or 91, 94, 105).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from tart.json_encoding import quotient
from tart.protocol.events import EventKind
from tart.query.answers import cores as answers
from tart.query.answers.packages import Percentiles
from tart.query.core.chain_stats import chain_figures, most_common, slot_reached
from tart.query.core.merge import Claim
from tart.query.core.rfc3339 import rfc3339_of_jce, server_time
from tart.query.packages.packages import mean_ms, share
from tart.query.shard_queries.packages import PackageSet
from tart.units import MINUTE_US, ms

Json = dict[str, Any]

ACTIVE_US = 120_000_000
_PRESENT_US = MINUTE_US
_HISTORY = 50
# Slowdown over the mean, and failure rate, of a listed guarantor and of a bottleneck.
_LISTED_SLOWDOWN, _SLOWDOWN = 1.2, 1.5
_LISTED_FAILURES, _FAILURES = 0.05, 0.1
_SLOWEST = 10


def core_count(nodes: Iterable[Json]) -> int | None:
    """Return the core count that most connected nodes report; of all nodes if none is connected."""
    every = list(nodes)
    reporting = [node for node in every if node["is_connected"]] or every
    count: int | None = most_common(
        ((node["node_info"] or {}).get("params") or {}).get("core_count") for node in reporting
    )
    return count


def status(
    packages: PackageSet,
    counts: Iterable[Json],
    slots: Sequence[int],
    claims: Mapping[str, Claim],
    total: int | None,
) -> answers.CoresStatus:
    """Return the answer of ``/api/cores/status``.

    Args:
        packages: The packages of the window.
        counts: Package counts by core.
        slots: Slots of the window with a block.
        claims: Best and finalized slot of each connected node.
        total: Number of cores; ``None`` if it is not known, to list the cores in ``counts``.
    """
    by_core = packages.by_core()
    rows = {row["core"]: row for row in counts if row["core"] is not None}
    best = chain_figures(claims)["best_block"]
    cores = [
        _core(core, by_core.get(core), rows.get(core), set(slots), best)
        for core in (range(total) if total is not None else sorted(rows))
    ]
    active = sum(1 for each in cores if each["status"] == "active")
    last = max((row["last_at"] for row in rows.values() if row["last_at"]), default=None)
    return {
        "cores": cores,
        "summary": {
            "total_cores": len(cores),
            "active_cores": active,
            "idle_cores": len(cores) - active,
        },
        "telemetry": {
            "guarantees_last_hour": packages.distinct("guaranteed"),
            "work_packages_last_hour": packages.distinct("received"),
            "last_activity": None if last is None else server_time(last),
        },
        "exact": packages.exact,
    }


def _core(
    core: int, packages: PackageSet | None, row: Json | None, slots: set[int], best: int | None
) -> answers.Core:
    packages = packages or PackageSet((), Fraction(1), {})
    guaranteed = [each for each in packages.packages if each.has("guaranteed")]
    guarantees = PackageSet(guaranteed, packages.scale, {})
    blocks = {each.guarantee_slot for each in guaranteed} & slots
    last = row["last_slot"] if row else None
    received = packages.distinct("received")
    return {
        "core_index": core,
        "status": "active" if received else "idle",
        "work_packages_last_hour": received,
        "guarantees_last_hour": guarantees.distinct(),
        "gas_used": packages.total("refine_gas"),
        "da_load": guarantees.total("bundle_size"),
        # No event has the number of validators that assured a report.
        "popularity_avg": None,
        "imports": packages.total("imports"),
        "exports": packages.total("exports"),
        "extrinsic_count": None,
        "extrinsic_size": packages.total("extrinsic_size"),
        "active_blocks": len(blocks),
        "window_blocks": len(slots),
        "utilization_pct": round(100 * len(blocks) / len(slots), 2) if slots else None,
        "last_active_slot": last,
        "slots_since_active": max(0, best - last)
        if best is not None and last is not None
        else None,
    }


def guarantees(
    core: int, statuses: Iterable[Json], rows: Iterable[Json], counts: Iterable[Json]
) -> answers.CoreGuarantees:
    """Return the answer of ``/api/cores/{i}/guarantees``.

    Args:
        core: The core.
        statuses: Last Status of each node: ``node``, ``seen_at``, ``num_guarantees`` in hex, one
            byte per core. Pools reported within a minute of the newest Status count.
        rows: Rows of guarantors of the core's packages, newest first.
        counts: Package counts of this core by node.
    """
    pools = {
        row["node"]: (bytes.fromhex(row["num_guarantees"])[core], row["seen_at"])
        for row in statuses
        if core < len(row["num_guarantees"] or "") // 2
    }
    newest = max((seen_at for _, seen_at in pools.values()), default=0)
    return {
        "core_index": core,
        # The number that a third of the pools have, because they are copies of one another.
        "current_guarantees": slot_reached(
            number for number, seen_at in pools.values() if seen_at >= newest - _PRESENT_US
        ),
        "by_node": [
            {"node_id": node, "guarantees": number, "timestamp": server_time(seen_at)}
            for node, (number, seen_at) in sorted(pools.items())
        ],
        "guarantee_history": [
            {
                "timestamp": rfc3339_of_jce(row["guaranteed"]),
                "node_id": row["node"],
                "work_package_hash": row["hash"],
                "work_report_hash": row["report"],
                "slot": row["guarantee_slot"],
                "core_index": core,
            }
            for row in [row for row in rows if row["guaranteed"] is not None][:_HISTORY]
        ],
        "recent_guarantors": [
            {
                "node_id": row["node"],
                "core_index": core,
                "guarantee_count": row["guaranteed"],
                "last_guarantee": rfc3339_of_jce(row["last_guaranteed"]),
            }
            for row in _most_guarantees_first(counts)
            if row["guaranteed"]
        ],
    }


def _most_guarantees_first(counts: Iterable[Json]) -> list[Json]:
    return sorted(counts, key=lambda row: (-row["guaranteed"], -row["rows"], str(row["node"])))


def guarantors(
    core: int,
    packages: PackageSet,
    counts: Iterable[Json],
    requests: Iterable[Json],
    stored: Iterable[Json],
) -> answers.CoreGuarantors:
    """Return the answer of ``/api/cores/{i}/guarantors``.

    Args:
        core: The core.
        packages: The packages of the window.
        counts: Package counts of this core by node.
        requests: Ends of requests of all cores: ``node``, ``parent``, ``type``, ``count``.
        stored: Last Status of each node: ``node``, ``num_shards``.
    """
    ends: dict[str, dict[tuple[int, int], int]] = {}
    for row in requests:
        ends.setdefault(row["node"], {})[row["parent"], row["type"]] = row["count"]
    shards = {row["node"]: row["num_shards"] for row in stored}
    every = _most_guarantees_first(counts)
    guaranteed = PackageSet(
        [each for each in packages.packages if each.has("guaranteed")], packages.scale, {}
    )
    return {
        "core_index": core,
        "guarantors": [
            _guarantor(row, ends.get(row["node"], {}), shards.get(row["node"])) for row in every
        ],
        "core_total_da_bytes": guaranteed.total("bundle_size"),
        "active_guarantor_count": len(every),
    }


# First event, success and failure of requests: for segments or shards of them, and from others.
_IMPORTS = (
    (
        EventKind.SENDING_SEGMENT_SHARD_REQUEST,
        EventKind.SEGMENT_SHARDS_TRANSFERRED,
        EventKind.SEGMENT_SHARD_REQUEST_FAILED,
    ),
    (
        EventKind.SENDING_SEGMENT_REQUEST,
        EventKind.SEGMENTS_TRANSFERRED,
        EventKind.SEGMENT_REQUEST_FAILED,
    ),
)
_EXPORTS = (
    (
        EventKind.RECEIVING_SHARD_REQUEST,
        EventKind.SHARDS_TRANSFERRED,
        EventKind.SHARD_REQUEST_FAILED,
    ),
)
REQUESTS = tuple(first for first, *_ in (*_IMPORTS, *_EXPORTS))
ENDS = tuple(end for _, *ends in (*_IMPORTS, *_EXPORTS) for end in ends)


def _guarantor(
    row: Json, ends: Mapping[tuple[int, int], int], shards: int | None
) -> answers.CoreGuarantor:
    return {
        "node_id": row["node"],
        "guarantee_count": row["guaranteed"],
        "signature_count": row["signed"],
        "last_activity": server_time(row["last_at"]),
        "da_usage_bytes": row["bundle_bytes"],
        "shards_stored": shards,
        "shards_served": ends.get(
            (EventKind.RECEIVING_SHARD_REQUEST, EventKind.SHARDS_TRANSFERRED), 0
        ),
        # No event has the size of a served shard.
        "bytes_served": None,
        "import_efficiency": _efficiency(ends, _IMPORTS),
        "export_efficiency": _efficiency(ends, _EXPORTS),
    }


def _efficiency(
    ends: Mapping[tuple[int, int], int], kinds: Iterable[tuple[int, int, int]]
) -> float | None:
    """Return the share of ended requests that succeeded."""
    done = sum(ends.get((first, done), 0) for first, done, _ in kinds)
    failed = sum(ends.get((first, failed), 0) for first, _, failed in kinds)
    return round(done / (done + failed), 3) if done + failed else None


def import_sharing(requests: Iterable[Json], transfers: Iterable[Json]) -> answers.ImportSharing:
    """Return the segments that guarantors of a core requested from earlier guarantors.

    Args:
        requests: SendingSegmentRequest events of the core, newest first.
        transfers: SegmentsTransferred events of the core, of the requesting nodes.
    """
    sent: list[answers.SegmentTransfer] = [
        {
            "node_id": each["node_id"],
            "peer_id": _fields(each)["prev_guarantor"],
            "segments": _fields(each)["segments"],
            "timestamp": each["timestamp"],
        }
        for each in requests
    ]
    received: list[answers.SegmentReceipt] = [
        {
            "node_id": each["node_id"],
            "request_id": _fields(each)["request_id"],
            "timestamp": each["timestamp"],
        }
        for each in transfers
    ]
    answered = {(each["session"], _fields(each)["request_id"]) for each in transfers}
    done = [
        one
        for one, each in zip(sent, requests, strict=True)
        if (each["session"], each["event_id"]) in answered
    ]
    return {"transfers": done, "sent": sent, "received": received}


def _fields(event: Json) -> Json:
    fields: Json = next(iter(event["data"].values()))
    return fields


def validators(
    core: int,
    counts: Iterable[Json],
    nodes: Iterable[Json],
    heads: Iterable[Json],
    until_us: int,
) -> answers.CoreValidators:
    """Return the answer of ``/api/cores/{i}/validators``, without its time.

    Args:
        core: The core.
        counts: Package counts of this core by node.
        nodes: All nodes.
        heads: ``node`` and ``best``, the highest best slot of each node in the window.
        until_us: End of the window; a node with an event shortly before it is active.
    """
    known = {node["node_id"]: node for node in nodes}
    best = {row["node"]: row["best"] for row in heads}
    listed: list[answers.CoreValidator] = [
        {
            "node_id": row["node"],
            # No event has the index of a node in the validator set.
            "validator_index": None,
            "guarantee_count": row["guaranteed"],
            "signature_count": row["signed"],
            "packages": row["rows"],
            "last_active": server_time(row["last_at"]),
            "latest_slot": best.get(row["node"]),
            "implementation_name": _text(known, row["node"], "implementation_name"),
            "implementation_version": _text(known, row["node"], "implementation_version"),
            "is_active": row["last_at"] >= until_us - ACTIVE_US,
        }
        for row in _most_guarantees_first(counts)
    ]
    return {"core_index": core, "validators": listed, "validator_count": len(listed)}


def _text(nodes: Mapping[str, Json], node: str, name: str) -> str:
    return str((nodes.get(node) or {}).get(name) or "unknown")


def metrics(
    core: int,
    packages: PackageSet,
    day: PackageSet,
    counts: Sequence[Json],
    completion: Percentiles | None,
    seconds: float | None,
) -> answers.CoreMetrics:
    """Return the answer of ``/api/cores/{i}/metrics``, without its time.

    Args:
        core: The core.
        packages: The packages of the window.
        day: The packages of the last 24 hours.
        counts: Package counts of this core by node.
        completion: Percentiles from the submission to the last guarantee sent.
        seconds: Length of the window; ``None`` if it has no start.
    """
    total = {name: sum(row[name] or 0 for row in counts) for name in _ADDED}
    refined, failed = total["refined"], total["refining_failed"]
    measured, received = total["measured"], packages.distinct("received")
    gas_used, gas_limit = total["gas_used"], total["gas_limit"]
    return {
        "core_index": core,
        "processing_efficiency_pct": _percent(refined, refined + failed),
        # Accumulation is not reported by core.
        "accumulate_efficiency_pct": None,
        "distribution_efficiency_pct": _percent(total["distributions"], total["guaranteed_ended"]),
        "network_latency_ms": mean_ms(total["distribution_us"], total["distributions"]),
        "average_completion_time_ms": mean_ms(total["completion_us"], total["distributed"]),
        "p95_latency_ms": completion["p95_ms"] if completion else None,
        "throughput_per_second": round(received / seconds, 6) if seconds else None,
        "gas_utilization_pct": _percent(gas_used, gas_limit),
        "work_packages_processed_24h": day.distinct("built"),
        "stats": {
            "wps_received": received,
            "refinements_completed": refined,
            "refinements_failed": failed,
            "reports_built": total["built"],
            "guarantees_built": total["guaranteed"],
            "guarantees_distributed": total["distributed"],
            "active_validators": len(counts),
            "avg_gas_used": quotient(gas_used, measured) if measured else None,
            "avg_gas_limit": quotient(gas_limit, measured) if measured else None,
        },
        "sample_count": completion["sample_count"] if completion else 0,
    }


_ADDED = (
    "refined",
    "refining_failed",
    "built",
    "guaranteed",
    "guaranteed_ended",
    "distributed",
    "distributions",
    "distribution_us",
    "completion_us",
    "measured",
    "gas_used",
    "gas_limit",
)


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 2) if whole else None


# Outcomes of a guarantor's row that has a guarantee.
GUARANTEED = ("distributed", "signed", "unfinished")


def count_superseded(failed: Iterable[Json], guaranteed: Iterable[Json]) -> dict[str, int]:
    """Count by node the attempts that failed while another guarantor guaranteed the package.

    Args:
        failed: ``node`` and ``hash`` of failed attempts.
        guaranteed: ``hash`` of guaranteed packages.
    """
    known = {row["hash"] for row in guaranteed}
    return Counter(row["node"] for row in failed if row["hash"] in known)


def bottlenecks(
    core: int, counts: Sequence[Json], superseded: Mapping[str, int] | None = None
) -> answers.CoreBottlenecks:
    """Return the answer of ``/api/cores/{i}/bottlenecks``, without its time.

    It lists guarantors that take more than 1.2 times the mean of all from a package received to
    its report, or fail with more than a twentieth of their attempts; the slowest first. A
    superseded attempt is not a failure; it is counted separately.

    Args:
        core: The core.
        counts: Package counts of this core by node.
        superseded: Result of ``count_superseded``.
    """
    means = [row["processing_us"] / row["processed"] for row in counts if row["processed"]]
    mean = sum(means) / len(means) if means else None
    late = superseded or {}
    every = [_pace(row, mean, late.get(row["node"], 0)) for row in counts]
    slow = [
        each
        for each in every
        if (each["slowdown_factor"] or 0) > _LISTED_SLOWDOWN
        or (each["failure_rate"] or 0) > _LISTED_FAILURES
    ]
    slow.sort(key=lambda each: (-(each["slowdown_factor"] or 0), str(each["node_id"])))
    slow = slow[:_SLOWEST]
    attempts = sum(each["event_count"] for each in every)
    failed = sum(each["failure_count"] for each in every)
    return {
        "core_index": core,
        "slow_validators": slow,
        "bottleneck_messages": [message for each in slow for message in _messages(each)],
        "superseded": sum(each["superseded"] for each in every),
        "stats": {
            "total_events": attempts,
            "total_failures": failed,
            "failure_rate": share(failed, attempts),
            "validator_count": len(counts),
            "bottleneck_count": len(slow),
        },
    }


def _attempts(row: Json) -> int:
    attempts: int = row["rows"] - row["duplicates"]
    return attempts


def _pace(row: Json, mean: float | None, superseded: int) -> answers.SlowValidator:
    own = row["processing_us"] / row["processed"] if row["processed"] else None
    slowdown = round(own / mean, 3) if own is not None and mean else None
    failed = row["failed"] - superseded
    rate = share(failed, _attempts(row))
    return {
        "node_id": row["node"],
        "avg_processing_ms": ms(own),
        "event_count": _attempts(row),
        "failure_count": failed,
        "superseded": superseded,
        "failure_rate": rate,
        "slowdown_factor": slowdown,
        "is_bottleneck": (slowdown or 0) > _SLOWDOWN or (rate or 0) > _FAILURES,
    }


def _messages(pace: answers.SlowValidator) -> list[answers.BottleneckMessage]:
    node = str(pace["node_id"])
    messages = []
    if (slowdown := pace["slowdown_factor"] or 0) > _SLOWDOWN:
        text = f"{node[:16]} takes {slowdown:.1f} times as long as the mean"
        messages.append(("warning", "slow_validator", text))
    if (rate := pace["failure_rate"] or 0) > _FAILURES:
        text = f"{node[:16]} fails with {100 * rate:.1f} % of its attempts"
        messages.append(("error", "high_failure_rate", text))
    return [
        {"severity": severity, "type": kind, "message": message, "node_id": node}
        for severity, kind, message in messages
    ]
