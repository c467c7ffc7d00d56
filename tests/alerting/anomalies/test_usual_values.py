"""A series against its own history, among them those of the Numenta Anomaly Benchmark."""

from __future__ import annotations

import csv
import gzip
import json
import random
from pathlib import Path

import pytest

from tart.alerting.anomalies.usual_values import MOST, WARM_UP, UsualValues, tail_score

# Series of NAB (github.com/numenta/NAB, ea702d7, MIT; see its README.md), with the labelled
# windows of labels/combined_windows.json.
NAB = Path(__file__).with_name("nab")
PROBATION = 0.15
EPISODE = 12


def scores(values: list[float], unit: float = 1.0) -> list[float]:
    series = UsualValues(unit)
    return [series.add(value).score for value in values]


def test_nothing_is_unusual_before_enough_is_known() -> None:
    assert set(scores([0.0] * WARM_UP + [1e9])) == {0.0}


def test_a_jump_of_a_calm_series_is_unusual_and_one_of_many_is_not() -> None:
    noise = random.Random(1)
    calm = [100 + noise.gauss(0, 3) for _ in range(600)]
    assert max(scores(calm)[100:]) < 6
    assert scores([*calm, 200.0])[-1] > 9
    jumpy = [value + 100 * (place % 30 == 0) for place, value in enumerate(calm)]
    assert scores([*jumpy, 200.0])[-1] < 6


def test_values_that_hardly_vary_have_a_scale() -> None:
    assert scores([1000.0] * 500 + [1001.0])[-1] < 1
    assert scores([0.0] * 500 + [0.004], unit=0.005)[-1] < 4


def test_the_usual_value_follows_a_new_level() -> None:
    series = UsualValues()
    for value in [10.0] * 300 + [50.0] * 600:
        last = series.add(value)
    assert abs(last.usual - 50) < 1
    assert last.score < 1
    assert last.known == 899


def test_a_tail_has_a_bounded_score() -> None:
    assert tail_score(-1) == 0
    assert tail_score(1e6) == MOST
    rising = [tail_score(number / 4) for number in range(60)]
    assert rising == sorted(rising)


def read_nab() -> list[tuple[list[float], list[bool]]]:
    """Values and, for each, the number of the labelled window that it lies in."""
    windows = json.loads((NAB / "windows.json").read_text())
    series = []
    for name, spans in windows.items():
        with gzip.open(NAB / f"{name}.csv.gz", "rt") as file:
            rows = [(row["timestamp"], float(row["value"])) for row in csv.DictReader(file)]
        labels = [
            next((n for n, (start, end) in enumerate(spans) if start <= time <= end), None)
            for time, _ in rows
        ]
        series.append(([value for _, value in rows], labels))
    return series


@pytest.mark.no_cover
def test_a_smoke_test_on_the_numenta_anomaly_benchmark() -> None:
    """Far more labelled windows are found than by chance, at few false episodes."""
    found = total = false = points = 0
    for values, labels in read_nab():
        start = int(len(values) * PROBATION)
        low, high = min(values[:start]), max(values[:start])
        hits, last = set(), -EPISODE
        for place, score in enumerate(scores(values, max((high - low) / 1000, 1e-9))):
            if place < start or score < 6:
                continue
            if labels[place] is not None:
                hits.add(labels[place])
            elif place - last > EPISODE:
                false, last = false + 1, place
        found += len(hits)
        total += len({label for label in labels[start:] if label is not None})
        points += len(values) - start
    # Of the whole benchmark: 67 % of 110 windows at 10 false episodes per 10,000 points.
    assert found / total >= 0.6
    assert false / points <= 15 / 10_000
