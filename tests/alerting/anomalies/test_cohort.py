"""Members against their cohort."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tart.alerting.anomalies.cohort import MIN_MEMBERS, MINUTES, MOST, Persistence, cohort

NAN = float("nan")


def test_one_of_many_that_differs_is_far_from_the_median() -> None:
    values = np.array([100.0, 101, 99, 100, 102, 98, 200])
    found = cohort(values, 1.0)
    assert found is not None
    assert (found.median, found.members) == (100, 7)
    assert found.scores[-1] > 10
    assert np.all(np.abs(found.scores[:-1]) < 1)


def test_flat_members_have_a_scale_from_their_level_and_unit() -> None:
    found = cohort(np.array([1000.0] * 9 + [1010.0]), 1.0)
    assert found is not None
    assert found.scale == pytest.approx(50, rel=0.01)
    nothing = cohort(np.array([0.0] * 9 + [2.0]), 3.0)
    assert nothing is not None
    assert nothing.scores[-1] == pytest.approx(2 / 3)


def test_unknown_values_count_as_no_members() -> None:
    assert cohort(np.array([1.0] * (MIN_MEMBERS - 1) + [NAN] * 5), 1.0) is None
    found = cohort(np.array([1.0] * MIN_MEMBERS + [NAN]), 1.0)
    assert found is not None
    assert np.isnan(found.scores[-1])


@given(st.lists(st.floats(-1e12, 1e12), min_size=MIN_MEMBERS, max_size=30), st.integers(0, 5))
def test_a_minority_moves_no_score_beyond_the_limit(values: list[float], unknown: int) -> None:
    found = cohort(np.array(values + [NAN] * unknown), 1.0)
    assert found is not None
    assert found.scale >= 1
    known = found.scores[: len(values)]
    assert np.all(np.abs(known) <= MOST)
    assert np.sum(known > 0) <= len(values) / 2 + 1


def test_a_score_that_persists_is_one_of_most_minutes() -> None:
    scores = Persistence()
    told = [scores.add({"a": score})["a"] for score in (9, 0, 8, 7, 0, 0, 0)]
    assert told == [0, 0, 0, 7, 7, 0, 0]
    assert len(told) > MINUTES


def test_up_and_down_is_not_one_direction() -> None:
    scores = Persistence()
    told = [scores.add({"a": score})["a"] for score in (9, -9, 9, -9, -5)]
    assert told[-1] == -5
    assert told[-2] == 0


def test_a_member_that_was_away_begins_again_with_what_is_left() -> None:
    scores = Persistence()
    for _ in range(2):
        scores.add({"a": 5.0, "b": 1.0})
    assert scores.add({"b": 1.0}) == {"b": 1.0}
    assert scores.add({"a": 5.0, "b": 1.0})["a"] == 5.0
