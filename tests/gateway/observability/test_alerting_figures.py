"""What health and ``/metrics`` show of alerting."""

from __future__ import annotations

from dataclasses import replace

from prometheus_client import CollectorRegistry, generate_latest

from tart.gateway.observability.alerting_figures import AlertingFigures, alert_metrics

FIGURES = AlertingFigures(
    alerts={("firing", "critical"): 2, ("silenced", "critical"): 1},
    rules=7,
    interval_seconds=30.0,
    seconds_since=12.0,
    evaluations=5,
    rule_seconds={"A": 0.25},
    rule_failures={"A": 3},
    delivery_outcomes={("ops", "delivered"): 4, ("ops", "failed"): 1},
    queued={"ops": 2},
)


def page(figures: AlertingFigures | None) -> list[str]:
    class Collector:
        def collect(self):  # type: ignore[no-untyped-def]
            return alert_metrics(figures)

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Collector())  # type: ignore[arg-type]
    lines = generate_latest(registry).decode().splitlines()
    return [line for line in lines if not line.startswith("#") and "_created" not in line]


def test_metrics() -> None:
    assert page(FIGURES) == [
        'tart_alerts{severity="critical",state="firing"} 2.0',
        'tart_alerts{severity="critical",state="silenced"} 1.0',
        "tart_alert_rules 7.0",
        "tart_alert_evaluation_age_seconds 12.0",
        "tart_alert_problems 0.0",
        "tart_alert_evaluations_total 5.0",
        "tart_alert_store_failures_total 0.0",
        "tart_alert_stream_skipped_total 0.0",
        'tart_alert_evaluation_seconds_total{rule="A"} 0.25',
        'tart_alert_evaluation_failures_total{rule="A"} 3.0',
        'tart_alert_deliveries_total{channel="ops",outcome="delivered"} 4.0',
        'tart_alert_deliveries_total{channel="ops",outcome="failed"} 1.0',
        'tart_alert_deliveries_queued{channel="ops"} 2.0',
        "tart_alert_deliveries_dropped_total 0.0",
    ]
    assert page(None) == []


def test_alerts_are_no_fault_but_a_late_evaluation_and_problems_are() -> None:
    assert (FIGURES.fault, FIGURES.firing) == ("", 2)
    late = replace(FIGURES, seconds_since=211.0)
    assert late.fault == "rules have not been evaluated for 211 s"
    many = replace(FIGURES, problems=("a", "b", "c", "d", "e"))
    assert many.fault == "a; b; c; and 2 more"
