"""The routes of the web page."""

from __future__ import annotations

from tart.access.roles import Role
from tart.gateway.api.routes.web_page import WEB_PAGE_ROUTES


def test_the_page_and_its_files_need_no_key_and_are_in_no_client() -> None:
    assert [route.path for route in WEB_PAGE_ROUTES] == ["/", "/assets/{file}"]
    assert {(route.role, route.in_clients) for route in WEB_PAGE_ROUTES} == {(Role.ANYONE, False)}
