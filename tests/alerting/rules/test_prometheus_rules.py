import shutil
import subprocess
from textwrap import dedent

import pytest
import yaml

from tart.alerting.rules.builtin_rules import BUILTIN_RULES
from tart.alerting.rules.figures import FIGURES
from tart.alerting.rules.model import FigureCondition, Rule, RuleFile, SqlCondition
from tart.alerting.rules.prometheus_rules import (
    EXPRESSIONS,
    NOTES,
    REASONS,
    write_prometheus_rules,
)
from tart.alerting.rules.rule_file import default_rule_file
from tart.gateway.observability.network_metrics import FAMILIES, full_name
from tart.units import DAY_US, MINUTE_US

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="needs promtool; Debian: prometheus"
)


def rule(name, condition, **members):
    return Rule(alert=name, condition=condition, **members)


def written(*rules, **members):
    return write_prometheus_rules(RuleFile(rules=rules, **members), source="a test")


def expressions(*rules):
    (group,) = yaml.safe_load(written(*rules))["groups"]
    return [each["expr"] for each in group["rules"]]


def promtool(tmp_path, *arguments):
    done = subprocess.run(
        ["promtool", *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_figure_is_expressed_or_has_a_reason_and_none_has_both():
    known = {(name, label) for name, row in FIGURES.items() for label in row.by or (None,)}
    assert EXPRESSIONS.keys() <= known
    assert REASONS.keys() <= known
    assert not EXPRESSIONS.keys() & REASONS.keys()
    assert NOTES.keys() <= {name for name, _ in EXPRESSIONS}
    labelled = {key for key in known if key[1] is not None}
    assert labelled <= EXPRESSIONS.keys() | REASONS.keys()


def test_metrics_of_the_network_that_are_named_exist():
    names = {full_name(name) for name in FAMILIES}
    names |= {f"{name}_count" for name in names}
    for expression in EXPRESSIONS.values():
        for word in expression.replace("(", " ").replace("{", " ").replace("[", " ").split():
            if word.startswith("tart_network_"):
                assert word.rstrip(",)") in names, word


def test_a_rule_is_written_with_its_times_labels_and_texts():
    lagging = rule(
        "FinalityLags",
        FigureCondition("finality_lag_slots", above=5.0),
        for_us=MINUTE_US,
        keep_firing_for_us=90 * MINUTE_US,
        severity="critical",
        labels={"team": "chain"},
        annotations={"summary": '{{ $value | humanize }} "slots" {{ $labels.node | short }}'},
    )
    assert yaml.safe_load(written(lagging)) == {
        "groups": [
            {
                "name": "tart-rules",
                "rules": [
                    {
                        "alert": "FinalityLags",
                        "expr": "(tart_network_best_slot - tart_network_finalized_slot) > 5",
                        "for": "1m",
                        "keep_firing_for": "1h30m",
                        "labels": {"severity": "critical", "team": "chain"},
                        "annotations": {
                            "summary": '{{ $value | humanize }} "slots" '
                            '{{ $labels.node | printf "%.8s" }}'
                        },
                    }
                ],
            }
        ]
    }


def test_windows_and_earlier_windows_are_in_the_expression():
    share = FigureCondition("missed_slots_share", above=2.0, window_us=10 * MINUTE_US)
    (expression,) = expressions(rule("A", share))
    assert "_count[10m])" in expression
    compared = FigureCondition(
        "missed_slots_share", above=2.0, window_us=10 * MINUTE_US, against_us=DAY_US
    )
    (expression,) = expressions(rule("A", compared))
    assert "_count[10m]) /" in expression
    assert "_count[10m] offset 1d)" in expression
    assert expression.endswith("> 2")
    (expression,) = expressions(rule("A", FigureCondition("memory_free_share", below=0.05)))
    assert expression == "(tart_host_memory_available_bytes / tart_host_memory_bytes) < 0.05"


def test_rules_that_prometheus_cannot_evaluate_are_comments_with_the_reason():
    text = written(
        rule("Silent\n", FigureCondition("node_silent_seconds", by="node", above=60.0)),
        rule("Forks", FigureCondition("forks_share", above=0.5)),
        rule("Statement", SqlCondition("SELECT 1")),
        rule("Off", FigureCondition("nodes_connected", below=1.0)),
        disabled=("Off",),
    )
    assert "# Silent: node_silent_seconds: the metrics have no label for each node" in text
    assert "# Forks: forks_share: the metrics do not have this figure" in text
    assert "# Statement: its condition is a statement in SQL" in text
    assert "Off" not in text
    assert yaml.safe_load(text) == {"groups": []}


@needs_promtool
def test_promtool_accepts_every_expression_and_the_built_in_rules(tmp_path):
    rules = []
    for (name, label), index in zip(EXPRESSIONS, range(len(EXPRESSIONS)), strict=True):
        condition = FigureCondition(name, by=label, above=0.5)
        rules.append(rule(f"A{index}", condition))
        if FIGURES[name].is_comparable:
            against = FigureCondition(name, by=label, above=2.0, against_us=DAY_US)
            rules.append(rule(f"B{index}", against))
    (tmp_path / "rules.yml").write_text(written(*rules))
    assert f"SUCCESS: {len(rules)} rules" in promtool(tmp_path, "check", "rules", "rules.yml")
    (tmp_path / "builtin.yml").write_text(written(*BUILTIN_RULES))
    promtool(tmp_path, "check", "rules", "builtin.yml")


@needs_promtool
def test_rules_fire_in_prometheus_on_what_they_are_about(tmp_path):
    rules = (
        rule("FinalityLags", FigureCondition("finality_lag_slots", above=5.0), for_us=MINUTE_US),
        rule("Missed", FigureCondition("missed_slots_share", above=0.4, window_us=10 * MINUTE_US)),
        rule(
            "Failing",
            FigureCondition("step_failure_share", by="pipeline", above=0.1),
            annotations={"summary": "{{ $value | humanizePercentage }} of {{ $labels.pipeline }}"},
        ),
        rule(
            "Worse",
            FigureCondition(
                "step_failure_share",
                by="pipeline",
                above=3.0,
                window_us=5 * MINUTE_US,
                against_us=30 * MINUTE_US,
            ),
        ),
        rule("Appeared", FigureCondition("version_appeared_nodes", by="version", above=0.0)),
        rule("Vanished", FigureCondition("version_vanished_nodes", by="version", above=0.0)),
        rule("Paused", FigureCondition("ingest_pauses", above=0.5)),
        rule("Missing", FigureCondition("shards_missing", above=0.0)),
    )
    (tmp_path / "rules.yml").write_text(written(*rules))
    (tmp_path / "tests.yml").write_text(
        dedent("""\
        rule_files: [rules.yml]
        evaluation_interval: 1m
        tests:
          - interval: 1m
            input_series:
              - {series: 'tart_network_best_slot{instance="a"}', values: "100+10x130"}
              - {series: 'tart_network_finalized_slot{instance="a"}', values: "97+10x120 1297x10"}
              - {series: 'tart_network_block_interval_seconds_count{instance="a"}',
                 values: "0+10x100 1000+5x30"}
              - {series: 'tart_network_attempts_total{instance="a", pipeline="audit"}',
                 values: "0+100x130"}
              - {series: 'tart_network_failures_total{instance="a", pipeline="audit", event="e"}',
                 values: "0+2x100 200+20x30"}
              - {series: 'tart_network_connected_nodes{instance="a"}', values: "6x130"}
              - {series: 'tart_network_shards{instance="a", state="missing"}', values: "0x130"}
              - {series: 'tart_network_nodes{instance="a", implementation="i", version="1"}',
                 values: "6x100 stale"}
              - {series: 'tart_network_nodes{instance="a", implementation="i", version="2"}',
                 values: "_x101 6x30"}
              - {series: 'tart_ingest_pauses_total{instance="a", shard="0", reason="disk"}',
                 values: "0x120 1x10"}
              - {series: 'tart_ingest_pauses_total{instance="b", shard="0", reason="disk"}',
                 values: "_x121 1x9"}
              - {series: 'tart_ingest_pauses_total{instance="a", shard="0", reason="rate"}',
                 values: "0+10x130"}
              - {series: 'tart_shard_up{instance="a", shard="0"}', values: "1x130"}
              - {series: 'tart_shard_up{instance="a", shard="1"}', values: "1x120 0x10"}
            alert_rule_test:
              - {eval_time: 95m, alertname: FinalityLags, exp_alerts: []}
              - {eval_time: 95m, alertname: Missed, exp_alerts: []}
              - {eval_time: 95m, alertname: Failing, exp_alerts: []}
              - {eval_time: 95m, alertname: Worse, exp_alerts: []}
              - {eval_time: 95m, alertname: Appeared, exp_alerts: []}
              - {eval_time: 95m, alertname: Vanished, exp_alerts: []}
              - {eval_time: 95m, alertname: Paused, exp_alerts: []}
              - {eval_time: 95m, alertname: Missing, exp_alerts: []}
              - eval_time: 125m
                alertname: FinalityLags
                exp_alerts: [{exp_labels: {severity: warning, instance: a}}]
              - eval_time: 125m
                alertname: Missed
                exp_alerts: [{exp_labels: {severity: warning, instance: a}}]
              - eval_time: 125m
                alertname: Failing
                exp_alerts:
                  - exp_labels: {severity: warning, instance: a, pipeline: audit}
                    exp_annotations: {summary: "20% of audit"}
              - eval_time: 125m
                alertname: Worse
                exp_alerts: [{exp_labels: {severity: warning, instance: a, pipeline: audit}}]
              - eval_time: 110m
                alertname: Appeared
                exp_alerts:
                  - exp_labels: {severity: warning, instance: a, implementation: i, version: "2"}
              - eval_time: 125m
                alertname: Vanished
                exp_alerts:
                  - exp_labels: {severity: warning, instance: a, implementation: i, version: "1"}
              - eval_time: 123m
                alertname: Paused
                exp_alerts:
                  - {exp_labels: {severity: warning, instance: a}}
                  - {exp_labels: {severity: warning, instance: b}}
              - eval_time: 123m
                alertname: Missing
                exp_alerts: [{exp_labels: {severity: warning, instance: a}}]
        """)
    )
    promtool(tmp_path, "test", "rules", "tests.yml")


def test_the_file_that_is_shipped_has_the_built_in_rules(pytestconfig):
    shipped = pytestconfig.rootpath / "systemd" / "prometheus" / "tart-rules.yml"
    expected = write_prometheus_rules(default_rule_file(BUILTIN_RULES), source="tart")
    command = "tart alerts prometheus --builtin > systemd/prometheus/tart-rules.yml"
    assert shipped.read_text() == expected, f"run 'make generate', or {command}"
