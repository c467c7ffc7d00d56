"""The Network page and the frame around all pages: figures, attention, keys, range, links."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser import Faults
from tests.running import System, wait_for
from tests.web.conftest import Opener
from tests.web.looking import table_rows

MAX_SINGLE = 3


def figure(page: Page, name: str) -> str:
    """Return the text of a figure without the spaces that group its digits."""
    text = page.locator(f"[data-figure={name}] dd > span").first.inner_text()
    return re.sub(r"\s", "", text)


def test_the_figures_are_those_of_the_api(live_system: System, open_page: Opener) -> None:
    page = open_page("#/")

    def answers() -> dict[str, Any]:
        summary = live_system.get("/api/summary")
        failures = live_system.get("/api/analytics/failure-rates", duration="1h")["overall"]
        return {
            "best": summary["best_block"],
            "finalized": summary["finalized_block"],
            "nodes": summary["nodes_connected"],
            "failures": failures["failed_events"],
            "alerts": live_system.get("/api/alerts")["counts"]["firing"],
        }

    def same() -> set[str]:
        return {name for name, value in answers().items() if figure(page, name) == str(value)}

    found: set[str] = set()
    # Each changes every few seconds, so they need not agree at the same moment.
    wait_for(lambda: found.update(same()) or len(found) == 5, "the figures of the API")
    expect(page.locator("[data-figure=nodes] .figure-unit")).to_have_text("of 6")
    assert float(figure(page, "rate").removesuffix("/s").replace("k", "e3")) > 0


def test_the_table_of_implementations_is_that_of_the_api(
    live_system: System, open_page: Opener
) -> None:
    page = open_page("#/")
    page.locator("table[aria-label=Implementations] tbody tr").first.wait_for()

    def shows_those_of_the_api() -> bool:
        expected = {
            f"{row['name']} {row['version']}": str(row["nodes"])
            for row in live_system.get("/api/implementations", duration="1h")["implementations"]
        }
        rows = table_rows(page, "table[aria-label=Implementations]")
        return {row["implementation"]: row["nodes"] for row in rows} == expected

    wait_for(shows_those_of_the_api, "the implementations of the API")


def test_what_needs_attention_names_the_nodes_that_are_not_well(
    live_system: System, open_page: Opener
) -> None:
    page = open_page("#/")

    def expected() -> set[str]:
        answer = live_system.get("/api/nodes/summary", duration="1h")
        nodes = answer["nodes"]
        levels = {rule["state"]: rule["level"] for rule in answer["rules"]}
        states = nodes["state"]
        return {
            node
            for node, state in zip(nodes["node_id"], states, strict=True)
            if levels[state] in ("bad", "warning") and states.count(state) <= MAX_SINGLE
        }

    def named() -> set[str]:
        links = page.locator(".attention a[href*='#/nodes/']")
        addresses = links.evaluate_all("(links) => links.map((link) => link.hash)")
        return {address.split("/")[-1].split("?")[0] for address in addresses}

    wait_for(lambda: expected() <= named(), "the nodes that need attention")


def test_keys_lead_to_pages_and_open_help(open_page: Opener) -> None:
    page = open_page("#/")
    heading = page.locator("h1")
    expect(heading).to_have_text("Network")
    # The second key may come two seconds after the first, however long that takes here.
    page.clock.install()
    page.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))
    keys = ((2000, "b", "Blocks"), (4000, "n", "Blocks"), (0, "a", "Alerts"), (0, "f", "Failures"))
    for pause_ms, key, title in (*keys, (0, "n", "Network")):
        page.keyboard.press("g")
        page.clock.run_for(pause_ms)
        page.keyboard.press(key)
        page.clock.run_for(1000)
        expect(heading).to_have_text(title)
    page.clock.resume()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("compare with the range before")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_pause_and_a_range_are_in_the_address(live_system: System, open_page: Opener) -> None:
    page = open_page("#/?range=15m")
    expect(page.get_by_role("button", name="Last 15 min")).to_be_visible()
    page.locator("h1").wait_for()
    page.keyboard.press("p")
    expect(page.get_by_role("button", name="Paused 15 min")).to_be_visible()
    expect(page.locator(".status")).to_contain_text("paused")
    expect(page).to_have_url(re.compile("pause="))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_role("link", name="Nodes", exact=True).click()
    expect(page.locator("h1")).to_have_text("Nodes")
    # The range is one for all pages, and so is the pause.
    expect(page).to_have_url(re.compile("pause="))
    windows = [url for url in asked if "duration=" in url]
    assert windows == []
    page.keyboard.press("p")
    expect(page.get_by_role("button", name="Last 15 min")).to_be_visible()


def test_the_range_before_stands_beside_the_figures(open_page: Opener) -> None:
    page = open_page("#/?compare=1")
    expect(page.locator("[data-figure=failures]")).to_contain_text("before:")


def test_another_comparison_asks_for_another_range(open_page: Opener) -> None:
    page = open_page("#/?compare=1")
    expect(page.locator("[data-figure=failures]")).to_contain_text("before:")
    with page.expect_request(lambda asked: "failure-rates?start=" in asked.url):
        page.get_by_role("button", name="Range before", exact=True).click()
        page.get_by_role("menuitem", name="7 d ago").click()
    # Nothing is known of a time before the first node.
    expect(page.locator("[data-figure=failures]")).to_contain_text("before: no events")


def test_a_telephone_has_room_for_the_comparison(open_page: Opener) -> None:
    page = open_page("#/?compare=1", width=390)
    expect(page.locator("[data-figure=failures]")).to_contain_text("before:")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("button", name="before", exact=True).click()
    page.get_by_role("menuitem", name="Nothing").click()
    expect(page.get_by_role("button", name="Compare with the range before")).to_be_visible()


def test_an_address_without_a_page_says_so(open_page: Opener) -> None:
    page = open_page("#/nodez")
    expect(page.locator("h1")).to_have_text("There is no such page")


def test_the_colours_can_be_chosen(open_page: Opener) -> None:
    page = open_page("#/", scheme="dark")
    root = page.locator("html")
    dark = root.evaluate("element => getComputedStyle(element).backgroundColor")
    page.get_by_role("button", name="Colours: as the system has them").click()
    expect(root).to_have_attribute("data-scheme", "light")
    assert root.evaluate("element => getComputedStyle(element).backgroundColor") != dark
    page.reload()
    expect(root).to_have_attribute("data-scheme", "light")


def test_a_page_that_an_update_has_removed_is_loaded_again(
    open_page: Opener, faults: list[Faults]
) -> None:
    page = open_page()
    faults[0].allow(r"404 .*/assets/(nodes|search_dialog|help_dialog)-")
    page.locator("h1").wait_for()
    gone = re.compile(r"/assets/(nodes|search_dialog|help_dialog)-")
    page.context.route(gone, lambda route: route.fulfill(status=404, body="{}"))
    page.reload()
    page.locator("h1").wait_for()
    page.keyboard.press("/")
    expect(page.get_by_role("dialog")).to_contain_text("a newer page")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("link", name="Nodes", exact=True).click()
    expect(page.get_by_role("alert").first).to_contain_text("a newer page")
    page.context.unroute(gone)
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_role("searchbox").first).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_copy_that_the_browser_refuses_is_not_called_one(open_page: Opener) -> None:
    page = open_page("#/nodes")
    button = page.get_by_role("button", name="Copy as a table")
    button.wait_for()
    # What the button says lasts for some seconds.
    page.clock.install()
    page.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))
    page.evaluate(
        "() => { navigator.clipboard.writeText = () => Promise.reject(new Error('denied'));"
        " document.execCommand = () => false; }"
    )
    button.click()
    expect(button).to_have_attribute("title", "The browser did not permit to copy")
