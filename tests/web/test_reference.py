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
# It has two hundred routes, each described by the same parts: axe takes seconds for them, and a
# share says as much. `make soak` looks at all of them.
CASES = [
    pytest.param(
        path, view, share, id=f"{view}-{path}{name}", marks=[pytest.mark.soak] if in_soak else []
    )
    for view in VIEWS
    for path in PATHS
    for share, name, in_soak in (
        (8, "", path and view != "light"),
        *(() if path else ((1, "all routes", True),)),
    )
]
REMOVE_OTHERS = """share => {
  const sections = [...document.querySelectorAll("section[data-path]")];
  // Of neighbours in the document, so that each family of routes has some.
  sections.filter((_, place) => place % share).forEach((section) => section.remove());
  return sections.length;
}"""


@pytest.mark.parametrize(("path", "view", "share"), CASES)
def test_a_page_is_well_made(open_page: Opener, path: str, view: str, share: int) -> None:
    scheme, width, _ = VIEWS[view]
    page = open_page(f"api/docs{path}", scheme=scheme, width=width)
    assert len(texts(page, "h1")) == 1
    assert page.title()
    assert not is_scrolled_sideways(page)
    assert bool(page.evaluate(REMOVE_OTHERS, share)) == (path == "")
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
