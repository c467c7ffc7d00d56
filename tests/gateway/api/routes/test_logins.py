"""The routes of logins."""

from __future__ import annotations

from tart.access.roles import Role
from tart.gateway.api.route import Cache
from tart.gateway.api.routes.logins import LOGIN_ROUTES


def test_logins_need_no_key_in_advance_are_not_cached_and_are_not_audited_with_their_key() -> None:
    assert {route.role for route in LOGIN_ROUTES} == {Role.ANYONE}
    assert {route.cache for route in LOGIN_ROUTES} == {Cache.LIVE}
    assert not any(route.audited or route.token for route in LOGIN_ROUTES)
