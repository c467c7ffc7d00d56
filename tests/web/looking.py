"""What is on a page: texts, tables, and what axe finds wrong with it."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser import Faults
from tests.running import wait_for

# npm's packages, in the versions that tart/web/package-lock.json locks; `make tools` installs them.
AXE = Path(sys.prefix) / "web" / "node_modules" / "axe-core" / "axe.min.js"

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


def settled(page: Page, faults: Faults) -> None:
    """Wait until a page has what it asked for."""
    page.locator("h1").first.wait_for()
    wait_for(
        lambda: page.locator(".skeleton").count() == 0 and not faults.pending, f"all of {page.url}"
    )


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
    """Return whether the document, or what scrolls in its place, is wider than the window."""
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
