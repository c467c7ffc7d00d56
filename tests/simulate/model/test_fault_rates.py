from __future__ import annotations

import random
from dataclasses import fields, replace

import pytest

from tart.simulate.model.fault_rates import Chances, Rates
from tests.cases import all_cases

PEACE = Rates(**{each.name: 0.0 for each in fields(Rates)})


def occurrences(rate: float, opportunities: int, share: float = 1.0) -> list[int]:
    chances = Chances(replace(PEACE, fork=rate), random.Random(1))
    return [at for at in range(opportunities) if chances.happens("fork", share)]


@pytest.mark.parametrize("rate", [0.002, 0.03, 0.2, 0.5, 0.7, 0.95])
def test_a_long_run_has_a_failure_as_often_as_its_rate_says(rate):
    assert len(occurrences(rate, 20_000)) == pytest.approx(20_000 * rate, rel=0.1)


@all_cases("seed", range(20))
def test_a_fault_has_happened_once_its_rate_adds_up_to_one(seed):
    chances = Chances(replace(PEACE, lag=0.01), random.Random(seed))
    assert any(chances.happens("lag") for _ in range(101))


def test_rates_of_0_and_1_are_exact():
    assert occurrences(0.0, 1_000) == []
    assert occurrences(1.0, 1_000) == list(range(1_000))


def test_a_share_scales_the_rate():
    assert len(occurrences(1.0, 6_000, share=1 / 6)) == pytest.approx(1_000, rel=0.1)


def test_kinds_do_not_disturb_each_other():
    chances = Chances(replace(PEACE, fork=0.1, lag=0.1), random.Random(3))
    assert not any(chances.happens("disconnect") for _ in range(100))


@pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan")])
def test_an_invalid_rate_is_refused(rate):
    with pytest.raises(ValueError, match="rate fork is not between 0 and 1"):
        Rates(fork=rate)
