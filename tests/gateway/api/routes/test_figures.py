"""The routes of the catalogue of figures."""

from __future__ import annotations

from tart.access.roles import Role
from tart.gateway.api.routes.figures import FIGURE_ROUTES, FIGURES_DOCUMENT, FIGURES_PAGE


def test_the_catalogue_is_public_and_the_page_is_not_in_clients() -> None:
    assert [route.path for route in FIGURE_ROUTES] == [FIGURES_DOCUMENT, FIGURES_PAGE]
    document, page = FIGURE_ROUTES
    assert {route.role for route in FIGURE_ROUTES} == {Role.ANYONE}
    assert (document.in_clients, page.answer) == (True, None)
