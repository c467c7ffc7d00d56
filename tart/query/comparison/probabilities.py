"""Probabilities of Student's t and of the binomial distribution, by the incomplete beta function.

Pure. The continued fraction is that of Numerical Recipes (Press et al., 6.4), evaluated by Lentz's
method. Relative errors are below 1e-9, far into the tails, which corrected p-values need.
"""

from __future__ import annotations

from math import exp, inf, lgamma, log, log1p, pi

_TINY = 1e-300
_PRECISION = 1e-15
# The fraction takes about sqrt(max(a, b)) steps: enough for hundreds of millions of events.
_MAX_STEPS = 20_000
_MAX_ITERATIONS = 200
_QUANTILE_PRECISION = 1e-12


def incomplete_beta(a: float, b: float, x: float) -> float:
    """Return the regularized incomplete beta function I_x(a, b).

    Args:
        a: Above 0.
        b: Above 0.
        x: From 0 to 1.
    """
    if x <= 0.0:
        return 0.0
    if x >= 1.0:
        return 1.0
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    # The fraction converges quickly on the side of the mean where the result is small.
    if x < (a + 1.0) / (a + b + 2.0):
        return front * _fraction(a, b, x) / a
    return 1.0 - front * _fraction(b, a, 1.0 - x) / b


def _fraction(a: float, b: float, x: float) -> float:
    c, d = 1.0, 1.0 / _not_zero(1.0 - (a + b) * x / (a + 1.0))
    value = d
    for step in range(1, _MAX_STEPS):
        even = step * (b - step) * x / ((a + 2 * step - 1) * (a + 2 * step))
        d, c = 1.0 / _not_zero(1.0 + even * d), _not_zero(1.0 + even / c)
        value *= d * c
        odd = -(a + step) * (a + b + step) * x / ((a + 2 * step) * (a + 2 * step + 1))
        d, c = 1.0 / _not_zero(1.0 + odd * d), _not_zero(1.0 + odd / c)
        value *= d * c
        if abs(d * c - 1.0) < _PRECISION:
            break
    return value


def _not_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


def t_probability(t: float, freedom: float) -> float:
    """Return the probability that Student's t is farther from 0 than this, on either side.

    Args:
        t: The statistic.
        freedom: Degrees of freedom, above 0, not necessarily whole.
    """
    return incomplete_beta(freedom / 2.0, 0.5, freedom / (freedom + t * t))


def t_quantile(probability: float, freedom: float) -> float:
    """Return the t whose ``t_probability`` is this; infinite for a probability of 0."""
    if probability <= 0.0:
        return inf
    if probability >= 1.0:
        return 0.0
    # Logarithms, since small probabilities with few degrees are far out. Newton's method within a
    # bracket, which is halved where a step leaves it.
    density = lgamma((freedom + 1.0) / 2.0) - lgamma(freedom / 2.0) - log(freedom * pi) / 2.0
    wanted = log(probability)
    low, high, place = -700.0, 300.0, 0.5
    for _ in range(_MAX_ITERATIONS):
        t = exp(place)
        reached = t_probability(t, freedom)
        excess = log(reached) - wanted if reached > 0.0 else -inf
        low, high = (place, high) if excess > 0.0 else (low, place)
        slope = 2.0 * t * exp(density - (freedom + 1.0) / 2.0 * log1p(t * t / freedom))
        next_place = place + excess * reached / slope if reached > 0.0 < slope else low
        if not low < next_place < high:
            next_place = (low + high) / 2.0
        is_close = abs(next_place - place) < _QUANTILE_PRECISION
        place = next_place
        if is_close:
            break
    return exp(place)


def binomial_probability(successes: float, trials: float, share: float) -> float:
    """Return the probability of a result at least as extreme, on either side.

    It is twice that of the tail which the result belongs to, at most 1 (Clopper and Pearson).

    Args:
        successes: From 0 to ``trials``.
        trials: At least 0.
        share: The probability of a success in one trial, between 0 and 1.
    """
    if trials <= 0:
        return 1.0
    at_least = incomplete_beta(successes, trials - successes + 1.0, share) if successes > 0 else 1.0
    at_most = (
        incomplete_beta(trials - successes, successes + 1.0, 1.0 - share)
        if successes < trials
        else 1.0
    )
    return min(1.0, 2.0 * min(at_least, at_most))
