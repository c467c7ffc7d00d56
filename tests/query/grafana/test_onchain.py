"""``tart/query/grafana/onchain.py``: what telemetry tells of the statistics on chain."""

from __future__ import annotations

from tart.query.grafana import onchain


def execution(block, slot, service=7, **more):
    return {
        "hash": block,
        "slot": slot,
        "service": service,
        "seen_at": slot,
        "gas": 10,
        "items": 2,
        **more,
    }


def reached(block, slot, kind, count):
    return {"hash": block, "slot": slot, "type": kind, "count": count}


def statistics():
    executions = [
        execution("aa", 1),
        execution("bb", 1, gas=99),
        execution("cc", 2, service=8),
        execution("dd", 12, items=None),
        execution("ee", 13),
        execution("ff", 1) | {"slot": None},
    ]
    named = [
        reached("aa", 1, 11, 2),
        reached("bb", 1, 11, 3),
        reached("aa", 1, 12, 1),
        reached("cc", 2, 11, 1),
        reached("dd", 12, 11, 1),
    ]
    return onchain.from_telemetry(executions, named)


def execution_without_slot():
    return onchain.from_telemetry([execution("aa", 1)], [])


def test_one_block_of_each_slot_counts_the_finalized_one_first():
    rows = onchain.services(statistics(), None)
    assert [(r["service_id"], r["accumulate_gas"], r["accumulate_count"]) for r in rows] == [
        ("0x00000007", 20, 2),
        ("0x00000008", 10, 2),
    ]
    assert {row["imports"] for row in rows} == {None}
    assert [row["service_id"] for row in onchain.services(statistics(), [8])] == ["0x00000008"]
    assert onchain.services(execution_without_slot(), None) == []


def test_buckets_and_blocks():
    rows = onchain.services_by_time(statistics(), None, 10)
    assert [(row["ts"][-3:-1], row["service_id"][-1]) for row in rows] == [
        ("00", "7"),
        ("00", "8"),
        ("10", "7"),
    ]
    blocks = onchain.service_blocks(statistics(), 7, 6)
    assert [(row["slot"], row["accumulate_count"]) for row in blocks] == [(12, None), (1, 2)]
    assert blocks[0]["timestamp"] == "2025-01-01T12:01:12.000000Z"
