"""The catalogue of measures, and the lists of their names in requests."""

from __future__ import annotations

import pytest

from tart.aggregate.core.tables import TABLES
from tart.errors import BadQuery
from tart.query.comparison.measures import MEASURES, METRICS, parse_names, select_measures
from tart.query.topics.node_latencies import STEPS


def test_every_step_and_every_metric_is_a_measure() -> None:
    assert set(MEASURES) == {*STEPS, *METRICS}
    assert not set(STEPS) & set(METRICS)


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_says_what_it_is_and_where_it_comes_from(name: str) -> None:
    measure = METRICS[name]
    assert measure.name == name
    assert measure.description.endswith(".")
    assert set(measure.source.split(", ")) <= set(TABLES)
    assert measure.is_ratio + measure.is_rate + (measure.shape == "offset") == 1
    assert measure.resolution > 0


def test_names_are_read_in_any_letter_case_and_once() -> None:
    text = "importing_to_blockverified, Importing_to_BlockVerified,Importing_to_BlockExecuted"
    assert parse_names(text, STEPS, "step") == (
        "Importing_to_BlockVerified",
        "Importing_to_BlockExecuted",
    )
    assert parse_names("all", METRICS, "metric") == tuple(METRICS)


def test_an_unknown_name_is_refused_with_a_proposal() -> None:
    with pytest.raises(BadQuery, match="clock_offset"):
        parse_names("clock_ofset", METRICS, "metric")
    with pytest.raises(BadQuery, match="step"):
        parse_names("", STEPS, "step")


def test_a_request_without_names_is_about_all_measures_that_have_data() -> None:
    every = select_measures(None, None)
    assert every.measures == list(MEASURES.values())
    assert every.optional == set(MEASURES)
    (only,) = select_measures(["Importing_to_BlockVerified"], None).measures
    assert (only.name, only.unit, only.shape) == ("Importing_to_BlockVerified", "ms", "durations")


def test_measures_that_a_request_names_are_there_without_data_too() -> None:
    both = select_measures(["Importing_to_BlockVerified"], ["restarts"])
    assert [measure.name for measure in both.measures] == ["Importing_to_BlockVerified", "restarts"]
    assert both.optional == frozenset()
    assert select_measures(["Importing_to_BlockVerified"], list(METRICS)).optional == set(METRICS)
    assert select_measures(list(STEPS), ["restarts"]).optional == set(STEPS)
