"""Scores of planted troubles: what is found, missed and false."""

from __future__ import annotations

from loadtest.planted import (
    CALM_US,
    SIGNATURES,
    WARM_UP_US,
    Fired,
    choose_troubles,
    score,
    table,
)
from tart.alerting.rules.builtin_rules import BUILTIN_RULES
from tart.simulate.model.troubles import TROUBLES, Trouble
from tart.units import MINUTE_US, SECOND_US

PEERS = {0: "aa", 1: "bb"}
SILENT = Trouble("node-silent", 10 * MINUTE_US, 5 * MINUTE_US, (1,))
STALL = Trouble("blocks-stall", 60 * MINUTE_US, 5 * MINUTE_US)


def fired(figure: str, minute: float, node: str | None = None, inhibited: bool = False) -> Fired:
    rule = next(each for each in BUILTIN_RULES if getattr(each.condition, "figure", "") == figure)
    return Fired(rule.alert, figure, int(minute * MINUTE_US), node, inhibited)


def test_every_trouble_has_figures_that_a_rule_is_about():
    figures = {getattr(rule.condition, "figure", "") for rule in BUILTIN_RULES}
    # The networks that docs/alerts.md measured have no partition.
    assert SIGNATURES.keys() == TROUBLES.keys() - {"partition"}
    assert all(figures & set(each.shows) for each in SIGNATURES.values())


def test_equal_seeds_choose_equal_troubles_with_calm_between_them():
    assert choose_troubles(3, 6, 5) == choose_troubles(3, 6, 5)
    chosen = [each for seed in range(40) for each in choose_troubles(seed, 6, 4)]
    assert {each.name for each in chosen} == SIGNATURES.keys()
    one, other, *_ = choose_troubles(1, 6, 4)
    assert one.start >= WARM_UP_US
    assert other.start - one.end >= CALM_US


def test_a_trouble_is_found_by_an_alert_of_its_node_in_its_time():
    alert = fired("node_silent_seconds", 13, "bb")
    found = score([SILENT], [alert], PEERS, BUILTIN_RULES)
    assert found.found == [(SILENT, 3 * MINUTE_US, alert)]
    assert (found.missed, found.false) == ([], [])


def test_an_alert_of_another_node_or_time_is_false_and_the_trouble_missed():
    for alert in (
        fired("node_silent_seconds", 13, "aa"),
        fired("node_silent_seconds", 9, "bb"),
        fired("node_silent_seconds", 40, "bb"),
        fired("forks_share", 13),
    ):
        outcome = score([SILENT], [alert], PEERS, BUILTIN_RULES)
        assert (outcome.missed, outcome.false) == ([SILENT], [alert])


def test_consequences_are_neither_found_nor_false_and_inhibited_alerts_send_nothing():
    consequence = fired("missed_slots_share", 64)
    hidden = fired("node_behind_slots", 64, "aa", inhibited=True)
    outcome = score([STALL], [consequence, hidden], PEERS, BUILTIN_RULES)
    assert (outcome.missed, outcome.false) == ([STALL], [])


def test_the_table_has_numbers_and_delays_by_trouble():
    scores = [
        score([SILENT], [fired("node_silent_seconds", 13, "bb")], PEERS, BUILTIN_RULES),
        score([SILENT], [fired("forks_share", 13)], PEERS, BUILTIN_RULES),
    ]
    lines = table(scores, BUILTIN_RULES)
    (row,) = [line for line in lines if line.startswith("| node-silent ")]
    assert row == "| node-silent | `NodeSilent` | 2 | 1 | 1 | 180 s |"
    assert lines[-1] == "2 networks with 2 troubles. False alerts: `ForksMany` 1."
    assert SECOND_US
