"""Measurements of a turn: each query once, a time budget, failures that cost their own rules."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from tart.alerting.engine.model import Measurement
from tart.alerting.figures.inputs import Answered
from tart.alerting.rules.model import FigureCondition, SqlCondition
from tart.background_tasks import Background
from tart.errors import QueryTimeout, SqlRefused
from tart.gateway.alerting.measurements import Measurements, SelectedRows
from tart.query.topics.summary import NetworkSummary, ShardAnswers
from tart.units import SECOND_US
from tests.alerting.figures.making import NOON, server, statistics
from tests.query.topics.test_summary import answer
from tests.query.topics.test_summary import node as changed_node

STEPS = FigureCondition("step_failure_share", above=0.1)
STEPS_AGAIN = FigureCondition("step_failure_share", by="pipeline", above=0.5)
LAG = FigureCondition("finality_lag_slots", above=5)
CLOCKS = FigureCondition("node_clock_offset_seconds", above=5)
SHARDS = FigureCondition("shards_missing", above=0)
DROPPED = FigureCondition("node_dropped_events", above=0)
GROUPS = FigureCondition("failure_groups_new", above=0)
SQL = SqlCondition("SELECT 1 AS value")


class FakeSource:
    """Answers of shards by table; a function instead of a value is called."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.tables: dict[str, Any] = {
            "counts": Answered([{"type": 40, "count": 200}, {"type": 41, "count": 50}]),
            "clocks": Answered([{"node": "aa", "offset_us": 3 * SECOND_US}]),
        }
        self.rows: Any = SelectedRows(["value"], [[1]], is_complete=True)
        self.dropped = 0
        self.paused = False
        self.answers = 1
        self.now_us = NOON
        self.summary = NetworkSummary(0)

    async def ask(self, query: Any, seconds: float) -> Answered:
        self.asked[query.table] += 1
        found = self.tables[query.table]
        return await found() if callable(found) else found

    async def network(self) -> NetworkSummary:
        reported = changed_node("aa", dropped=self.dropped)
        answers = [(shard, answer(reported)) for shard in range(self.answers)]
        self.summary.update(ShardAnswers(answers, 1, (), self.now_us))
        return self.summary

    async def server(self) -> Any:
        return server(statistics(ingest_paused=self.paused))

    async def select(self, statement: str, seconds: float) -> SelectedRows:
        return await self.rows() if callable(self.rows) else self.rows


def measure(source: FakeSource, *conditions: Any, **options: Any) -> Any:
    """The measurements of one turn, and what failed."""
    background = Background()

    async def run() -> Any:
        measurements = Measurements(source, background, **options)
        return await measurements.measure(conditions, NOON)

    return asyncio.run(run()), background.failures


def test_each_query_is_asked_once_for_all_rules():
    source = FakeSource()
    measured, failures = measure(source, STEPS, STEPS_AGAIN, LAG, CLOCKS, SHARDS)
    assert source.asked == {"counts": 1, "clocks": 1}
    share = Measurement({(("pipeline", "block_authoring"),): 0.25})
    assert measured[STEPS] == measured[STEPS_AGAIN] == share
    assert measured[CLOCKS] == Measurement({(("node", "aa"),): 3.0})
    assert measured[SHARDS] == Measurement({(): 0.0})
    assert not failures


def test_no_condition_asks_nothing():
    source = FakeSource()
    assert measure(source) == ({}, {})
    assert not source.asked


def failing(error: Exception) -> Any:
    async def fail() -> Any:
        raise error

    return fail


def test_a_query_without_an_answer_is_an_error_of_its_rules_only():
    source = FakeSource()
    source.tables["counts"] = failing(QueryTimeout("no shard answered in time"))
    measured, failures = measure(source, STEPS, CLOCKS)
    expected = Measurement({}, is_complete=False, error="no shard answered in time")
    assert measured[STEPS] == expected
    assert measured[CLOCKS].error is None
    assert not failures


def test_a_fault_is_counted_and_costs_its_own_rules_only():
    source = FakeSource()
    source.tables["counts"] = failing(ZeroDivisionError())
    source.tables["clocks"] = Answered([{"node": "aa", "offset_us": "late"}])
    measured, failures = measure(source, STEPS, CLOCKS, SHARDS)
    for condition in (STEPS, CLOCKS):
        assert measured[condition].error == "it failed; see the server log"
        assert not measured[condition].is_complete
    assert measured[SHARDS].error is None
    assert failures == {"alert_queries": 1, "alert_figure_node_clock_offset_seconds": 1}


def test_what_is_not_there_in_time_is_an_error_and_delays_nothing():
    source = FakeSource()

    async def hang() -> Any:
        await asyncio.Event().wait()

    source.tables["counts"] = hang
    source.rows = hang
    measured, _ = measure(source, STEPS, CLOCKS, SQL, budget_seconds=0.05)
    for condition in (STEPS, SQL):
        assert measured[condition].error == "it did not end within the time of an evaluation"
        assert not measured[condition].is_complete
    assert measured[CLOCKS].values


def test_a_shard_that_does_not_answer_leaves_the_network_unknown():
    source = FakeSource()
    source.answers = 0
    measured, _ = measure(source, LAG, SHARDS)
    assert measured[LAG] == Measurement({}, is_complete=False)


def test_statements_are_measured_and_a_wrong_one_is_an_error_of_its_rule():
    source = FakeSource()
    measured, _ = measure(source, SQL)
    assert measured[SQL] == Measurement({(): 1.0})
    source.rows = failing(SqlRefused("no table evnts"))
    measured, failures = measure(source, SQL, SHARDS)
    assert measured[SQL] == Measurement({}, is_complete=False, error="no table evnts")
    source.rows = SelectedRows(["value"], [[1], [2]], is_complete=True)
    measured, failures = measure(source, SQL, SHARDS)
    assert "same labels" in measured[SQL].error
    assert not failures


def test_slow_statements_cost_time_to_one_another_only(monkeypatch):
    monkeypatch.setattr("tart.gateway.alerting.measurements._SLOW_SECONDS", 0.02)
    slow = [SqlCondition(f"SELECT {name} AS value") for name in ("a", "b", "c")]
    source, ran = FakeSource(), []

    async def select(statement: str, seconds: float) -> SelectedRows:
        ran.append(statement)
        if statement != SQL.statement:
            await asyncio.Event().wait()
        return SelectedRows(["value"], [[1]], is_complete=True)

    source.select = select  # type: ignore[method-assign]

    async def run() -> Any:
        measurements = Measurements(source, Background(), budget_seconds=0.05)
        return [await measurements.measure([*slow, SQL], NOON) for _ in range(5)]

    turns = asyncio.run(run())
    # Until a slow one is known it may come first; then each of them has its turn after the others.
    assert [turn[SQL].error is None for turn in turns] == [False, False, False, True, True]
    a, b, c = (each.statement for each in slow)
    assert ran == [a, b, c, SQL.statement, a, SQL.statement, b]


def test_figures_of_other_parts_are_measured_by_their_providers():
    async def provide(condition: FigureCondition, at_us: int) -> Measurement:
        assert (condition, at_us) == (GROUPS, NOON)
        return Measurement({(("fingerprint", "f"),): 2.0})

    measured, _ = measure(FakeSource(), GROUPS)
    assert measured[GROUPS].error == "no part of this server measures it"
    measured, _ = measure(FakeSource(), GROUPS, providers={"failure_groups_new": provide})
    assert measured[GROUPS].values == {(("fingerprint", "f"),): 2.0}

    async def fail(condition: FigureCondition, at_us: int) -> Measurement:
        raise KeyError

    measured, failures = measure(FakeSource(), GROUPS, providers={"failure_groups_new": fail})
    assert measured[GROUPS].error
    assert failures == {"alert_figure_failure_groups_new": 1}


def test_dropped_events_are_counted_from_turn_to_turn():
    source = FakeSource()

    async def run() -> None:
        measurements = Measurements(source, Background())
        await measurements.measure([DROPPED], NOON)
        source.now_us += 30 * SECOND_US
        source.dropped = 4
        measured = await measurements.measure([DROPPED], NOON + 30 * SECOND_US)
        assert measured[DROPPED].values == {(("node", "aa"),): 4.0}
        assert measurements.seconds.keys() == {DROPPED}
        assert (measurements.answered, measurements.total) == (frozenset({0}), 1)
        source.paused = True
        measured = await measurements.measure([DROPPED], NOON + 30 * SECOND_US)
        assert measured[DROPPED].values == {(("node", "aa"),): None}

    asyncio.run(run())
