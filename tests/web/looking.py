"""What is on a page: texts, tables, and what axe finds wrong with it."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Request

from tests.browser import Faults
from tests.running import wait_for

# npm's packages, in the versions that tart/web/package-lock.json locks; `make tools` installs them.
AXE = Path(sys.prefix) / "web" / "node_modules" / "axe-core" / "axe.min.js"

_NEXT_FRAMES = """() => new Promise((resolve) =>
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => resolve(true)))))"""
_ROWS = """(table) => {
  const cells = "th, td, [role=columnheader], [role=rowheader], [role=cell], [role=gridcell]";
  const text = (cell) => cell.innerText.replace(/\\s+/g, " ").trim();
  return [...table.querySelectorAll("tr, [role=row]")]
    .map((row) => [...row.querySelectorAll(cells)].map(text));
}"""


def texts(page: Page, selector: str) -> list[str]:
    """Return the visible texts of the elements that match, each on one line."""
    return [" ".join(text.split()) for text in page.locator(selector).all_inner_texts()]


def table_rows(page: Page, selector: str = "table") -> list[dict[str, str]]:
    """Return the rows of the first table that matches, by the names of its columns.

    Understands both real tables and elements with the roles of a table or grid.
    """
    rows: list[list[str]] = page.locator(selector).first.evaluate(_ROWS)
    names, *rest = rows
    return [dict(zip(names, row, strict=False)) for row in rest]


def settled(page: Page, faults: Faults, *, has_skeletons: bool = False) -> None:
    """Wait until a page has what it asked for, and has drawn it.

    Args:
        page: The page.
        faults: Its faults, which know the requests without an answer.
        has_skeletons: Whether it goes on to show skeletons, as examples.
    """
    page.locator("h1").first.wait_for()
    skeletons = page.locator(".skeleton")
    # A part that was loaded requests its data after it has been drawn. What a page asks again
    # meanwhile does not count: on a slow machine there is always something on its way.
    for _ in range(3):
        page.evaluate(_NEXT_FRAMES)
        asked = set(faults.pending)

        def is_there(asked: set[Request] = asked) -> bool:
            shown = skeletons.count() == 0 or has_skeletons
            return shown and not asked & faults.pending

        wait_for(is_there, f"all of {page.url}: {[request.url for request in asked]}")


def keys_of(rows: Locator) -> list[str]:
    """Return what rows are about, as they stand at one moment."""
    keys: list[str] = rows.evaluate_all("(rows) => rows.map((row) => row.dataset.key)")
    return keys


def drag(area: Locator, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag the mouse over an element, wherever it has moved to meanwhile.

    Args:
        area: The element.
        start: Where the button is pressed: shares of the width and of the height.
        end: Where it is released.
    """
    mouse = area.page.mouse
    _point_at(area, start)
    mouse.down()
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    for place in (middle, end):
        _point_at(area, place)
    mouse.up()


def _point_at(area: Locator, place: tuple[float, float]) -> None:
    box = area.bounding_box()
    assert box is not None
    # What is drawn above the element, such as a crosshair, does not matter.
    position = {"x": box["width"] * place[0], "y": box["height"] * place[1]}
    area.hover(position=position, force=True)  # type: ignore[arg-type]


def axe(page: Page, **options: Any) -> list[str]:
    """Return what axe finds wrong with a page: rule, element and what to mend.

    Args:
        page: The page.
        options: Those of ``axe.run``, such as ``runOnly``; without, all rules.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(_axe_source())
    run = "(options) => axe.run(document, options).then((results) => results.violations)"
    violations = page.evaluate(run, options)
    return [
        f"{violation['id']}: {node['target']}: {node['failureSummary']}"
        for violation in violations
        for node in violation["nodes"]
    ]


def is_scrolled_sideways(page: Page) -> bool:
    """Return whether the document, or what scrolls in its place, is wider than the window.

    It is asked when what has changed since, such as the size of the window, has been drawn.
    """
    page.evaluate(_NEXT_FRAMES)
    found: bool = page.evaluate(
        "[document.documentElement, ...document.querySelectorAll('main')]"
        ".some((element) => element.scrollWidth > element.clientWidth)"
    )
    return found


def is_taller_than_window(page: Page) -> bool:
    """Return whether the document itself is scrolled, instead of what is on it."""
    found: bool = page.evaluate(
        "document.documentElement.scrollHeight > document.documentElement.clientHeight"
    )
    return found


@cache
def _axe_source() -> str:
    if not AXE.exists():
        pytest.skip("needs axe-core; `make tools` installs it with npm (Debian: npm)")
    return AXE.read_text()
