"""Events that sampling left out, by window."""

from __future__ import annotations

from tart.storage.core.schema import SampledRow
from tart.storage.log import sampled_ranges
from tart.storage.log.sampled_ranges import SampledRanges
from tart.units import MINUTE_US


def row(first_at: int, last_at: int, events: int) -> SampledRow:
    return SampledRow(0, 9, events, first_at, last_at)


def test_a_window_has_the_parts_that_it_overlaps() -> None:
    ranges = SampledRanges()
    assert not ranges
    assert ranges.within(None, None) is None
    ranges.add([row(10, 20, 5), row(30, 40, 6), row(3 * MINUTE_US, 3 * MINUTE_US + 5, 7)])
    assert ranges
    assert ranges.within(None, None) == (18, 10, 3 * MINUTE_US + 5)
    assert ranges.within(0, MINUTE_US) == (11, 10, 40)
    assert ranges.within(41, 2 * MINUTE_US) is None
    assert ranges.within(3 * MINUTE_US + 5, None) == (7, 3 * MINUTE_US, 3 * MINUTE_US + 5)


def test_the_oldest_minutes_are_forgotten_at_the_limit(monkeypatch) -> None:
    monkeypatch.setattr(sampled_ranges, "MAX_MINUTES", 2)
    ranges = SampledRanges()
    ranges.add(row(number * MINUTE_US, number * MINUTE_US, 1) for number in range(5))
    assert ranges.within(None, None) == (2, 3 * MINUTE_US, 4 * MINUTE_US)
