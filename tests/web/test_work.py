"""The pages of work-packages and cores over a live network: their figures are the API's."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tart.query.core.rfc3339 import rfc3339
from tart.query.core.windows import time_us
from tart.units import DAY_US, HOUR_US
from tests.browser import Faults
from tests.running import System, wait_for
from tests.web.conftest import Opener
from tests.web.looking import drag, is_scrolled_sideways

LOST = ("failed", "discarded")


def figure(page: Page, name: str) -> str:
    """Return the text of a figure without thin spaces."""
    text = page.locator(f'[data-figure="{name}"] dd').first.inner_text()
    return text.replace("\u2009", "").strip()


def fixed_range(system: System, length_us: int = DAY_US) -> dict[str, str]:
    """Return a range that the page requests once; its end in the future stands for now."""
    end = time_us(system.get("/api/workpackages/funnel")["window"]["end"], "")
    return {"start": rfc3339(end - length_us) or "", "end": rfc3339(end + HOUR_US) or ""}


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

    def reached() -> dict[str, int]:
        answer = live_system.get("/api/workpackages/funnel", **fixed)
        return {stage["stage"]: stage["reached"] for stage in answer["stages"]}

    before = reached()
    page = open_page(f"#/work?from={fixed['start']}&to={fixed['end']}&show=all")
    page.locator(".funnel li[data-stage]").first.wait_for()
    shown = page.locator(".funnel > li").evaluate_all(
        "(rows) => rows.map((row) => [row.dataset.stage, Number(row.dataset.reached)])"
    )
    # The network goes on between the answers.
    after = reached()
    for stage, count in shown:
        assert before[stage] <= count <= after[stage], stage
    assert len(shown) == 6
    assert [count for _, count in shown] == sorted((count for _, count in shown), reverse=True)
    page.locator('table[aria-label="Work-packages"] tbody tr[data-key]').first.click()
    expect(page).to_have_url(re.compile("#/work/"))
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
    expect(page).to_have_url(re.compile("view="))
    page.keyboard.press("0")
    expect(page).not_to_have_url(re.compile("view="))
    drag(page.locator(".wf-line.chain .wf-track"), (0.4, 0.9), (0.8, 0.9))
    page.get_by_role("button", name="Show all").wait_for()
    page.get_by_role("button", name="Clocks corrected").click()
    expect(page).to_have_url(re.compile("own=1"))
    page.get_by_role("button", name="Show as a table").click()
    table = page.locator('table[aria-label="Steps of the work-package"]')
    table.locator("tbody tr[data-key]").nth(5).wait_for()


@pytest.mark.parametrize(
    ("path", "text", "status"),
    [("ab" * 32, "No such work-package", 404), ("x", "no reference", 400)],
)
def test_an_unknown_package_says_so_and_offers_the_newest(
    open_page: Opener, faults: list[Faults], path: str, text: str, status: int
) -> None:
    page = open_page()
    # The browser reports the status of the answer as an error.
    faults[0].allow(f"status of {status} .*/{path}")
    page.goto(f"/#/work/{path}")
    page.locator(".empty", has_text=text).locator('a[href*="work?"]').wait_for()


def test_the_grid_of_cores_is_that_of_the_api(open_page: Opener, live_system: System) -> None:
    finished(live_system)
    # Fewer slots than the grid has at most, so that none is dropped meanwhile.
    fixed = fixed_range(live_system, HOUR_US // 12)

    def packages() -> tuple[int, int]:
        outcomes = live_system.get("/api/cores/grid", slots=600, **fixed)["outcomes"]
        return sum(outcomes.values()), sum(outcomes[stage] for stage in LOST)

    before = packages()
    page = open_page(f"#/cores?from={fixed['start']}&to={fixed['end']}")
    page.locator('[data-figure="packages"]').wait_for()
    shown = int(figure(page, "packages")), int(figure(page, "lost"))
    after = packages()
    assert before[0] <= shown[0] <= after[0]
    assert before[1] <= shown[1] <= after[1]
    canvas = page.locator('[data-figure-chart="Cores by slots"] canvas').first
    canvas.focus()
    page.keyboard.press("ArrowLeft")
    text = page.locator(".heatmap-hover").inner_text()
    assert "core 0" in text
    assert "slot" in text
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#/cores/0"))
    chosen = page.locator('table[aria-label="Work-packages of the core"]')
    chosen.wait_for()
    expect(page).to_have_url(re.compile("slot="))


def test_a_core_has_the_figures_of_the_api(open_page: Opener, live_system: System) -> None:
    finished(live_system)

    def packages() -> int:
        answer = live_system.get("/api/cores/0/metrics", duration="1h")
        return int(answer["stats"]["wps_received"])

    before = packages()
    page = open_page("#/cores/0")
    page.locator('[data-figure="packages"]').wait_for()
    assert before <= int(figure(page, "packages")) <= packages()
    page.locator('table[aria-label="Guarantors"] tbody tr[data-key]').first.wait_for()
    page.goto(page.url.partition("#")[0] + "#/cores/x")
    page.locator(".empty", has_text="A core has a number").wait_for()
    page.goto(page.url.partition("#")[0] + "#/cores/77")
    page.locator(".empty", has_text="There is no core 77").wait_for()


def test_a_finished_package_fits_on_a_telephone(open_page: Opener, live_system: System) -> None:
    package = finished(live_system)
    page = open_page(f"#/work/{package['hash']}", width=390)
    page.locator(".wf-line").first.wait_for()
    assert not is_scrolled_sideways(page)
