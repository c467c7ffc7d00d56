"""``#/availability`` and ``#/preimages`` over a live network: their figures are the API's."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, Request, expect

from tart.query.core.windows import time_us
from tests.running import System, wait_for
from tests.web.conftest import Opener
from tests.web.looking import texts


def opened_with(
    open_page: Opener, path: str, route: str
) -> tuple[Page, Callable[[], dict[str, Any]]]:
    """Return a page, and a function that returns the newest answer of the API that it got."""
    page = open_page()
    answers: list[Request] = []

    # Those that were left unfinished have no text.
    def add(request: Request) -> None:
        if request.url.split("?")[0].endswith(f"/api/{route}"):
            answers.append(request)

    page.on("requestfinished", add)
    page.goto(f"/#/{path}")
    wait_for(lambda: page.locator("[data-figure]").count() and answers, f"an answer of {route}")

    def newest() -> dict[str, Any]:
        response = answers[-1].response()
        assert response is not None
        answer: dict[str, Any] = response.json()
        return answer

    return page, newest


def figure(page: Page, name: str) -> str:
    """Return the value of a figure, with plain spaces."""
    return " ".join(texts(page, f'[data-figure="{name}"] dd')[0].split())


def shown_assurers(page: Page) -> dict[str, list[str]]:
    """Return of each assurer of the table its missing and late assurances."""
    rows = page.locator('[aria-label="Assurers"] tbody tr[data-key]')
    shown: list[list[str]] = rows.evaluate_all(
        """(rows) => rows.map((row) => [row.dataset.key, ...["missing", "late"].map(
          (name) => row.querySelector(`[data-column=${name}]`).innerText)])"""
    )
    return {key: figures for key, *figures in shown}


def told_assurers(answer: dict[str, Any]) -> dict[str, list[str]]:
    """Return the same of an answer."""
    return {
        row["node_id"]: [str(row["missing"] - row["elsewhere"]), str(row["late"])]
        for row in answer["assurers"]
    }


def is_summary(page: Page, answer: dict[str, Any]) -> bool:
    """Return whether the figures are of the settled anchors of an answer."""
    newest = max(time_us(row["first_at"], "") for row in answer["anchors"])
    shown = texts(page, '[data-figure="two-thirds"]')[0]
    # A page's clock is between its answers: some of the newest anchors may still be assured.
    for age_us in range(0, 30_000_000, 500_000):
        old = [row for row in answer["anchors"] if newest - time_us(row["first_at"], "") >= age_us]
        reached = sum(row["until_two_thirds_ms"] is not None for row in old)
        if f"{reached} of {len(old)} " in shown:
            return figure(page, "late") == str(sum(len(row["late"]) for row in old))
    return False


def test_assurances_and_requests_are_those_of_the_api(
    open_page: Opener, live_system: System
) -> None:
    wait_for(lambda: len(live_system.get("/api/availability/anchors")["anchors"]) > 3, "anchors")
    page, answer = opened_with(open_page, "availability", "availability/anchors")
    wait_for(lambda: shown_assurers(page) == told_assurers(answer()), "the API's assurers")
    wait_for(lambda: is_summary(page, answer()), "the API's figures")
    # The grid by keyboard: the newest anchor is at the right, and is shown at its side.
    grid = page.locator('[aria-label^="Coverage of anchors by assurances:"]')
    grid.focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("anchor="))
    chosen = page.url.split("anchor=")[1].split("&")[0]
    details = page.locator("dl[data-anchor]")
    expect(details).to_have_attribute("data-anchor", chosen)

    def has_its_slot() -> bool:
        slots = [row["slot"] for row in answer()["anchors"] if row["anchor"] == chosen]
        return slots == [None] or f"/slots/{slots[0]}" in details.inner_html()

    wait_for(has_its_slot, "the slot of the anchor")
    page.get_by_role("tab", name="Segment shards").click()
    expect(page.locator("[data-kind=segment_shard]")).to_be_visible()
    expect(page).to_have_url(re.compile("kind=segment_shard"))


def test_preimages_are_those_of_the_api(open_page: Opener, live_system: System) -> None:
    wait_for(lambda: live_system.get("/api/preimages")["preimages"], "a preimage")
    page, answer = opened_with(open_page, "preimages", "preimages")

    def is_shown() -> bool:
        totals, requester = answer()["totals"], answer()["requests"]["requester"]
        return (figure(page, "announced"), figure(page, "transferred")) == (
            str(totals["announced"]),
            str(requester["transferred"]),
        )

    wait_for(is_shown, "the API's figures")
    # Others may come above it meanwhile.
    subject = page.locator('[aria-label="Preimages"] tr[data-key]').last.get_attribute("data-key")
    row = page.locator(f'[aria-label="Preimages"] tr[data-key="{subject}"]')
    row.locator("[data-column=length]").click()
    details = page.locator(".preimage-details")
    expect(details).to_be_visible()
    expect(page).to_have_url(re.compile(f"preimage={subject}"))
    (preimage,) = (each for each in answer()["preimages"] if each["hash"] == subject)
    for node in preimage["announcers"]:
        expect(details).to_contain_text(node[:8])
