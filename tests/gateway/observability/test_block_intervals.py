"""``tart/gateway/observability/block_intervals.py``: each interval once, no node alone."""

from __future__ import annotations

from tart.gateway.observability.block_intervals import (
    RESET_SLOTS,
    WINDOW_US,
    BlockIntervals,
    merge_slots,
)
from tart.query.shard_queries.network import BestSlot
from tart.units import SECOND_US

SIX = 6 * SECOND_US


def slots(*numbers: int, reporters: int = 3) -> list[BestSlot]:
    return [BestSlot(number, number * SIX, reporters) for number in numbers]


def observed(*scrapes: list[BestSlot], restarted: bool = False) -> tuple[int, float]:
    intervals = BlockIntervals(restarted=restarted)
    for scrape in scrapes:
        intervals.observe(scrape, connected=6, now_us=scrape[-1].first_at + 1)
    return sum(intervals.counts), intervals.sum


def test_shards_report_the_same_slots_and_the_first_report_counts() -> None:
    assert merge_slots([[BestSlot(8, 50, 1), BestSlot(7, 40, 1)], [BestSlot(7, 30, 2)]]) == [
        (7, 30, 3),
        (8, 50, 1),
    ]


def test_each_interval_is_counted_once() -> None:
    assert observed(slots(1, 2, 3), slots(1, 2, 3), slots(2, 3, 5)) == (3, 24.0)


def test_a_slot_that_less_than_a_third_of_the_nodes_report_does_not_count() -> None:
    lie = [BestSlot(9999, 2 * SIX + 1, 1)]
    assert observed(slots(1, 2) + lie, slots(1, 2, 3) + lie) == (2, 12.0)


def test_a_gateway_that_restarted_counts_what_comes_after_its_first_look() -> None:
    assert observed(slots(1, 2, 3), slots(2, 3, 4), restarted=True) == (1, 6.0)


def test_no_interval_spans_a_time_in_which_no_one_looked() -> None:
    intervals = BlockIntervals(restarted=False)
    intervals.observe(slots(1, 2), connected=6, now_us=2 * SIX)
    intervals.observe(slots(101, 102), connected=6, now_us=2 * SIX + WINDOW_US + 1)
    assert (sum(intervals.counts), intervals.sum) == (2, 12.0)


def test_a_network_that_begins_again_is_followed() -> None:
    high = slots(RESET_SLOTS + 100, RESET_SLOTS + 101)
    low = [BestSlot(1, high[-1].first_at + SIX, 3), BestSlot(2, high[-1].first_at + 2 * SIX, 3)]
    assert observed(high, low) == (2, 12.0)


def test_buckets_are_cumulative() -> None:
    intervals = BlockIntervals(restarted=False)
    intervals.observe(slots(1, 2, 4, 40), connected=1, now_us=40 * SIX)
    buckets = dict(intervals.buckets())
    assert [buckets[bound] for bound in ("5.5", "6.0", "9.0", "12.0", "60.0", "+Inf")] == [
        *(0, 1, 1, 2, 2, 3)
    ]
