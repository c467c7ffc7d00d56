"""The answer of ``/api/implementations/compare``: groups side by side, and their differences.

Pure. All comparisons of an answer are corrected together (``corrections``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp
from statistics import median

from tart.errors import BadQuery
from tart.query.answers import comparison as answers
from tart.query.comparison.corrections import consistent_interval, correct, interval_probability
from tart.query.comparison.differences import (
    Difference,
    NodeRate,
    NodeValue,
    compare_rates,
    compare_values,
)
from tart.query.comparison.groups import By, Group, Membership, largest_groups, pair_groups
from tart.query.comparison.measures import METRICS, Measure, Selection
from tart.query.comparison.node_data import NodeData
from tart.query.core.log_histogram import percentile_ms
from tart.suggestions import did_you_mean

LEAST_NODES = 3
_DIGITS = 6
_MS_US = 1_000


@dataclass(frozen=True)
class Request:
    """The parameters of a comparison.

    Attributes:
        selection: Steps and metrics.
        by: How nodes are grouped.
        baseline: See ``groups.pair_groups``.
        level: The probability that no claim is false and that all intervals hold.
    """

    selection: Selection
    by: By = "implementation"
    baseline: str | None = None
    level: float = 0.95


@dataclass(frozen=True)
class _Sample:
    """The nodes of one group by one measure that have enough events."""

    group: Group
    values: Sequence[NodeValue]
    rates: Sequence[NodeRate]
    events: int
    left_out: int
    bins: Counter[int]

    @property
    def nodes(self) -> int:
        """The number of nodes."""
        return len(self.values) or len(self.rates)


@dataclass(frozen=True)
class _Pair:
    """Two groups by one measure, and their difference if it was tested."""

    measure: Measure
    one: _Sample
    other: _Sample
    difference: Difference | None

    @property
    def p(self) -> float:
        """The p-value, not corrected; 1 without a test."""
        return 1.0 if self.difference is None else self.difference.probability

    @property
    def is_counted(self) -> bool:
        """True if the pair was tested and could differ.

        Two groups without any occurrence cannot, whatever the test (Tarone 1990).
        """
        if self.difference is None:
            return False
        rates = (*self.one.rates, *self.other.rates)
        return not rates or any(rate.occurrences for rate in rates)


def compare(
    request: Request, data: NodeData, membership: Membership
) -> answers.ImplementationComparison:
    """Return the comparison of all groups by all measures that have data.

    Args:
        request: The parameters.
        data: All rows.
        membership: The groups of nodes.

    Raises:
        BadQuery: The baseline names no group.
    """
    data.finish()
    _check_baseline(request.baseline, membership.first_seen)
    all_groups = largest_groups(membership, request.by, request.baseline)
    measures, samples, pairs = [], [], []
    for measure in request.selection.measures:
        of_group = _samples(measure, data, all_groups)
        is_optional = measure.name in request.selection.optional
        if is_optional and not any(sample.nodes for sample in of_group.values()):
            continue
        measures.append(measure)
        samples += [(measure, of_group[group]) for group in sorted(of_group)]
        pairs += [
            _pair(measure, of_group[one], of_group[other])
            for one, other in pair_groups(all_groups, membership.first_seen, request.baseline)
        ]
    tested = [pair.p for pair in pairs if pair.is_counted]
    corrected = iter(correct(tested))
    miss = interval_probability(request.level, len(tested))
    return {
        "by": request.by,
        "level": request.level,
        "comparisons": len(tested),
        "nodes_unknown": membership.unknown,
        "nodes_changed": membership.changed,
        "groups_left_out": len(membership.first_seen) - len(all_groups),
        "measures": [_measure_row(measure) for measure in measures],
        "groups": [_group_row(measure, sample) for measure, sample in samples],
        "differences": [
            _pair_row(pair, next(corrected) if pair.is_counted else 1.0, miss, request.level)
            for pair in pairs
        ],
    }


def _check_baseline(baseline: str | None, groups: Iterable[Group]) -> None:
    names = {name for group in groups for name in (group.label, group.version) if name}
    if baseline is not None and names and baseline not in names:
        raise BadQuery(
            f"baseline names no group of this window{did_you_mean(baseline, names)}", "baseline"
        )


def _samples(measure: Measure, data: NodeData, groups: Iterable[Group]) -> dict[Group, _Sample]:
    samples = {group: _Sample(group, [], [], 0, 0, Counter()) for group in groups}
    of_rates: dict[Group, list[NodeRate]] = {group: [] for group in samples}
    of_values: dict[Group, list[NodeValue]] = {group: [] for group in samples}
    left_out: Counter[Group] = Counter()
    bins: dict[Group, Counter[int]] = {group: Counter() for group in samples}
    for (group, _), rate in data.rates.get(measure.name, {}).items():
        if group not in samples:
            continue
        if rate.exposure > 0 and rate.exposure >= measure.least_events:
            of_rates[group].append(rate)
        else:
            left_out[group] += 1
    durations = data.durations.get(measure.name, {})
    for (group, node), value in data.values.get(measure.name, {}).items():
        if group not in samples:
            continue
        if value.events >= measure.least_events:
            of_values[group].append(value)
            if (group, node) in durations:
                bins[group].update(durations[group, node].bins)
        else:
            left_out[group] += 1
    return {
        group: _Sample(
            group,
            of_values[group],
            of_rates[group],
            _events(measure, of_values[group], of_rates[group]),
            left_out[group],
            bins[group],
        )
        for group in samples
    }


def _events(measure: Measure, values: Sequence[NodeValue], rates: Sequence[NodeRate]) -> int:
    if measure.shape == "rate":
        return round(sum(rate.occurrences for rate in rates))
    return sum(value.events for value in values) + round(sum(rate.exposure for rate in rates))


def _pair(measure: Measure, one: _Sample, other: _Sample) -> _Pair:
    if min(one.nodes, other.nodes) < LEAST_NODES:
        return _Pair(measure, one, other, None)
    if measure.is_rate:
        difference = compare_rates(one.rates, other.rates, is_share=measure.shape == "share")
    else:
        difference = compare_values(one.values, other.values, measure.resolution)
    return _Pair(measure, one, other, difference)


def _measure_row(measure: Measure) -> answers.ComparedMeasure:
    return {
        "name": measure.name,
        "kind": "metric" if measure.name in METRICS else "step",
        "unit": measure.unit,
        "effect": "ratio" if measure.is_ratio else "difference",
        "higher_is_worse": measure.higher_is_worse,
        "events": measure.events,
        "least_events": measure.least_events,
        "source": measure.source,
        "description": measure.description,
    }


def _group_row(measure: Measure, sample: _Sample) -> answers.ComparedGroup:
    shown = sorted(_node_values(measure, sample))
    has_durations = measure.shape == "durations"
    return {
        "measure": measure.name,
        "group": sample.group.label,
        "name": sample.group.name,
        "version": sample.group.version,
        "nodes": sample.nodes,
        "nodes_left_out": sample.left_out,
        "events": sample.events,
        "value": _group_value(measure, sample),
        "p50_ms": percentile_ms(sample.bins, 0.5) if has_durations else None,
        "p95_ms": percentile_ms(sample.bins, 0.95) if has_durations else None,
        "p99_ms": percentile_ms(sample.bins, 0.99) if has_durations else None,
        "node_min": shown[0] if shown else None,
        "node_median": _rounded(median(shown)) if shown else None,
        "node_max": shown[-1] if shown else None,
    }


def _node_values(measure: Measure, sample: _Sample) -> list[float]:
    if measure.is_rate:
        return [_rounded(rate.occurrences / rate.exposure) for rate in sample.rates]
    return [_shown(measure, value.value) for value in sample.values]


def _group_value(measure: Measure, sample: _Sample) -> float | None:
    if not sample.nodes:
        return None
    if measure.is_rate:
        occurrences = sum(rate.occurrences for rate in sample.rates)
        return _rounded(occurrences / sum(rate.exposure for rate in sample.rates))
    return _shown(measure, sum(value.value for value in sample.values) / sample.nodes)


def _shown(measure: Measure, value: float) -> float:
    """Return a value in the unit of the measure."""
    if not measure.is_ratio:
        return _rounded(value)
    return _rounded(exp(value) / (_MS_US if measure.shape == "durations" else 1))


def _rounded(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")


def _pair_row(pair: _Pair, p: float, miss: float, level: float) -> answers.ComparedPair:
    measure, difference = pair.measure, pair.difference
    row: answers.ComparedPair = {
        "measure": measure.name,
        "a": pair.one.group.label,
        "b": pair.other.group.label,
        "ratio": None,
        "difference": None,
        "low": None,
        "high": None,
        "p": None,
        "significant": False,
        "worse": None,
        "state": "not_enough_data",
        "reason": _reason(pair),
    }
    if difference is None:
        return row
    is_significant = p <= 1.0 - level
    low, high = consistent_interval(*difference.interval(miss), 0.0, is_significant=is_significant)
    row["p"] = float(f"{p:.3g}")
    row["significant"] = is_significant
    row["state"] = "different" if is_significant else "not_different"
    if measure.is_ratio:
        row["ratio"] = _rounded(exp(difference.estimate))
        low, high = _bounded_exp(low), _bounded_exp(high)
    else:
        row["difference"] = _rounded(difference.estimate)
    row["low"], row["high"] = _rounded(low), _rounded(high)
    if is_significant and measure.higher_is_worse is not None:
        is_other_worse = (difference.estimate > 0) == measure.higher_is_worse
        row["worse"] = (pair.other if is_other_worse else pair.one).group.label
    return row


def _bounded_exp(value: float) -> float:
    """Return the exponential, within what a JSON number can be."""
    return exp(max(-690.0, min(690.0, value)))


def _reason(pair: _Pair) -> str | None:
    """Return the data that are missing for a comparison, as a sentence."""
    few = [sample for sample in (pair.one, pair.other) if sample.nodes < LEAST_NODES]
    if not few:
        return None
    parts = " and ".join(
        f"{sample.group.label} has {sample.nodes or 'no'} node{'' if sample.nodes == 1 else 's'}"
        for sample in few
    )
    return (
        f"{parts} with at least {max(1, pair.measure.least_events)} {pair.measure.events}; "
        f"a comparison needs {LEAST_NODES} of each group"
    )
