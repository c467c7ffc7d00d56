"""``#/conformance``: calm without findings; with some, a way to each wrong byte."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tart.testing import FakeNode
from tart.units import JCE_US
from tests.aggregate.node_script import misbehaving_script
from tests.browser import new_page
from tests.running import System, running_system, wait_for
from tests.web.conftest import PATIENT
from tests.web.looking import is_scrolled_sideways

SLOT_US, HASH = 6_000_000, bytes(32)


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Return a server to which one node sent what it should not."""
    data = tmp_path_factory.mktemp("wrong") / "data"
    with running_system(data, shards=1, environ=PATIENT) as system:
        with system.connect() as node:
            node.sendall(b"".join(misbehaving_script().frames))
            wait_for(lambda: system.get("/api/conformance/matrix")["cells"], "findings")
        clean = FakeNode(bytes([9]) * 32, name="clean")
        with system.connect() as node:
            now_us = time.time_ns() // 1000 - JCE_US
            event = clean.event("BestBlockChanged", now_us, slot=now_us // SLOT_US, hash=HASH)[1]
            node.sendall(clean.connect() + event)
            wait_for(lambda: system.node(clean.peer_id).get("event_count"), "the clean node")
        wait_for(system.committed, "the commit")
        yield system


def test_without_findings_the_page_says_what_was_checked(page: Page) -> None:
    page.goto("/#/conformance?implementation=clean")
    expect(page.locator("[data-checked]")).to_have_text("Checked: 1 event of 1 node of clean.")
    page.goto("/#/conformance?from=2020-01-01T00:00:00Z&to=2020-01-01T01:00:00Z")
    expect(page.locator(".empty b")).to_have_text("No node was connected in this range.")


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
    expect(page).to_have_url(re.compile("rule=unknown_event"))
    item.get_by_role("link", name=re.compile("at byte")).click()
    expect(page).to_have_url(re.compile(rf"#/events/{example['id']}\?.*offset={example['offset']}"))


def test_a_report_has_all_that_an_implementer_needs(
    page: Page, troubled: System, tmp_path: Path
) -> None:
    matrix = troubled.get("/api/conformance/matrix")
    implementation = max(matrix["implementations"], key=lambda each: each["verdict"])
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
