"""The benchmark of alerting: its rules are rules of a rule file."""

from __future__ import annotations

from loadtest.alerts import rule_file
from tart.alerting.figures.computations import plan
from tart.alerting.rules.builtin_rules import BUILTIN_RULES
from tart.alerting.rules.rule_file import parse_rule_file


def test_the_file_has_as_many_rules_as_are_wanted():
    file = parse_rule_file(rule_file(50), place="alerts.toml", builtin=BUILTIN_RULES)
    assert len(file.enabled_rules) == 50
    plans = [plan(rule.condition, 10**15) for rule in file.enabled_rules]
    questions = {question for each in plans if each for question in each.questions}
    assert len(questions) > 15
