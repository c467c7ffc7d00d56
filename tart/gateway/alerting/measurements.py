"""Measurements: the values of all rules' conditions at one time.

The conditions of a turn are planned together (``alerting.figures.computations``), so that each
query is sent to the shards once, however many rules need it. A figure that fails or takes too
long costs its own rules only: they get a measurement with an error, and keep their state.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import (
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeVar

from tart.alerting.engine.model import Condition, Measurement
from tart.alerting.figures.computations import Plan, Retention, measure, plan
from tart.alerting.figures.counter_history import CounterHistory
from tart.alerting.figures.inputs import Answered, Inputs, NetworkState, Question, ServerState
from tart.alerting.figures.nodes import count_nodes
from tart.alerting.figures.server import count_shard
from tart.alerting.figures.statements import WrongRows, measure_rows
from tart.alerting.rules.model import FigureCondition, SqlCondition
from tart.background_tasks import Background
from tart.errors import TartError
from tart.query.core.query import Query
from tart.query.topics.summary import NetworkSummary
from tart.units import SECOND_US

# Of a whole turn, and of one query or statement in it.
BUDGET_SECONDS = 15.0
QUERY_SECONDS = 5.0
# A statement that took this long is run after those that did not.
_SLOW_SECONDS = 1.0
_TOO_LATE = "it did not end within the time of an evaluation"
_FAILED = "it failed; see the server log"
_UNKNOWN = "no part of this server measures it"

T = TypeVar("T")


class _Failed(NamedTuple):
    """Why a part of a turn has no result."""

    reason: str


@dataclass(frozen=True)
class SelectedRows:
    """The result of a statement.

    Attributes:
        is_complete: Whether all shards answered.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    is_complete: bool


class Source(Protocol):
    """The source of measurements: the shards of a running server, or of an offline one."""

    async def ask(self, query: Query[Any, Any], seconds: float) -> Answered:
        """Return the merged answer of the shards; a ``TartError`` if there is none."""

    async def network(self) -> NetworkSummary | None:
        """Return the newest state of the network; ``None`` if no shard answered."""

    async def server(self) -> ServerState | None:
        """Return the state of this server; ``None`` offline."""

    async def select(self, statement: str, seconds: float) -> SelectedRows:
        """Run a statement over the rows of all shards; a ``TartError`` if it fails."""


# Measures a figure that other parts of tart compute, such as groups of failures.
Provider = Callable[[FigureCondition, int], Awaitable[Measurement]]


@dataclass
class _Results:
    """The answers of a turn.

    Attributes:
        seconds: By question: the time to its answer.
    """

    answers: dict[Question, Answered] = field(default_factory=dict)
    failures: dict[Question, str] = field(default_factory=dict)
    seconds: dict[Question, float] = field(default_factory=dict)
    network: NetworkState | None = None
    server: ServerState | None = None
    others: dict[Condition, Measurement] = field(default_factory=dict)
    other_seconds: dict[Condition, float] = field(default_factory=dict)


class _StatementOrder:
    """The order in which a turn runs the statements of rules.

    Those that were slow before come last, so that they cost time to one another only. Otherwise the
    one that has waited longest is the next: if a turn cannot run all, the next one begins with the
    rest.
    """

    def __init__(self) -> None:
        self._begun: dict[SqlCondition, int] = {}
        self._slow: set[SqlCondition] = set()
        self._count = 0

    def sort(self, conditions: Iterable[SqlCondition]) -> list[SqlCondition]:
        """Return the statements of a turn in their order; others are forgotten."""
        known = dict.fromkeys(conditions)
        self._begun = {each: self._begun.get(each, 0) for each in known}
        self._slow &= known.keys()
        return sorted(known, key=lambda each: (each in self._slow, self._begun[each]))

    @contextmanager
    def time(self, condition: SqlCondition) -> Iterator[None]:
        """Take the time of a statement, also of one that is cancelled."""
        self._count += 1
        self._begun[condition] = self._count
        began = time.perf_counter()
        try:
            yield
        finally:
            self._slow.discard(condition)
            if time.perf_counter() - began >= _SLOW_SECONDS:
                self._slow.add(condition)


class Measurements:
    """Measures conditions.

    Args:
        source: The shards.
        background: Guards each figure, and counts failures.
        retention: Of the shards' tables.
        providers: Figures that are not made from answers of the shards, by name.
        budget_seconds: The time of a whole turn.
        query_seconds: The time of one query.

    Attributes:
        seconds: By condition: how long its newest measurement took, with the queries that it
            shares.
        answered: The shards that answered in the newest turn.
        total: The number of shards, 0 before the first turn.
    """

    def __init__(
        self,
        source: Source,
        background: Background,
        *,
        retention: Retention | None = None,
        providers: Mapping[str, Provider] | None = None,
        budget_seconds: float = BUDGET_SECONDS,
        query_seconds: float = QUERY_SECONDS,
    ) -> None:
        self._source = source
        self._background = background
        self._retention = retention or Retention()
        self._providers = dict(providers or {})
        self._budget_seconds = budget_seconds
        self._query_seconds = query_seconds
        self._node_counters = CounterHistory()
        self._server_counters = CounterHistory()
        self._order = _StatementOrder()
        self._counted_us: int | None = None
        self._knows_all_nodes = False
        self.seconds: dict[Condition, float] = {}
        self.answered: frozenset[int] = frozenset()
        self.total = 0

    def provide(self, figure: str, provider: Provider) -> None:
        """Let another part of tart measure a figure."""
        self._providers[figure] = provider

    async def measure(
        self, conditions: Iterable[Condition], at_us: int
    ) -> Mapping[Condition, Measurement]:
        """Return the measurement of each condition.

        Args:
            conditions: Valid conditions; equal ones are measured once.
            at_us: The time up to which events count, Unix microseconds: shortly before the
                present, because events arrive late.
        """
        wanted = dict.fromkeys(conditions)
        plans = self._plan(wanted, at_us)
        results = _Results()
        await self._collect(wanted, plans, results, at_us)
        inputs = Inputs(
            answers=results.answers,
            failures=results.failures,
            network=results.network,
            server=results.server,
            node_counters=self._node_counters,
            server_counters=self._server_counters,
        )
        measured: dict[Condition, Measurement] = {}
        self.seconds = {}
        for condition in wanted:
            began = time.perf_counter()
            if condition in plans:
                measured[condition] = self._compute(plans[condition], inputs)
                waits = (results.seconds.get(each, 0.0) for each in plans[condition].questions)
                waited = max(waits, default=0.0)
                # The event loop serves requests meanwhile.
                await asyncio.sleep(0)
            else:
                measured[condition] = results.others.get(condition, _without_value(_UNKNOWN))
                waited = results.other_seconds.get(condition, 0.0)
            self.seconds[condition] = waited + time.perf_counter() - began
        return measured

    def _plan(self, conditions: Iterable[Condition], at_us: int) -> dict[Condition, Plan]:
        plans: dict[Condition, Plan] = {}
        for condition in conditions:
            if isinstance(condition, FigureCondition):
                planned = plan(condition, at_us, self._retention)
                if planned is not None:
                    plans[condition] = planned
        return plans

    async def _collect(
        self,
        conditions: Iterable[Condition],
        plans: Mapping[Condition, Plan],
        results: _Results,
        at_us: int,
    ) -> None:
        """Ask for everything at once; what is not there when the time is over has failed."""
        computations = [each.computation for each in plans.values()]
        questions = {question for each in plans.values() for question in each.questions}
        tasks = [asyncio.ensure_future(self._ask(question, results)) for question in questions]
        statements = [each for each in conditions if isinstance(each, SqlCondition)]
        if statements:
            tasks.append(asyncio.ensure_future(self._select_all(statements, results)))
        tasks += [
            asyncio.ensure_future(self._ask_provider(condition, results, at_us))
            for condition in conditions
            if isinstance(condition, FigureCondition) and condition.figure in self._providers
        ]
        needs_server = any(each.needs_server for each in computations)
        if needs_server or any(each.needs_network for each in computations):
            tasks.append(asyncio.ensure_future(self._read_states(results)))
        if not tasks:
            return
        try:
            await asyncio.wait(tasks, timeout=self._budget_seconds)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for question in questions - results.answers.keys():
            results.failures.setdefault(question, _TOO_LATE)
        # Statements and figures of other parts, as far as they were asked for.
        for condition in conditions:
            if isinstance(condition, SqlCondition) or condition.figure in self._providers:
                results.others.setdefault(condition, _without_value(_TOO_LATE))

    async def _ask(self, question: Question, results: _Results) -> None:
        began = time.perf_counter()
        answer = await self._attempt(
            "alert_queries", lambda: self._source.ask(question.query(), self._query_seconds)
        )
        if isinstance(answer, _Failed):
            results.failures[question] = answer.reason
        else:
            results.answers[question] = answer
        results.seconds[question] = time.perf_counter() - began

    async def _read_states(self, results: _Results) -> None:
        server, summary = await asyncio.gather(
            self._attempt("alert_states", self._source.server),
            self._attempt("alert_states", self._source.network),
        )
        if isinstance(server, ServerState):
            results.server = server
            self._count_server(server)
        self.answered = frozenset()
        if isinstance(summary, NetworkSummary):
            self.answered, self.total = summary.answered, summary.total
            state = NetworkState.of_summary(summary, _paused(results.server))
            # A node that was not there when all shards answered has counted nothing before.
            self._node_counters.add(
                state.now_us, count_nodes(state), begin_at_0=self._knows_all_nodes
            )
            self._knows_all_nodes = state.is_complete
            results.network = state

    def _count_server(self, server: ServerState) -> None:
        before_us, self._counted_us = self._counted_us, server.now_us
        for shard, statistics in server.statistics.items():
            started_us = server.now_us - statistics["uptime_seconds"] * SECOND_US
            self._server_counters.add(
                server.now_us,
                count_shard(shard, statistics),
                begin_at_0=before_us is not None and started_us > before_us,
            )

    async def _select_all(self, conditions: Collection[SqlCondition], results: _Results) -> None:
        """Run statements one after the other, so that those of users get a turn between them."""
        for condition in self._order.sort(conditions):
            began = time.perf_counter()
            with self._order.time(condition):
                results.others[condition] = await self._measured(
                    "alert_statements", partial(self._select, condition)
                )
            results.other_seconds[condition] = time.perf_counter() - began

    async def _select(self, condition: SqlCondition) -> Measurement:
        result = await self._source.select(condition.statement, self._query_seconds)
        return measure_rows(result.columns, result.rows, is_complete=result.is_complete)

    async def _ask_provider(
        self, condition: FigureCondition, results: _Results, at_us: int
    ) -> None:
        began = time.perf_counter()
        provider = self._providers[condition.figure]
        results.others[condition] = await self._measured(
            f"alert_figure_{condition.figure}", partial(provider, condition, at_us)
        )
        results.other_seconds[condition] = time.perf_counter() - began

    def _compute(self, planned: Plan, inputs: Inputs) -> Measurement:
        measurement = _without_value(_FAILED)
        with self._background.guard(f"alert_figure_{planned.turn.figure}"):
            measurement = measure(planned, inputs)
        return measurement

    async def _measured(self, task: str, work: Callable[[], Awaitable[Measurement]]) -> Measurement:
        measurement = await self._attempt(task, work)
        if isinstance(measurement, _Failed):
            return _without_value(measurement.reason)
        return measurement

    async def _attempt(self, task: str, work: Callable[[], Awaitable[T]]) -> T | _Failed:
        """Return the result of a part of the turn; one that fails unexpectedly is counted."""
        result: T | _Failed = _Failed(_FAILED)
        with self._background.guard(task):
            try:
                result = await work()
            except (TartError, WrongRows) as error:
                result = _Failed(str(error))
        return result


def _without_value(reason: str) -> Measurement:
    return Measurement({}, is_complete=False, error=reason)


def _paused(server: ServerState | None) -> frozenset[int]:
    """Return the shards that read no node at present."""
    if server is None:
        return frozenset()
    return frozenset(shard for shard, each in server.statistics.items() if each["ingest_paused"])
