"""``tart/query/topics/node_states.py``: which state a node has, at each threshold."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from tart.query.answers.node_summary import Level, StateCode
from tart.query.topics.node_states import (
    GONE_US,
    LEVELS,
    RULES,
    STATES,
    NodeFacts,
    level_of,
    state_of,
)
from tart.units import SECOND_US

WELL = NodeFacts(
    connected=True,
    quiet_us=SECOND_US,
    best_lag=0,
    finalized_lag=0,
    synced=True,
    peers=5,
    clock_offset_us=1000,
)
CHANGES = [
    ("gone", "disconnected", {"connected": False, "quiet_us": GONE_US + 1}, {"quiet_us": GONE_US}),
    ("disconnected", "well", {"connected": False}, {"connected": True}),
    ("silent", "well", {"quiet_us": 30 * SECOND_US}, {"quiet_us": 30 * SECOND_US - 1}),
    ("isolated", "well", {"peers": 0}, {"peers": 1}),
    ("far_behind", "behind", {"best_lag": 10}, {"best_lag": 9}),
    ("behind", "well", {"best_lag": 3}, {"best_lag": 2}),
    ("syncing", "well", {"synced": False}, {"synced": None}),
    ("finality_behind", "well", {"finalized_lag": 10}, {"finalized_lag": 9}),
    ("clock_off", "well", {"clock_offset_us": -2_000_000}, {"clock_offset_us": -1_999_999}),
    ("dropping", "well", {"dropping": True}, {"dropping": False}),
    ("no_block", "well", {"best_lag": None}, {"best_lag": 0}),
]


@pytest.mark.parametrize(("state", "below", "at_threshold", "under"), CHANGES)
def test_each_rule_holds_at_its_threshold_and_not_below(state, below, at_threshold, under):
    facts = replace(WELL, **at_threshold)
    assert state_of(facts) == state
    assert state_of(replace(facts, **under)) == below


def test_the_most_harmful_rule_decides():
    facts = replace(WELL, quiet_us=99 * SECOND_US, best_lag=99, synced=False, dropping=True)
    assert state_of(facts) == "silent"


def test_a_node_without_any_message_that_is_not_connected_is_gone():
    assert state_of(NodeFacts(connected=False)) == "gone"
    assert state_of(NodeFacts(connected=True)) == "no_block"


def test_every_state_has_a_rule_with_its_level_and_harm_never_rises():
    assert set(STATES) == set(get_args(StateCode))
    assert [rule["state"] for rule in RULES] == list(STATES)
    assert {rule["level"] for rule in RULES} == set(get_args(Level)) == set(LEVELS)
    assert [level_of(rule["state"]) for rule in RULES] == [rule["level"] for rule in RULES]
    # Beside gone, which is the exception to disconnected.
    order = [LEVELS.index(rule["level"]) for rule in RULES[1:]]
    assert order == sorted(order)
