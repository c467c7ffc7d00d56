"""Every page of the registry: in both schemes and on a telephone, without a fault.

The pages are opened one after the other in the same window, as somebody who clicks does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import Faults, new_page
from tests.running import System, wait_for
from tests.web.conftest import HEIGHTS, VIEWS
from tests.web.looking import axe, is_scrolled_sideways, is_taller_than_window, settled, texts

REGISTRY = Path(__file__).parents[2] / "tart" / "web" / "app" / "pages" / "index.js"
PAGES = {
    name: (path, title)
    for name, path, title in re.findall(
        r'\{ name: "(\w+)", path: "([^"]*)", title: "([^"]*)"', REGISTRY.read_text()
    )
}


class View(NamedTuple):
    """A window and what went wrong in it."""

    page: Page
    faults: Faults


@pytest.fixture(scope="module")
def views(browser: Browser, live_system: System) -> Iterator[dict[str, View]]:
    """Return windows on the page, by name."""
    views: dict[str, View] = {}
    for name, (scheme, width, _) in VIEWS.items():
        size = {"width": width, "height": HEIGHTS[width]}
        page, faults = new_page(browser, live_system.api, color_scheme=scheme, viewport=size)
        views[name] = View(page, faults)
        page.goto("/")
    yield views
    for view in views.values():
        view.page.context.close()


@pytest.fixture(scope="module")
def parts(live_system: System) -> dict[str, str]:
    """Return what stands for the variable parts of addresses."""
    (event,) = live_system.get("/api/events", event_types="BestBlockChanged", limit=1)["events"]
    active = wait_for(
        lambda: live_system.get("/api/workpackages/active")["work_packages"], "a package"
    )
    return {
        "nodes/{id}": f"nodes/{event['node_id']}",
        "events/{id}": f"events/{event['id']}",
        "{session}": str(event["session"]),
        "{slot}": str(event["data"]["BestBlockChanged"]["slot"]),
        "{hash}": active[0]["hash"],
        "{index}": "0",
    }


def test_the_registry_is_read() -> None:
    assert len(PAGES) > 20
    assert {"network", "nodes", "node", "design"} <= PAGES.keys()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_without_fault(views: dict[str, View], parts: dict[str, str], name: str) -> None:
    path, title = PAGES[name]
    for variable, value in parts.items():
        path = path.replace(variable, value)
    assert "{" not in path
    found = {}
    for view, (page, faults) in views.items():
        faults.clear()
        page.goto(f"/#/{path}")
        # Not the page before any more.
        expect(page).to_have_title(f"{title} · tart")
        # The design page shows skeletons, and failures, as examples.
        settled(page, faults, has_skeletons=name == "design")
        wrong = [*faults, *axe(page, **VIEWS[view][2])]
        if name != "design":
            wrong += texts(page, "[role=alert]")
        if len(texts(page, "h1")) != 1:
            wrong.append(f"headings: {texts(page, 'h1')}")
        if is_scrolled_sideways(page):
            wrong.append("it is scrolled sideways")
        if is_taller_than_window(page):
            wrong.append("the document is taller than the window")
        if wrong:
            found[view] = wrong
    assert found == {}
