"""Correction for the number of comparisons."""

from __future__ import annotations

import pytest

from tart.query.comparison.corrections import consistent_interval, correct, interval_probability


def test_corrected_values_are_those_of_the_example_of_holm() -> None:
    # R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm").
    assert correct([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_no_corrected_value_exceeds_one_and_none_is_less_than_its_own() -> None:
    values = [0.9, 0.5, 0.6, 1.0]
    corrected = correct(values)
    assert max(corrected) == 1.0
    assert all(after >= before for before, after in zip(values, corrected, strict=True))
    assert correct([]) == []


def test_simultaneous_intervals_share_the_probability_to_miss() -> None:
    assert interval_probability(0.95, 10) == pytest.approx(0.005)
    assert interval_probability(0.95, 0) == pytest.approx(0.05)


def test_an_interval_never_contradicts_the_test() -> None:
    # Significant by Holm, although the simultaneous interval contains the null value.
    assert consistent_interval(0.9, 1.5, 1.0, is_significant=True) == (1.0, 1.5)
    assert consistent_interval(0.5, 1.1, 1.0, is_significant=True) == (0.5, 1.0)
    assert consistent_interval(1.2, 1.5, 1.0, is_significant=True) == (1.2, 1.5)
    # Not significant by the exact test, although the interval is beyond the null value.
    assert consistent_interval(0.1, 0.3, 0.0, is_significant=False) == (0.0, 0.3)
    assert consistent_interval(-0.3, -0.1, 0.0, is_significant=False) == (-0.3, 0.0)
