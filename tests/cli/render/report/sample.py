"""A small report: two implementations, of which beta is slower and breaks a rule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tart.cli.render.report.values import Report

START, END = "2026-11-20T12:00:00.000000Z", "2026-11-20T13:00:00.000000Z"
WINDOW = {"start": START, "end": END}
ALPHA, BETA = {"name": "alpha", "version": "1.0"}, {"name": "<b>beta</b>", "version": "2.0"}
NODES = ["ab" * 32, "cd" * 32]
STEP = "Importing_to_BlockVerified"


def measure(name: str = STEP, **more: Any) -> dict[str, Any]:
    values = {"kind": "step", "unit": "ms", "effect": "ratio", "higher_is_worse": True}
    return {"name": name, "description": "Duration.", "events": "durations", **values, **more}


def group(name: str, value: float, **more: Any) -> dict[str, Any]:
    values = {"nodes": 5, "nodes_left_out": 1, "events": 1234, "value": value}
    ends = {"node_min": value / 2, "node_median": value, "node_max": value * 2}
    times = {"p50_ms": value, "p95_ms": value * 3, "p99_ms": value * 4}
    return {"measure": STEP, "group": name, "version": None, **values, **ends, **times, **more}


def pair(a: str, b: str, **more: Any) -> dict[str, Any]:
    values = {"measure": STEP, "ratio": 1.53, "difference": None, "low": 1.2, "high": 1.9}
    found = {"p": 0.0012, "significant": True, "worse": b, "state": "different", "reason": None}
    return {"a": a, "b": b, **values, **found, **more}


NOT_DIFFERENT = {"significant": False, "worse": None, "state": "not_different", "p": 0.4}
NO_DATA = {
    "significant": False, "worse": None, "state": "not_enough_data", "p": None, "ratio": None,
    "low": None, "high": None, "reason": "too few nodes",
}  # fmt: skip


def comparison(**more: Any) -> dict[str, Any]:
    values = {
        "window": WINDOW, "by": "implementation", "level": 0.95, "comparisons": 2,
        "nodes_unknown": 3, "nodes_changed": 0, "measures": [measure()],
        "groups": [group("alpha", 24.0), group("<b>beta</b>", 37.25)],
        "differences": [pair("alpha", "<b>beta</b>")],
    }  # fmt: skip
    return {**values, **more}


def implementation(name: dict[str, str], **more: Any) -> dict[str, Any]:
    spread = {"nodes": 5, "reached": 5, "at_start": 0, "first_at": START, "half_at": None,
              "most_at": None, "all_at": None}  # fmt: skip
    values = {
        "nodes": 5, "changed": 1, "uptime_share": 0.875, "restarts": 2, "events": 54_321,
        "dropped_messages": 4, "failures": 17, "deviating_nodes": 1, "event_types": [10, 11],
        "protocol_versions": [1], "params_layouts": ["gp-0.7"], "series": [0, 3, 5],
    }  # fmt: skip
    return {**name, **values, "spread": spread, **more}


def block(author: dict[str, str] | None, at: str, chain: str = "finalized") -> dict[str, Any]:
    named = author and {
        "node_id": NODES[0],
        "implementation_name": author["name"],
        "implementation_version": author["version"],
    }
    return {"hash": "12" * 32, "chain": chain, "author": named, "first_had_at": at}


def slot(number: int, *blocks: dict[str, Any], state: str | None = None) -> dict[str, Any]:
    state = state or ("authored" if blocks else "missed")
    return {"slot": number, "state": state, "blocks": list(blocks)}


def report(**more: Any) -> Report:
    """Return a report with every section; members may be replaced."""
    sections: dict[str, Any] = {
        "network": {
            "network": {"genesis": "0x12"},
            "topology": {"validator_count": 10, "core_count": 3, "epoch_period": 12,
                         "slot_period_sec": 6},
        },
        "implementations": {
            "window": WINDOW,
            "buckets": {"start": START, "seconds": 60, "count": 3, "total": [0, 6, 10]},
            "implementations": [implementation(ALPHA), implementation(BETA)],
        },
        "nodes": {
            "window": WINDOW,
            "implementations": [ALPHA, BETA],
            "nodes": {
                "node_id": NODES, "implementation": [1, 0], "events": [5, 6], "failures": [1, 0],
                "dropped_messages": [0, 2], "undecodable": [0, 0], "errors": [1, 0],
                "warnings": [0, 0], "clock_offset_ms": [12.5, None],
            },
        },
        "comparison": comparison(),
        "blocks": {"window": WINDOW, "totals": {"authored": 7, "authoring_failed": 1}},
        "propagation": {
            "window": WINDOW,
            "last_hour": delays(24.25),
            "node_clocks": delays(20.5),
            "coverage": {"received_at": [{"share": 0.9, "blocks": 7, "blocks_reached": 6,
                                          "p50_ms": 40.5, "p95_ms": 80.5, "max_ms": 99.5}]},
        },
        "production": {"window": WINDOW, "interval_minutes": 5, "data": [{"blocks": 4}, {}]},
        "finality": {
            "window": WINDOW, "stalls": [],
            **{name: {"count": 3, "p50_ms": 1.0, "p95_ms": 2.0, "max_ms": 3.0}
               for name in ("node_delay", "network_delay", "spread")},
        },
        "failure_rates": {
            "window": WINDOW,
            "overall": {"failed_events": 17, "attempts": 1000},
            "by_category": [
                {"category": "block_requests", "attempts": 1000, "failures": 17, "rate": 0.017}
            ],
        },
        "failures": {
            "window": WINDOW,
            "totals": {"groups": 1, "failures": 17, "new": 1},
            "has_more": False,
            "failures": [{"event_name": "BlockRequestFailed", "template": "<timeout>", "count": 17,
                          "nodes": 2, "is_new": True, "versions": [{**BETA, "count": 17}]}],
        },
        "conformance": {
            "window": WINDOW, "verdict": "error", "implementations": [
                {**ALPHA, "nodes": 5, "verdict": "conformant"},
                {**BETA, "nodes": 5, "verdict": "error"},
            ],
            "nodes": [{"node_id": NODES[0], "implementation": 1}],
            "rules": [{"code": "second_outcome", "severity": "error", "explanation": "Twice.",
                       "count": 9, "nodes": 1}],
            "cells": [{"rule": 0, "node": 0, "count": 9}],
        },
        "funnel": {
            "window": WINDOW, "packages": 20, "exact": False, "stages": [
                {"stage": "submitted", "reached": 20, "lost": 2, "waiting": 1, "stopped": 0,
                 "reasons": [{"reason": None, "count": 2}]},
                {"stage": "available", "reached": 17, "lost": 0, "waiting": 0, "stopped": 0,
                 "reasons": []},
            ],
        },
        "stages": {"window": WINDOW, "bucket_seconds": 60, "stages": [
            {"stage": "submitted_to_received", "counts": [3, 0, 4], "p50_ms": [10.5, None, 11.5],
             "p95_ms": [20.5, None, 21.5]}]},
        "assurances": {"window": WINDOW, "total_anchors": 9, "totals": {"sent": 30}},
        "guarantees": {"window": WINDOW, "totals": {"send_failed": 2}},
        "execution": {"window": WINDOW, "by_service": [
            {"service_id": 7, "items_refined": 4, "refine_gas_used": "99999999999999999999",
             "refine_time_ns": 8_000_000, "accumulations": 0, "accumulate_gas_used": 0,
             "accumulate_average_time_ns": None}]},
        "chain": None,
        "alerts": {"has_more": True, "history": [
            {"alert": "NodeSilent", "to": "firing", "severity": "warning", "at": START,
             "labels": {"node": NODES[0]}, "summary": "silent & gone"},
            {"alert": "NodeSilent", "to": "resolved", "severity": "warning", "at": END,
             "labels": {"node": NODES[0]}, "summary": ""}]},
        "slots": [
            slot(1, block(ALPHA, START)), slot(2),
            slot(3, block(None, END), block(BETA, END, "fork")),
        ],
    }  # fmt: skip
    whole = Report(url="http://tart", version="0.1.0", start=START, end=END, **sections)
    return replace(whole, **more)


def delays(milliseconds: float) -> dict[str, Any]:
    names = ("avg", "p50", "p95", "p99")
    values = {f"{name}_propagation_ms": milliseconds + place for place, name in enumerate(names)}
    return {"sample_count": 11, "late": 1, **values}


def chain(**more: Any) -> dict[str, Any]:
    compared = {"claimed": 9, "on_chain": 7, "difference": -2}
    finding = {
        "kind": "unknown_guarantee",
        "node_id": NODES[1],
        "implementation": "alpha",
        "epoch": 3,
        "count": 2,
        "examples": [{"hash": "34" * 32, "slot": 41}],
    }
    values = {
        "window": WINDOW,
        "chain": {"first_slot": 1, "last_slot": 3, "compared": 3, "pending": 0,
                  "without_statistics": 0, "irregular": 0, "forks": 1},
        "implementations": [{**ALPHA, "nodes": 5, "blocks": compared, "guarantees": compared,
                             "assurances": compared, "findings": {"unknown_guarantee": 2}}],
        "findings": [finding], "total_findings": 1,
        "epochs": [{"epoch": 3, "blocks": 3, "validators": 10, "matched": 8,
                    "validators_without_telemetry": [4], "unmatched_nodes": [],
                    "contradictions": []}],
    }  # fmt: skip
    return {**values, **more}
