"""Texts of a test of rules: one line for each transition, and the summary."""

from __future__ import annotations

from tart.alerting.engine.model import Alert, AlertView, State
from tart.alerting.rules.model import FigureCondition, Rule
from tart.cli.render.rule_test import RuleTest, ShownChange, document, summary, transition_line
from tart.units import HOUR_US, MINUTE_US, SECOND_US

NODE = "ab" * 32
SILENT = Rule("NodeSilent", FigureCondition("node_silent_seconds", by="node", above=60))
STALLED = Rule("Stalled", FigureCondition("best_block_age_seconds", above=60))
FULL = Rule("Full", FigureCondition("disk_free_share", below=0.1), scope="server")
AT_US = 1_790_000_000 * SECOND_US


def change(value: float | None = 93.0, inhibited_by: str | None = None) -> ShownChange:
    alert = Alert(
        rule="NodeSilent",
        labels=(("node", NODE),),
        condition="0" * 16,
        known_us=AT_US,
        state=State.FIRING,
        fingerprint="0" * 16,
        id="0",
        started_us=AT_US,
        held_us=0,
        evaluated_us=AT_US,
        true_us=AT_US,
        value=value,
    )
    view = AlertView(alert, {"node": NODE, "alertname": "NodeSilent"}, {}, "it is silent")
    return ShownChange(view, AT_US, "pending", "firing", "", inhibited_by)


def test_a_transition_has_time_state_rule_labels_and_value() -> None:
    assert transition_line(change()) == (
        "2026-09-21T14:13:20Z  firing    NodeSilent  node=abababababab…  value 93"
    )
    assert transition_line(change(None, "Stalled")).endswith("value -  (inhibited by Stalled)")


def test_the_summary_names_what_fired_what_never_did_and_what_was_not_tested() -> None:
    test = RuleTest(
        [SILENT, STALLED],
        [(FULL, "about the server")],
        [change(), change()],
        {"Stalled": "no shard answered"},
        AT_US,
        AT_US + HOUR_US + 5 * MINUTE_US,
        turns=130,
        pauses=1,
        events=12_345,
    )
    assert summary(test).splitlines() == [
        "12,345 events of 1 h 5 min, 130 evaluations of 2 rules, 1 long pause skipped",
        "",
        "Fired:",
        "  NodeSilent  2 ×",
        "",
        "Never fired: Stalled",
        "",
        "Not evaluated:",
        "  Stalled: no shard answered",
        "",
        "Not tested: Full (about the server)",
    ]


def test_the_document_has_whole_labels() -> None:
    shown = document(RuleTest([SILENT], changes=[change()], started_us=AT_US, ended_us=AT_US))
    assert shown["transitions"][0]["labels"]["node"] == NODE
    assert shown["transitions"][0]["from"] == "pending"
    assert shown["rules"] == [
        {"alert": "NodeSilent", "figure": "node_silent_seconds", "fired": 1, "error": None}
    ]
    assert document(RuleTest([]))["started_at"] is None
