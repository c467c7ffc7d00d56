"""``#/availability`` and ``#/preimages`` over a live network: their figures are the API's."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import Page, expect

from tests.running import System, wait_for
from tests.web.conftest import Opener
from tests.web.looking import table_rows, texts


def paused() -> str:
    """Return the parameter that freezes a page at the present, so that it asks once."""
    return f"pause={datetime.now(UTC).isoformat(timespec='milliseconds').replace('+00:00', 'Z')}"


def opened_with(open_page: Opener, path: str, route: str) -> tuple[Page, dict[str, Any]]:
    """Return a page and the answer of the API that it shows."""
    page = open_page()
    with page.expect_response(lambda response: f"/api/{route}" in response.url) as answer:
        page.goto(f"/#/{path}?{paused()}")
    return page, answer.value.json()


def figure(page: Page, name: str) -> str:
    """Return the value of a figure, with plain spaces."""
    return " ".join(texts(page, f'[data-figure="{name}"] dd')[0].split())


def test_assurances_and_requests_are_those_of_the_api(
    open_page: Opener, live_system: System
) -> None:
    wait_for(lambda: len(live_system.get("/api/availability/anchors")["anchors"]) > 3, "anchors")
    page, answer = opened_with(open_page, "availability", "availability/anchors")
    expect(page.locator('[aria-label="Assurers"] tbody tr[data-key]')).to_have_count(6)
    rows = {row["Node"].split()[-3]: row for row in table_rows(page, '[aria-label="Assurers"]')}
    for assurer in answer["assurers"]:
        row = next(row for name, row in rows.items() if assurer["node_id"].startswith(name))
        assert int(row["Missing"]) == assurer["missing"] - assurer["elsewhere"]
        assert int(row["Late"]) == assurer["late"]
    assert figure(page, "late") == str(
        sum(len(anchor["late"]) for anchor in answer["anchors"])
    ) or len(answer["anchors"]) > len(rows)
    # The grid by keyboard: the newest anchor is at the right, and is shown at its side.
    grid = page.locator('[aria-label^="Coverage of anchors by assurances:"]')
    grid.focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    newest = answer["anchors"][0]
    expect(page.locator("dl[data-anchor]")).to_have_attribute("data-anchor", newest["anchor"])
    assert f"anchor={newest['anchor']}" in page.url
    assert f"{newest['assured']} of 6" in page.locator("dl[data-anchor]").inner_text()
    page.get_by_role("tab", name="Segment shards").click()
    expect(page.locator("[data-kind=segment_shard]")).to_be_visible()
    assert "kind=segment_shard" in page.url


def test_preimages_are_those_of_the_api(open_page: Opener, live_system: System) -> None:
    wait_for(lambda: live_system.get("/api/preimages")["preimages"], "a preimage")
    page, answer = opened_with(open_page, "preimages", "preimages")
    expect(page.locator('[data-figure="announced"]')).to_be_visible()
    assert figure(page, "announced") == str(answer["totals"]["announced"])
    assert figure(page, "transferred") == str(answer["requests"]["requester"]["transferred"])
    newest = answer["preimages"][0]
    row = page.locator(f'tr[data-key="{newest["hash"]}"]')
    assert row.locator("[data-column=requests]").inner_text() == str(newest["requests"])
    row.locator("[data-column=size], [data-column=length]").click()
    details = page.locator(".preimage-details")
    expect(details).to_be_visible()
    assert f"preimage={newest['hash']}" in page.url
    for node in newest["announcers"]:
        assert node[:8] in details.inner_text()
