"""Logins over HTTP, event streams and WebSockets: whom a cookie lets in, and until when."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tart import control_store as store
from tart.access import logins
from tart.access.roles import Role
from tart.control_store import open_store
from tart.gateway.api.contract import ROUTES
from tart.gateway.handlers.web_page import WebPage
from tests.gateway.handlers.test_access import (
    PUBLIC,
    asked,
    bearer,
    keys_in,
    read_to_the_end,
    with_gateway,
)
from tests.gateway.json_schema import SCHEMAS, violations
from tests.gateway.running import Running, eventually, running_gateway

ROLES_OF_KEYS = (Role.VIEWER, Role.OPERATOR, Role.ADMIN)
CONTROL = Path("d") / "control.sqlite"
HOUR = 3600


async def log_in(gateway: Running, key: str, **headers: str) -> httpx.Response:
    """Log in; httpx stores the cookie as a browser does."""
    response = await gateway.client.post("/api/login", json={"key": key}, headers=headers)
    assert response.status_code == 200, response.text
    assert violations(response.json(), SCHEMAS["LoginSession"]) == []
    return response


def cookie(gateway: Running) -> dict[str, str]:
    """The cookie as a header, for clients without a jar."""
    (held,) = gateway.client.cookies.jar
    return {"Cookie": f"{held.name}={held.value}"}


async def session(gateway: Running, **headers: str) -> dict[str, Any]:
    response = await gateway.get("/api/session", headers=headers)
    assert response.status_code == 200
    assert response.headers["cache-control"].startswith("no-cache, no-store")
    assert violations(response.json(), SCHEMAS["LoginSession"]) == []
    return response.json()


@pytest.mark.parametrize("role", ROLES_OF_KEYS, ids=str)
def test_a_cookie_has_exactly_the_role_of_its_key(tmp_path: Path, role: Role) -> None:
    key = keys_in(tmp_path)[role]
    (tmp_path / "index.html").touch()

    async def check(gateway: Running) -> None:
        gateway.gateway.web_page = WebPage(tmp_path)
        assert (await gateway.get("/api/nodes")).status_code == 401
        before = await session(gateway)
        assert (before["auth"], before["role"], before["login_required"]) == ("key", None, True)
        assert "tart keys create" in before["reason"]
        response = await log_in(gateway, key)
        after = await session(gateway)
        assert after == response.json()
        assert (after["auth"], after["role"]) == ("key", str(role))
        assert after["key"] == {"id": key.split("_")[1], "name": "test"}
        assert (after["login_required"], after["reason"]) == (False, None)
        for route in ROUTES:
            if route.media_type == "text/event-stream" or route.name in ("login", "logout"):
                continue
            if not route.path.startswith("/api/"):
                continue  # the cookie is the API's
            status = await asked(gateway, route, {})
            if role < route.role:
                assert status == 403, route.path
            else:
                assert status not in (401, 403), route.path
                assert route.role is not Role.ANYONE or status == PUBLIC.get(route.name, 200)
        assert (await gateway.get("/metrics")).status_code == 401
        async with gateway.client.stream("GET", "/api/events/stream") as stream:
            assert stream.status_code == 200
        async with gateway.websocket(additional_headers=cookie(gateway)) as socket:
            assert orjson.loads(await socket.recv())["type"]

    with_gateway(tmp_path, check, burst_requests=1e6)


def test_the_cookie_is_not_the_key_and_only_its_digest_is_stored(tmp_path: Path) -> None:
    key = keys_in(tmp_path)[Role.VIEWER]

    async def check(gateway: Running) -> None:
        response = await log_in(gateway, f"  {key}\n")
        header = response.headers["set-cookie"]
        assert "HttpOnly; SameSite=Strict" in header
        assert f"Max-Age={12 * HOUR};" in header
        assert "Secure" not in header
        (held,) = gateway.client.cookies.jar
        assert held.path == "/api"
        assert held.value not in response.text
        assert key.split("_", 2)[2] not in header
        written = b"".join(path.read_bytes() for path in (tmp_path / "d").glob("control.sqlite*"))
        assert str(held.value).encode() not in written
        over_tls = await log_in(gateway, key, Origin=f"https://127.0.0.1:{gateway.port}")
        assert over_tls.headers["set-cookie"].endswith("; Secure")

    with_gateway(tmp_path, check)


def test_a_login_expires_and_ends_its_streams(tmp_path: Path) -> None:
    key = keys_in(tmp_path)[Role.VIEWER]

    async def check(gateway: Running) -> None:
        response = await log_in(gateway, key)
        assert "Max-Age=2;" in response.headers["set-cookie"]
        sent = cookie(gateway)
        async with (
            gateway.websocket(additional_headers=sent) as socket,
            gateway.client.stream("GET", "/api/events/stream") as stream,
        ):
            with pytest.raises(ConnectionClosed):
                await read_to_the_end(socket)
            async with asyncio.timeout(60):
                with pytest.raises(httpx.TransportError):
                    async for _ in stream.aiter_bytes():
                        pass
        refused = await gateway.get("/api/nodes", headers=sent)
        assert refused.status_code == 401
        assert "log in again" in refused.json()["error"]["message"]
        assert (await session(gateway, **sent))["role"] is None
        await eventually(lambda: gateway.gateway.authenticator.logins == 0)

    with_gateway(tmp_path, check, session_hours=2 / HOUR)
    with open_store(tmp_path / CONTROL) as opened:
        assert opened.logins() == []


def test_logout_ends_the_login_and_its_streams_at_once(tmp_path: Path) -> None:
    key = keys_in(tmp_path)[Role.VIEWER]

    async def check(gateway: Running) -> None:
        await log_in(gateway, key)
        sent = cookie(gateway)
        async with gateway.websocket(additional_headers=sent) as socket:
            response = await gateway.client.post("/api/logout", json={})
            assert response.json() == {"ended": 1}
            assert "Max-Age=0" in response.headers["set-cookie"]
            assert not list(gateway.client.cookies.jar)
            with pytest.raises(ConnectionClosed):
                await read_to_the_end(socket)
        assert (await gateway.get("/api/nodes", headers=sent)).status_code == 401
        # A second one finds nothing; so does one without a cookie.
        for headers in (sent, {}):
            again = await gateway.client.post("/api/logout", json={}, headers=headers)
            assert (again.status_code, again.json()) == (200, {"ended": 0})

    with_gateway(tmp_path, check)


def test_logging_out_everywhere_ends_all_logins_of_the_key_and_no_others(tmp_path: Path) -> None:
    keys = keys_in(tmp_path)

    async def check(gateway: Running) -> None:
        cookies = []
        for role in (Role.VIEWER, Role.VIEWER, Role.ADMIN, Role.VIEWER):
            gateway.client.cookies.clear()
            await log_in(gateway, keys[role])
            cookies.append(cookie(gateway))
        response = await gateway.client.post("/api/logout", json={"everywhere": True})
        assert response.json() == {"ended": 3}
        statuses = [(await gateway.get("/api/nodes", headers=sent)).status_code for sent in cookies]
        assert statuses == [401, 401, 200, 401]
        wrong = await gateway.client.post("/api/logout", json={"everywhere": "yes"})
        assert (wrong.status_code, wrong.json()["error"]["param"]) == (400, "everywhere")

    with_gateway(tmp_path, check)


def test_revoking_a_key_on_the_command_line_ends_its_logins(tmp_path: Path) -> None:
    keys = keys_in(tmp_path)
    revoked = keys[Role.OPERATOR]

    async def check(gateway: Running) -> None:
        await log_in(gateway, revoked)
        sent = cookie(gateway)
        async with gateway.websocket(additional_headers=sent) as socket:
            with open_store(tmp_path / CONTROL) as opened:
                assert opened.revoke(revoked.split("_")[1], 2)
            with pytest.raises(ConnectionClosed):
                await read_to_the_end(socket)
        assert (await gateway.get("/api/nodes", headers=sent)).status_code == 401
        assert "its key was revoked" in (await session(gateway, **sent))["reason"]

    with_gateway(tmp_path, check)
    with open_store(tmp_path / CONTROL) as opened:
        assert opened.logins() == []


def test_a_login_outlives_the_gateway(tmp_path: Path) -> None:
    key = keys_in(tmp_path)[Role.VIEWER]
    sent: dict[str, str] = {}

    async def first(gateway: Running) -> None:
        await log_in(gateway, key)
        sent.update(cookie(gateway))

    async def second(gateway: Running) -> None:
        assert (await gateway.get("/api/nodes", headers=sent)).status_code == 200
        response = await gateway.client.post("/api/logout", json={}, headers=sent)
        assert response.json() == {"ended": 1}

    async def third(gateway: Running) -> None:
        assert (await gateway.get("/api/nodes", headers=sent)).status_code == 401

    for test in (first, second, third):
        with_gateway(tmp_path, test)


FOREIGN = (
    {"Origin": "https://evil.example"},
    {"Origin": "http://127.0.0.1:1"},  # another port of this host
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
)


@pytest.mark.parametrize("foreign", FOREIGN, ids=lambda given: "=".join(*given.items()))
def test_a_page_of_another_origin_cannot_act_with_a_login(
    tmp_path: Path, foreign: dict[str, str]
) -> None:
    admin = keys_in(tmp_path)[Role.ADMIN]

    async def check(gateway: Running) -> None:
        await log_in(gateway, admin)
        requests = [
            ("POST", "/api/keys", {"name": "k", "role": "admin"}),
            ("DELETE", f"/api/keys/{admin.split('_')[1]}", None),
            ("POST", "/api/sql", {"query": "SELECT 1"}),
            ("POST", "/api/logout", {}),
            ("GET", "/api/nodes", None),
            ("GET", "/api/events/stream", None),
            ("GET", "/api/events/export", None),
        ]
        for method, path, body in requests:
            response = await gateway.client.request(method, path, json=body, headers=foreign)
            assert response.status_code == 403, path
            assert "another origin" in response.json()["error"]["message"]
        if "Origin" in foreign:
            with pytest.raises(InvalidStatus) as refused:
                async with gateway.websocket(additional_headers={**cookie(gateway), **foreign}):
                    pass
            assert refused.value.response.status_code == 403
        # Nor can it log this browser in with a key of its own.
        with_key = await gateway.client.post("/api/login", json={"key": admin}, headers=foreign)
        assert with_key.status_code == 403
        assert "set-cookie" not in with_key.headers
        # The login goes on.
        own = {"Origin": f"http://127.0.0.1:{gateway.port}", "Sec-Fetch-Site": "same-origin"}
        created = {"name": "k", "role": "viewer"}
        response = await gateway.client.post("/api/keys", json=created, headers=own)
        assert response.status_code == 201
        assert len(gateway.gateway.authenticator) == 4

    # Origins that may read with a key of their own may not act with a login either.
    with_gateway(tmp_path, check, cors_origins=("https://evil.example",))


def test_the_name_of_the_cookie_is_that_of_the_server_so_that_two_on_one_host_do_not_collide(
    tmp_path: Path,
) -> None:
    keys = [keys_in(tmp_path / name)[Role.VIEWER] for name in ("a", "b")]

    async def check(one: Running) -> None:
        async with running_gateway(tmp_path / "b", shards=1) as two:
            # One jar, as a browser has: its cookies are those of the host, whatever the port.
            browser = one.client
            urls = [f"http://127.0.0.1:{gateway.port}/api" for gateway in (one, two)]
            for url, key in zip(urls, keys, strict=True):
                await browser.post(f"{url}/login", json={"key": key})
            assert len({held.name for held in browser.cookies.jar}) == 2
            assert [(await browser.get(f"{url}/nodes")).status_code for url in urls] == [200, 200]
            # Each ends its own.
            await browser.post(f"{urls[1]}/logout", json={})
            assert [(await browser.get(f"{url}/nodes")).status_code for url in urls] == [200, 401]

    with_gateway(tmp_path / "a", check, shards=1)


def test_wrong_keys_are_refused_limited_and_audited_without_their_text(tmp_path: Path) -> None:
    keys = keys_in(tmp_path)

    async def check(gateway: Running) -> None:
        wrong = keys[Role.ADMIN][:-1] + ("A" if keys[Role.ADMIN][-1] != "A" else "B")
        refused = await gateway.client.post("/api/login", json={"key": wrong})
        assert refused.status_code == 401
        assert wrong not in refused.text
        assert "tart keys create" in refused.json()["error"]["message"]
        assert "set-cookie" not in refused.headers
        await log_in(gateway, keys[Role.VIEWER])
        await gateway.client.post("/api/logout", json={})
        entries = (await gateway.client.get("/api/audit", headers=bearer(keys[Role.ADMIN]))).json()
        assert violations(entries, SCHEMAS["Audit"]) == []
        viewer = keys[Role.VIEWER].split("_")[1]
        assert [
            (each["action"], each["detail"], each["status"], each["key"])
            for each in entries["entries"]
        ] == [
            ("logout", "1 logins ended", 200, viewer),
            ("login", "test", 200, viewer),
            ("request", "POST /api/login", 401, None),
        ]
        assert wrong not in orjson.dumps(entries).decode()
        statuses = [
            (await gateway.client.post("/api/login", json={"key": wrong})).status_code
            for _ in range(5)
        ]
        assert statuses == [401, 401, 401, 429, 429]

    with_gateway(tmp_path, check, requests_per_second=0.01, burst_requests=72.0)


@pytest.mark.parametrize("body", [{}, {"key": ""}, {"key": 5}, {"key": " "}, {"key": "x" * 201}])
def test_what_is_no_key_is_a_bad_parameter(tmp_path: Path, body: dict[str, Any]) -> None:
    async def check(gateway: Running) -> None:
        response = await gateway.client.post("/api/login", json=body)
        assert (response.status_code, response.json()["error"]["param"]) == (400, "key")
        assert "tart keys create" in response.json()["error"]["message"]

    with_gateway(tmp_path, check, shards=1)


def test_where_no_key_is_needed_the_session_says_so(tmp_path: Path) -> None:
    async def local(gateway: Running) -> None:
        found = await session(gateway)
        assert (found["auth"], found["role"], found["login_required"]) == (
            "local",
            "operator",
            False,
        )
        proxied = await session(gateway, Via="1.1 proxy")
        assert (proxied["auth"], proxied["role"], proxied["login_required"]) == (
            "local",
            None,
            False,
        )
        assert "tart keys create" in proxied["reason"]

    async def opened(gateway: Running) -> None:
        found = await session(gateway)
        assert (found["auth"], found["role"]) == ("none", "operator")
        # The cookie of a login that ended costs nothing where no login is needed.
        name = gateway.gateway.authenticator.cookie_name
        stale = {"Cookie": f"{name}={'x' * 43}"}
        assert (await gateway.get("/api/nodes", headers=stale)).status_code == 200
        assert (await session(gateway, **bearer("tart_wrong")))["role"] is None

    with_gateway(tmp_path / "local", local, shards=1)
    with_gateway(tmp_path / "open", opened, shards=1, auth="none")


def test_an_administrator_can_log_in_where_no_key_is_needed(tmp_path: Path) -> None:
    keys = keys_in(tmp_path)

    async def check(gateway: Running) -> None:
        assert (await session(gateway))["role"] == "operator"
        await log_in(gateway, keys[Role.ADMIN])
        assert (await session(gateway))["role"] == "admin"
        assert (await gateway.get("/api/keys")).status_code == 200

    with_gateway(tmp_path, check, shards=1, auth="none")


def test_too_many_logins_end_the_oldest_of_their_key_and_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = keys_in(tmp_path)
    monkeypatch.setattr(logins.LoginTable.__init__, "__defaults__", ((), 10, 2))

    async def check(gateway: Running) -> None:
        await log_in(gateway, keys[Role.ADMIN])
        other = cookie(gateway)
        cookies = []
        for _ in range(3):
            gateway.client.cookies.clear()
            await log_in(gateway, keys[Role.VIEWER])
            cookies.append(cookie(gateway))
        gateway.client.cookies.clear()
        statuses = [
            (await gateway.get("/api/nodes", headers=sent)).status_code
            for sent in (other, *cookies)
        ]
        assert statuses == [200, 401, 200, 200]
        text = (await gateway.get("/metrics", headers=bearer(keys[Role.ADMIN]))).text
        assert "\ntart_logins 3.0\n" in text
        assert "\ntart_logins_evicted_total 1.0\n" in text

    with_gateway(tmp_path, check, shards=1)
    with open_store(tmp_path / CONTROL) as opened:
        assert len(opened.logins()) == 3


def test_a_login_that_cannot_be_stored_is_none_and_a_logout_counts_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = keys_in(tmp_path)
    monkeypatch.setattr(store, "_WAIT_SECONDS", 0.05)

    async def check(gateway: Running) -> None:
        await log_in(gateway, keys[Role.VIEWER])
        sent = cookie(gateway)
        other = sqlite3.connect(tmp_path / CONTROL, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        failed = await gateway.client.post("/api/login", json={"key": keys[Role.ADMIN]})
        assert (failed.status_code, gateway.gateway.authenticator.logins) == (503, 1)
        assert "set-cookie" not in failed.headers
        gone = await gateway.client.post("/api/logout", json={})
        assert gone.status_code == 503
        assert (await gateway.get("/api/nodes", headers=sent)).status_code == 401
        other.execute("ROLLBACK")
        other.close()
        # The second attempt deletes what the first could not.
        assert (await gateway.client.post("/api/logout", json={})).status_code == 200

    with_gateway(tmp_path, check)
    with open_store(tmp_path / CONTROL) as opened:
        assert opened.logins() == []
