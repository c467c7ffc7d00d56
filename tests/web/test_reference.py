"""``/api/docs`` in a browser: the reference of the API.

An example of a test of a page: opens it once in each size and scheme, looks at what it shows,
compares that with an answer of the API, and uses it.
"""

from __future__ import annotations

import pytest

from tests.running import System
from tests.web.conftest import VIEWS, Opener
from tests.web.looking import axe, is_scrolled_sideways, texts

# A narrow window shows the same elements: of axe's rules those that measure them.
RULES = {
    **{view: rules for view, (_, _, rules) in VIEWS.items()},
    "telephone": {"runOnly": ["target-size", "scrollable-region-focusable", "meta-viewport"]},
}


PATHS = ("", "/sql", "/events", "/rules")
# The first page has all parts of the others, so in every run its colours alone are looked at again.
CASES = [
    pytest.param(
        path, view, id=f"{view}-{path}", marks=[pytest.mark.soak] if path and view == "dark" else []
    )
    for view in VIEWS
    for path in PATHS
]


@pytest.mark.parametrize(("path", "view"), CASES)
def test_a_page_is_well_made(open_page: Opener, path: str, view: str) -> None:
    scheme, width, _ = VIEWS[view]
    page = open_page(f"api/docs{path}", scheme=scheme, width=width)
    assert len(texts(page, "h1")) == 1
    assert page.title()
    assert not is_scrolled_sideways(page)
    assert axe(page, **RULES[view]) == []


def test_it_has_every_route(open_page: Opener, live_system: System) -> None:
    page = open_page("api/docs")
    paths = page.locator("section[data-path]").evaluate_all(
        "(sections) => sections.map((section) => section.dataset.path)"
    )
    assert set(paths) == set(live_system.get("/api/openapi.json")["paths"])


def test_a_request_is_sent_and_its_answer_shown(open_page: Opener, live_system: System) -> None:
    node = live_system.get("/api/nodes")["nodes"][0]
    page = open_page("api/docs")
    section = page.locator('section[data-path="/api/nodes/{id}"]')
    section.get_by_role("button", name="Try").click()
    section.locator("input[name=id]").fill(node["node_id"][:12])
    section.locator("form button").click()
    answer = section.locator("form + pre")
    answer.filter(has_text="\n\n{").wait_for()
    assert node["node_id"] in answer.inner_text()
