"""Differences between two groups of nodes, with the node as the unit.

Pure. Events of one node have its machine, its place in the network and its load in common, so
that their number says nothing about another node of the same implementation: the scatter between
nodes decides, and it never counts as less than the scatter that the number of events causes.

- Values (logarithms of durations, offsets): t of the nodes' values.
- Rates (shares, occurrences by exposure): the same with nodes' rates after the transformation that
  makes their variance independent of the rate (Anscombe 1948), so that a group without any
  occurrence has a variance, too. Nodes are weighted as in a random-effects meta-analysis
  (DerSimonian and Laird 1986, Hartung and Knapp 2001). The p-value is at least that of the exact
  conditional test of the occurrences.

t is that of Welch, for groups that scatter differently, and that of Student, which is exact where a
small group is compared with a large one; the greater p-value and the wider interval hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import asin, inf, sqrt
from typing import NamedTuple

from tart.query.comparison.probabilities import (
    binomial_probability,
    t_probability,
    t_quantile,
)


class NodeValue(NamedTuple):
    """The value of one node.

    Attributes:
        value: Such as the mean of the logarithms of durations.
        events: The number of events behind it.
        variance: The variance that the number of events causes; 0 if it is not known.
        bias: By which the value may be off in a way that nodes have in common, such as that of the
            bins of a histogram.
    """

    value: float
    events: int
    variance: float = 0.0
    bias: float = 0.0


class NodeRate(NamedTuple):
    """The occurrences at one node.

    Attributes:
        occurrences: Such as failures.
        exposure: Such as attempts, or hours.
    """

    occurrences: float
    exposure: float


class StandardError(NamedTuple):
    """The standard error of a difference, and its degrees of freedom."""

    error: float
    freedom: float


@dataclass(frozen=True)
class Difference:
    """A difference between two groups, the second minus the first, and its test.

    Attributes:
        estimate: The difference.
        errors: Its standard error by Welch and by Student.
        probability: The p-value of the test against no difference, not corrected.
        bias: Added to both ends of an interval.
    """

    estimate: float
    errors: tuple[StandardError, ...]
    probability: float
    bias: float = 0.0

    def interval(self, miss: float) -> tuple[float, float]:
        """Return the interval that misses the true difference with this probability."""
        reach = self.bias + max(
            t_quantile(miss, freedom) * error if error > 0.0 else 0.0
            for error, freedom in self.errors
        )
        return self.estimate - reach, self.estimate + reach


class _Group(NamedTuple):
    """A group's nodes.

    Attributes:
        scatter: Variance of one node's value.
        nodes: Their number, or that of nodes of equal weight.
    """

    mean: float
    scatter: float
    nodes: float
    bias: float = 0.0


def compare_values(
    first: Sequence[NodeValue], second: Sequence[NodeValue], resolution: float = 0.0
) -> Difference:
    """Return the difference of the means of nodes' values, the second group minus the first.

    Args:
        first: Values of the nodes of a group, at least two.
        second: Likewise of the other.
        resolution: The standard deviation of the values that cannot be resolved.
    """
    one, other = _value_group(first, resolution), _value_group(second, resolution)
    bias = one.bias + other.bias
    estimate = other.mean - one.mean
    errors = _standard_errors(one, other)
    return Difference(estimate, errors, _probability(abs(estimate) - bias, errors), bias)


def _value_group(values: Sequence[NodeValue], resolution: float) -> _Group:
    count = len(values)
    mean = sum(node.value for node in values) / count
    scatter = sum((node.value - mean) ** 2 for node in values) / (count - 1)
    sampling = sum(node.variance for node in values) / count
    bias = sum(node.bias for node in values) / count
    return _Group(mean, max(scatter, sampling, resolution**2), count, bias)


def _standard_errors(one: _Group, other: _Group) -> tuple[StandardError, StandardError]:
    """Return the errors by Welch, with Satterthwaite's degrees of freedom, and by Student."""
    parts = [group.scatter / group.nodes for group in (one, other)]
    terms = sum(
        part**2 / (group.nodes - 1) for part, group in zip(parts, (one, other), strict=True)
    )
    welch = StandardError(sqrt(sum(parts)), sum(parts) ** 2 / terms if terms > 0.0 else inf)
    freedom = one.nodes + other.nodes - 2
    pooled = (one.scatter * (one.nodes - 1) + other.scatter * (other.nodes - 1)) / freedom
    return welch, StandardError(sqrt(pooled * (1 / one.nodes + 1 / other.nodes)), freedom)


def _probability(beyond: float, errors: Sequence[StandardError]) -> float:
    if beyond <= 0.0:
        return 1.0
    return max(
        t_probability(beyond / error, freedom) if error > 0.0 else 0.0 for error, freedom in errors
    )


def compare_rates(
    first: Sequence[NodeRate], second: Sequence[NodeRate], *, is_share: bool = True
) -> Difference:
    """Return the difference of two groups' rates, the second minus the first.

    Args:
        first: Occurrences and exposures of the nodes of a group, at least two, each exposure above
            0.
        second: Likewise of the other.
        is_share: Whether an occurrence is one of the exposure, such as a failed attempt; else the
            exposure is a time, or a number without an upper bound of occurrences.
    """
    one, other = _total(first), _total(second)
    groups = _rate_group(first, is_share=is_share), _rate_group(second, is_share=is_share)
    probability = max(
        _probability(abs(groups[1].mean - groups[0].mean), _standard_errors(*groups)),
        _exact_probability(one, other, is_share=is_share),
    )
    # The interval is about the rates themselves: their scatter is that of the transformed ones.
    scaled = [
        group._replace(scatter=group.scatter * _unit_variance(total, is_share=is_share))
        for group, total in zip(groups, (one, other), strict=True)
    ]
    estimate = other.occurrences / other.exposure - one.occurrences / one.exposure
    return Difference(estimate, _standard_errors(scaled[0], scaled[1]), probability)


def _total(nodes: Sequence[NodeRate]) -> NodeRate:
    return NodeRate(sum(node.occurrences for node in nodes), sum(node.exposure for node in nodes))


def _unit_variance(total: NodeRate, *, is_share: bool) -> float:
    """Return the variance of the occurrences of one unit of exposure.

    A rate of 0 is taken for half an occurrence.
    """
    if not is_share:
        return max(total.occurrences, 0.5) / total.exposure
    rate = (total.occurrences + 0.5) / (total.exposure + 1.0)
    return rate * (1.0 - rate)


def _rate_group(nodes: Sequence[NodeRate], *, is_share: bool) -> _Group:
    """Return the group of the nodes' transformed rates, whose variance is 1 by the exposure."""
    values = [_transform(node, is_share=is_share) for node in nodes]
    chance = [1.0 / node.exposure for node in nodes]
    between = _variance_between(values, chance)
    weights = [1.0 / (variance + between) for variance in chance]
    weight = sum(weights)
    mean = sum(each * value for each, value in zip(weights, values, strict=True)) / weight
    squares = sum(each * (value - mean) ** 2 for each, value in zip(weights, values, strict=True))
    # The variance of the weighted mean, at least that of the model.
    variance = max(1.0, squares / (len(nodes) - 1)) / weight
    # The number of nodes of equal weight (Kish 1965); near one, a single node decides.
    effective = max(1.1, weight**2 / sum(each * each for each in weights))
    return _Group(mean, variance * effective, effective)


def _transform(node: NodeRate, *, is_share: bool) -> float:
    if not is_share:
        return 2.0 * sqrt((node.occurrences + 0.375) / node.exposure)
    return 2.0 * asin(sqrt(min(1.0, (node.occurrences + 0.375) / (node.exposure + 0.75))))


def _variance_between(values: Sequence[float], chance: Sequence[float]) -> float:
    """Return the variance between nodes beyond that of chance (DerSimonian and Laird)."""
    weights = [1.0 / variance for variance in chance]
    weight = sum(weights)
    mean = sum(each * value for each, value in zip(weights, values, strict=True)) / weight
    squares = sum(each * (value - mean) ** 2 for each, value in zip(weights, values, strict=True))
    scale = weight - sum(each * each for each in weights) / weight
    return max(0.0, (squares - (len(values) - 1)) / scale) if scale > 0.0 else 0.0


def _exact_probability(one: NodeRate, other: NodeRate, *, is_share: bool) -> float:
    """Return the p-value of the conditional binomial test (Przyborowski and Wilenski 1940).

    Of all occurrences, or of what did not occur if that is rarer, as many belong to the first group
    as its share of the exposure, if the rates are equal.
    """
    exposure = one.exposure + other.exposure
    rare = one.occurrences, other.occurrences
    if is_share and sum(rare) > exposure / 2.0:
        rare = one.exposure - one.occurrences, other.exposure - other.occurrences
    return binomial_probability(max(0.0, rare[0]), max(0.0, sum(rare)), one.exposure / exposure)
