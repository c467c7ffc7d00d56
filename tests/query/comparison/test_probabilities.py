"""The distributions against published tables and exact values."""

from __future__ import annotations

from math import comb, inf

import pytest

from tart.query.comparison.probabilities import (
    binomial_probability,
    incomplete_beta,
    t_probability,
    t_quantile,
)

# Critical values of Student's t, two-sided: NIST/SEMATECH e-Handbook of Statistical Methods,
# 1.3.6.7.2, by degrees of freedom and probability.
TABLE = {
    (1, 0.05): 12.706,
    (1, 0.002): 318.313,
    (2, 0.05): 4.303,
    (4, 0.01): 4.604,
    (5, 0.1): 2.015,
    (10, 0.05): 2.228,
    (10, 0.002): 4.143,
    (30, 0.01): 2.750,
    (60, 0.02): 2.390,
    (100, 0.002): 3.174,
}


def test_quantiles_of_t_are_those_of_the_published_table() -> None:
    for (freedom, probability), value in TABLE.items():
        assert t_quantile(probability, freedom) == pytest.approx(value, rel=2e-4)


def test_probability_and_quantile_of_t_are_inverse_far_into_the_tails() -> None:
    for freedom in (1.0, 2.5, 8.0, 40.0, 5_000.0):
        for probability in (0.9, 0.05, 1e-4, 1e-9):
            t = t_quantile(probability, freedom)
            assert t_probability(t, freedom) == pytest.approx(probability, rel=1e-9)


def test_t_with_one_and_two_degrees_has_its_closed_form() -> None:
    # Cauchy: P(|t| > 1) = 1/2; with two degrees P(|t| > t) = 1 - t / sqrt(2 + t^2).
    assert t_probability(1.0, 1.0) == pytest.approx(0.5, rel=1e-12)
    assert t_probability(3.0, 2.0) == pytest.approx(1 - 3 / 11**0.5, rel=1e-12)
    # Ten digits of 1 - t / sqrt(2 + t^2) are lost to cancellation; 1 / t^2 is what remains.
    assert t_probability(1e6, 2.0) == pytest.approx(1e-12, rel=1e-6)


def test_quantiles_at_the_ends_are_infinite_and_zero() -> None:
    assert t_quantile(0.0, 5.0) == inf
    assert t_quantile(1.0, 5.0) == 0.0
    assert t_probability(0.0, 5.0) == 1.0


def test_incomplete_beta_is_the_tail_of_the_binomial_distribution() -> None:
    for trials, share in ((5, 0.3), (40, 0.5), (300, 0.01)):
        for least in range(1, trials + 1, max(1, trials // 7)):
            exact = sum(
                comb(trials, k) * share**k * (1 - share) ** (trials - k)
                for k in range(least, trials + 1)
            )
            found = incomplete_beta(least, trials - least + 1, share)
            assert found == pytest.approx(exact, rel=1e-9)
    assert incomplete_beta(2, 3, 0.0) == 0.0
    assert incomplete_beta(2, 3, 1.0) == 1.0


def test_incomplete_beta_of_many_events_converges() -> None:
    # By symmetry one half; scipy.special.betainc(2e6, 8e6, 0.2001) is 0.78541966.
    assert incomplete_beta(5e6, 5e6, 0.5) == pytest.approx(0.5, rel=1e-6)
    assert incomplete_beta(2e6, 8e6, 0.2001) == pytest.approx(0.78541966, rel=1e-6)


def test_binomial_probability_is_that_of_both_tails() -> None:
    # The sign test: 2 * 2^-10, and the middle.
    assert binomial_probability(0, 10, 0.5) == pytest.approx(2**-9, rel=1e-12)
    assert binomial_probability(10, 10, 0.5) == pytest.approx(2**-9, rel=1e-12)
    assert binomial_probability(5, 10, 0.5) == 1.0
    assert binomial_probability(0, 0, 0.5) == 1.0
    # 7 or more of 20 at 0.2: 0.0867 (tables of the binomial distribution).
    assert binomial_probability(7, 20, 0.2) == pytest.approx(2 * 0.0867, abs=0.0002)
