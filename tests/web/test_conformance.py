"""``#/conformance``: calm without findings; with some, a way to each wrong byte."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.aggregate.node_script import misbehaving_script
from tests.browser import new_page
from tests.running import System, running_system, wait_for
from tests.web.conftest import Opener
from tests.web.looking import is_scrolled_sideways


def test_without_findings_the_page_says_what_was_checked(
    open_page: Opener, live_system: System
) -> None:
    page = open_page("#/conformance")
    checked = page.locator("[data-checked]")
    checked.wait_for()
    assert "of 6 nodes were checked" in checked.inner_text().replace("\u2009", "")
    assert live_system.get("/api/conformance/matrix")["cells"] == []


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Return a server to which one node sent what it should not."""
    with running_system(tmp_path_factory.mktemp("wrong") / "data", shards=1) as system:
        with system.connect() as node:
            node.sendall(b"".join(misbehaving_script().frames))
            wait_for(lambda: system.get("/api/conformance/matrix")["cells"], "findings")
        wait_for(system.committed, "the commit")
        yield system


@pytest.fixture
def page(browser: Browser, troubled: System) -> Iterator[Page]:
    """Return a page of that server."""
    page, faults = new_page(browser, troubled.api, viewport={"width": 1440, "height": 900})
    yield page
    page.context.close()
    assert faults == []


def test_a_finding_leads_to_the_wrong_byte(page: Page, troubled: System) -> None:
    matrix = troubled.get("/api/conformance/matrix")
    rules = [rule["code"] for rule in matrix["rules"]]
    page.goto("/#/conformance")
    cells = page.locator('tr[data-state="node"] button.cell')
    expect(cells).to_have_count(len(matrix["cells"]))
    for cell in matrix["cells"]:
        shown = page.locator(f'tr[data-state="node"] button[data-rule="{rules[cell["rule"]]}"]')
        assert shown.inner_text() == str(cell["count"])
    page.locator('tr[data-state="node"] button[data-rule="unknown_event"]').click()
    example = troubled.get("/api/conformance/examples", rule="unknown_event")["examples"][0]
    item = page.locator(f'[data-example="{example["id"]}"]')
    expect(item).to_be_visible()
    assert item.locator("mark").inner_text() == example["found"].removeprefix("0x")
    assert example["expectation"] in item.inner_text()
    assert "rule=unknown_event" in page.url
    item.get_by_role("link", name=re.compile("at byte")).click()
    page.wait_for_url(re.compile(rf"#/events/{example['id']}\?.*offset={example['offset']}"))


def test_a_report_has_all_that_an_implementer_needs(
    page: Page, troubled: System, tmp_path: Path
) -> None:
    matrix = troubled.get("/api/conformance/matrix")
    (implementation,) = matrix["implementations"]
    name, version = implementation["name"], implementation["version"]
    page.goto(f"/#/conformance?implementation={name}&version={version}")
    expect(page.locator('[data-figure="rules"] dd')).to_have_text(str(len(matrix["rules"])))
    for rule in matrix["rules"]:
        assert page.get_by_role("heading", name=rule["code"]).count() == 1
    with page.expect_download() as download:
        page.get_by_title("Save the report as JSON").click()
    download.value.save_as(tmp_path / "report.json")
    report = json.loads((tmp_path / "report.json").read_text())
    assert {rule["code"]: rule["count"] for rule in report["rules"]} == {
        rule["code"]: rule["count"] for rule in matrix["rules"]
    }
    with page.expect_download() as download:
        page.get_by_title("Save the report as Markdown").click()
    download.value.save_as(tmp_path / "report.md")
    text = (tmp_path / "report.md").read_text()
    assert "/#/conformance?" in text
    assert "from=" in text
    command = re.search(r'curl -o example\.capture "([^"]+)"', text)
    assert command is not None
    capture = troubled.http.get(command[1])
    assert capture.status_code == 200
    assert capture.content.startswith(b'{"format": "tart-capture"')
    page.set_viewport_size({"width": 390, "height": 844})
    assert not is_scrolled_sideways(page)
    # A name that nobody has is answered with those there are.
    page.goto("/#/conformance?implementation=nobody")
    page.get_by_role("link", name=f"{name} {version}").click()
    expect(page.locator('[data-figure="rules"]')).to_be_visible()
