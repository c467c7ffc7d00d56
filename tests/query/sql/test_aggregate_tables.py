"""``tart/query/sql/aggregate_tables.py``: rows of two shards become the rows of one table."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime

import pytest

from tart.protocol.events import EventKind
from tart.query.core import log_histogram
from tart.query.core.nodes import merge_node
from tart.query.topics.latency import latency_by_step
from tests.query.sql.sql_parts import Parts

HASH = bytes(range(32))


@pytest.fixture
def parts():
    made = Parts()
    for shard in (0, 1):
        made.add(shard, "nodes", node=3, node_id="aa" * 32)
    return made


def moment(second):
    return f"2026-11-21 12:00:{second:02d}"


def test_counts_of_a_node_on_two_shards_are_one_row(parts):
    for shard, count in ((0, 2), (1, 5)):
        parts.add(shard, "counts", bucket=moment(10), node=3, type=42, count=count)
        parts.add(shard, "counts", bucket=moment(20), node=3, type=42, count=1)
    assert parts.rows("event_stats_hourly") == [
        {
            "hour": datetime(2026, 11, 21, 12),  # noqa: DTZ001 - as DuckDB returns it
            "node_id": "aa" * 32,
            "event_type": 42,
            "event_name": "Authored",
            "event_count": 9,
        }
    ]


def statement(received_at, is_open, address="1.2.3.4:5"):
    return {"received_at": received_at, "session": 7, "address": address, "is_open": is_open}


def node(**changes):
    return {
        "node_id": "aa" * 32,
        "implementation_name": "one",
        "implementation_version": "1.0",
        "node_info": {"cores": 2},
        "address": "1.2.3.4:5",
        "connected_at": "2026-11-21T12:00:01.000000Z",
        "disconnected_at": None,
        "first_seen_at": "2026-11-21T12:00:01.000000Z",
        "last_seen_at": "2026-11-21T12:00:09.000000Z",
        "is_connected": True,
        "event_count": 4,
        "dropped_count": 3,
        "dropped_messages": 1,
        "undecodable": 0,
        "shed": {"rate": 2},
        "paused_seconds": 0.5,
        "best": {"slot": 9, "hash": "0x" + "01" * 32},
        "finalized": None,
        "synced": None,
        "statements": {
            "node_info": statement("2026-11-21T12:00:01.000000Z", True),
            "best": statement("2026-11-21T12:00:05.000000Z", True),
            "finalized": None,
            "synced": None,
        },
    } | changes


OTHER = node(
    implementation_name="two",
    connected_at="2026-11-21T12:00:02.000000Z",
    disconnected_at="2026-11-21T12:00:30.000000Z",
    last_seen_at="2026-11-21T12:00:30.000000Z",
    is_connected=False,
    dropped_count=2**64,
    best={"slot": 99, "hash": "0x" + "02" * 32},
    synced=True,
    shed={},
    statements={
        "node_info": statement("2026-11-21T12:00:02.000000Z", False),
        "best": statement("2026-11-21T12:00:29.000000Z", False),
        "finalized": None,
        "synced": statement("2026-11-21T12:00:29.000000Z", False),
    },
)


@pytest.mark.parametrize("pair", [(node(), OTHER), (OTHER, node()), (OTHER, OTHER)])
def test_nodes_are_merged_as_the_api_merges_them(parts, pair):
    for shard, part in enumerate(pair):
        document = json.dumps({**part, "dropped_count": str(part["dropped_count"])})
        parts.shards[shard]["documents"] = [document]
    (row,) = parts.rows("nodes")
    merged = merge_node(pair)
    for name in ("implementation_name", "address", "is_connected", "event_count", "synced"):
        assert row[name] == merged[name], name
    for name in ("dropped_count", "dropped_messages", "undecodable", "paused_seconds"):
        assert row[name] == merged[name], name
    for name in ("connected_at", "disconnected_at", "first_seen_at", "last_seen_at"):
        text = row[name] and row[name].strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        assert text == merged[name], name
    assert row["best_slot"] == merged["best"]["slot"]
    assert row["best_hash"].hex() == merged["best"]["hash"][2:]
    assert row["best_source"]["is_open"] == merged["statements"]["best"]["is_open"]
    assert row["finalized_slot"] is None
    assert row["shed"] == sum(merged["shed"].values())
    assert json.loads(row["node_info"]) == {"cores": 2}


def test_a_block_is_one_row_whoever_named_it(parts):
    parts.add(0, "sightings", seen_at=moment(3), node=3, hash=HASH, slot=5, type=47, timestamp=1)
    parts.add(
        1,
        "sightings",
        seen_at=moment(2),
        node=3,
        hash=HASH,
        slot=5,
        type=EventKind.AUTHORED,
        timestamp=1,
    )
    parts.add(1, "blocks", hash=HASH, slot=5, authored=9, size_bytes=70, parent=bytes(32))
    parts.add(0, "blocks", hash=HASH, slot=5, authored=None, size_bytes=None)
    parts.add(0, "reached", hash=HASH, type=EventKind.BEST_BLOCK_CHANGED, seen_at=moment(4))
    parts.add(1, "reached", hash=HASH, type=EventKind.BEST_BLOCK_CHANGED, seen_at=moment(5))
    parts.add(
        1, "reached", hash=b"2", slot=6, type=EventKind.FINALIZED_BLOCK_CHANGED, seen_at=moment(1)
    )
    rows = {row["hash"]: row for row in parts.rows("blocks")}
    assert rows.keys() == {HASH, b"2"}
    block = rows[HASH]
    assert (block["slot"], block["author"], block["size_bytes"]) == (5, "aa" * 32, 70)
    times = ("authored_at", "first_seen_at", "best_at", "finalized_at")
    assert [block[name] and block[name].second for name in times] == [2, 2, 4, None]
    assert rows[b"2"]["finalized_at"] == rows[b"2"]["first_seen_at"]


def test_latencies_are_those_of_the_merged_histogram(parts):
    counts = {1: Counter({0: 3, 20: 40, 21: 7, 90: 2}), 0: Counter({20: 5, 60: 1})}
    for shard, bins in counts.items():
        for number, count in bins.items():
            parts.add(
                shard, "latency", bucket=moment(5), node=3, parent=43, type=44, bin=number,
                count=count,
            )  # fmt: skip
    (row,) = parts.rows("latency")
    rows = [
        {"parent": 43, "type": 44, "bin": number, "count": count}
        for bins in counts.values()
        for number, count in bins.items()
    ]
    (step,) = latency_by_step(rows)
    assert (row["step"], row["count"]) == (step["step"], step["count"])
    for name in ("mean_ms", "p50_ms", "p90_ms", "p95_ms", "p99_ms"):
        assert row[name] == pytest.approx(step[name], abs=0.0011), name
    bins = parts.rows("latency_histogram")
    assert sum(each["count"] for each in bins) == step["count"]
    assert {each["bin"]: each["up_to_ms"] for each in bins} == {
        number: round(log_histogram.upper_us(number) / 1000, 3) for number in (0, 20, 21, 60, 90)
    }


def test_failures_and_breaches_add_up_by_their_keys(parts):
    for shard, second in ((0, 10), (1, 20)):
        parts.add(
            shard, "failures", bucket="2026-11-21 12:00:00", node=3, reason="no", count=2,
            type=EventKind.AUTHORING_FAILED, last_at=moment(second),
        )  # fmt: skip
        parts.add(
            shard, "conformance", bucket="2026-11-21 12:00:00", node=3, rule="truncated",
            count=1, first_at=moment(second), last_at=moment(second),
        )  # fmt: skip
    (failure,) = parts.rows("failures")
    assert (failure["category"], failure["count"]) == ("block_authoring", 4)
    assert failure["last_at"].second == 20
    (breach,) = parts.rows("conformance")
    assert (breach["severity"], breach["count"]) == ("error", 2)
    assert (breach["first_at"].second, breach["last_at"].second) == (10, 20)


def test_a_condition_on_a_key_selects_the_same_rows_before_the_merge_as_after_it(parts):
    for shard in (0, 1):
        for hour in (10, 11, 12):
            parts.add(
                shard, "counts", bucket=f"2026-11-21 {hour}:30:00", node=3, type=42, count=hour
            )
    rows = parts.rows("event_stats_hourly", "hour >= TIMESTAMP '2026-11-21 11:00:00'")
    assert sorted(row["event_count"] for row in rows) == [22, 24]
