"""The pages of blocks and slots, and the strip of slots, over a live network."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.running import System, wait_for
from tests.web.conftest import Opener


def settled_slot(system: System) -> int:
    """Return a slot whose block all nodes have had for a while."""

    def newest() -> int | None:
        slots = system.get("/api/slots", count=30)["slots"][:-4]
        full = [
            slot["slot"]
            for slot in slots
            if any(block["nodes"] == block["expected"] >= 6 for block in slot["blocks"])
        ]
        return full[-1] if full else None

    wait_for(newest, "a block that all nodes had")
    slot = newest()
    assert slot is not None
    return slot


def figure(page: Page, name: str) -> str:
    """Return the text of a figure without thin spaces."""
    text = page.locator(f'[data-figure="{name}"] dd').first.inner_text()
    return text.replace("\u2009", "").strip()


def test_the_page_of_blocks_shows_the_slots_of_the_api_and_opens_one_by_keyboard(
    open_page: Opener, live_system: System
) -> None:
    settled_slot(live_system)
    page = open_page("#/blocks")
    strip = page.locator(".slot-cell")
    strip.first.wait_for()

    def shows_the_api() -> bool:
        shown = strip.evaluate_all(
            "(cells) => cells.map((cell) => [Number(cell.dataset.slot), cell.dataset.state])"
        )
        hashes = page.locator(".chain-block[data-hash]").evaluate_all(
            "(blocks) => blocks.map((block) => block.dataset.hash)"
        )
        # The API is asked after the page was: it knows all that the page shows.
        answer = live_system.get("/api/slots", count=120)
        states = {slot["slot"]: slot["state"] for slot in answer["slots"]}
        known = {block["hash"] for slot in answer["slots"] for block in slot["blocks"]}
        # The newest, of 15 seconds, may have got their blocks since: the page asks every few
        # seconds, and on a busy machine waits for the answer.
        settled = dict(shown[:-10])
        same = {slot: states.get(slot) for slot in settled} == settled
        return bool(settled) and same and len(hashes) > 1 and set(hashes) <= known

    # A block may arrive, late, between the two.
    wait_for(shows_the_api, "the slots and blocks of the API on the page")

    current = page.locator('.slot-cell[tabindex="0"]')
    current.focus()
    slot = int(current.get_attribute("data-slot") or 0)
    page.keyboard.press("ArrowLeft")
    focused = page.locator(".slot-cell:focus")
    opened = int(focused.get_attribute("data-slot") or 0)
    assert opened < slot
    assert page.locator("[data-slot-text]").inner_text() == focused.get_attribute("aria-label")
    page.keyboard.press("Enter")
    page.locator(f'[data-slot="{opened}"][data-blocks]').wait_for()


def test_the_page_of_a_slot_has_the_figures_of_the_api_and_selects_the_late_tail(
    open_page: Opener, live_system: System
) -> None:
    slot = settled_slot(live_system)
    page = open_page(f"#/slots/{slot}")
    page.locator(f'[data-slot="{slot}"][data-blocks]').wait_for()
    answer = live_system.get(f"/api/slots/{slot}/propagation")
    block = answer["blocks"][0]
    assert figure(page, "nodes").startswith(f"{block['nodes']} of {block['expected']}")
    dots = page.locator("figure[data-dots]").first
    assert int(dots.get_attribute("data-dots") or 0) == len(block["curve"]["ms"])
    ids = {answer["nodes"][place]["node_id"] for place in block["stages"]["node"]}
    rows = page.locator('table[aria-label="Nodes of the block"]').first.locator("tr[data-key]")
    assert set(rows.evaluate_all("(rows) => rows.map((row) => row.dataset.key)")) == ids

    plot = page.locator(".dot-plot").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + 60, steps=4)
    page.mouse.up()
    page.get_by_role("button", name="Show all").first.wait_for()
    assert "part=" in page.url
    assert 0 < rows.count() < len(ids)
    page.get_by_role("button", name="nodes, corrected").click()
    page.wait_for_url("**clock=node**")
    page.locator(f'[data-slot="{slot}"][data-blocks]').wait_for()


def test_an_unknown_slot_says_so_and_offers_the_newest(open_page: Opener) -> None:
    page = open_page("#/slots/last")
    for path, text in (
        ("#/slots/last", "is not a slot"),
        ("#/slots/12", "Nothing is known of this slot"),
        ("#/slots/4294967295", "has not begun"),
    ):
        page.goto(page.url.partition("#")[0] + path)
        page.locator(".empty", has_text=text).locator('a[href*="slots/"]').wait_for()
