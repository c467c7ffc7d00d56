"""The docs page: the whole contract, and nothing from anywhere else."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tart.gateway.contract import ROUTES
from tart.gateway.docs import page
from tart.gateway.schemas import SCHEMAS
from tests.gateway.running import running_gateway
from tests.gateway.test_page import assert_loads_nothing, parsed


def test_it_is_well_formed_and_its_links_lead_somewhere() -> None:
    found = parsed(page("1.2.3"))
    assert found.open == []
    inside = {link[1:] for link in found.links if link.startswith("#")}
    assert inside <= found.ids
    outside = {link for link in found.links if not link.startswith("#")}
    assert outside == {"/api/openapi.json", "/api/docs/rules"}


def test_it_loads_nothing() -> None:
    assert_loads_nothing(page("1.2.3"))


def test_it_shows_every_route_parameter_and_schema() -> None:
    text = page("1.2.3")
    for route in ROUTES:
        assert route.path in text
        for parameter in route.parameters:
            assert f"<code>{parameter.name}</code>" in text
    assert all(f'id="schema-{name}"' in text for name in SCHEMAS)
    assert "1.2.3" in text


def test_it_is_served_as_html_that_may_load_nothing(tmp_path: Path) -> None:
    async def run() -> None:
        async with running_gateway(tmp_path) as gateway:
            response = await gateway.get("/api/docs")
            assert response.headers["content-type"] == "text/html; charset=utf-8"
            assert "default-src 'none'" in response.headers["content-security-policy"]
            assert "etag" in response.headers

    asyncio.run(run())
