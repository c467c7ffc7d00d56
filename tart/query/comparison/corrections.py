"""Correction of p-values for the number of comparisons (Holm 1979), with intervals to match.

Pure. Holm's step-down method holds the probability of one false claim or more among all comparisons
at the level, whatever the comparisons have in common.
"""

from __future__ import annotations

from collections.abc import Sequence


def correct(probabilities: Sequence[float]) -> list[float]:
    """Return Holm's corrected p-values in the order of the p-values."""
    order = sorted(range(len(probabilities)), key=probabilities.__getitem__)
    corrected = [1.0] * len(probabilities)
    greatest = 0.0
    for rank, index in enumerate(order):
        greatest = max(greatest, min(1.0, probabilities[index] * (len(order) - rank)))
        corrected[index] = greatest
    return corrected


def interval_probability(level: float, comparisons: int) -> float:
    """Return the probability to miss that each of several simultaneous intervals may have.

    Args:
        level: The probability that all intervals hold, such as 0.95.
        comparisons: Their number.
    """
    return (1.0 - level) / max(1, comparisons)


def consistent_interval(
    low: float, high: float, null: float, *, is_significant: bool
) -> tuple[float, float]:
    """Return an interval that says the same as the corrected test.

    Holm's test rejects more than simultaneous intervals of equal width do. The interval of a
    significant difference ends at the null value (Strassburger and Bretz 2008); that of one which
    is not significant contains it.

    Args:
        low: Lower end.
        high: Upper end.
        null: The value without a difference.
        is_significant: The result of the test.
    """
    if not is_significant:
        return min(low, null), max(high, null)
    if (low + high) / 2 > null:
        return max(low, null), high
    return low, min(high, null)
