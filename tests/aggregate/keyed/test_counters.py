"""``tart/aggregate/keyed/counters.py``: additive, and bounded whatever nodes invent."""

from __future__ import annotations

from tart.aggregate.core.grouping import Occurrences
from tart.aggregate.core.tables import SUMMED
from tart.aggregate.keyed.counters import (
    OTHER_REASONS,
    AccumulationCost,
    KeyedCounters,
    count_by_key,
)
from tart.protocol.events import EventKind
from tart.units import MINUTE_US


def test_failures_add_up_within_a_minute():
    counters = KeyedCounters()
    for at in (5, 7, MINUTE_US + 1):
        counters.add_failures(at, at, 1, EventKind.WORK_PACKAGE_FAILED, "no")
    found = counters.rows("failures")
    assert found["bucket"] == [0, MINUTE_US]
    assert found["count"] == [2, 1]
    assert found["last_at"] == [7, MINUTE_US + 1]


def test_reasons_beyond_the_limit_are_counted_as_other_reasons():
    counters = KeyedCounters(max_reasons=2)
    for reason in "abcd":
        counters.add_failures(0, 0, 1, EventKind.WORK_PACKAGE_FAILED, reason)
    found = dict(
        zip(counters.rows("failures")["reason"], counters.rows("failures")["count"], strict=True)
    )
    assert found == {"a": 1, "b": 1, OTHER_REASONS: 2}
    assert counters.overflowed["failures"] == 2


def reasons_of(counters):
    rows = counters.rows("failures")
    keys = zip(rows["node"], rows["reason"], strict=True)
    return dict(zip(keys, rows["count"], strict=True))


def fail(counters, node, *reasons):
    for at, reason in enumerate(reasons):
        counters.add_failures(at, at, node, EventKind.WORK_PACKAGE_FAILED, reason)


def test_failures_have_their_template_and_the_times_of_the_first_and_last():
    counters = KeyedCounters()
    for first, last in ((7, 9), (5, 6)):
        counters.add_failures(first, last, 1, EventKind.WORK_PACKAGE_FAILED, "after 5s", 2)
    rows = counters.rows("failures")
    assert (rows["template"], rows["first_at"], rows["last_at"], rows["count"]) == (
        ["after <duration>"],
        [5],
        [9],
        [4],
    )


def test_many_reasons_of_a_node_are_counted_by_template_and_hide_none_of_another():
    counters = KeyedCounters(max_reasons_of_node=2)
    fail(counters, 1, *(f"after {number} s" for number in range(100)))
    fail(counters, 2, "own")
    assert reasons_of(counters) == {
        (1, "after 0 s"): 1,
        (1, "after 1 s"): 1,
        (1, "after <duration>"): 98,
        (2, "own"): 1,
    }
    assert counters.overflowed["failures"] == 0


def test_invented_templates_of_a_node_are_other_reasons():
    counters = KeyedCounters(max_reasons_of_node=2)
    fail(counters, 1, *"abcdefgh")
    fail(counters, 2, "own")
    assert reasons_of(counters) == {
        **{(1, each): 1 for each in "abcd"},
        (1, OTHER_REASONS): 4,
        (2, "own"): 1,
    }
    assert counters.overflowed["failures"] == 4
    counters.clear()
    fail(counters, 1, "z")
    assert reasons_of(counters) == {(1, "z"): 1}


def test_few_templates_are_made_for_a_node_that_never_repeats_itself():
    counters = KeyedCounters(max_reasons_of_node=1, max_templates_of_node=3)
    fail(counters, 1, *(f"after {number} s" for number in range(9)))
    assert reasons_of(counters) == {
        (1, "after 0 s"): 1,
        (1, "after <duration>"): 3,
        (1, OTHER_REASONS): 5,
    }
    assert counters.overflowed["failures"] == 5


def test_keys_beyond_the_limit_overflow():
    counters = KeyedCounters(max_keys=3)
    for each in range(5):
        key = bytes([each]) * 32
        counters.add_link(0, 1, key, 62, 0)
        counters.add_guarantees(0, 0, key, 1, None, 1)
        counters.add_erasure_messages("served", Occurrences([key], [1], [0], [0]))
        counters.add_assurances(0, key, 131, 1)
        counters.add_execution(0, key, 1, 2, AccumulationCost(3, 4))
        counters.add_refinement(0, 1, 2, each, 3, 4)
        counters.add_authorization(0, 1, each, 3, 4)
        counters.add_block_reached(0, EventKind.BEST_BLOCK_CHANGED, 1, key)
        counters.add_shard_requests(116, {(0, 1, each): 1})
        counters.add_transfer(0, 1, each, 0)
        counters.add_core_events([0], 1, each, 101)
    for table in (
        "links",
        "reports",
        "erasures",
        "assurances",
        "executions",
        "refinements",
        "authorizations",
        "reached",
        "shard_requests",
        "transfers",
        "core_events",
    ):
        assert len(next(iter(counters.rows(table).values()))) == 3, table
        assert counters.overflowed[table] == 2, table


def test_links_of_a_batch_are_those_of_single_messages():
    links = [(5, 1, b"p" * 32, 0), (9, 1, b"p" * 32, 0), (7, 2, b"q" * 32, 1), (3, 1, b"p" * 32, 0)]
    alone, together = KeyedCounters(max_keys=1), KeyedCounters(max_keys=1)
    for received_at, node, peer, side in links:
        alone.add_link(received_at, node, peer, 62, side)
    together.add_links(62, links)
    assert dict(together.rows("links")) == dict(alone.rows("links"))
    assert together.overflowed == alone.overflowed == {"links": 1}


def test_a_full_table_of_authorizations_still_adds_to_its_keys():
    counters = KeyedCounters(max_keys=1)
    for core in (2, 3, 2):
        counters.add_authorization(0, 1, core, 5, 7)
    found = counters.rows("authorizations")
    assert (found["core"], found["count"], found["gas"]) == ([2], [2], [10])
    assert counters.overflowed["authorizations"] == 1


def test_gas_of_an_execution_is_the_maximum_and_its_time_the_sum():
    counters = KeyedCounters()
    for gas, elapsed in ((5, 10), (7, 20), (6, (1 << 64) - 1)):
        counters.add_execution(9, b"b" * 32, 3, 1, AccumulationCost(gas, elapsed))
    found = counters.rows("executions")
    assert (found["nodes"], found["gas"]) == ([3], [7])
    assert found["elapsed_ns"] == [30 + (1 << 64) - 1]


def test_the_highest_slot_reported_counts_in_any_order():
    for slots in ((3, 9, 5), (9, 5, 3)):
        counters = KeyedCounters()
        for slot in slots:
            counters.add_guarantees(0, 0, b"r" * 32, slot, None, 1)
            counters.add_execution(0, b"b" * 32, slot, 1, AccumulationCost(2, 3))
            counters.add_block_reached(0, 11, slot, b"b" * 32)
        counters.add_execution(0, b"b" * 32, None, 1, AccumulationCost(2, 3))
        for table in ("reports", "executions", "reached"):
            assert SUMMED[table]["slot"]
            assert counters.rows(table)["slot"] == [9], table


def test_clear_removes_rows_and_keeps_the_overflow_count():
    counters = KeyedCounters(max_keys=0)
    counters.add_guarantees(0, 0, b"r" * 32, 1, None, 1)
    counters.add_failures(0, 0, 1, EventKind.WORK_PACKAGE_FAILED, "no")
    counters.clear()
    for table in ("failures", "reports"):
        assert list(counters.rows(table)) == list(SUMMED[table])
        assert not next(iter(counters.rows(table).values()))
    assert counters.overflowed["reports"] == 1


def test_times_of_guarantees_are_the_first_and_last_in_any_order():
    counters = KeyedCounters()
    for first, last in ((7, 8), (5, 6), (9, 9)):
        counters.add_guarantees(first, last, b"r" * 32, 1, None, 1)
    found = counters.rows("reports")
    assert (found["first_at"], found["last_at"], found["received_at"]) == ([5], [9], [5])


def test_the_time_of_an_execution_is_the_first_in_any_order():
    counters = KeyedCounters()
    for received_at in (7, 5, 9):
        counters.add_execution(received_at, b"b" * 32, 1, 2, AccumulationCost(3, 4))
        counters.add_block_reached(received_at, EventKind.BEST_BLOCK_CHANGED, 1, b"b" * 32)
    assert counters.rows("executions")["seen_at"] == [5]
    assert counters.rows("reached")["seen_at"] == [5]


def test_keys_have_their_count_and_their_first_and_last_time():
    assert count_by_key("abaa", [5, 1, 9, 2]) == {"a": (3, 2, 9), "b": (1, 1, 1)}
