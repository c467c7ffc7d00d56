"""``tart/query/topics/audits.py``: bundles that auditors recover, by node and report."""

from __future__ import annotations

from tart.protocol.events import EventKind
from tart.query.topics.audits import RECOVERY_STEP, ROOT_COUNTS, AuditRows, audits
from tart.query.topics.protocol_steps import StepRows
from tart.query.topics.time_series import Buckets
from tart.units import MINUTE_US

A, B, UNKNOWN = "aa" * 32, "bb" * 32, "cc" * 32
BUCKETS = Buckets(0, 2 * MINUTE_US - 1, MINUTE_US)
SENT, DONE = EventKind.SENDING_BUNDLE_SHARD_REQUEST, EventKind.BUNDLE_SHARD_TRANSFERRED
WHOLE, WHOLE_DONE = EventKind.SENDING_BUNDLE_REQUEST, EventKind.BUNDLE_TRANSFERRED
SERVED = EventKind.RECEIVING_BUNDLE_SHARD_REQUEST


def node(node_id):
    return {"node_id": node_id, "implementation_name": "x", "implementation_version": "1"}


def duration(parent, kind, count, node_id=A, bucket=0, number=60):
    return {
        "bucket": bucket,
        "node": node_id,
        "parent": int(parent),
        "type": int(kind),
        "bin": number,
        "count": count,
    }


def root(name, at, **counts):
    return {"root": name, "first_at": at, "last_at": at, **dict.fromkeys(ROOT_COUNTS, 0), **counts}


ROWS = AuditRows(
    buckets=BUCKETS,
    counts=[
        {"bucket": 0, "type": int(SENT), "count": 4},
        {"bucket": MINUTE_US, "type": int(SENT), "count": 2},
        {"bucket": 0, "type": int(WHOLE), "count": 1},
        {"bucket": 0, "type": int(EventKind.BUNDLE_RECONSTRUCTED), "count": 1},
    ],
    by_node=[
        {"node": A, "type": int(SENT), "count": 6},
        {"node": A, "type": int(WHOLE), "count": 1},
        {"node": B, "type": int(SERVED), "count": 6},
        {"node": UNKNOWN, "type": int(SERVED), "count": 1},
    ],
    durations=[
        duration(SENT, DONE, 3),
        duration(SENT, EventKind.BUNDLE_SHARD_REQUEST_FAILED, 1),
        duration(WHOLE, WHOLE_DONE, 1, bucket=MINUTE_US),
        duration(*RECOVERY_STEP, 1),
    ],
    roots=[
        root("01" * 32, 5, bundle_shards_served=2),
        root("02" * 32, 9, bundles_transferred=1),
        root("03" * 32, 7),
    ],
    reports=[
        {"erasure_root": "01" * 32, "report": None, "hash": "11" * 32, "core": 1},
        {"erasure_root": "01" * 32, "report": "21" * 32, "hash": "12" * 32, "core": 1},
    ],
    steps=StepRows([], []),
    nodes=[node(A), node(B)],
)


def test_requests_and_recoveries_of_auditors_are_added_up():
    found = audits(ROWS, 10)
    assert {name: value for name, value in found["recovery"].items() if value} == {
        "shard_requests": 6,
        "shards_transferred": 3,
        "shard_requests_failed": 1,
        "reconstructed": 1,
        "bundle_requests": 1,
        "bundles_transferred": 1,
        "p50_ms": found["recovery"]["p95_ms"],
        "p95_ms": found["recovery"]["p95_ms"],
    }
    assert found["series"] == {
        "shard_requests": [4, 2],
        "reconstructed": [1, 0],
        "bundle_requests": [1, 0],
        "bundles_transferred": [0, 1],
    }


def test_each_node_has_what_it_sent_and_served():
    auditor, assurer, unknown = audits(ROWS, 10)["nodes"]
    assert (auditor["node_id"], auditor["shard_requests"], auditor["served"]) == (A, 6, 0)
    assert auditor["shards_transferred"] == 3
    assert (assurer["node_id"], assurer["served"], assurer["shard_requests"]) == (B, 6, 0)
    assert (unknown["node_id"], unknown["implementation_name"]) == (UNKNOWN, None)
    # No event type reports judgments.
    assert auditor["judgments"] is None
    assert len(audits(ROWS, 1)["nodes"]) == 1


def test_reports_are_those_of_which_auditors_requested_something():
    found = audits(ROWS, 10)
    assert found["reports_total"] == 2
    newest, older = found["reports"]
    assert (newest["erasure_root"], newest["report_hash"]) == ("02" * 32, None)
    assert (older["report_hash"], older["work_package_hash"]) == ("21" * 32, "12" * 32)
    assert (older["core"], older["shards_served"]) == (1, 2)


def test_steps_of_audits_are_null_until_event_types_report_them():
    assert set(audits(ROWS, 10)["steps"].values()) == {None}
