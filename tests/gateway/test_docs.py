"""The docs page: the whole contract, and nothing from anywhere else."""

from __future__ import annotations

import asyncio
from html.parser import HTMLParser
from pathlib import Path

from tart.gateway.contract import ROUTES
from tart.gateway.docs import page
from tart.gateway.schemas import SCHEMAS
from tests.gateway.running import running_gateway

VOID = {"meta"}


class Page(HTMLParser):
    """What a page links to, its ids, and whether every element is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.tags: set[str] = set()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name in ("href", "src"):
                self.links.append(value or "")
            if name == "id":
                self.ids.add(value or "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parsed() -> Page:
    found = Page()
    found.feed(page("1.2.3"))
    return found


def test_it_is_well_formed_and_its_links_lead_somewhere() -> None:
    found = parsed()
    assert found.open == []
    inside = {link[1:] for link in found.links if link.startswith("#")}
    assert inside <= found.ids
    assert {link for link in found.links if not link.startswith("#")} == {"/api/openapi.json"}


def test_it_loads_nothing() -> None:
    assert parsed().tags.isdisjoint({"script", "link", "img", "iframe", "object"})
    text = page("1.2.3")
    assert "//" not in text
    assert "url(" not in text
    assert "@import" not in text


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
