"""The pages of blocks and slots, and the strip of slots, over a live network."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.running import System, wait_for
from tests.web.conftest import Opener
from tests.web.looking import is_scrolled_sideways


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


def test_the_page_of_blocks_shows_the_slots_of_the_api(
    open_page: Opener, live_system: System
) -> None:
    settled_slot(live_system)
    page = open_page("#/blocks")
    strip = page.locator(".slot-cell")
    strip.first.wait_for()
    shown = strip.evaluate_all(
        "(cells) => cells.map((c) => [Number(c.dataset.slot), c.dataset.state])"
    )
    answer = live_system.get("/api/slots", count=120)
    states = {slot["slot"]: slot["state"] for slot in answer["slots"]}
    # The newest two may have got their blocks since.
    settled = shown[:-2]
    assert settled
    assert {slot: states[slot] for slot, _ in settled} == dict(settled)
    hashes = page.locator(".chain-block[data-hash]").evaluate_all(
        "(all) => all.map((b) => b.dataset.hash)"
    )
    known = {block["hash"] for slot in answer["slots"] for block in slot["blocks"]}
    assert set(hashes) - known <= set(hashes[-3:])
    assert len(hashes) > 1


def test_the_strip_is_read_with_the_keyboard_and_opens_a_slot(
    open_page: Opener, live_system: System
) -> None:
    settled_slot(live_system)
    page = open_page("#/blocks")
    current = page.locator('.slot-cell[tabindex="0"]')
    current.wait_for()
    current.focus()
    slot = int(current.get_attribute("data-slot") or 0)
    page.keyboard.press("ArrowLeft")
    focused = page.locator(".slot-cell:focus")
    assert int(focused.get_attribute("data-slot") or 0) < slot
    label = focused.get_attribute("aria-label")
    assert page.locator("[data-slot-text]").inner_text() == label
    opened = focused.get_attribute("data-slot")
    page.keyboard.press("Enter")
    page.locator(f'[data-slot="{opened}"][data-blocks]').wait_for()


def test_the_page_of_a_slot_has_the_figures_of_the_api(
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
    table = page.locator('table[aria-label="Nodes of the block"]').first
    assert (
        set(
            table.locator("tbody tr[data-key]").evaluate_all(
                "(rows) => rows.map((r) => r.dataset.key)"
            )
        )
        == ids
    )


def test_the_late_tail_is_selected_by_dragging_and_in_the_address(
    open_page: Opener, live_system: System
) -> None:
    slot = settled_slot(live_system)
    page = open_page(f"#/slots/{slot}")
    plot = page.locator(".dot-plot").first
    plot.wait_for()
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + 60, steps=4)
    page.mouse.up()
    page.get_by_role("button", name="Show all").first.wait_for()
    assert "part=" in page.url
    table = page.locator('table[aria-label="Nodes of the block"]').first
    selected = table.locator("tbody tr[data-key]").count()
    everyone = len(live_system.get(f"/api/slots/{slot}/propagation")["blocks"][0]["stages"]["node"])
    assert 0 < selected < everyone


def test_by_the_clocks_of_the_nodes_the_times_are_other_ones(
    open_page: Opener, live_system: System
) -> None:
    slot = settled_slot(live_system)
    page = open_page(f"#/slots/{slot}")
    page.get_by_role("button", name="nodes, corrected").click()
    page.wait_for_url("**clock=node**")
    page.locator(f'[data-slot="{slot}"][data-blocks]').wait_for()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("#/slots/4294967295", "has not begun"),
        ("#/slots/12", "Nothing is known of this slot"),
        ("#/slots/last", "is not a slot"),
    ],
)
def test_an_unknown_slot_says_so_and_offers_the_newest(
    open_page: Opener, live_system: System, path: str, text: str
) -> None:
    page = open_page(path)
    empty = page.locator(".empty", has_text=text)
    empty.locator('a[href*="slots/"]').wait_for()


@pytest.mark.parametrize(("scheme", "width"), [("dark", 1440), ("light", 390)])
def test_the_pages_are_well_made(
    open_page: Opener, live_system: System, scheme: str, width: int
) -> None:
    slot = settled_slot(live_system)
    page = open_page(f"#/slots/{slot}", scheme=scheme, width=width)
    page.locator(".dot-plot").first.wait_for()
    assert not is_scrolled_sideways(page)
    page.goto(page.url.partition("#")[0] + "#/blocks")
    page.locator(".slot-cell").first.wait_for()
    assert not is_scrolled_sideways(page)
