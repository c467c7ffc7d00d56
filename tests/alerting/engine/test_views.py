"""``tart/alerting/engine/views.py``: alerts with the texts of their rules."""

from dataclasses import replace

from tart.alerting.engine.views import all_labels, describe, views
from tart.alerting.rules.model import FigureCondition, Rule, RuleFile, SqlCondition
from tests.alerting.engine.alerts import make_alert

RULE = Rule(
    "NodeSilent",
    FigureCondition("node_silent_seconds", by="node", above=60),
    labels={"team": "ops", "node": "not this"},
    annotations={
        "summary": "{{ $labels.node }} of {{ $labels.team }}: {{ $value }} s",
        "description": "Look.",
    },
    page="#/nodes/{node}",
)
ALERT = make_alert(labels={"node": "a/b"}, severity="critical")


def test_labels_are_those_of_rule_and_value_with_name_and_severity():
    assert all_labels(ALERT, RULE) == {
        "team": "ops",
        "node": "a/b",
        "alertname": "NodeSilent",
        "severity": "critical",
    }


def test_a_view_has_the_texts_and_the_link_of_the_rule():
    view = views(RuleFile(rules=(RULE,), external_url="https://tart.example/"))(ALERT)
    assert view.summary == "a/b of ops: 61 s"
    assert view.annotations["description"] == "Look."
    assert view.url == "https://tart.example/#/nodes/a%2Fb"
    assert views(RuleFile(rules=(RULE,)))(ALERT).url == ""


def test_an_alert_of_a_rule_that_was_removed_has_a_view():
    view = views(RuleFile(external_url="https://tart.example"))(ALERT)
    assert view.summary == "NodeSilent (node a/b): 61"
    assert view.url == "https://tart.example/#/alerts"
    assert view.labels["node"] == "a/b"


def test_an_alert_without_the_label_of_its_page_leads_to_the_alerts():
    rule = Rule("Rows", SqlCondition("SELECT 1"), page="#/nodes/{node}")
    view = views(RuleFile(rules=(rule,), external_url="https://tart.example"))
    assert view(replace(ALERT, rule="Rows")).url == "https://tart.example/#/nodes/a%2Fb"
    assert view(replace(ALERT, rule="Rows", labels=())).url == "https://tart.example/#/alerts"


def test_a_rule_without_a_summary_is_described_by_figure_and_threshold():
    assert describe(ALERT, RULE) == (
        "NodeSilent (node a/b): node_silent_seconds is 1m 1s, above 1m 0s"
    )
    below = Rule("DiskFull", FigureCondition("disk_free_share", below=0.1))
    unknown = make_alert("DiskFull", value=None)
    assert describe(unknown, below) == "DiskFull: disk_free_share is unknown, below 10%"
    slots = Rule("DiskFull", FigureCondition("finality_lag_slots", above=20))
    assert describe(replace(unknown, value=31.0), slots).endswith("is 31 slots, above 20 slots")
    times = Rule("DiskFull", FigureCondition("forks_share", above=3, against_us=86_400_000_000))
    assert describe(replace(unknown, value=4.5), times) == (
        "DiskFull: forks_share is 4.5 times that of 1d before, above 3 times that of 1d before"
    )
    rows = Rule("Rows", SqlCondition("SELECT 1"))
    node = replace(unknown, rule="Rows", value=5.0, labels=(("node", "ab" * 32),))
    assert describe(node, rows) == "Rows (node abababab): 5"
    assert describe(replace(unknown, rule="Rows"), rows) == "Rows"
