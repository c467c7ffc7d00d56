from tart.alerting.rules.builtin_rules import BUILTIN_RULES
from tart.alerting.rules.rule_reader import labels_of
from tart.alerting.rules.templates import check_template


def test_names_are_unique():
    names = [rule.alert for rule in BUILTIN_RULES]
    assert len(set(names)) == len(names)


def test_texts_name_labels_that_the_alerts_have():
    for rule in BUILTIN_RULES:
        assert rule.is_builtin
        for text in rule.annotations.values():
            assert list(check_template(text, labels_of(rule))) == [], rule.alert
