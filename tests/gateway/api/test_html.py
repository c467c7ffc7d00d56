"""``tart/gateway/api/html.py``: pages that are whole and load nothing."""

from __future__ import annotations

from html.parser import HTMLParser

from tart.gateway.api.html import html, relative

VOID = {"meta", "input"}


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


def parsed(text: str) -> Page:
    """A page that has been read."""
    found = Page()
    found.feed(text)
    return found


def assert_loads_nothing(text: str) -> None:
    """No element and no style brings anything from anywhere."""
    assert parsed(text).tags.isdisjoint({"script", "link", "img", "iframe", "object"})
    assert "//" not in text
    assert "url(" not in text
    assert "@import" not in text


def test_a_page_is_well_formed_and_loads_nothing() -> None:
    text = html("a title", ["<p>one", "two</p>"])
    assert parsed(text).open == []
    assert_loads_nothing(text)
    assert "<p>one\ntwo</p>" in text


def test_the_title_of_a_page_is_escaped() -> None:
    assert "<title>a &lt; b</title>" in html("a < b", [])


def test_links_are_relative_to_their_page() -> None:
    assert relative("/api/openapi.json", "/api/docs") == "openapi.json"
    assert relative("/api/docs/rules", "/api/docs") == "docs/rules"
    assert relative("/api/docs", "/api/docs/rules") == "../docs"
    assert relative("/api/docs/rules", "/api/docs/rules/truncated") == "../rules"
