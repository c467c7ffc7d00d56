"""``tart/aggregate/keyed/counters.py``: additive, and bounded whatever nodes invent."""

from __future__ import annotations

from tart.aggregate.core.tables import SUMMED
from tart.aggregate.keyed import counters as module
from tart.aggregate.keyed.counters import OTHER_REASONS, SUMS_TABLES, KeyedCounters
from tart.units import MINUTE_US


def test_failures_add_up_within_a_minute():
    sums = KeyedCounters()
    for at in (5, 7, MINUTE_US + 1):
        sums.failure(at, 1, 92, "no")
    found = sums.rows("failures")
    assert found["bucket"] == [0, MINUTE_US]
    assert found["count"] == [2, 1]
    assert found["last_at"] == [7, MINUTE_US + 1]


def test_invented_reasons_are_counted_together(monkeypatch):
    monkeypatch.setattr(module, "MAX_REASONS", 2)
    sums = KeyedCounters()
    for reason in "abcd":
        sums.failure(0, 1, 92, reason)
    found = dict(zip(sums.rows("failures")["reason"], sums.rows("failures")["count"], strict=True))
    assert found == {"a": 1, "b": 1, OTHER_REASONS: 2}
    assert sums.overflowed["failures"] == 2


def test_invented_keys_are_not_counted_but_that_is(monkeypatch):
    monkeypatch.setattr(module, "MAX_KEYS", 3)
    sums = KeyedCounters()
    for each in range(5):
        key = bytes([each]) * 32
        sums.link(0, 1, key, 62, 0)
        sums.report(0, 0, key, 1, None, 1)
        sums.erasure(0, 0, key, "served", 1)
        sums.assurance(0, key, 131, 1)
        sums.execution(0, key, 1, 2, 3, 4)
        sums.refinement(0, 1, 2, each, 3, 4)
    for table in ("links", "reports", "erasures", "assurances", "executions", "refinements"):
        assert len(next(iter(sums.rows(table).values()))) == 3, table
        assert sums.overflowed[table] == 2, table


def test_gas_of_a_block_is_the_greatest_and_time_the_sum():
    sums = KeyedCounters()
    for gas, elapsed in ((5, 10), (7, 20), (6, (1 << 64) - 1)):
        sums.execution(9, b"b" * 32, 3, 1, gas, elapsed)
    found = sums.rows("executions")
    assert (found["nodes"], found["gas"]) == ([3], [7])
    assert found["elapsed_ns"] == [30 + (1 << 64) - 1]


def test_of_slots_that_nodes_differ_about_the_highest_counts_in_any_order():
    for slots in ((3, 9, 5), (9, 5, 3)):
        sums = KeyedCounters()
        for slot in slots:
            sums.report(0, 0, b"r" * 32, slot, None, 1)
            sums.execution(0, b"b" * 32, slot, 1, 2, 3)
            sums.reach(0, 11, slot, b"b" * 32)
        sums.execution(0, b"b" * 32, None, 1, 2, 3)
        for table in ("reports", "executions", "reached"):
            assert SUMMED[table]["slot"]
            assert sums.rows(table)["slot"] == [9], table


def test_clear_begins_anew_and_remembers_what_overflowed(monkeypatch):
    monkeypatch.setattr(module, "MAX_KEYS", 0)
    sums = KeyedCounters()
    sums.report(0, 0, b"r" * 32, 1, None, 1)
    sums.failure(0, 1, 92, "no")
    sums.clear()
    for table in SUMS_TABLES:
        assert list(sums.rows(table)) == list(SUMMED[table])
        assert not next(iter(sums.rows(table).values()))
    assert sums.overflowed["reports"] == 1
