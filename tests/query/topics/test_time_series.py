"""``tart/query/topics/time_series.py``: buckets, and figures in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.errors import BadQuery
from tart.protocol.events import EventKind
from tart.query.topics import time_series
from tart.query.topics.time_series import DISCARDS, MAX_BUCKETS, cut_buckets
from tart.units import HOUR_US, MINUTE_US

A, B = "aa" * 32, "bb" * 32
AT = 1_000 * HOUR_US
BUCKETS = cut_buckets(AT, AT + 10 * MINUTE_US + 1, 5 * MINUTE_US)
FIRST, SECOND_, LAST = AT, AT + 5 * MINUTE_US, AT + 10 * MINUTE_US


@given(
    st.integers(0, 1 << 51),
    st.integers(0, 40 * 24 * 60),
    st.integers(1, 1440),
)
def test_buckets_cover_the_window_and_begin_at_multiples(start, minutes, step):
    end = start + minutes * MINUTE_US
    try:
        buckets = cut_buckets(start, end, step * MINUTE_US)
    except BadQuery:
        return  # too many
    starts = buckets.starts
    assert starts == sorted(starts, reverse=True)
    assert len(starts) <= MAX_BUCKETS + 1
    assert starts[-1] <= start < starts[-1] + buckets.step_us
    assert starts[0] <= end < starts[0] + buckets.step_us
    assert all(at % buckets.step_us == 0 for at in starts)
    assert [at for at in starts if buckets.header(at)["partial"]] == (
        [] if (end + 1) % buckets.step_us == 0 else starts[:1]
    )


def test_buckets_of_more_than_a_day_are_whole_hours():
    assert cut_buckets(0, 24 * HOUR_US, 7 * MINUTE_US).step_us == 7 * MINUTE_US
    assert cut_buckets(0, 24 * HOUR_US + 1, 7 * MINUTE_US).step_us == HOUR_US
    assert cut_buckets(0, 25 * HOUR_US, 90 * MINUTE_US).step_us == 2 * HOUR_US


def test_too_many_buckets_are_refused():
    with pytest.raises(BadQuery, match="at most") as refused:
        cut_buckets(0, 2000 * HOUR_US, HOUR_US)
    assert refused.value.parameter == "interval"


def named(at, number, block="x"):
    return {"seen_at": at, "type": number, "hash": block}


def test_a_block_counts_in_the_bucket_that_first_names_it():
    rows = time_series.throughput(
        BUCKETS,
        [
            named(FIRST, EventKind.BEST_BLOCK_CHANGED),
            named(LAST, EventKind.BEST_BLOCK_CHANGED),
            named(FIRST - 1, EventKind.BEST_BLOCK_CHANGED),
            named(LAST, EventKind.FINALIZED_BLOCK_CHANGED),
        ],
        {
            (LAST, EventKind.GUARANTEE_BUILT): 2,
            (LAST, EventKind.WORK_PACKAGE_SUBMISSION): 3,
            (FIRST, EventKind.AUTHORED): 1,
            (FIRST, EventKind.BEST_BLOCK_CHANGED): 9,
        },
    )
    newest, middle, oldest = rows
    assert (newest["best_blocks"], newest["finalized_blocks"]) == (1, 1)
    assert (newest["guarantee_events"], newest["work_package_events"]) == (2, 5)
    assert (oldest["best_blocks"], oldest["authored_blocks"], oldest["best_block_events"]) == (
        *(1, 1, 9),
    )
    assert [row["partial"] for row in rows] == [True, False, False]
    assert not any(value for name, value in middle.items() if name != "timestamp")


def test_the_highest_slot_is_reached_by_a_third_and_null_if_none_was_named():
    slots = {(FIRST,): {"a": 7, "b": 7, "c": 6, "d": 900}, (SECOND_,): {"a": None}}
    authored = [{"bucket": FIRST, "node": A}, {"bucket": FIRST, "node": A}]
    rows = time_series.blocks(BUCKETS, [], authored, {}, slots)
    assert [row["max_slot"] for row in rows] == [None, None, 7]
    assert [row["authoring_nodes"] for row in rows] == [0, 0, 1]


def test_a_rate_divides_by_the_elapsed_time():
    rows = time_series.events(
        BUCKETS,
        {(FIRST, EventKind.BEST_BLOCK_CHANGED): 300, (FIRST, EventKind.BLOCK_ANNOUNCED): 300},
        {(FIRST,): {A: 1, B: 2}},
    )
    assert rows[2] | {"timestamp": 0} == {
        **{"timestamp": 0, "partial": False, "total_events": 600, "active_nodes": 2},
        **{"event_types": 2, "events_per_second": 2.0},
    }
    assert rows[1]["events_per_second"] == 0.0
    assert time_series.per_second(5, 0) is None


SPREAD = {
    (LAST, EventKind.BEST_BLOCK_CHANGED): {A: 2, B: 1},
    (LAST, EventKind.BLOCK_ANNOUNCED): {A: 3},
    (FIRST, EventKind.BEST_BLOCK_CHANGED): {B: 9},
}


def test_events_by_node_and_type_are_newest_first_then_most_frequent():
    by_node = time_series.events_by_node(BUCKETS, SPREAD)
    assert [(row["node_id"], row["events"], row["event_types"]) for row in by_node] == [
        *((A, 5, 2), (B, 1, 1), (B, 9, 1)),
    ]
    by_type = time_series.events_by_type(BUCKETS, SPREAD)
    assert {(row["event_type"], row["events"], row["nodes"]) for row in by_type[:2]} == {
        *((11, 3, 2), (62, 3, 1)),
    }
    assert (by_type[2]["events"], by_type[2]["nodes"]) == (9, 1)


def test_a_grouped_series_has_at_most_max_rows():
    many = {(LAST, EventKind.BEST_BLOCK_CHANGED): {f"{number:064x}": 1 for number in range(1500)}}
    assert len(time_series.events_by_node(BUCKETS, many)) == time_series.MAX_ROWS


def test_failures_of_one_category_add_up_to_one_row():
    rows = [
        {"bucket": LAST, "type": number, "node": node, "count": 2}
        for number, node in (
            (EventKind.CONNECT_IN_FAILED, A),
            (EventKind.CONNECT_OUT_FAILED, A),
            (EventKind.CONNECT_OUT_FAILED, B),
            (EventKind.GUARANTEE_DISCARDED, A),
        )
    ]
    found = time_series.failures_by_category(BUCKETS, rows)
    assert [(row["category"], row["failures"], row["nodes"]) for row in found] == [
        *(("connections", 6, 2), (DISCARDS[EventKind.GUARANTEE_DISCARDED], 2, 1)),
    ]


def test_guarantees_are_counted_by_core():
    rows = [{"bucket": LAST, "core": core, "node": A, "count": 1} for core in (1, 0, 1)]
    found = time_series.guarantees_by_core(BUCKETS, rows)
    assert [(row["core"], row["guarantees"], row["nodes"]) for row in found] == [
        (1, 2, 1),
        (0, 1, 1),
    ]
    assert [row["core_index"] for row in found] == [1, 0]
