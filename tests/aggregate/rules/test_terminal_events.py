"""``tart/aggregate/rules/terminal_events.py``: the table fits the events it is of."""

from __future__ import annotations

from itertools import permutations

import pytest

from tart.aggregate.rules.terminal_events import OUTCOMES
from tart.protocol.events import EVENTS, leading_reference

FAILURES = {number for number in OUTCOMES if EVENTS[number].variant.endswith("Failed")}


def excluded(*numbers):
    """Whether the last may not be said of the same event after the others."""
    said = 0
    for number in numbers[:-1]:
        said |= OUTCOMES[number].says
    return bool(said & OUTCOMES[numbers[-1]].excluded_by)


def referred(number):
    return set(leading_reference(EVENTS[number].fields).refers_to)


@pytest.mark.parametrize("number", OUTCOMES, ids=lambda x: EVENTS[x].variant)
def test_an_outcome_is_that_of_an_event_it_refers_to(number):
    assert referred(number)
    assert OUTCOMES[number].excluded_by


@pytest.mark.parametrize("number", sorted(FAILURES), ids=lambda x: EVENTS[x].variant)
def test_what_has_failed_has_neither_failed_again_nor_succeeded(number):
    assert excluded(number, number)
    for other in OUTCOMES:
        # A block fails to execute after it was authored or verified, and whatever else.
        if other not in FAILURES and referred(other) & referred(number) and number != 46:
            assert excluded(number, other)


@pytest.mark.parametrize(
    "numbers",
    [
        (40, 42, 47),
        (43, 45, 47),
        (43, 47, 45),
        (43, 45, 46),
        (90, 109),
        (91, 103),
        (63, 68, 68, 65),
    ],
    ids=str,
)
def test_what_happens_one_after_another_excludes_nothing(numbers):
    told = [number for number in numbers if number in OUTCOMES]
    assert not any(excluded(*told[: at + 1]) for at in range(len(told)))


def test_two_that_exclude_each_other_speak_of_the_same_thing():
    for one, other in permutations(OUTCOMES, 2):
        if excluded(one, other) and referred(one) & referred(other):
            assert EVENTS[one].group == EVENTS[other].group
