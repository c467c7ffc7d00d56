"""``tart/gateway/api/rule_pages.py``: each rule has a page, and a row in the list."""

from __future__ import annotations

import asyncio
from html import escape
from pathlib import Path
from urllib.parse import urljoin

from tart.gateway.api.rule_pages import rule_list, rule_text
from tart.protocol.rules import RULES, SCOPES, SEVERITY_MEANINGS
from tart.query.topics.conformance import RULE_PAGES, rule_page
from tests.cases import all_cases
from tests.gateway.api.test_html import assert_loads_nothing, parsed
from tests.gateway.running import running_gateway


def test_every_rule_is_listed_once_under_its_scope() -> None:
    found = parsed(rule_list())
    assert found.open == []
    assert_loads_nothing(rule_list())
    links = [urljoin(RULE_PAGES, link) for link in found.links if link.startswith("rules/")]
    assert sorted(links) == sorted(map(rule_page, RULES))
    begins = {scope: rule_list().index(f"<h2>{scope.capitalize()}s<") for scope in SCOPES}
    for code, rule in RULES.items():
        assert max((at, of) for of, at in begins.items() if at < _place(code))[1] == rule.scope


def _place(code: str) -> int:
    return rule_list().index(f'"rules/{code}"')


@all_cases("code", RULES)
def test_the_page_of_a_rule_has_all_of_its_texts(code: str) -> None:
    text, rule = rule_text(code), RULES[code]
    assert parsed(text).open == []
    assert_loads_nothing(text)
    for words in (code, rule.explanation, SCOPES[rule.scope], SEVERITY_MEANINGS[rule.severity]):
        assert escape(words) in text
    assert f"<code>{rule.counted}</code>" in text


def test_pages_of_rules_are_served_and_others_are_404(tmp_path: Path) -> None:
    async def run() -> None:
        async with running_gateway(tmp_path) as gateway:
            for link in {"", *parsed(rule_list()).links}:
                response = await gateway.get(urljoin(RULE_PAGES, link))
                assert response.status_code == 200
                assert response.headers["content-type"] == "text/html; charset=utf-8"
                assert "default-src 'none'" in response.headers["content-security-policy"]
            missing = await gateway.get(f"{RULE_PAGES}/no_such_rule")
            assert (missing.status_code, missing.json()["error"]["param"]) == (404, "code")

    asyncio.run(run())
