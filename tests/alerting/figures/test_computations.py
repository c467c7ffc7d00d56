"""Plans of conditions, and windows."""

from __future__ import annotations

from tart.alerting.figures.computations import COMPUTATIONS, Retention, measure, plan
from tart.alerting.figures.inputs import Inputs
from tart.alerting.figures.questions import EventCounts
from tart.alerting.rules.figures import FIGURES
from tart.alerting.rules.model import FigureCondition
from tart.config.schema import AggregatesConfig
from tart.units import DAY_US, HOUR_US, MINUTE_US, SECOND_US
from tests.alerting.figures.making import NOON, measurement_of

# Figures that other parts measure; see ``gateway.alerting.measurements.Provider``.
PROVIDED = {
    "node_anomaly_score",
    "network_anomaly_score",
    "failure_groups_new",
    "failure_groups_regressed",
    "chain_unreported_blocks",
    "chain_unknown_blocks",
    "chain_guarantee_findings",
    "chain_assurance_findings",
    "chain_number_findings",
    "validators_without_telemetry",
}


def planned(figure: str, now_us: int = NOON, **condition):
    found = plan(FigureCondition(figure, above=0, **condition), now_us, Retention())
    assert found is not None
    return found


def test_every_figure_of_the_catalogue_is_computed():
    assert COMPUTATIONS.keys() | PROVIDED == FIGURES.keys()
    for name in PROVIDED:
        assert plan(FigureCondition(name, above=0), NOON) is None


def test_equal_windows_of_several_rules_are_one_question():
    pipelines = planned("step_failure_share")
    again = planned("step_failure_share", by="pipeline", window_us=5 * MINUTE_US)
    assert pipelines.questions == again.questions
    forks, missed = planned("forks_share"), planned("missed_slots_share")
    assert forks.questions == missed.questions


def test_a_window_ends_with_the_last_whole_bucket():
    now_us = NOON + 17 * SECOND_US
    turn = planned("step_failure_share", now_us).turn
    assert (turn.start_us, turn.end_us) == (
        NOON + 10 * SECOND_US - 5 * MINUTE_US,
        NOON + 10 * SECOND_US - 1,
    )
    turn = planned("late_guarantees_share", now_us).turn
    assert (turn.start_us, turn.end_us) == (NOON - 5 * MINUTE_US, NOON - 1)


def test_windows_of_counters_are_not_cut_into_buckets():
    now_us = NOON + 17 * SECOND_US
    turn = planned("node_dropped_events", now_us).turn
    assert turn.start_us == now_us - 5 * MINUTE_US


def test_an_earlier_window_has_the_buckets_that_the_tables_still_have():
    now_us = NOON + 17 * SECOND_US
    earlier = planned("step_failure_share", now_us, against_us=DAY_US).earlier
    assert earlier is not None
    assert (earlier.start_us, earlier.end_us) == (
        NOON - DAY_US - 5 * MINUTE_US,
        NOON - DAY_US - 1,
    )
    week = planned("late_guarantees_share", now_us, against_us=7 * DAY_US).earlier
    assert week is not None
    assert (week.start_us, week.end_us) == (NOON - 7 * DAY_US - HOUR_US, NOON - 7 * DAY_US - 1)


def test_the_retention_is_that_of_the_settings():
    config = AggregatesConfig(counts_10s_hours=2, latency_hours=24)
    assert Retention.of_config(config) == Retention(2 * HOUR_US, 24 * HOUR_US)
    assert Retention.of_config(AggregatesConfig()) == Retention()


def test_a_figure_of_the_present_asks_the_shards_nothing():
    found = planned("finality_lag_slots")
    assert not found.questions
    assert found.computation.needs_network


def test_an_answer_without_all_shards_says_nothing():
    rows = [{"type": 40, "count": 200}]
    measurement = measurement_of("step_failure_share", rows, is_complete=False)
    assert (dict(measurement.values), measurement.is_complete) == ({}, False)


def test_a_question_that_failed_is_the_error_of_its_figures():
    found = planned("step_failure_share")
    (question,) = found.questions
    assert question == EventCounts(NOON - 5 * MINUTE_US, NOON - 1)
    measurement = measure(found, Inputs(failures={question: "no shard is available"}))
    assert (measurement.error, measurement.is_complete) == ("no shard is available", False)


def test_a_network_that_is_not_known_is_an_error_and_a_server_that_is_not_known_has_no_value():
    measurement = measure(planned("nodes_connected"), Inputs())
    assert (measurement.error, measurement.is_complete) == ("no shard answered", False)
    measurement = measure(planned("shards_missing"), Inputs())
    assert (dict(measurement.values), measurement.is_complete) == ({}, True)
