"""``tart/aggregate/columnar/live_counters.py``: the last complete seconds, bounded."""

import numpy as np
import pytest

from tart.aggregate.columnar.live_counters import (
    ACTIVE_SECONDS,
    MAX_DISTINCT,
    SECONDS,
    SHOWN_SECONDS,
    LiveCounters,
    bits_of,
)
from tart.protocol.events import EventKind
from tart.query.topics.realtime import LIVE_KINDS

NOW = 1_000_000


def counted(*seconds):
    """Counters that saw one event in each of these seconds, in this order."""
    counters = LiveCounters()
    for at, each in enumerate(seconds):
        second = counters.at(each)
        second.events += 1
        second.active |= 1 << at
    return counters


def shown(counters, now=NOW):
    return {second: events for second, events, *_ in counters.as_json(now, str)["seconds"]}


def test_no_seconds_are_shown_without_events():
    assert LiveCounters().as_json(NOW, str) == {"since": 1, "seconds": [], "active": []}


def test_the_current_second_is_not_shown():
    counters = counted(NOW - 1, NOW, NOW)
    assert shown(counters) == {NOW - 1: 1}
    assert shown(counters, NOW + 1) == {NOW - 1: 1, NOW: 2}


def test_the_last_sixty_complete_seconds_are_shown_oldest_first():
    counters = counted(*range(NOW - 200, NOW + 1))
    assert list(shown(counters)) == list(range(NOW - SHOWN_SECONDS, NOW))


def test_seconds_without_events_are_left_out():
    assert shown(counted(NOW - 59, NOW - 3)) == {NOW - 59: 1, NOW - 3: 1}


def test_old_seconds_are_forgotten():
    counters = counted(*range(NOW, NOW + 5000))
    assert shown(counters, NOW + 2 * SECONDS) == {}


def test_nodes_are_active_for_ten_seconds():
    counters = counted(NOW - ACTIVE_SECONDS - 1, NOW - ACTIVE_SECONDS, NOW - 1, NOW)
    assert counters.as_json(NOW, str)["active"] == ["1", "2"]


def test_blocks_are_distinct_hashes_and_their_events_are_counted():
    counters = LiveCounters()
    second = counters.at(NOW - 1)
    for block in (b"\x01", b"\x02", b"\x01"):
        second.add_head(EventKind.BEST_BLOCK_CHANGED, block)
    second.add_head(EventKind.FINALIZED_BLOCK_CHANGED, b"\x03")
    ((_, events, best, finalized, best_events, finalized_events),) = counters.as_json(NOW, str)[
        "seconds"
    ]
    assert (events, sorted(best), finalized) == (0, ["01", "02"], ["03"])
    assert (best_events, finalized_events) == (3, 1)


def test_the_distinct_hashes_of_a_second_are_limited():
    second = LiveCounters().at(NOW)
    for number in range(MAX_DISTINCT + 10):
        second.add_head(EventKind.BEST_BLOCK_CHANGED, number.to_bytes(4, "little"))
    assert len(second.best) == MAX_DISTINCT
    assert second.best_events == MAX_DISTINCT + 10


def test_a_clock_set_back_a_little_counts_into_the_newest_second():
    assert shown(counted(NOW - 2, NOW - 1, NOW - 5)) == {NOW - 2: 1, NOW - 1: 2}


@pytest.mark.parametrize("back", [SHOWN_SECONDS + 1, 3600, 10**9])
def test_counting_restarts_if_the_clock_is_set_back_far(back):
    """Else nothing would be shown until the clock has caught up."""
    counters = counted(NOW - 1 + back, NOW - 2, NOW - 1)
    assert shown(counters) == {NOW - 2: 1, NOW - 1: 1}


def test_details_cover_the_requested_seconds_up_to_the_limit():
    counters = counted(*range(NOW - 400, NOW + 1))
    for requested, shown_seconds in ((10, 10), (SECONDS, SECONDS), (10_000, SECONDS)):
        found = counters.as_json(NOW, str, requested)
        assert [each[0] for each in found["details"]] == list(range(NOW - shown_seconds, NOW))
        assert len(found["nodes"]) == shown_seconds
    second, _, nodes = found["details"][-1]
    assert bits_of(int(nodes, 16)) == [second - (NOW - 400)]
    assert dict(found["nodes"])[second - (NOW - 400)] == str(second - (NOW - 400))


def test_types_are_counted_by_second():
    counters = LiveCounters()
    times = np.array([NOW - 2, NOW - 2, NOW - 2, NOW - 1, NOW]) * 1_000_000 + 999_999
    counters.add(times, np.array([62, 62, 11, 42, 62], np.uint8))
    found = {
        second: dict(zip(LIVE_KINDS, counts, strict=True))
        for second, counts, _ in counters.as_json(NOW, str, 10)["details"]
    }
    nothing = dict.fromkeys(LIVE_KINDS, 0)
    assert found == {NOW - 2: {**nothing, 62: 2}, NOW - 1: {**nothing, 42: 1}}
    # The newest seconds, and all types of the last complete one.
    assert counters.newest(NOW, 10)[2] == {42: 1}
    assert counters.newest(NOW + 1, 10)[2] == {62: 1}
    assert counters.newest(NOW + 2, 10)[2] == {}
    assert [row[0] for row in counters.newest(NOW, 1)[1]] == [NOW - 1]


def test_counting_begins_with_the_first_whole_second():
    assert LiveCounters(NOW - 5).as_json(NOW, str)["since"] == NOW - 4
    assert LiveCounters(NOW).as_json(NOW, str)["since"] == NOW
    back = LiveCounters(NOW)
    back.at(NOW)
    back.at(NOW - 1000)
    assert back.as_json(NOW - 900, str)["since"] == NOW - 999


def test_bits_of_a_number_are_the_positions_of_its_ones():
    assert [bits_of(each) for each in (0, 1, 6, 1 << 70)] == [[], [0], [1, 2], [70]]


def test_received_events_mark_their_nodes():
    second = LiveCounters().at(NOW)
    second.add_received(np.array([0, 9, 9, 70]), 5)
    second.add_received(np.array([9, 1]), 2)
    assert (second.events, bits_of(second.active)) == (7, [0, 1, 9, 70])
