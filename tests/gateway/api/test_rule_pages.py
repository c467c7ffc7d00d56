"""``tart/gateway/api/rule_pages.py``: each rule has a page, and a place among all."""

from __future__ import annotations

import asyncio
from html import escape
from pathlib import Path
from urllib.parse import urljoin

import pytest

from tart.gateway.api.rule_pages import index, page_of
from tart.protocol.rules import RULES, SCOPES, SEVERITY_MEANINGS
from tart.query.topics.conformance import RULE_PAGES, rule_page
from tests.gateway.api.test_html import assert_loads_nothing, parsed
from tests.gateway.running import running_gateway


def test_every_rule_is_listed_once_under_what_it_is_of() -> None:
    found = parsed(index())
    assert found.open == []
    assert_loads_nothing(index())
    links = [urljoin(RULE_PAGES, link) for link in found.links if link.startswith("rules/")]
    assert sorted(links) == sorted(map(rule_page, RULES))
    begins = {scope: index().index(f"<h2>{scope.capitalize()}s<") for scope in SCOPES}
    for code, rule in RULES.items():
        assert max((at, of) for of, at in begins.items() if at < _place(code))[1] == rule.scope


def _place(code: str) -> int:
    return index().index(f'"rules/{code}"')


@pytest.mark.parametrize("code", RULES)
def test_a_page_says_all_there_is_of_its_rule(code: str) -> None:
    text, rule = page_of(code), RULES[code]
    assert parsed(text).open == []
    assert_loads_nothing(text)
    for said in (code, rule.explanation, SCOPES[rule.scope], SEVERITY_MEANINGS[rule.severity]):
        assert escape(said) in text
    assert f"<code>{rule.counted}</code>" in text


def test_pages_are_served_and_what_is_no_rule_is_not(tmp_path: Path) -> None:
    async def run() -> None:
        async with running_gateway(tmp_path) as gateway:
            for link in {"", *parsed(index()).links}:
                response = await gateway.get(urljoin(RULE_PAGES, link))
                assert response.status_code == 200
                assert response.headers["content-type"] == "text/html; charset=utf-8"
                assert "default-src 'none'" in response.headers["content-security-policy"]
            missing = await gateway.get(f"{RULE_PAGES}/no_such_rule")
            assert (missing.status_code, missing.json()["error"]["param"]) == (404, "code")

    asyncio.run(run())
