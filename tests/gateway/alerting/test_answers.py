"""Answers about alerts, from values."""

from __future__ import annotations

from dataclasses import replace

from tart.alert_store import Delivery
from tart.alerting.engine.model import Alert, AlertView, State
from tart.alerting.rules.model import FigureCondition, Rule, SqlCondition
from tart.gateway.alerting.answers import (
    ShownAlert,
    active_alert,
    count,
    delivery_answer,
    matches,
    order,
    page_of,
    subject,
    unit_of,
)
from tart.gateway.alerting.answers import test_notification as make_notification
from tests.query.answers.checking import check

NODE = "ab" * 32
RULE = Rule(
    "NodeSilent",
    FigureCondition("node_silent_seconds", "node", above=60),
    scope="member",
    severity="critical",
    page="#/nodes/{node}",
)


def shown(**changes: object) -> ShownAlert:
    alert = Alert(
        rule="NodeSilent",
        labels=(("node", NODE),),
        state=State.FIRING,
        fingerprint="0123456789abcdef",
        id="0123456789abcdef-1",
        condition="",
        started_us=1_000_000,
        held_us=5_000_000,
        evaluated_us=6_000_000,
        known_us=6_000_000,
        true_us=6_000_000,
        value=90.0,
        severity="critical",
        fired_us=4_000_000,
    )
    alert = replace(alert, **changes)  # type: ignore[arg-type]
    labels = {"alertname": "NodeSilent", "severity": alert.severity, "node": NODE}
    return ShownAlert(RULE, AlertView(alert, labels, {}, "node ab is silent"))


def test_of_a_thousand_silences_an_alert_shows_some() -> None:
    silences = tuple(f"{number:016x}" for number in range(1000))
    assert active_alert(replace(shown(), silenced_by=silences))["silenced_by"] == list(
        silences[:10]
    )


def test_an_alert_has_its_rule_s_condition_and_what_it_is_about() -> None:
    body = active_alert(shown())
    check("ActiveAlert", body)
    assert body["about"] == {"kind": "node", "id": NODE}
    assert body["page"] == f"#/nodes/{NODE}"
    assert (body["figure"], body["unit"], body["above"]) == ("node_silent_seconds", "seconds", 60)
    assert body["since"] == "1970-01-01T00:00:01.000000Z"
    assert body["resolved_at"] is None


def test_what_an_alert_is_about_without_a_label() -> None:
    network = Rule("Finality", FigureCondition("finality_lag_slots", above=5))
    server = replace(network, scope="server")
    of_sql = replace(network, condition=SqlCondition("SELECT 1"))
    assert subject(network, ()) == {"kind": "network", "id": ""}
    assert subject(server, ()) == {"kind": "server", "id": ""}
    assert subject(of_sql, (("core", "3"),)) == {"kind": "core", "id": "3"}
    assert page_of(RULE, {}) == "#/alerts"


def test_a_ratio_of_two_windows_has_no_unit() -> None:
    assert unit_of(FigureCondition("node_silent_seconds", above=2, against_us=1)) is None
    assert unit_of(FigureCondition("unknown", above=2)) is None


def test_the_worst_that_fire_are_first() -> None:
    late = shown(started_us=2_000_000)
    info = shown(severity="info")
    pending = shown(state=State.PENDING)
    resolved = shown(state=State.RESOLVED)
    silenced = replace(late, silenced_by=("s1",))
    inhibited = replace(shown(), inhibited_by="FinalityStalled")
    assert order([resolved, pending, inhibited, silenced, info, shown(), late]) == (
        late,
        shown(),
        info,
        silenced,
        inhibited,
        pending,
        resolved,
    )


def test_alerts_that_send_no_message_are_counted_apart() -> None:
    silenced = replace(shown(), silenced_by=("s1",))
    inhibited = replace(shown(), inhibited_by="FinalityStalled")
    pending = shown(state=State.PENDING)
    assert count([shown(), silenced, inhibited, pending, shown(severity="info")]) == {
        "firing": 2,
        "pending": 1,
        "silenced": 1,
        "inhibited": 1,
        "by_severity": {"critical": 1, "warning": 0, "info": 1},
    }


def test_filters() -> None:
    assert matches(shown(), "firing", "critical", NODE)
    assert not matches(shown(), "pending")
    assert not matches(shown(), None, "info")
    assert not matches(shown(), node="cd" * 32)


def test_a_message_of_a_channel_that_rests_is_tried_when_the_rest_is_over() -> None:
    queued = Delivery(1, make_notification("ops", 5_000_000), "queued", 0, 5_000_000)
    assert delivery_answer(queued)["next_attempt_at"] == "1970-01-01T00:00:05.000000Z"
    resting = delivery_answer(queued, 65_000_000)
    assert resting["next_attempt_at"] == "1970-01-01T00:01:05.000000Z"
    dead = delivery_answer(replace(queued, state="dead"), 65_000_000)
    assert dead["next_attempt_at"] is None
