"""The computation of each figure of the catalogue: its questions, and its values.

Pure. ``plan`` says what must be asked for a condition at a time, ``measure`` computes its
measurement from the answers. So whatever has shards can evaluate rules: the gateway, and the
offline evaluation of a capture.

Windows end at whole buckets of the tables that a figure is made from, so that no bucket is counted
that is not complete yet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from tart.aggregate.core.tables import COUNT_BUCKET
from tart.alerting.engine.model import Measurement
from tart.alerting.figures import chain, cores, nodes, server, steps, versions
from tart.alerting.figures.inputs import Inputs, Question
from tart.alerting.figures.questions import (
    AssuranceTimes,
    BestBlocks,
    ClockOffsets,
    CoreEvents,
    EventCounts,
    Findings,
    GuaranteeDurations,
    Versions,
)
from tart.alerting.figures.turn import Turn, Values
from tart.alerting.rules.figures import FIGURES, LOWEST_REFERENCE
from tart.alerting.rules.model import FigureCondition, LabelSet
from tart.config.schema import AggregatesConfig
from tart.units import HOUR_US, MINUTE_US, SECOND_US

_TEN_SECONDS_US = COUNT_BUCKET * SECOND_US


@dataclass(frozen=True)
class Computation:
    """The computation of a figure.

    Attributes:
        values: Returns its values.
        questions: Returns what must be asked of the shards.
        step_us: Its windows consist of whole steps.
        needs_network: Whether the state of the network is read.
        needs_server: Whether the state of the server is read.
        is_partial: Whether it says itself what is not known because a shard does not answer; else
            nothing is known then.
    """

    values: Callable[[Turn, Inputs], Values]
    questions: Callable[[Turn], tuple[Question, ...]] = lambda turn: ()
    step_us: int = _TEN_SECONDS_US
    needs_network: bool = False
    needs_server: bool = False
    is_partial: bool = False


def _ask(kind: type[Question], lookback_us: int = 0) -> Callable[[Turn], tuple[Question, ...]]:
    return lambda turn: (turn.question(kind, lookback_us),)


def _step_questions(turn: Turn) -> tuple[Question, ...]:
    if turn.by == "pipeline":
        return (turn.question(EventCounts),)
    if turn.by == "node":
        return (steps.node_question(turn),)
    return steps.node_question(turn), turn.question(Versions, steps.VERSIONS_US)


def _finding_questions(turn: Turn) -> tuple[Question, ...]:
    return (
        turn.question(Findings, versions.BEFORE_US),
        turn.question(Versions, versions.BEFORE_US),
    )


_of_network = partial(Computation, needs_network=True)
_of_nodes = partial(Computation, needs_network=True, needs_server=True, is_partial=True)
_of_server = partial(Computation, needs_server=True, is_partial=True)
_VERSIONS = _ask(Versions, versions.BEFORE_US)

COMPUTATIONS: Mapping[str, Computation] = {
    "node_silent_seconds": _of_nodes(nodes.silent_seconds),
    "node_disconnected_seconds": _of_nodes(nodes.disconnected_seconds),
    "node_behind_slots": _of_network(nodes.behind_slots),
    "node_clock_offset_seconds": Computation(
        nodes.clock_offsets, _ask(ClockOffsets), step_us=MINUTE_US
    ),
    "node_dropped_events": _of_nodes(nodes.dropped_events, step_us=1),
    "node_undecodable_events": _of_nodes(nodes.undecodable_events, step_us=1),
    "node_new_findings": _of_network(versions.new_findings_by_node, _finding_questions),
    "finality_lag_slots": _of_network(chain.finality_lag),
    "best_block_age_seconds": _of_network(chain.best_block_age),
    "finalized_block_age_seconds": _of_network(chain.finalized_block_age),
    "forks_share": _of_network(chain.forks_share, _ask(BestBlocks, chain.NAMED_US)),
    "missed_slots_share": _of_network(chain.missed_slots_share, _ask(BestBlocks, chain.NAMED_US)),
    "late_assurances_share": Computation(
        chain.late_assurances_share, _ask(AssuranceTimes, MINUTE_US)
    ),
    "late_guarantees_share": Computation(
        chain.late_guarantees_share, _ask(GuaranteeDurations), step_us=MINUTE_US
    ),
    "step_failure_share": Computation(steps.failure_shares, _step_questions),
    "connection_failure_share": Computation(steps.connection_failure_share, _ask(EventCounts)),
    "core_guarantees": Computation(cores.guarantees, _ask(CoreEvents), step_us=MINUTE_US),
    "core_failure_share": Computation(cores.failure_shares, _ask(CoreEvents), step_us=MINUTE_US),
    "nodes_connected": _of_network(nodes.nodes_connected),
    "nodes_disconnected_share": _of_network(nodes.disconnected_share),
    "network_clock_offset_seconds": Computation(
        nodes.network_clock_offset, _ask(ClockOffsets), step_us=MINUTE_US
    ),
    "new_findings_nodes": _of_network(versions.new_findings_by_rule, _finding_questions),
    "version_appeared_nodes": _of_network(versions.appeared_nodes, _VERSIONS),
    "version_vanished_nodes": _of_network(versions.vanished_nodes, _VERSIONS),
    "shards_missing": _of_server(server.shards_missing),
    "disk_free_share": _of_server(server.disk_free_share),
    "disk_full_hours": _of_server(server.disk_full_hours),
    "memory_free_share": _of_server(server.memory_free_share),
    "write_latency_seconds": _of_server(server.write_latency, step_us=1),
    "ingest_pauses": _of_server(server.ingest_pauses, step_us=1),
    "derived_failures": _of_server(server.derived_failures, step_us=1),
    "certificate_expires_days": _of_server(server.certificate_expires_days),
    "backup_age_hours": _of_server(server.backup_age_hours),
    "descriptors_used_share": _of_server(server.descriptors_used_share),
}


@dataclass(frozen=True)
class Retention:
    """For how long the tables have short buckets; see ``config.schema.AggregatesConfig``."""

    counts_10s_us: int = 6 * HOUR_US
    latency_us: int = 48 * HOUR_US

    @classmethod
    def of_config(cls, config: AggregatesConfig) -> Retention:
        """Return what the settings say."""
        return cls(config.counts_10s_hours * HOUR_US, config.latency_hours * HOUR_US)


@dataclass(frozen=True)
class Plan:
    """The needs of a condition at one time.

    Attributes:
        turn: Its figure and window.
        earlier: The window that it is compared with.
        questions: Of both.
    """

    condition: FigureCondition
    computation: Computation
    turn: Turn
    earlier: Turn | None
    questions: frozenset[Question]


def plan(
    condition: FigureCondition, now_us: int, retention: Retention = Retention()
) -> Plan | None:
    """Return the plan of a condition; ``None`` if its figure is not computed here.

    Args:
        condition: A valid condition: figure, label and window are of the catalogue.
        now_us: The time up to which it is evaluated, Unix microseconds.
        retention: Of the shards' tables.
    """
    computation = COMPUTATIONS.get(condition.figure)
    if computation is None:
        return None
    turn = _turn(condition, computation, now_us, now_us, retention)
    earlier = None
    if condition.against_us is not None:
        earlier = _turn(condition, computation, now_us - condition.against_us, now_us, retention)
    turns = (turn,) if earlier is None else (turn, earlier)
    questions = frozenset(question for each in turns for question in computation.questions(each))
    return Plan(condition, computation, turn, earlier, questions)


def _turn(
    condition: FigureCondition,
    computation: Computation,
    end_us: int,
    now_us: int,
    retention: Retention,
) -> Turn:
    """Return the window of a condition: whole steps, as long as the tables still have them."""
    figure = FIGURES[condition.figure]
    window_us = condition.window_us or figure.window_us or 0
    step_us = computation.step_us
    if window_us and step_us > 1:
        start_us = end_us - window_us
        if start_us < now_us - retention.counts_10s_us + MINUTE_US:
            step_us = max(step_us, MINUTE_US)
        if step_us == MINUTE_US and start_us < now_us - retention.latency_us + HOUR_US:
            step_us = HOUR_US
    end_us -= end_us % step_us
    # At least one step.
    length_us = max(window_us - window_us % step_us, step_us) if window_us else 0
    return Turn(
        figure=condition.figure,
        by=figure.label(condition.by),
        start_us=end_us - length_us,
        end_us=end_us - 1,
        window_us=window_us,
    )


def measure(plan: Plan, inputs: Inputs) -> Measurement:
    """Return the measurement of a condition.

    A label set that has no value is absent. One whose value is not known is ``None``, and makes
    the measurement incomplete: nothing ends then, whatever is absent.
    """
    failures = [inputs.failures[each] for each in plan.questions if each in inputs.failures]
    if failures:
        return Measurement({}, is_complete=False, error=failures[0])
    computation = plan.computation
    is_complete = all(inputs.answers[question].is_complete for question in plan.questions)
    if computation.needs_network:
        if inputs.network is None:
            return Measurement({}, is_complete=False, error="no shard answered")
        is_complete = is_complete and inputs.network.is_complete
    elif computation.needs_server and inputs.server is None:
        return Measurement({})
    if not is_complete and not computation.is_partial:
        return Measurement({}, is_complete=False)
    values = computation.values(plan.turn, inputs)
    if plan.earlier is not None:
        values = _ratios(values, computation.values(plan.earlier, inputs))
    label = plan.turn.by
    return Measurement(
        {_labels(label, value): number for value, number in values.items()},
        is_complete=is_complete and None not in values.values(),
    )


def _ratios(values: Values, earlier: Values) -> Values:
    """Return values divided by earlier ones; what had no value earlier has none."""
    return {
        key: None
        if value is None or (before := earlier[key]) is None
        else value / max(before, LOWEST_REFERENCE)
        for key, value in values.items()
        if key in earlier
    }


def _labels(label: str | None, value: str | None) -> LabelSet:
    return () if label is None or value is None else ((label, value),)
