"""Differences between groups of nodes: known values, and error rates of simulated data."""

from __future__ import annotations

import random
from math import inf

import pytest

from loadtest.null_data import NODE_VARIATION, draw_rates, draw_values
from tart.query.comparison.differences import (
    Difference,
    NodeRate,
    NodeValue,
    compare_rates,
    compare_values,
)

ROUNDS = 1_000


def values(*numbers: float, variance: float = 0.0, bias: float = 0.0) -> list[NodeValue]:
    return [NodeValue(number, 100, variance, bias) for number in numbers]


def test_equal_groups_have_the_p_value_of_the_classic_t_test() -> None:
    # scipy.stats.ttest_ind([1, 2, 3, 4], [3, 4, 5, 6]): t = 2.19089, df = 6, p = 0.070988.
    difference = compare_values(values(1, 2, 3, 4), values(3, 4, 5, 6))
    assert difference.estimate == 2.0
    assert difference.probability == pytest.approx(0.070988, abs=1e-5)
    low, high = difference.interval(0.05)
    assert (low, high) == pytest.approx(
        (2 - 2.446912 * 0.912871, 2 + 2.446912 * 0.912871), abs=1e-4
    )


def test_groups_that_scatter_differently_have_the_p_value_of_welch() -> None:
    # scipy.stats.ttest_ind(…, equal_var=False): t = 2.07929, df = 4.0119, p = 0.105902.
    first, second = values(10, 10.1, 9.9, 10, 10.05), values(11, 14, 9, 13, 12)
    difference = compare_values(first, second)
    assert difference.probability == pytest.approx(0.105902, abs=1e-5)


def test_the_scatter_of_nodes_is_at_least_that_of_their_events() -> None:
    exact = compare_values(values(1, 1, 1), values(2, 2, 2))
    assert exact.probability == 0.0
    assert exact.interval(0.05) == (1.0, 1.0)
    with_events = compare_values(values(1, 1, 1, variance=1.0), values(2, 2, 2, variance=1.0))
    assert with_events.probability > 0.2
    assert compare_values(values(1, 1, 1), values(2, 2, 2), resolution=1.0).probability > 0.2
    assert compare_values(values(1, 1, 1), values(1, 1, 1)).probability == 1.0


def test_a_difference_within_the_bias_of_the_bins_is_none() -> None:
    biased = compare_values(values(1, 1.001, 0.999, bias=0.1), values(1.15, 1.151, 1.149, bias=0.1))
    assert biased.probability == 1.0
    low, high = biased.interval(0.05)
    assert low < 0 < high


def test_a_group_without_occurrences_has_a_finite_interval() -> None:
    none, some = [NodeRate(0, 600)] * 6, [NodeRate(x, 600) for x in (6, 4, 8, 5, 7, 6)]
    difference = compare_rates(none, some)
    assert difference.estimate == pytest.approx(0.01)
    assert difference.probability < 1e-4
    low, high = difference.interval(0.01)
    assert 0 < low < 0.01 < high < 0.02
    both = compare_rates(none, none)
    assert both.probability == 1.0
    assert both.interval(0.05)[0] < 0 < both.interval(0.05)[1]


def test_a_few_occurrences_at_a_small_group_are_tested_exactly() -> None:
    few = [NodeRate(1, 100), NodeRate(1, 100), NodeRate(1, 100)]
    many = [NodeRate(0, 1_000)] * 30
    # (300 / 30,300)^3, doubled for both tails.
    assert compare_rates(few, many).probability >= 2 * (300 / 30_300) ** 3 * 0.999
    assert compare_rates(
        [NodeRate(1, 100)] * 2, [NodeRate(0, 100)] * 2
    ).probability == pytest.approx(0.5)


def test_shares_near_one_are_as_exact_as_those_near_zero() -> None:
    low = compare_rates([NodeRate(x, 50) for x in (1, 2, 0)], [NodeRate(x, 50) for x in (9, 8, 9)])
    high = compare_rates(
        [NodeRate(x, 50) for x in (49, 48, 50)], [NodeRate(x, 50) for x in (41, 42, 41)]
    )
    assert high.estimate == pytest.approx(-low.estimate)
    assert high.probability == pytest.approx(low.probability, rel=0.05)


def test_one_bad_node_is_no_difference_between_implementations() -> None:
    bad = [NodeRate(400, 1_000), *[NodeRate(2, 1_000)] * 5]
    good = [NodeRate(2, 1_000)] * 6
    assert compare_rates(bad, good).probability > 0.1
    hours = compare_rates(
        [NodeRate(40, 1.0), *[NodeRate(0, 1.0)] * 5], [NodeRate(0, 1.0)] * 6, is_share=False
    )
    assert hours.probability > 0.05
    assert compare_rates(bad, good, is_share=False).probability > 0.1


def test_occurrences_by_time_may_exceed_the_exposure() -> None:
    difference = compare_rates(
        [NodeRate(x, 1.5) for x in (30, 33, 28)],
        [NodeRate(x, 1.5) for x in (90, 95, 86)],
        is_share=False,
    )
    assert difference.estimate == pytest.approx(40.0, abs=1.0)
    assert difference.probability < 0.001


def test_unequal_exposures_count_for_as_many_nodes_as_they_weigh() -> None:
    one_decides = [NodeRate(500, 100_000), *[NodeRate(0, 20)] * 7]
    other = [NodeRate(100, 100_000), *[NodeRate(0, 20)] * 7]
    assert compare_rates(one_decides, other).probability > 0.05


def test_a_difference_without_error_has_infinite_freedom() -> None:
    assert compare_values(values(1, 1, 1), values(1, 1, 1)).errors[0].freedom == inf
    assert Difference(1.0, compare_values(values(1, 2), values(1, 2)).errors, 0.5).bias == 0.0


@pytest.mark.no_cover
@pytest.mark.slow
@pytest.mark.parametrize("variation", NODE_VARIATION)
def test_groups_without_a_difference_differ_no_more_often_than_the_level(variation: str) -> None:
    """Type-I errors at 5 % stay at it, whatever the nodes have in common or not."""
    rng = random.Random(variation)
    for first, second in ((3, 3), (5, 5), (3, 12)):
        of_values = sum(
            compare_values(
                draw_values(rng, first, variation), draw_values(rng, second, variation)
            ).probability
            <= 0.05
            for _ in range(ROUNDS)
        )
        of_rates = sum(
            compare_rates(
                draw_rates(rng, first, variation, 0.02), draw_rates(rng, second, variation, 0.02)
            ).probability
            <= 0.05
            for _ in range(ROUNDS)
        )
        # 5 % of the rounds, and three standard deviations of that.
        assert of_values <= 0.05 * ROUNDS + 21
        assert of_rates <= 0.05 * ROUNDS + 21
