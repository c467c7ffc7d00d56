"""The HTTP server registers every route with its methods, and answers what no route gets."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import httpx
import pytest
from sanic import HTTPResponse

from tart.config.schema import Config
from tart.gateway.api.contract import ROUTES
from tart.gateway.http.server import HttpServer


def test_requests_reach_their_route_and_the_others_are_refused_and_counted() -> None:
    reached: list[str] = []
    refused: list[int] = []

    async def handle(route: Any, request: Any, path: dict[str, str]) -> HTTPResponse:
        reached.append(route.name)
        return HTTPResponse(b"{}", content_type="application/json")

    async def run() -> None:
        config = Config().api
        server = HttpServer(
            ROUTES, handle, config, deadline_seconds=1, count_refused=refused.append
        )
        listening = socket.create_server(("127.0.0.1", 0))
        listening.setblocking(False)
        await server.start(listening)
        try:
            base = f"http://127.0.0.1:{listening.getsockname()[1]}"
            async with httpx.AsyncClient(base_url=base, trust_env=False) as client:
                assert (await client.get("/api/stats")).status_code == 200
                assert (await client.request("DELETE", "/api/keys/1")).status_code == 200
                options = await client.options("/api/keys")
                assert options.headers["allow"] == "GET, HEAD, POST, OPTIONS"
                assert (await client.post("/api/stats")).status_code == 405
                assert (await client.get("/api/nothing")).json()["error"]["code"] == "not_found"
        finally:
            await server.drain()
            server.close()
            listening.close()

    asyncio.run(run())
    assert (reached, refused) == (["stats", "revoke_key"], [405, 404])


def test_a_server_that_was_never_started_can_be_drained() -> None:
    async def handle(*_: Any) -> HTTPResponse:
        pytest.fail("no request can come")

    async def run() -> None:
        server = HttpServer((), handle, Config().api, deadline_seconds=1, count_refused=print)
        await server.drain()
        server.close()

    asyncio.run(run())
