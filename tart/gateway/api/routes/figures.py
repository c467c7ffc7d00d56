"""Routes of the catalogue of figures that alerting rules compare. Pure."""

from __future__ import annotations

from tart.access.roles import Role
from tart.gateway.api.route import HTML, Kind, Route
from tart.query.answers.figures import AlertFigures

FIGURES_PAGE = "/api/docs/figures"
FIGURES_DOCUMENT = "/api/alerts/figures"

FIGURE_ROUTES: tuple[Route, ...] = (
    Route(
        "alert_figures",
        FIGURES_DOCUMENT,
        "Get the figures that alerting rules can compare",
        "Name, unit, meaning, labels, windows and limits of each figure, and the built-in rules "
        f"that use it. {FIGURES_PAGE} is the same as a web page, with these rules. No key is "
        "needed: the document contains no data.",
        answer=AlertFigures,
        scattered=False,
        role=Role.ANYONE,
    ),
    Route(
        "figure_page",
        FIGURES_PAGE,
        "Get the figures and the built-in rules of alerting as a web page",
        "No key is needed: the page contains no data.",
        kind=Kind.PAGE,
        media_type=HTML,
        scattered=False,
        role=Role.ANYONE,
    ),
)
