"""``#/failures`` and one of the groups: what fails, where, and what came before it."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser import Faults
from tests.running import System, wait_for
from tests.web.conftest import Opener
from tests.web.looking import axe, is_scrolled_sideways, keys_of


def groups(system: System, **parameters: Any) -> list[dict[str, Any]]:
    """Return the groups of the API, the most failures first."""
    ask = {"duration": "1h", **parameters}
    return wait_for(lambda: system.get("/api/failures", **ask)["failures"], "a failure group")


def test_the_groups_are_those_of_the_api(open_page: Opener, live_system: System) -> None:
    groups(live_system)
    page = open_page("#/failures?shown=all")
    listed = page.get_by_role("grid", name="Failure groups").locator("tbody tr[data-key]")

    def same() -> bool:
        # Rows out of view are not drawn.
        known = {each["fingerprint"] for each in groups(live_system, limit=1000)}
        shown = keys_of(listed)
        total = page.locator("[data-figure=groups] dd").inner_text()
        return bool(shown) and set(shown) <= known and total == str(len(known))

    wait_for(same, "the groups of the API")
    first = groups(live_system)[0]
    page.get_by_role("searchbox").fill(first["event_name"])
    expect(page).to_have_url(re.compile(f"q={first['event_name']}"))
    page.locator(f'tr[data-key="{first["fingerprint"]}"] a').first.click()
    expect(page.locator("h1")).to_have_text(first["event_name"])
    expect(page).to_have_url(re.compile(f"#/failures/{first['fingerprint']}"))


def test_a_group_has_nodes_examples_and_what_came_before(
    open_page: Opener, live_system: System
) -> None:
    def with_breadcrumbs() -> tuple[str, dict[str, Any]] | None:
        for group in groups(live_system)[:5]:
            details = live_system.get(f"/api/failures/{group['fingerprint']}", duration="1h")
            for sample in details["samples"]:
                if sample["breadcrumbs"]:
                    return group["fingerprint"], sample
        return None

    fingerprint, _ = wait_for(with_breadcrumbs, "an example with what came before")
    page = open_page(f"#/failures/{fingerprint}")
    example = page.locator("[data-example]").filter(has=page.locator(".breadcrumbs a")).first
    expect(example.get_by_text("the failure")).to_be_visible()
    nodes = page.get_by_role("grid", name="Nodes").locator("tbody tr[data-key]")
    shown = live_system.get(f"/api/failures/{fingerprint}", duration="1h")["failing_nodes"]
    assert set(keys_of(nodes)) <= {node["node_id"] for node in shown}
    assert axe(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert not is_scrolled_sideways(page)
    page.set_viewport_size({"width": 1440, "height": 900})
    example.locator(".breadcrumbs a").first.click()
    expect(page).to_have_url(re.compile(r"#/events/\d+"))


def test_a_group_is_resolved_and_reopened(open_page: Opener, live_system: System) -> None:
    fingerprint = groups(live_system)[-1]["fingerprint"]

    def state() -> str:
        return str(live_system.get(f"/api/failures/{fingerprint}", duration="1h")["state"])

    page = open_page(f"#/failures/{fingerprint}")
    change(page, "Ignore", "of no use")
    expect(page.locator("[data-figure=state]")).to_contain_text("of no use")
    assert state() == "ignored"
    change(page, "Reopen", "")
    expect(page.get_by_role("button", name="Reopen")).to_have_count(0)
    assert state() == "open"


def change(page: Page, verb: str, reason: str) -> None:
    """Set the state of the group of a page."""
    page.locator("h1").wait_for()
    page.get_by_role("button", name=verb, exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.locator("[name=reason]").fill(reason)
    dialog.get_by_role("button", name=verb, exact=True).click()
    expect(dialog).to_have_count(0)


def test_a_group_that_is_not_known(open_page: Opener, faults: list[Faults]) -> None:
    page = open_page()
    faults[0].allow("404")
    page.goto(f"/#/failures/{'0' * 16}")
    expect(page.get_by_text("There is no such failure group.")).to_be_visible()
    expect(page.get_by_role("link", name="All failures")).to_be_visible()
