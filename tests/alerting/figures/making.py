"""Inputs of figures for tests."""

from __future__ import annotations

from typing import Any

from tart.alerting.figures.computations import measure as measure_plan
from tart.alerting.figures.computations import plan
from tart.alerting.figures.inputs import Answered, Inputs, NetworkState, ServerState
from tart.alerting.rules.model import FigureCondition
from tart.query.topics.summary import NodeSample
from tart.units import SECOND_US

# 2026-11-20T12:00:00Z, where every bucket begins.
NOON = 1_795_176_000 * SECOND_US


def node(node_id: str = "aa", **changes: Any) -> NodeSample:
    """A connected node that was heard just now, at slot 100 of both kinds."""
    sample = NodeSample(
        node_id=node_id,
        is_connected=True,
        best_slot=100,
        last_seen_ms=NOON // 1000,
        dropped_count=0,
        undecodable=0,
        best_at_us=NOON - SECOND_US,
        finalized_slot=97,
        finalized_at_us=NOON - 2 * SECOND_US,
        shards=(0,),
    )
    return sample._replace(**changes)


def network(*nodes: NodeSample, **changes: Any) -> NetworkState:
    """A state of one shard that has listened for an hour."""
    known: dict[str, Any] = {
        "now_us": NOON,
        "nodes": {each.node_id: each for each in nodes},
        "best_block": 100,
        "finalized_block": 97,
        "watched_since_us": NOON - 3600 * SECOND_US,
        "answered": frozenset({0}),
        "total": 1,
    }
    return NetworkState(**(known | changes))


def statistics(pid: int = 1, **changes: Any) -> dict[str, Any]:
    """Those of a shard that server figures read."""
    return {
        "pid": pid,
        "uptime_seconds": 3600.0,
        "ingest_paused": False,
        "ingest_pauses": {"rate": 9, "buffer": 0, "disk": 0, "memory": 0},
        "derived_failures": {"aggregates": 0},
        "write_seconds": {"buckets": [[0.01, 0], [0.1, 0], [1.0, 0]], "sum": 0.0, "count": 0},
        **changes,
    }


def server(*shards: dict[str, Any] | None, **changes: Any) -> ServerState:
    """A state of shards; ``None`` for one that does not answer."""
    known = {index: each for index, each in enumerate(shards) if each is not None}
    return ServerState(now_us=NOON, shards=len(shards), statistics=known, **changes)


def measure(
    figure: str,
    answer: Any = None,
    *,
    inputs: Inputs | None = None,
    now_us: int = NOON,
    is_complete: bool = True,
    **condition: Any,
) -> dict[Any, float | None]:
    """The values of a figure by label value, if every question has the same answer."""
    measurement = measurement_of(
        figure, answer, inputs=inputs, now_us=now_us, is_complete=is_complete, **condition
    )
    assert measurement.error is None
    return {
        (labels[0][1] if labels else None): value for labels, value in measurement.values.items()
    }


def measurement_of(
    figure: str,
    answer: Any = None,
    *,
    inputs: Inputs | None = None,
    now_us: int = NOON,
    is_complete: bool = True,
    **condition: Any,
) -> Any:
    """The measurement of a figure.

    Args:
        figure: Its name.
        answer: To every question; a function gets the question.
        inputs: Everything else.
        now_us: The time.
        is_complete: Whether all shards answered.
        condition: Members of the condition.
    """
    planned = plan(FigureCondition(figure, above=0, **condition), now_us)
    assert planned is not None
    known = inputs or Inputs()
    answers = {
        question: Answered(answer(question) if callable(answer) else answer, is_complete)
        for question in planned.questions
    }
    return measure_plan(
        planned,
        Inputs(
            answers=answers,
            network=known.network,
            server=known.server,
            node_counters=known.node_counters,
            server_counters=known.server_counters,
        ),
    )
