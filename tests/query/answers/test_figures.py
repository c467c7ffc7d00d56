"""The answer about figures of alerting rules."""

from __future__ import annotations

from tart.gateway.api.figure_pages import figure_catalogue
from tests.query.answers.checking import check


def test_the_catalogue_is_an_answer_of_its_type() -> None:
    check("AlertFigures", figure_catalogue())
