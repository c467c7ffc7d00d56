"""The catalogue of figures as JSON, page and file."""

from __future__ import annotations

from tart.alerting.rules.builtin_rules import BUILTIN_RULES
from tart.alerting.rules.figures import FIGURES
from tart.alerting.rules.model import FigureCondition
from tart.gateway.api.figure_pages import (
    describe_condition,
    figure_catalogue,
    figure_markdown,
    figure_page,
)
from tart.units import HOUR_US, MINUTE_US
from tests.query.answers.checking import check


def test_the_catalogue_has_every_figure_with_its_rules() -> None:
    answer = figure_catalogue()
    check("AlertFigures", answer)
    assert [figure["name"] for figure in answer["figures"]] == list(FIGURES)
    rules = [name for figure in answer["figures"] for name in figure["builtin_rules"]]
    assert sorted(rules) == sorted(rule.alert for rule in BUILTIN_RULES)
    (silent,) = (each for each in answer["figures"] if each["name"] == "node_silent_seconds")
    assert silent["window"] == {"default": 86400.0, "shortest": 300.0, "longest": 2592000.0}
    assert (silent["lowest"], silent["highest"]) == (0.0, None)


def test_page_and_file_have_every_figure_and_every_rule_once() -> None:
    page, lines = figure_page(), figure_markdown().splitlines()
    assert "http:" not in page
    for name in (*FIGURES, *(rule.alert for rule in BUILTIN_RULES)):
        assert page.count(f'<tr id="{name}">') == 1
        assert sum(line.startswith(f"| `{name}` |") for line in lines) == 1
    assert {line.count("|") for line in lines if line.startswith("| ")} == {6}


def test_a_condition_is_described_without_what_the_figure_implies() -> None:
    share = "step_failure_share"
    for condition, text in (
        (
            FigureCondition(share, by="pipeline", above=0.5, window_us=5 * MINUTE_US),
            "step_failure_share above 0.5",
        ),
        (
            FigureCondition(
                share, by="node", above=25, window_us=15 * MINUTE_US, against_us=HOUR_US
            ),
            "step_failure_share by node in 15m against 1h before above 25",
        ),
        (FigureCondition("disk_free_share", below=0.1), "disk_free_share below 0.1"),
    ):
        assert describe_condition(condition) == text
