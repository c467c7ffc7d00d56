"""``#/implementations``: groups side by side, as the API compares them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import Faults
from tests.running import System, wait_for
from tests.web.conftest import VIEWS, Opener
from tests.web.looking import axe, is_scrolled_sideways, settled, texts

STEP = "Importing_to_BlockVerified"


def compared(system: System, **parameters: str) -> dict[str, Any]:
    """Return the API's comparison once it has groups."""

    def answer() -> dict[str, Any] | None:
        found: dict[str, Any] = system.get("/api/implementations/compare", **parameters)
        return found if found["groups"] else None

    return wait_for(answer, "groups")


def test_groups_and_differences_are_those_of_the_api(
    open_page: Opener, live_system: System
) -> None:
    groups = {each["group"] for each in compared(live_system, step=STEP)["groups"]}
    page = open_page(f"#/implementations?tab=compare&measure={STEP}")
    values = page.get_by_role("list", name="Values by group")
    expect(values.get_by_role("listitem")).to_have_count(len(groups))
    for group in groups:
        expect(values).to_contain_text(group)
    # Six nodes of four implementations: nobody is called slower.
    pairs = page.get_by_role("list", name="Differences by this measure")
    expect(pairs.get_by_role("listitem").first).to_contain_text("not enough data")
    sentences = texts(page, '[aria-label="Differences by this measure"] [role=listitem]')
    assert len(sentences) == len(groups) * (len(groups) - 1) // 2
    assert all("a comparison needs 3 of each group" in sentence for sentence in sentences)
    assert not any("takes" in sentence for sentence in sentences)


def test_a_measure_is_found_and_chosen_by_keyboard(open_page: Opener, live_system: System) -> None:
    compared(live_system, metric="failure_share")
    page = open_page("#/implementations")
    page.get_by_role("tab", name="Versions and figures").focus()
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("tab=compare"))
    search = page.get_by_label("Find a step or metric")
    search.fill("block failure")
    grid = page.get_by_role("grid", name="Steps and metrics")
    expect(grid.locator("tbody tr[data-key]")).to_have_count(1)
    grid.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("measure=block_failure_share"))
    expect(page.locator("h2", has_text="Block failure share")).to_be_visible()
    with page.expect_download() as download:
        page.locator(".row-of", has_text="Values").get_by_label("Save as CSV").click()
    assert download.value.suggested_filename == "comparison-block_failure_share.csv"
    page.get_by_role("button", name="versions with the one before").click()
    expect(page).to_have_url(re.compile("by=version"))
    expect(page.get_by_text("No implementation has two versions").first).to_be_visible()


@pytest.mark.parametrize("name", VIEWS)
def test_the_comparison_is_without_fault(
    open_page: Opener, live_system: System, faults: list[Faults], name: str
) -> None:
    compared(live_system, step=STEP)
    scheme, width, rules = VIEWS[name]
    page = open_page(f"#/implementations?tab=compare&measure={STEP}", scheme=scheme, width=width)
    expect(page.get_by_role("list", name="Values by group")).to_be_visible()
    settled(page, faults[-1])
    assert axe(page, **rules) == []
    assert not is_scrolled_sideways(page)
