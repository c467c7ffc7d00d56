"""Keys, roles and the audit log over HTTP and WebSocket."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tart import control_store as store
from tart.access.roles import ROLES, Role
from tart.control_store import open_store
from tart.gateway.api.components import reference
from tart.gateway.api.contract import ROUTES
from tart.gateway.handlers.web_page import WebPage
from tests.gateway.http.test_auth import create_key
from tests.gateway.json_schema import SCHEMAS, violations
from tests.gateway.running import Running, running_gateway, url_of

# Public routes that no request of this module can satisfy: they name no file and no key.
PUBLIC = {"web_asset": 404, "login": 400}
ROLES_OF_KEYS = list(ROLES.values())


def with_gateway(directory: Path, test: Callable[[Running], Awaitable[None]], **api: Any) -> None:
    async def run() -> None:
        async with running_gateway(directory, **api) as running:
            await test(running)

    asyncio.run(run())


def keys_in(directory: Path) -> dict[Role, str]:
    """A key of each role, created before the gateway starts."""
    return {role: create_key(directory / "d" / "control.sqlite", role)[1] for role in ROLES_OF_KEYS}


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


async def asked(gateway: Running, route: Any, headers: dict[str, str]) -> int:
    """The status of a request that says nothing but who asks."""
    response = await gateway.client.request(
        route.method, url_of(route), headers=headers, content=b"{}" if route.body else None
    )
    if route.answer and response.status_code < 400:
        assert route.method == "GET" or violations(response.json(), reference(route.answer)) == []
    return response.status_code


async def read_to_the_end(socket: ClientConnection) -> None:
    async with asyncio.timeout(60):
        while True:
            await socket.recv()


@pytest.mark.parametrize("role", [None, *ROLES_OF_KEYS], ids=str)
def test_every_route_serves_exactly_the_permitted_roles(tmp_path: Path, role: Role | None) -> None:
    keys = keys_in(tmp_path)
    headers = {} if role is None else bearer(keys[role])

    (tmp_path / "index.html").touch()

    async def check(gateway: Running) -> None:
        gateway.gateway.web_page = WebPage(tmp_path)
        for route in ROUTES:
            # Told its headers, a stream never ends.
            if route.media_type == "text/event-stream":
                continue
            status = await asked(gateway, route, headers)
            if route.role is Role.ANYONE:
                assert status == PUBLIC.get(route.name, 200), route.path
            elif role is None:
                assert status == 401, route.path
            elif role < route.role:
                assert status == 403, route.path
            else:
                assert status not in (401, 403), route.path

    # A denied request costs as much as 20; there are more routes than the burst allows.
    with_gateway(tmp_path, check, burst_requests=1e6)


def test_a_denied_request_names_the_header_to_send(tmp_path: Path) -> None:
    keys_in(tmp_path)

    async def check(gateway: Running) -> None:
        response = await gateway.get("/api/nodes")
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == 'Bearer realm="tart"'
        message = response.json()["error"]["message"]
        for told in ("tart keys create", "Authorization: Bearer", "?token=", "/api/docs"):
            assert told in message
        wrong = await gateway.get("/api/nodes", headers=bearer("tart_nonsense"))
        assert wrong.json()["error"]["code"] == "unauthorized"
        assert "nonsense" not in wrong.text
        assert "tart keys create" in wrong.json()["error"]["message"]

    with_gateway(tmp_path, check)


def test_a_key_in_the_url_counts_for_streams_only(tmp_path: Path) -> None:
    viewer = keys_in(tmp_path)[Role.VIEWER]

    async def check(gateway: Running) -> None:
        assert (await gateway.get(f"/api/nodes?token={viewer}")).status_code == 401
        with pytest.raises(InvalidStatus):
            async with gateway.websocket():
                pass
        async with gateway.websocket(f"?token={viewer}") as socket:
            assert orjson.loads(await socket.recv())["type"]
        async with gateway.websocket(additional_headers=bearer(viewer)) as socket:
            assert orjson.loads(await socket.recv())["type"]

    with_gateway(tmp_path, check)


def test_an_administrator_creates_lists_and_revokes_keys(tmp_path: Path) -> None:
    admin = keys_in(tmp_path)[Role.ADMIN]

    async def check(gateway: Running) -> None:
        gateway.client.headers.update(bearer(admin))
        body = {"name": "grafana", "role": "viewer"}
        response = await gateway.client.post("/api/keys", json=body)
        created = response.json()
        assert response.status_code == 201
        assert violations(created, SCHEMAS["CreatedKey"]) == []
        assert response.headers["cache-control"].startswith("no-cache, no-store")

        listed = (await gateway.json("/api/keys"))["keys"]
        assert violations({"keys": listed}, SCHEMAS["Keys"]) == []
        assert listed[0] == {**listed[0], "id": created["id"], **body, "revoked_at": None}
        assert created["key"] not in orjson.dumps(listed).decode()

        async with gateway.websocket(f"?token={created['key']}") as socket:
            await socket.recv()
            ended = await gateway.client.delete(f"/api/keys/{created['id']}")
            assert ended.json() == {"id": created["id"], "revoked": True}
            with pytest.raises(ConnectionClosed):
                await read_to_the_end(socket)
        again = await gateway.client.delete(f"/api/keys/{created['id']}")
        assert (again.status_code, again.json()["error"]["param"]) == (404, "id")

    with_gateway(tmp_path, check)


def test_keys_work_but_cannot_be_created_while_the_store_is_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = keys_in(tmp_path)[Role.ADMIN]
    monkeypatch.setattr(store, "_WAIT_SECONDS", 0.05)
    body = {"name": "k", "role": "viewer"}

    async def check(gateway: Running) -> None:
        gateway.client.headers.update(bearer(admin))
        other = sqlite3.connect(tmp_path / "d" / "control.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        for method, path in (("POST", "/api/keys"), ("DELETE", "/api/keys/00000000")):
            sent = orjson.dumps(body) if method == "POST" else None
            response = await gateway.client.request(method, path, content=sent)
            assert response.status_code == 503
            assert violations(response.json(), SCHEMAS["Error"]) == []
            assert response.json()["error"]["code"] == "keys_unreadable"
            assert str(tmp_path) not in response.text
        # What waits to be noted locks nobody out.
        assert (await gateway.client.get("/api/keys", headers=bearer("no"))).status_code == 401
        await gateway.gateway.authenticator._refresh()
        assert (await gateway.client.get("/api/keys")).status_code == 200
        other.execute("ROLLBACK")
        other.close()
        assert (await gateway.client.post("/api/keys", json=body)).status_code == 201
        entries = (await gateway.json("/api/audit"))["entries"]
        assert [each["action"] for each in entries] == ["create_key", "request"]

    with_gateway(tmp_path, check)


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        ({}, "name"),
        ({"name": "", "role": "viewer"}, "name"),
        ({"name": "a" * 101, "role": "viewer"}, "name"),
        ({"name": "line\nbreak", "role": "viewer"}, "name"),
        ({"name": 5, "role": "viewer"}, "name"),
        ({"name": "k"}, "role"),
        ({"name": "k", "role": "anyone"}, "role"),
        ({"name": "k", "role": ["admin"]}, "role"),
    ],
)
def test_an_invalid_key_is_not_created(
    tmp_path: Path, body: dict[str, Any], parameter: str
) -> None:
    admin = keys_in(tmp_path)[Role.ADMIN]

    async def check(gateway: Running) -> None:
        response = await gateway.client.post("/api/keys", json=body, headers=bearer(admin))
        assert (response.status_code, response.json()["error"]["param"]) == (400, parameter)
        assert len(gateway.gateway.authenticator) == 3

    with_gateway(tmp_path, check)


def test_the_audit_log_has_actions_and_denied_requests(tmp_path: Path) -> None:
    keys = keys_in(tmp_path)

    async def check(gateway: Running) -> None:
        await gateway.get("/api/nodes?secret=in-the-query")
        await gateway.client.post(
            "/api/sql", json={"map": "SELECT 1 AS one"}, headers=bearer(keys[Role.OPERATOR])
        )
        await gateway.client.post("/api/sql", json={}, headers=bearer(keys[Role.VIEWER]))
        gateway.client.headers.update(bearer(keys[Role.ADMIN]))
        response = await gateway.client.post("/api/keys", json={"name": "x", "role": "viewer"})
        found = await gateway.json("/api/audit")
        assert violations(found, SCHEMAS["Audit"]) == []
        shown = [(each["action"], each["detail"], each["status"]) for each in found["entries"]]
        created = response.json()
        assert shown == [
            ("create_key", f"{created['id']} viewer x", 201),
            ("request", "POST /api/sql", 403),
            ("sql", "SELECT 1 AS one", 0),
            ("request", "GET /api/nodes", 401),
        ]
        assert found["entries"][0]["key"] == keys[Role.ADMIN].split("_")[1]
        page = await gateway.json(f"/api/audit?limit=1&before={found['entries'][0]['number']}")
        assert page["has_more"] is True
        assert page["entries"] == found["entries"][1:2]

    with_gateway(tmp_path, check)
    everything = (tmp_path / "d" / "control.sqlite").read_bytes()
    with open_store(tmp_path / "d" / "control.sqlite") as store:
        assert len(store.read_audit(10)) == 4
    assert not any(text.encode() in everything for text in keys.values())


def test_a_rate_limited_request_gets_retry_after(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        for _ in range(3):
            assert (await gateway.get("/api/nodes")).status_code == 200
        response = await gateway.get("/api/nodes")
        assert response.status_code == 429
        assert 1 <= int(response.headers["retry-after"]) <= 100
        assert response.json()["error"]["code"] == "too_many_requests"

    with_gateway(tmp_path, check, requests_per_second=0.01, burst_requests=3.0)


def test_a_foreign_page_can_neither_use_a_rebound_name_nor_post(tmp_path: Path) -> None:
    async def check(gateway: Running) -> None:
        rebound = await gateway.get("/api/nodes", headers={"Host": "rebound.example:80"})
        assert rebound.status_code == 403
        posted = await gateway.client.post(
            "/api/sql", json={"map": "SELECT 1"}, headers={"Origin": "https://evil.example"}
        )
        assert posted.status_code == 403

    with_gateway(tmp_path, check)
