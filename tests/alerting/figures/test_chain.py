"""Figures of the chain."""

from __future__ import annotations

import pytest

from tart.alerting.figures.chain import LATE_BIN, SLOT_US
from tart.alerting.figures.inputs import Inputs
from tart.query.core.log_histogram import upper_us
from tart.units import MINUTE_US, SECOND_US
from tests.alerting.figures.making import NOON, measure, network, node

DISTRIBUTING, RECEIVED = 126, 131


def of(state):
    return Inputs(network=state)


def test_the_finality_lag_is_that_of_the_network():
    assert measure("finality_lag_slots", inputs=of(network(node()))) == {None: 3.0}
    ahead = network(node(), finalized_block=103)
    assert measure("finality_lag_slots", inputs=of(ahead)) == {None: 0.0}


def test_a_network_that_does_not_report_finality_has_no_lag():
    state = network(node(), finalized_block=None)
    assert measure("finality_lag_slots", inputs=of(state)) == {}
    assert measure("finalized_block_age_seconds", inputs=of(state)) == {}


def test_the_age_of_a_block_is_counted_since_the_first_node_that_still_names_it():
    state = network(
        node("aa", best_at_us=NOON - 9 * SECOND_US),
        node("bb", best_at_us=NOON - 8 * SECOND_US),
        # It catches up: what it names is old.
        node("cc", best_slot=50, best_at_us=NOON - 80 * SECOND_US),
        node("dd", best_at_us=NOON - 90 * SECOND_US, is_connected=False),
    )
    assert measure("best_block_age_seconds", inputs=of(state)) == {None: 9.0}
    assert measure("finalized_block_age_seconds", inputs=of(state)) == {None: 2.0}


def test_a_network_without_connected_nodes_has_no_age():
    state = network(node(is_connected=False))
    assert measure("best_block_age_seconds", inputs=of(state)) == {}


def blocks(*slots: int, before: float = 300):
    return [
        {"hash": str(index), "slot": slot, "seen_at": NOON - int(before * SECOND_US)}
        for index, slot in enumerate(slots)
    ]


def test_forks_and_missed_slots_are_shares_of_slots():
    rows = blocks(*range(60, 70), 70, 70, 72, 73, 74, 75, 76, 77, 78, 79)
    state = of(network(node()))
    assert measure("forks_share", rows, inputs=state) == {None: pytest.approx(1 / 19)}
    assert measure("missed_slots_share", rows, inputs=state) == {None: pytest.approx(1 / 20)}


def test_few_slots_have_no_share():
    for figure in ("forks_share", "missed_slots_share"):
        assert measure(figure, blocks(*range(92, 101)), inputs=of(network(node()))) == {}
        assert measure(figure, [], inputs=of(network(node()))) == {}


def test_blocks_of_a_node_that_catches_up_are_not_those_of_the_network():
    rows = blocks(*range(1, 40), *range(90_000, 90_050))
    state = of(network(node(), best_block=90_049))
    assert measure("missed_slots_share", rows, inputs=state) == {None: 0.0}
    # Nor is one that claims to be far ahead.
    rows = blocks(*range(90_000, 90_050), 200_000)
    assert measure("missed_slots_share", rows, inputs=state) == {None: 0.0}


def test_blocks_that_were_named_before_the_window_are_not_new():
    old = blocks(*range(40), before=900)
    new = blocks(*range(60, 100, 2))
    state = of(network(node(), best_block=98))
    assert measure("missed_slots_share", [*old, *new], inputs=state) == {
        None: pytest.approx(19 / 39)
    }


def arrivals(anchor: str, begin: float, **late: int):
    """An anchor of which assurers begin ``begin`` seconds before noon."""
    at = NOON - int(begin * SECOND_US)
    rows = [{"anchor": anchor, "seen_at": at, "type": DISTRIBUTING, "count": 6}]
    for name, count in late.items():
        rows.append(
            {
                "anchor": anchor,
                "seen_at": at + int(name.removeprefix("s")) * SECOND_US,
                "type": RECEIVED,
                "count": count,
            }
        )
    return rows


def test_an_assurance_is_late_after_a_slot():
    rows = [*arrivals("a", 100, s0=20, s6=5, s7=15), *arrivals("b", 90, s1=60)]
    assert measure("late_assurances_share", rows) == {None: 0.15}


def test_assurances_that_begin_again_because_a_slot_has_no_block_are_not_late():
    rows = [*arrivals("a", 100, s1=30), *arrivals("a", 94, s1=30), *arrivals("a", 88, s2=30)]
    assert measure("late_assurances_share", rows) == {None: 0.0}


def test_anchors_at_the_ends_of_the_window_do_not_count():
    assert measure("late_assurances_share", arrivals("a", 5, s0=50)) == {}
    before = arrivals("a", 5 * 60 + 10, s0=50, s9=50)
    assert measure("late_assurances_share", before) == {}
    assert measure("late_assurances_share", arrivals("a", 100, s1=19)) == {}


def test_a_guarantee_is_late_that_waited_or_took_longer_than_a_slot():
    def rows(waited: int, took: int):
        return [
            {"type": 106, "bin": 40, "count": 100 - waited},
            {"type": 106, "bin": LATE_BIN + 3, "count": waited},
            {"type": 108, "bin": 60, "count": 100 - took},
            {"type": 108, "bin": LATE_BIN, "count": took},
        ]

    assert measure("late_guarantees_share", rows(0, 0)) == {None: 0.0}
    assert measure("late_guarantees_share", rows(10, 5)) == {None: 0.15}
    assert measure("late_guarantees_share", rows(100, 100)) == {None: 1.0}
    assert measure("late_guarantees_share", [{"type": 108, "bin": 99, "count": 19}]) == {}


def test_no_duration_below_a_slot_is_in_a_late_bin():
    assert upper_us(LATE_BIN - 1) > SLOT_US > upper_us(LATE_BIN - 2)


def test_a_share_is_compared_with_an_earlier_window_and_its_lowest_value_is_five_percent():
    def rows(question):
        late = 50 if question.end_us > NOON - MINUTE_US else 0
        return [
            {"type": 108, "bin": 60, "count": 100 - late},
            {"type": 108, "bin": LATE_BIN, "count": late},
        ]

    hour = 60 * MINUTE_US
    assert measure("late_guarantees_share", rows, against_us=hour) == {None: pytest.approx(10)}

    def without_earlier(question):
        return rows(question) if question.end_us > NOON - MINUTE_US else []

    assert measure("late_guarantees_share", without_earlier, against_us=hour) == {}
