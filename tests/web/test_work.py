"""The pages of work-packages and cores over a live network: their figures are the API's."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from tart.query.core.rfc3339 import rfc3339
from tart.query.core.windows import time_us
from tart.units import DAY_US, HOUR_US
from tests.browser import Faults
from tests.running import System, wait_for
from tests.web.conftest import Opener
from tests.web.looking import is_scrolled_sideways

LOST = ("failed", "discarded")


def figure(page: Page, name: str) -> str:
    """Return the text of a figure without thin spaces."""
    text = page.locator(f'[data-figure="{name}"] dd').first.inner_text()
    return text.replace("\u2009", "").strip()


def fixed_range(system: System) -> dict[str, str]:
    """Return a range that the page requests once; its end in the future stands for now."""
    end = time_us(system.get("/api/workpackages/funnel")["window"]["end"], "")
    return {"start": rfc3339(end - DAY_US) or "", "end": rfc3339(end + HOUR_US) or ""}


def finished(system: System) -> dict[str, Any]:
    """Return the newest package that is available, and its course does not change any more."""

    def oldest() -> dict[str, Any] | None:
        packages = system.get("/api/workpackages/active", limit=1000)["work_packages"]
        done: list[dict[str, Any]] = [e for e in packages if e["current_stage"] == "available"]
        return done[-1] if done else None

    package: dict[str, Any] = wait_for(oldest, "an available package")  # type: ignore[assignment]
    return package


def test_the_funnel_is_that_of_the_api_and_adds_up(open_page: Opener, live_system: System) -> None:
    finished(live_system)
    fixed = fixed_range(live_system)
    page = open_page(f"#/work?from={fixed['start']}&to={fixed['end']}&show=all")
    page.locator(".funnel li[data-stage]").first.wait_for()
    shown = page.locator(".funnel > li").evaluate_all(
        "(rows) => rows.map((row) => [row.dataset.stage, Number(row.dataset.reached)])"
    )
    answer = live_system.get("/api/workpackages/funnel", **fixed)
    reached = {stage["stage"]: stage["reached"] for stage in answer["stages"]}
    # The network goes on between the two answers.
    for stage, count in shown:
        assert 0 <= reached[stage] - count <= 8, stage
    assert len(shown) == 6
    assert [count for _, count in shown] == sorted((count for _, count in shown), reverse=True)
    page.locator('table[aria-label="Work-packages"] tbody tr[data-key]').first.click()
    page.wait_for_url("**#/work/**")
    page.locator(".journey-sentence").wait_for()


def test_the_waterfall_has_every_step_and_opens_its_event(
    open_page: Opener, live_system: System
) -> None:
    package = finished(live_system)
    page = open_page(f"#/work/{package['hash']}")
    page.locator(".wf-line").first.wait_for()
    answer = live_system.get(f"/api/workpackages/{package['hash']}/waterfall")
    assert page.locator(".wf-line.node").count() == len(answer["rows"])
    for index, row in enumerate(answer["rows"]):
        line = page.locator(f'.wf-line[data-line="{index}"] [data-stage]')
        stages = line.evaluate_all("(bars) => bars.map((bar) => bar.dataset.stage)")
        assert stages == [bar["stage"] for bar in row["bars"]]
    critical = sum(bar["is_critical"] for row in answer["rows"] for bar in row["bars"])
    assert page.locator(".wf-line .wf-bar.critical").count() == critical > 0
    bar = page.locator('.wf-line.node a[data-stage="refine"]').first
    event = next(b for b in answer["rows"][0]["bars"] if b["stage"] == "refine")["end_event_id"]
    assert f"events/{event}" in (bar.get_attribute("href") or "")


def test_the_waterfall_is_zoomed_by_keyboard_and_by_dragging_and_shown_as_a_table(
    open_page: Opener, live_system: System
) -> None:
    package = finished(live_system)
    page = open_page(f"#/work/{package['hash']}")
    lines = page.locator(".wf-lines")
    lines.wait_for()
    lines.focus()
    page.keyboard.press("+")
    page.wait_for_url("**view=**")
    page.keyboard.press("0")
    page.wait_for_function("!location.hash.includes('view=')")
    track = page.locator(".wf-line.chain .wf-track").bounding_box()
    assert track is not None
    page.mouse.move(track["x"] + track["width"] * 0.4, track["y"] + 25)
    page.mouse.down()
    page.mouse.move(track["x"] + track["width"] * 0.8, track["y"] + 25, steps=3)
    page.mouse.up()
    page.get_by_role("button", name="Show all").wait_for()
    page.get_by_role("button", name="Clocks corrected").click()
    page.wait_for_url("**own=1**")
    page.get_by_role("button", name="Show as a table").click()
    table = page.locator('table[aria-label="Steps of the work-package"]')
    table.wait_for()
    assert table.locator("tbody tr[data-key]").count() > 5


@pytest.mark.parametrize(
    ("path", "text"), [("ab" * 32, "No such work-package"), ("x", "no reference")]
)
def test_an_unknown_package_says_so_and_offers_the_newest(
    open_page: Opener, faults: list[Faults], path: str, text: str
) -> None:
    page = open_page(f"#/work/{path}")
    page.locator(".empty", has_text=text).locator('a[href*="work?"]').wait_for()
    # The browser reports the status of the answer as an error.
    for each in faults:
        each.clear()


def test_the_grid_of_cores_is_that_of_the_api(open_page: Opener, live_system: System) -> None:
    finished(live_system)
    fixed = fixed_range(live_system)
    page = open_page(f"#/cores?from={fixed['start']}&to={fixed['end']}")
    page.locator('[data-figure="packages"]').wait_for()
    answer = live_system.get("/api/cores/grid", slots=600, **fixed)
    outcomes = answer["outcomes"]
    assert abs(int(figure(page, "packages")) - sum(outcomes.values())) <= 8
    assert abs(int(figure(page, "lost")) - sum(outcomes[stage] for stage in LOST)) <= 8
    canvas = page.locator('[data-figure-chart="Cores by slots"] canvas').first
    canvas.focus()
    page.keyboard.press("ArrowLeft")
    text = page.locator(".heatmap-hover").inner_text()
    assert "core 0" in text
    assert "slot" in text
    page.keyboard.press("Enter")
    page.wait_for_url("**#/cores/0**")
    chosen = page.locator('table[aria-label="Work-packages of the core"]')
    chosen.wait_for()
    assert "slot=" in page.url


def test_a_core_has_the_figures_of_the_api(open_page: Opener, live_system: System) -> None:
    finished(live_system)
    page = open_page("#/cores/0")
    page.locator('[data-figure="packages"]').wait_for()
    answer = live_system.get("/api/cores/0/metrics", duration="1h")
    assert abs(int(figure(page, "packages")) - answer["stats"]["wps_received"]) <= 8
    page.locator('table[aria-label="Guarantors"] tbody tr[data-key]').first.wait_for()
    page.goto(page.url.partition("#")[0] + "#/cores/x")
    page.locator(".empty", has_text="A core has a number").wait_for()
    page.goto(page.url.partition("#")[0] + "#/cores/77")
    page.locator(".empty", has_text="There is no core 77").wait_for()


@pytest.mark.parametrize(("scheme", "width"), [("dark", 1440), ("light", 390)])
def test_the_pages_are_well_made(
    open_page: Opener, live_system: System, scheme: str, width: int
) -> None:
    package = finished(live_system)
    page = open_page(f"#/work/{package['hash']}", scheme=scheme, width=width)
    base = page.url.partition("#")[0]
    for path, there in (
        (f"#/work/{package['hash']}", ".wf-line"),
        ("#/work", ".funnel"),
        ("#/cores", '[data-figure-chart="Cores by slots"]'),
        ("#/cores/0", 'table[aria-label="Guarantors"]'),
    ):
        page.goto(base + path)
        page.locator(there).first.wait_for()
        assert not is_scrolled_sideways(page), path
