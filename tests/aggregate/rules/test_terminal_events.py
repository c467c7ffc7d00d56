"""``tart/aggregate/rules/terminal_events.py``: terminal types, and outcomes that exclude others."""

from __future__ import annotations

from itertools import permutations

import pytest

from tart.aggregate.rules.terminal_events import OUTCOMES, TERMINAL_KINDS
from tart.protocol.events import EVENTS, EventKind
from tart.protocol.references import PARENT_TYPES
from tests.cases import all_cases

FAILURES = {number for number in OUTCOMES if EVENTS[number].variant.endswith("Failed")}
# Numbers of the specification: connections, streams, requests, tickets, guarantees.
TERMINAL = {22, 23, 25, 26, 61, 65, 81, 82, 107, 108, 111, 112, 122, 125, 129} | {
    *(142, 145, 150, 153, 164, 167, 169, 170, 175, 178, 195, 198),
}


def excluded(*numbers):
    """Return whether the earlier outcomes of an event exclude the last."""
    bits = 0
    for number in numbers[:-1]:
        bits |= OUTCOMES[number].sets
    return bool(bits & OUTCOMES[numbers[-1]].excluded_by)


def test_terminal_types_are_those_of_the_specification():
    assert TERMINAL_KINDS == TERMINAL


@all_cases("number", OUTCOMES, ids=lambda x: EVENTS[x].variant)
def test_an_outcome_refers_to_an_event(number):
    assert PARENT_TYPES[number]
    assert OUTCOMES[number].excluded_by


@pytest.mark.parametrize("number", sorted(FAILURES), ids=lambda x: EVENTS[x].variant)
def test_a_failure_excludes_a_second_failure_and_a_success(number):
    assert excluded(number, number)
    for other in OUTCOMES:
        # A block may be verified after its execution has failed.
        execution = number == EventKind.BLOCK_EXECUTION_FAILED
        if other not in FAILURES and PARENT_TYPES[other] & PARENT_TYPES[number] and not execution:
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
def test_repeatable_events_exclude_nothing(numbers):
    outcomes = [number for number in numbers if number in OUTCOMES]
    assert not any(excluded(*outcomes[: count + 1]) for count in range(len(outcomes)))


def test_outcomes_that_exclude_each_other_refer_to_the_same_types():
    for one, other in permutations(OUTCOMES, 2):
        if excluded(one, other) and PARENT_TYPES[one] & PARENT_TYPES[other]:
            assert EVENTS[one].group == EVENTS[other].group
