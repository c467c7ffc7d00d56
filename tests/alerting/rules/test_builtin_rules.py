"""The rules that tart declares."""

from __future__ import annotations

import pytest

from tart.alerting.rules.builtin_rules import BUILTIN_RULES
from tart.alerting.rules.figures import FIGURES
from tart.alerting.rules.rule_file import default_rule_file, parse_rule_file
from tart.alerting.rules.rule_reader import labels_of
from tart.alerting.rules.templates import check_template, render

ON = {rule.alert for rule in default_rule_file(BUILTIN_RULES).enabled_rules}


def test_names_are_unique():
    names = [rule.alert for rule in BUILTIN_RULES]
    assert len(set(names)) == len(names)


def test_texts_name_labels_that_the_alerts_have():
    for rule in BUILTIN_RULES:
        assert rule.is_builtin
        for text in rule.annotations.values():
            assert list(check_template(text, labels_of(rule))) == [], rule.alert


def test_summaries_are_sentences_with_the_value():
    for rule in BUILTIN_RULES:
        summary = rule.annotations["summary"]
        assert "$value" in summary, rule.alert
        assert summary.endswith("."), rule.alert
        labels = {name: "f" * 32 for name in labels_of(rule) or ()}
        assert len(render(summary, labels, 1234.5678)) < 160, rule.alert


@pytest.mark.parametrize("rule", BUILTIN_RULES, ids=lambda rule: rule.alert)
def test_a_rule_is_one_that_a_file_may_have(rule):
    """So its threshold, window and label are in the catalogue's limits."""
    condition = rule.condition
    keys = {
        "alert": '"Own"',
        "figure": f'"{condition.figure}"',
        "by": condition.by and f'"{condition.by}"',
        "above": condition.above,
        "below": condition.below,
        "window": condition.window_us and f'"{condition.window_us // 1_000_000}s"',
        "against": condition.against_us and f'"{condition.against_us // 1_000_000}s"',
    }
    lines = [f"{key} = {value}" for key, value in keys.items() if value is not None]
    file = parse_rule_file("\n".join(["[[rule]]", *lines]), place="alerts.toml", builtin=())
    (own,) = file.rules
    assert own.condition == condition
    assert own.scope == rule.scope


def test_rules_that_may_be_wrong_are_off_and_say_why():
    off = [rule for rule in BUILTIN_RULES if not rule.is_on]
    assert off
    for rule in off:
        assert rule.off_because.endswith("."), rule.alert
        # Messages of a rule that was switched on say what to do, not why it was off.
        assert not rule.annotations["description"].startswith("Off"), rule.alert


def test_the_five_alerts_of_jamtart_are_rules_that_are_on():
    types = {rule.jamtart_type: rule.alert for rule in BUILTIN_RULES if rule.jamtart_type}
    assert types.keys() == {
        "dropped_events",
        "undecodable_events",
        "node_behind",
        "node_inactive",
        "high_failure_rate",
    }
    assert set(types.values()) <= ON


def test_every_figure_of_the_server_and_of_the_chain_has_a_rule():
    used = {rule.condition.figure for rule in BUILTIN_RULES}
    left = FIGURES.keys() - used
    # What is usual depends on the network, or another figure says it.
    assert left == {
        *("nodes_connected", "finalized_block_age_seconds"),
        *("core_guarantees", "core_failure_share"),
        # They need the RPC of a node, which no server has by default.
        *("chain_unreported_blocks", "chain_unknown_blocks", "chain_number_findings"),
        *("chain_guarantee_findings", "chain_assurance_findings", "validators_without_telemetry"),
    }


def test_a_file_switches_rules_on_and_off():
    assert "NodeDisconnected" not in ON
    file = parse_rule_file(
        'enable = ["NodeDisconnected"]\ndisable = ["NodeSilent"]',
        place="alerts.toml",
        builtin=BUILTIN_RULES,
    )
    enabled = {rule.alert for rule in file.enabled_rules}
    assert enabled == ON - {"NodeSilent"} | {"NodeDisconnected"}
    text = '[[rule]]\nalert = "NodeDisconnected"\nabove = 600'
    file = parse_rule_file(text, place="alerts.toml", builtin=BUILTIN_RULES)
    assert "NodeDisconnected" in {rule.alert for rule in file.enabled_rules}
