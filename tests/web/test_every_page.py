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


class Window(NamedTuple):
    """A window, and what went wrong in it."""

    page: Page
    faults: Faults


# In the dark it is the contrast that is looked at, and pages are made of the same parts: the design
# page has all of them. `make soak` looks at each page.
IN_DARK = ("design", "network", "journey", "chain", "sql", "alerts")
# On a telephone it is the width: the frame, tables with many columns, charts, an editor, a long
# address. `make soak` looks at each page.
ON_A_TELEPHONE = ("design", "network", "nodes", "node", "journey", "sql", "inspector", "alerts")
IN_EVERY_RUN = {"light": PAGES, "dark": IN_DARK, "telephone": ON_A_TELEPHONE}
CASES = [
    pytest.param(
        view,
        name,
        id=f"{view}-{name}",
        marks=[] if name in IN_EVERY_RUN[view] else [pytest.mark.soak],
    )
    for view in VIEWS
    for name in PAGES
]


# One for all views: another would go on asking the server, and load the page again.
@pytest.fixture(scope="module")
def window(browser: Browser, live_system: System) -> Iterator[Window]:
    """Return a window on the page."""
    page, faults = new_page(browser, live_system.api)
    page.goto("/")
    yield Window(page, faults)
    page.context.close()


@pytest.fixture(scope="module")
def parts(live_system: System) -> dict[str, str]:
    """Return what stands for the variable parts of addresses."""
    (event,) = live_system.get("/api/events", event_types="BestBlockChanged", limit=1)["events"]
    active = wait_for(
        lambda: live_system.get("/api/workpackages/active")["work_packages"], "a package"
    )
    groups = wait_for(lambda: live_system.get("/api/failures")["failures"], "a failure group")
    return {
        "{fingerprint}": groups[0]["fingerprint"],
        "nodes/{id}": f"nodes/{event['node_id']}",
        "events/{id}": f"events/{event['id']}",
        "{session}": str(event["session"]),
        "{slot}": str(event["data"]["BestBlockChanged"]["slot"]),
        "{hash}": active[0]["hash"],
        "{index}": "0",
    }


def test_the_registry_is_read() -> None:
    assert len(PAGES) > 20
    assert {"network", "nodes", "node", "design", *IN_DARK, *ON_A_TELEPHONE} <= PAGES.keys()


@pytest.mark.parametrize(("view", "name"), CASES)
def test_a_page_is_without_fault(
    window: Window, parts: dict[str, str], view: str, name: str
) -> None:
    path, title = PAGES[name]
    for variable, value in parts.items():
        path = path.replace(variable, value)
    assert "{" not in path
    scheme, width, rules = VIEWS[view]
    page, faults = window
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
    faults.clear()
    page.goto(f"/#/{path}")
    # Not the page before any more.
    expect(page).to_have_title(re.compile(rf"^(\(\d+\) )?{title} · tart$"))
    # The design page shows skeletons, and failures, as examples.
    settled(page, faults, has_skeletons=name == "design")
    wrong = [*faults, *axe(page, **rules)]
    if name != "design":
        wrong += texts(page, "[role=alert]")
    if len(texts(page, "h1")) != 1:
        wrong.append(f"headings: {texts(page, 'h1')}")
    if is_scrolled_sideways(page):
        wrong.append("it is scrolled sideways")
    if is_taller_than_window(page):
        wrong.append("the document is taller than the window")
    assert wrong == []
