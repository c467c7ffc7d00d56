"""Made answers for the views: of a small network, of an empty one, and of a hostile one."""

from __future__ import annotations

import copy
from datetime import UTC, datetime

from tart.dash.core.model import Place
from tart.dash.core.views.table import BY_NAME

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
NODE, OTHER = "3f2a" + "0" * 60, "beef" + "1" * 60
BLOCK, FORK = "ab" * 32, "cd" * 32
PACKAGE = "9c" * 32
WINDOW = {"start": "2026-11-30T11:00:00.000000Z", "end": "2026-11-30T12:00:00.000000Z"}
# Cursor movement, rich markup, wide and combining characters, right-to-left override.
HOSTILE = "\x1b[2J[bold]x[/]\n日本\u0301\u202e\tend"

SIM = {"node_id": NODE, "implementation_name": "PolkaJam", "implementation_version": "0.1.26"}
NAMELESS = {"node_id": OTHER, "implementation_name": None, "implementation_version": None}


def at(second):
    """The time of an answer, seconds before the present."""
    stamp = datetime.fromtimestamp(NOW.timestamp() - second, UTC)
    return f"{stamp:%Y-%m-%dT%H:%M:%S.%f}Z"


def block(**changes):
    made = {
        "hash": BLOCK,
        "parent": None,
        "author": SIM,
        "chain": "best",
        "authored_at": at(10),
        "first_had_at": at(10),
        "nodes": 5,
        "expected": 6,
        "late": 0,
        "until_50_ms": 215.43,
        "until_90_ms": 1465.308,
        "until_99_ms": None,
        "size_bytes": 30_708,
        "num_tickets": 1,
        "num_preimages": 2,
        "num_guarantees": 3,
        "num_assurances": 4,
        "num_dispute_verdicts": 0,
    }
    return made | changes


def slot(number, state="authored", **changes):
    made = {
        "slot": number,
        "time": at(1_000_000 - number),
        "state": state,
        "blocks": [],
        "authoring_failed": 0,
        "import_failed": 0,
    }
    return made | changes


def slots():
    return {
        "clock": "server",
        "slot_seconds": 6,
        "follows_calendar": True,
        "newest_slot": 1003,
        "best_slot": 1002,
        "finalized_slot": 995,
        "slots": [
            slot(999, "unknown"),
            slot(1000, "missed", authoring_failed=2, import_failed=1),
            slot(1001, blocks=[block(), block(hash=FORK, chain="fork", author=None)]),
            slot(1002, blocks=[block(hash="ef" * 32, nodes=6)]),
            slot(1003, "pending"),
        ],
    }


def step(name, p50, p95):
    return {"step": name, "from_type": 43, "to_type": 45, "count": 9, "p50_ms": p50, "p95_ms": p95}


def blocks_answers():
    steps = [
        step("Importing_to_BlockVerified", 50.5, 85.0),
        step("Importing_to_BlockExecuted", 202.1, 285.9),
        step("Authoring_to_BlockExecuted", 340.0, 480.8),
    ]
    return {"slots": slots(), "steps": {"steps": steps}}


def stages(nodes, **columns):
    names = (
        "had",
        "announced_to",
        "announced_by",
        "transferred",
        "importing",
        "verified",
        "executed",
        "best",
        "finalized",
        "verification_ms",
        "execution_ms",
    )
    return {"node": nodes} | {name: [None] * len(nodes) for name in names} | columns


def slot_answers():
    first = block() | {
        "reference": "authored",
        "authoring_ms": 235.1,
        "curve": {"ms": [], "share": []},
        "share": 0.8,
        "never": [1],
        "without_clock": 0,
        "stages": stages([0, 2, 1], had=[0.0, 120.5, None], verified=[None, 180.5, None]),
    }
    second = first | {
        "hash": FORK,
        "chain": "fork",
        "author": None,
        "reference": "first_had",
        "never": [2],
        "stages": stages([0], had=[-3.5]),
    }
    failure = {
        "node": 1,
        "hash": BLOCK,
        "event_type": 44,
        "stage": "verification",
        "reason": "bad seal",
        "at": at(9),
        "ms": 130.0,
    }
    return {
        "slot": {
            "slot": 1001,
            "time": at(10),
            "clock": "server",
            "slot_seconds": 6,
            "state": "authored",
            "newest_slot": 1003,
            "best_slot": 1002,
            "finalized_slot": 995,
            "nodes": [SIM, NAMELESS, {**SIM, "node_id": "77" * 32}],
            "blocks": [first, second],
            "failures": [failure, failure | {"hash": None, "stage": "authoring", "ms": None}],
            "timestamp": at(0),
        }
    }


STAGES = ("received", "authorized", "refined", "report_built", "guarantee_built", "distributed")


def package(**changes):
    reached = {name: at(20 - 0.5 * index) for index, name in enumerate(STAGES)}
    later = {"guarantee_received": at(17), "included": at(12.5), "available": at(12)}
    made = {
        "hash": PACKAGE,
        "core_index": 1,
        "node_id": NODE,
        "submitted_at": at(20.5),
        "last_update": at(12),
        "current_stage": "available",
        "stages": reached | later | {"discarded": None, "failed": None},
        "failure_reason": None,
        "discard_reason": None,
        "nodes_involved": 3,
        "elapsed_ms": 8500.25,
        "submitted_to": NODE,
        "is_active": False,
        "superseded": False,
        "report_hash": None,
        "erasure_root": None,
    }
    return made | changes


def work_answers():
    failed = package(
        hash="8b" * 32,
        core_index=None,
        current_stage="failed",
        stages={"received": at(5)},
        failure_reason="not authorized",
        elapsed_ms=0.0,
    )
    superseded = failed | {"hash": "7a" * 32, "superseded": True}
    counts = {"lost": 0, "waiting": 0, "stopped": 0, "reasons": []}
    return {
        "packages": {
            "work_packages": [package(), failed, superseded],
            "summary": {"available": 1, "failed": 2, "superseded": 1},
            "reached": {"received": 3},
            "failure_breakdown": {"not authorized": 2},
            "stage_duration_percentiles": {
                "received_to_authorized": {"p50_ms": 10.6, "p95_ms": 17.9, "sample_count": 27}
            },
            "complete": True,
            "window": WINDOW,
        },
        "funnel": {
            "stages": [
                counts | {"stage": "submitted", "reached": 9, "lost": 2, "stopped": 1},
                counts | {"stage": "refined", "reached": 6, "waiting": 2},
                counts | {"stage": "available", "reached": 4},
            ],
            "packages": 9,
            "unidentified": {"submissions": 2, "shares": 3, "failed": 5},
            "failure_groups": [
                {
                    "event_type": 92,
                    "event_name": "WorkPackageFailed",
                    "reason": "not authorized",
                    "count": 11,
                    "nodes": 6,
                    "last_at": at(30),
                    "last_node": NODE,
                    "example_event_id": 440_576,
                },
                {
                    "event_type": 107,
                    "event_name": "GuaranteeSendFailed",
                    "reason": "",
                    "count": 1,
                    "nodes": 1,
                    "last_at": at(90),
                    "last_node": OTHER,
                    "example_event_id": None,
                },
            ],
            "exact": False,
            "window": WINDOW,
        },
    }


def bar(stage, start, end, **changes):
    made = {
        "stage": stage,
        "status": "completed",
        "start_ms": start,
        "end_ms": end,
        "start_event_id": 256,
        "end_event_id": 512,
        "reason": None,
        "peer_id": None,
        "typical": {"p50_ms": 71.468, "p95_ms": 169.979, "sample_count": 27},
        "is_critical": True,
    }
    return made | changes


def package_answers():
    return {
        "package": {
            "hash": PACKAGE,
            "work_package_hash": PACKAGE,
            "core_index": 1,
            "current_stage": "failed",
            "failed": True,
            "superseded": False,
            "failure_reason": "gas",
            "truncated": True,
            "origin": at(20),
            "duration_ms": 5801.5,
            "slot": None,
            "guarantors": [NODE, OTHER],
            "rows": [
                {
                    "node_id": NODE,
                    "role": "primary",
                    "outcome": "failed",
                    "session": 257,
                    "start_ms": 0.0,
                    "end_ms": 905.8,
                    "clock_offset_ms": 2.5,
                    "is_corrected": False,
                    "bars": [
                        bar("submit", 0.0, 49.942),
                        bar(
                            "refine",
                            49.942,
                            237.5,
                            status="failed",
                            reason="gas",
                            typical=None,
                            end_event_id=None,
                        ),
                    ],
                    "shares": [
                        bar("share", 20.0, 60.0, peer_id=OTHER, start_event_id=None)
                        | {"end_event_id": None, "is_critical": False}
                    ],
                    "marks": [],
                }
            ],
            "groups": [
                {
                    "name": "guarantees_discarded",
                    "event_type": 113,
                    "count": 3,
                    "read": 3,
                    "nodes": 2,
                    "first_ms": 1000.0,
                    "p50_ms": 1500.0,
                    "p90_ms": None,
                    "last_ms": None,
                    "histogram": None,
                    "reasons": {"TooMany": 2, "Replaced": 1},
                    "first_event_id": None,
                    "last_event_id": 768,
                }
            ],
            "chain": {
                "guarantee_received_ms": 1380.5,
                "included_ms": None,
                "available_ms": None,
                "discarded_ms": 5801.5,
            },
            "critical_path": [],
            "typical_since": at(3600),
        }
    }


LEGEND = [
    {"symbol": "f", "stage": "failed", "is_loss": True},
    {"symbol": "d", "stage": "discarded", "is_loss": True},
    {"symbol": "9", "stage": "available", "is_loss": False},
]


def core_status(index, **changes):
    made = {
        "core_index": index,
        "status": "active",
        "work_packages_last_hour": 4,
        "guarantees_last_hour": 3,
        "gas_used": 1_547_943_879,
        "da_load": 4_060_275,
        "popularity_avg": None,
        "imports": 5,
        "exports": 8,
        "extrinsic_count": None,
        "extrinsic_size": 63_879,
        "active_blocks": 4,
        "window_blocks": 6,
        "utilization_pct": 66.67,
        "last_active_slot": 1002,
        "slots_since_active": 1,
    }
    return made | changes


def cores_answers():
    idle = {"status": "idle", "gas_used": str(2**70), "utilization_pct": None}
    never = {"last_active_slot": None, "slots_since_active": None}
    return {
        "status": {
            "cores": [core_status(0), core_status(1, **idle, **never)],
            "summary": {"total_cores": 2, "active_cores": 1, "idle_cores": 1},
            "telemetry": {
                "guarantees_last_hour": 6,
                "work_packages_last_hour": 8,
                "last_activity": None,
            },
            "exact": True,
            "window": WINDOW,
        },
        "grid": {
            "legend": LEGEND,
            "first_slot": 980,
            "last_slot": 1003,
            "slot_seconds": 6,
            "cores": [
                {
                    "core_index": 0,
                    "cells": "." * 20 + "9f.d",
                    "packages": 4,
                    "outcomes": [1, 1, 2],
                }
            ],
            "slots": [],
            "outcomes": {"failed": 1, "discarded": 1, "available": 2},
            "outside": 0,
            "exact": True,
            "window": WINDOW,
        },
    }


def core_answers():
    return {
        "metrics": {
            "core_index": 1,
            "processing_efficiency_pct": 100.0,
            "accumulate_efficiency_pct": None,
            "distribution_efficiency_pct": 100.0,
            "network_latency_ms": 481.6,
            "average_completion_time_ms": 1297.1,
            "p95_latency_ms": None,
            "throughput_per_second": 0.0125,
            "gas_utilization_pct": 22.83,
            "work_packages_processed_24h": 4,
            "stats": {
                "wps_received": 4,
                "refinements_completed": 11,
                "refinements_failed": 1,
                "reports_built": 10,
                "guarantees_built": 4,
                "guarantees_distributed": 3,
                "active_validators": 2,
                "avg_gas_used": str(2**65),
                "avg_gas_limit": None,
            },
            "sample_count": 4,
        },
        "packages": {
            "work_packages": [
                {
                    "hash": PACKAGE,
                    "work_package_hash": PACKAGE,
                    "stage": "available",
                    "status": "available",
                    "is_active": False,
                    "last_update": at(5),
                    "submitted_at": at(12),
                    "submitting_node": None,
                    "node_id": NODE,
                    "slot": 1001,
                    "gas_used": None,
                    "elapsed_ms": 7000.0,
                }
            ]
        },
        "guarantors": {
            "validators": [
                {
                    "node_id": node["node_id"],
                    "validator_index": None,
                    "guarantee_count": 2,
                    "signature_count": 1,
                    "packages": 4,
                    "last_active": at(7),
                    "latest_slot": 1003,
                    "implementation_name": node["implementation_name"] or "",
                    "implementation_version": node["implementation_version"] or "",
                    "is_active": True,
                }
                for node in (SIM, NAMELESS)
            ]
        },
        "bottlenecks": {
            "slow_validators": [
                {
                    "node_id": NODE,
                    "avg_processing_ms": 589.1,
                    "event_count": 3,
                    "failure_count": 1,
                    "superseded": 0,
                    "failure_rate": 0.333,
                    "slowdown_factor": 1.502,
                    "is_bottleneck": True,
                }
            ],
            "bottleneck_messages": [
                {
                    "severity": "warning",
                    "type": "slow_validator",
                    "message": "3f2a0000 takes 1.5 times as long as the mean",
                    "node_id": NODE,
                }
            ],
            "superseded": 2,
            "stats": {
                "total_events": 11,
                "total_failures": 1,
                "failure_rate": 0.09,
                "validator_count": 2,
                "bottleneck_count": 1,
            },
        },
    }


def event(number, **changes):
    made = {
        "id": number,
        "node_id": NODE,
        "session": 512,
        "event_id": 461,
        "event_type": 42,
        "timestamp": at(4),
        "received_at": at(3),
        "data": {
            "Authored": {
                "timestamp": 60_272_086_024_543,
                "authoring_id": 417,
                "outline": {"size_bytes": 7880, "hash": f"0x{BLOCK}"},
                "cores": [0, 1],
                "items": [{"service": 1}, {"service": 2}],
                "reason": None,
            }
        },
        "node_name": "PolkaJam",
        "node_version": "0.1.26",
        "context": {"slot": 1002, "core": None, "hash": None, "root_event_id": None},
    }
    return made | changes


def events_answers():
    bare = event(
        512,
        event_type=200,
        data={},
        node_name=None,
        node_version=None,
        context={"slot": None, "core": 3, "hash": None, "root_event_id": None},
    )
    return {
        "events": {"events": [event(768), bare], "has_more": False, "window": WINDOW},
        "live": {"last_10s": {"events_per_second": 96.1}},
    }


def event_answers():
    undecodable = {
        "rule": "trailing_bytes",
        "field": "outline",
        "offset": 17,
        "expectation": "the end",
    }
    raw = {"payload": "0x" + "00" * 60, "frame": "0x" + "00" * 64}
    return {"event": event(768) | {"raw": raw, "undecodable": undecodable}}


def matrix():
    return {
        "verdict": "error",
        "event_count": 3739,
        "rules": [
            {
                "code": "trailing_bytes",
                "severity": "error",
                "scope": "message",
                "explanation": "The message has bytes after its end.",
                "counted": "Messages",
                "docs": "/api/docs/rules/trailing_bytes",
                "count": 5,
                "nodes": 2,
                "first_at": at(600),
                "last_at": at(60),
            },
            {
                "code": "events_dropped",
                "severity": "info",
                "scope": None,
                "explanation": "The node dropped events.",
                "counted": "Dropped messages",
                "docs": None,
                "count": 1,
                "nodes": 1,
                "first_at": at(300),
                "last_at": at(300),
            },
        ],
        "implementations": [
            {"name": "PolkaJam", "version": "0.1.26", "nodes": 1, "verdict": "error"},
            {"name": None, "version": None, "nodes": 1, "verdict": "error"},
        ],
        "nodes": [
            {
                "node_id": NODE,
                "implementation": 0,
                "is_connected": True,
                "verdict": "error",
                "event_count": 3000,
            },
            {
                "node_id": OTHER,
                "implementation": 1,
                "is_connected": False,
                "verdict": "error",
                "event_count": 739,
            },
        ],
        "cells": [
            {"rule": 0, "node": 0, "count": 2, "first_at": at(600), "last_at": at(70)},
            {"rule": 0, "node": 1, "count": 3, "first_at": at(500), "last_at": at(60)},
            {"rule": 1, "node": 0, "count": 1, "first_at": at(300), "last_at": at(300)},
        ],
        "unidentified": 2,
        "window": WINDOW,
    }


def example(**changes):
    made = {
        "code": "trailing_bytes",
        "severity": "error",
        "docs": None,
        "node_id": OTHER,
        "implementation_name": None,
        "implementation_version": None,
        "event_name": "Status",
        "found": "0x0300",
        "id": 388_353,
        "session": 769,
        "event_id": 300,
        "event_type": 10,
        "at": at(60),
        "field": "num_peers",
        "offset": 17,
        "expectation": "the end of the message",
        "hex": "0xa618f5",
        "size": 25,
    }
    return made | changes


def conformance_answers():
    first_message = example(
        node_id=None, event_name=None, found=None, id=None, field="", hex=None, at=at(70)
    )
    return {
        "matrix": matrix(),
        "examples": {
            "examples": [example(), first_message],
            "has_more": True,
            "window": WINDOW,
        },
    }


def alert(**changes):
    made = {
        "id": "f00d-1",
        "fingerprint": "f00d",
        "alert": "NodeBehind",
        "state": "firing",
        "severity": "critical",
        "scope": "member",
        "labels": {"alertname": "NodeBehind", "node": NODE, "severity": "critical"},
        "annotations": {},
        "summary": "node 3f2a0000 is 7 slots behind",
        "figure": "node_behind_slots",
        "unit": "slots",
        "value": 7.0,
        "above": 5.0,
        "below": None,
        "since": at(40),
        "fired_at": at(30),
        "resolved_at": None,
        "missing_since": None,
        "silenced_by": [],
        "inhibited_by": None,
        "about": {"kind": "node", "id": NODE},
        "page": f"#/nodes/{NODE}",
        "is_builtin": True,
    }
    return made | changes


def alerts_answers():
    step = alert(
        id="beef-1",
        alert="StepFails",
        severity="warning",
        state="pending",
        labels={"alertname": "StepFails", "pipeline": "sharing", "severity": "warning"},
        summary="sharing: 31 of 195 failed in five minutes",
        about={"kind": "pipeline", "id": "sharing"},
        fired_at=None,
    )
    return {
        "alerts": {
            "alerts": [
                alert(),
                alert(id="f00d-2", silenced_by=["s1"]),
                alert(id="f00d-3", inhibited_by="FinalityStalled"),
                step,
            ],
            "counts": {
                "firing": 1,
                "pending": 1,
                "silenced": 1,
                "inhibited": 1,
                "by_severity": {"critical": 1, "warning": 0, "info": 0},
            },
            "problems": ["rule Custom cannot be evaluated: no column of that name"],
            "evaluated_at": at(2),
            "evaluated_since": at(900),
            "interval_seconds": 30.0,
            "shards_answered": 1,
            "shards_total": 2,
        },
        "history": {
            "history": [
                {
                    "id": 7,
                    "alert_id": "beef-0",
                    "alert": "StepFails",
                    "labels": step["labels"],
                    "severity": "warning",
                    "from": "firing",
                    "to": "resolved",
                    "at": at(70),
                    "value": 0.01,
                    "summary": step["summary"],
                }
            ],
            "has_more": True,
        },
        "silences": {
            "silences": [
                {
                    "id": "s1",
                    "matchers": ['alertname="NodeBehind"', 'node=~"3f.*"'],
                    "starts_at": at(60),
                    "ends_at": at(-7200),
                    "author": "ops",
                    "reason": "moving racks",
                    "state": "active",
                    "source": "api",
                    "alerts": 1,
                },
                {
                    "id": "s0",
                    "matchers": ['alertname="DiskFull"'],
                    "starts_at": at(7200),
                    "ends_at": at(3600),
                    "author": "",
                    "reason": "monthly work",
                    "state": "expired",
                    "source": "file",
                    "alerts": 0,
                },
            ]
        },
    }


def alert_rule(**changes):
    made = {
        "alert": "NodeBehind",
        "figure": "node_behind_slots",
        "unit": "slots",
        "by": "node",
        "above": 10.0,
        "below": None,
        "window_seconds": None,
        "against_seconds": None,
        "sql": None,
        "for_seconds": 60.0,
        "keep_firing_for_seconds": 0.0,
        "severity": "critical",
        "labels": {},
        "annotations": {},
        "channels": ["ops"],
        "on_missing": "keep",
        "is_builtin": True,
        "enabled": True,
        "state": "firing",
        "firing": 1,
        "pending": 2,
        "values": [{"labels": {"node": NODE}, "value": 1234.0}],
        "last_error": None,
        "evaluation_ms": 5.2,
        "last_fired_at": at(30),
    }
    return made | changes


def anomalies_answers():
    peers = {"figure": "peers", "value": 2.0, "median": 8.0, "scale": 0.5, "score": -12.0}
    return {
        "anomalies": {
            "minute": at(90),
            "minutes": 5,
            "persistent_minutes": 3,
            "nodes_compared": 6,
            "nodes": [
                {
                    "node_id": NODE,
                    "implementation_name": "sim",
                    "implementation_version": "0.1.0",
                    "score": 12.0,
                    "figure": "peers",
                    "figures": [peers | {"cohorts": {"network": -12.0}}],
                }
            ],
            "nodes_truncated": 2,
            "groups": [
                {
                    "kind": "version",
                    "name": "sim 0.1.0",
                    "figure": "import_ms",
                    "nodes": 5,
                    "median": 80.25,
                    "network_median": 20.0,
                    "score": 4.5,
                }
            ],
            "network": [
                {"figure": "blocks_authored", "value": 3.0, "usual": 9.75, "score": 6.5}
                | {"known_minutes": 600},
                {"figure": "failure_share", "value": 0.0932, "usual": 0.02, "score": 0.0}
                | {"known_minutes": 600},
            ],
            "timestamp": at(0),
        }
    }


def alert_rules_answers():
    step = {"alert": "StepFails", "figure": "step_failure_share", "unit": "share", "by": None}
    sql = {"alert": "Custom", "figure": None, "unit": None, "by": None, "above": None}
    idle = {"firing": 0, "pending": 0, "values": [], "last_fired_at": None}
    return {
        "rules": {
            "rules": [
                alert_rule(),
                alert_rule(**step, **idle, above=2.0, against_seconds=3600.0, state="inactive"),
                alert_rule(**sql, **idle, state="failing", last_error="no column x"),
                alert_rule(**idle, alert="NodeAnomalous", enabled=False, state="unknown")
                | {"above": None, "below": 0.5, "evaluation_ms": None},
            ],
            "channels": [
                {
                    "name": "ops",
                    "type": "webhook",
                    "send_resolved": True,
                    "min_severity": "info",
                    "queued": 1,
                    "delivered": 20,
                    "failed": 3,
                    "dead": 1,
                    "last_error": "it answered 500",
                    "last_delivered_at": at(3600),
                }
            ],
            "file": None,
            "loaded_at": at(900),
            "errors": [],
        }
    }


FINGERPRINT = "0123456789abcdef"


def failure_group(**changes):
    made = {
        "fingerprint": FINGERPRINT,
        "event_type": 92,
        "event_name": "WorkPackageFailed",
        "template": "no route to <address>",
        "state": "regressed",
        "is_new": False,
        "count": 12,
        "nodes": 3,
        "versions": [{"name": "polkajam", "version": "0.3.2", "count": 12, "nodes": 3}],
        "first_seen": at(7200),
        "last_seen": at(5),
        "first_version": "0.3.0",
        "changed_at": at(60),
        "changed_by": None,
        "comment": "",
        "resolved_at": at(3600),
        "resolved_version": "0.3.1",
        "regressed_at": at(60),
        "regressed_version": "0.3.2",
        "series": [1, 2, 9],
    }
    return made | changes


def failures_answers():
    new = failure_group(
        fingerprint="fedcba9876543210", state="open", is_new=True, template="", versions=[]
    )
    return {
        "failures": {
            "failures": [failure_group(), new],
            "buckets": {"start": at(86400), "seconds": 3600, "count": 24},
            "totals": {
                "groups": 2,
                "failures": 24,
                "new": 1,
                "by_state": {"open": 1, "regressed": 1},
                "other_reasons": 0,
                "ungrouped": 0,
            },
            "watch": {
                "scanned_at": at(5),
                "is_complete": True,
                "groups": 2,
                "evicted": 0,
                "problem": None,
            },
            "has_more": True,
            "window": WINDOW,
        }
    }


def failure_answers():
    crumb = {
        "id": 511,
        "event_id": 6,
        "event_type": 90,
        "event_name": "WorkPackageSubmission",
        "received_at": at(6),
        "before_ms": 1234.0,
        "is_related": True,
        "summary": '{"core":1}',
    }
    sample = {
        "event": {
            "id": 767,
            "node_id": NODE,
            "received_at": at(5),
            "data": {"WorkPackageFailed": {"reason": "no route to 10.0.0.1"}},
        },
        "reason": "no route to 10.0.0.1",
        "outcome": "lost",
        "outcome_text": "Nothing came of it.",
        "breadcrumbs": [crumb, crumb | {"id": 512, "is_related": False}],
    }
    return {
        "failure": failure_group(
            summary="3 nodes report it.",
            comment="fixed in 0.3.1",
            buckets={"start": at(86400), "seconds": 3600, "count": 24},
            failing_nodes=[
                {"node_id": NODE, "name": "polkajam", "version": "0.3.2", "count": 9}
                | {"last_at": at(5)}
            ],
            reasons=[{"reason": "no route to 10.0.0.1", "count": 9, "last_at": at(5)}],
            different_reasons=4,
            samples=[sample],
            outcomes={
                "recovered": 1,
                "superseded": 0,
                "lost": 2,
                "unknown": 0,
                "examined": 3,
                "rule": None,
            },
            rate=0.25,
            window=WINDOW,
        )
    }


# The place and the answers of each view.
SAMPLES = {
    "blocks": (Place("blocks"), blocks_answers),
    "slot": (Place("slot", "1001"), slot_answers),
    "work": (Place("work"), work_answers),
    "package": (Place("package", PACKAGE), package_answers),
    "cores": (Place("cores"), cores_answers),
    "core": (Place("core", "1"), core_answers),
    "events": (Place("events"), events_answers),
    "event": (Place("event", "768"), event_answers),
    "conformance": (Place("conformance"), conformance_answers),
    "finding": (Place("finding", "trailing_bytes"), conformance_answers),
    "alerts": (Place("alerts"), alerts_answers),
    "alert-rules": (Place("alert-rules"), alert_rules_answers),
    "failures": (Place("failures"), failures_answers),
    "failure": (Place("failure", FINGERPRINT), failure_answers),
    "anomalies": (Place("anomalies"), anomalies_answers),
}


def show(name, argument=None, **changes):
    """The page of a view's sample, with some of its answers replaced."""
    place, answers = SAMPLES[name]
    if argument is not None:
        place = Place(name, argument)
    return BY_NAME[name].page(place, answers() | changes, NOW)


def figures(page):
    """Text, value and tone of each figure by its label."""
    return {figure.label: (figure.text, figure.value, figure.tone) for figure in page.figures}


def texts(table):
    """The texts of a table's rows by column."""
    keys = [column.key for column in table.columns]
    return [
        {key: cell.text for key, cell in zip(keys, row.cells, strict=True)} for row in table.rows
    ]


def hostile(answer):
    """An answer in which every text that a node chooses is hostile."""
    chosen = {
        "implementation_name",
        "implementation_version",
        "node_name",
        "node_version",
        "name",
        "version",
        "reason",
        "failure_reason",
        "discard_reason",
        "message",
        "expectation",
        "summary",
        "explanation",
        "field",
    }
    if isinstance(answer, list):
        return [hostile(item) for item in answer]
    if not isinstance(answer, dict):
        return answer
    made = {
        name: HOSTILE if name in chosen and isinstance(value, str) else hostile(copy.copy(value))
        for name, value in answer.items()
    }
    if "reasons" in made and isinstance(made["reasons"], dict):
        made["reasons"] = {HOSTILE: 1}
    if "data" in made:
        made["data"] = {"Authored": {"reason": HOSTILE, HOSTILE: HOSTILE}}
    return made
