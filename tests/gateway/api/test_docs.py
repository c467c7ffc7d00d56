"""The docs page: the whole contract, and nothing from anywhere else."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import urljoin

import pytest

from tart.gateway.api.contract import ROUTES
from tart.gateway.api.docs import PATH, page
from tart.gateway.api.docs_script import SCRIPT
from tart.gateway.api.openapi import document
from tart.gateway.api.rule_pages import rule_list, rule_text
from tart.protocol.rules import RULES
from tart.query.topics.conformance import RULE_PAGES, rule_page
from tests.gateway.api.test_html import assert_loads_nothing, parsed
from tests.gateway.json_schema import SCHEMAS
from tests.gateway.running import running_gateway


def test_the_docs_page_is_well_formed_with_working_links() -> None:
    found = parsed(page("1.2.3"))
    assert found.open == []
    inside = {link[1:] for link in found.links if link.startswith("#")}
    assert inside <= found.ids
    outside = {link for link in found.links if not link.startswith("#")}
    assert {urljoin(PATH, link) for link in outside} == {
        "/api/openapi.json",
        "/api/docs/rules",
        "/api/docs/sql",
        "/api/docs/events",
        "/api/docs/figures",
    }


@pytest.mark.parametrize("prefix", ["", "/tart", "/a/b"])
def test_no_page_leaves_the_prefix_of_a_proxy(prefix: str) -> None:
    """Each link of each page, as a browser follows it, is a path of the contract."""
    pages = {PATH: page("1"), RULE_PAGES: rule_list()}
    pages |= {rule_page(code): rule_text(code) for code in RULES}
    known = {*pages, *(route.path for route in ROUTES)}
    for path, text in pages.items():
        here = f"https://tart.example{prefix}{path}"
        for link in parsed(text).links:
            there = urljoin(here, link).partition("#")[0]
            assert there.removeprefix(f"https://tart.example{prefix}") in known, (path, link)


def test_a_page_with_a_trailing_slash_redirects(tmp_path: Path) -> None:
    async def run() -> None:
        async with running_gateway(tmp_path) as gateway:
            for path in (PATH, RULE_PAGES, rule_page("truncated")):
                response = await gateway.get(f"{path}/")
                assert response.status_code == 308
                location = response.headers["location"]
                assert urljoin(f"/tart{path}/", location) == f"/tart{path}"

    asyncio.run(run())


@pytest.mark.parametrize("prefix", ["", "/tart", "/a/b"])
def test_the_server_url_is_relative_to_the_document(prefix: str) -> None:
    (server,) = document("1")["servers"]
    base = urljoin(f"https://tart.example{prefix}/api/openapi.json", server["url"])
    assert base.rstrip("/") == f"https://tart.example{prefix}"


def test_the_docs_page_loads_nothing_and_has_the_permitted_script() -> None:
    text = page("1.2.3")
    before, script, after = text.partition(f"<script>{SCRIPT}</script>")
    assert script, "the script of the page is the one of the policy"
    assert_loads_nothing(before + after)
    assert "://" not in SCRIPT


def test_every_route_is_in_one_family_with_a_command() -> None:
    text = page("1.2.3")
    for route in ROUTES:
        assert text.count(f'data-path="{route.path}" id="{route.name}"') == 1
    assert "curl $TART/api/nodes/ID/status" in text
    assert text.index("<h2>Events and SQL</h2>") < text.index("<h2>Administration</h2>")


def test_the_docs_page_shows_every_route_parameter_and_component() -> None:
    text = page("1.2.3")
    for route in ROUTES:
        assert route.path in text
        for parameter in route.parameters:
            assert f"<code>{parameter.name}</code>" in text
    assert all(f'id="schema-{name}"' in text for name in SCHEMAS)
    assert "1.2.3" in text


def test_the_docs_page_is_served_with_a_strict_content_security_policy(tmp_path: Path) -> None:
    async def run() -> None:
        async with running_gateway(tmp_path) as gateway:
            response = await gateway.get("/api/docs")
            assert response.headers["content-type"] == "text/html; charset=utf-8"
            assert "default-src 'none'" in response.headers["content-security-policy"]
            assert "etag" in response.headers

    asyncio.run(run())
