"""The pages of blocks and slots, and the strip of slots, over a live network."""

from __future__ import annotations

import re
from itertools import pairwise

from playwright.sync_api import Locator, Page, expect

from tests.running import System, wait_for
from tests.web.conftest import Opener
from tests.web.looking import drag, keys_of


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

    slot: int = wait_for(newest, "a block that all nodes had")  # type: ignore[assignment]
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

    # The newest cell is another one every few seconds; the cell in focus stays.
    page.locator('.slot-cell[tabindex="0"]').focus()
    focused = page.locator(".slot-cell:focus")
    slot = int(focused.get_attribute("data-slot") or 0)
    page.keyboard.press("ArrowLeft")
    opened = slot - 1
    expect(focused).to_have_attribute("data-slot", str(opened))
    wait_for(
        lambda: focused.evaluate(
            "(cell) => cell.ariaLabel === document.querySelector('[data-slot-text]').innerText"
        ),
        "what is known of the slot",
    )
    page.keyboard.press("Enter")
    page.locator(f'[data-slot="{opened}"][data-blocks]').wait_for()


def test_the_page_of_a_slot_has_the_figures_of_the_api_and_selects_the_late_tail(
    open_page: Opener, live_system: System
) -> None:
    slot = settled_slot(live_system)
    page = open_page(f"#/slots/{slot}")
    page.locator(f'[data-slot="{slot}"][data-blocks]').wait_for()
    dots = page.locator("figure[data-dots]").first
    rows = page.locator('table[aria-label="Nodes of the block"]').first.locator("tr[data-key]")

    def has_the_figures() -> bool:
        answer = live_system.get(f"/api/slots/{slot}/propagation")
        block = answer["blocks"][0]
        ids = {answer["nodes"][place]["node_id"] for place in block["stages"]["node"]}
        return (
            figure(page, "nodes").startswith(f"{block['nodes']} of {block['expected']}")
            and dots.get_attribute("data-dots") == str(len(block["curve"]["ms"]))
            and set(keys_of(rows)) == ids
        )

    wait_for(has_the_figures, "the figures of the API")
    nodes = rows.count()
    plot = page.locator(".dot-plot").first
    drag(plot, (widest_gap(plot), 0.4), (0.99, 0.4))
    page.get_by_role("button", name="Show all").first.wait_for()
    expect(page).to_have_url(re.compile("part="))
    wait_for(lambda: 0 < rows.count() < nodes, "the late tail")
    page.get_by_role("button", name="nodes, corrected").click()
    expect(page).to_have_url(re.compile("clock=node"))
    page.locator(f'[data-slot="{slot}"][data-blocks]').wait_for()


def widest_gap(plot: Locator) -> float:
    """The middle of the widest gap between two dots, as a share of the plot's width."""
    dots = plot.locator("circle.dot")
    places = dots.evaluate_all("dots => dots.map(dot => dot.cx.baseVal.value)")
    _, left, right = max((two - one, one, two) for one, two in pairwise(sorted(places)))
    return (left + right) / 2 / plot.evaluate("plot => plot.clientWidth")


def test_an_unknown_slot_says_so_and_offers_the_newest(open_page: Opener) -> None:
    page = open_page("#/slots/last")
    for path, text in (
        ("#/slots/last", "is not a slot"),
        ("#/slots/12", "Nothing is known of this slot"),
        ("#/slots/4294967295", "has not begun"),
    ):
        page.goto(page.url.partition("#")[0] + path)
        page.locator(".empty", has_text=text).locator('a[href*="slots/"]').wait_for()
