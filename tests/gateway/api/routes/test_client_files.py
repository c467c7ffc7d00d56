"""Routes of the JavaScript client's files."""

from __future__ import annotations

from tart.access.roles import Role
from tart.gateway.api.routes.client_files import CLIENT_FILE_ROUTES


def test_the_files_need_no_key_and_no_shard() -> None:
    assert [route.path for route in CLIENT_FILE_ROUTES] == ["/client/tart.js", "/client/tart.d.ts"]
    for route in CLIENT_FILE_ROUTES:
        assert (route.role, route.scattered, route.in_clients) == (Role.ANYONE, False, False)
