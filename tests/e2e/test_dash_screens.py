"""The dashboard's views by pilot against a server: keys, and what is on the screen."""

from __future__ import annotations

import pytest

from tart.dash.core.model import Place
from tests.dash.pilot import running_dash

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@pytest.fixture
def system(truths):
    """A server that knows a whole network's events, shared with the tests of the truth."""
    return truths("1 shard").system


@pytest.mark.parametrize("view", ["blocks", "work", "cores", "events", "conformance", "alerts"])
async def test_a_view_fills_a_small_terminal(system, view):
    async with running_dash(system.api, view) as dash:
        await dash.until(lambda: dash.page, "the page")
        # Of one moment: a refresh changes both.
        page, screen = dash.page, dash.screen
        assert page.title in screen
        assert page.figures[0].text in screen
        assert page.tables[0].name in screen
        # The cells that matter most are within 80 columns.
        for cell in page.tables[0].rows[0].cells[:3] if page.tables[0].rows else ():
            assert cell.text[:9] in screen


async def test_from_the_work_to_the_bytes_of_an_event_and_back(system):
    async with running_dash(system.api, "work") as dash:
        await dash.shows("Packages")
        package = (await dash.until(lambda: dash.app.listing.row, "a package")).key
        await dash.press("enter")
        await dash.shows(f"Work-package {package[:8]}", "Steps", "submit")
        await dash.press("enter")
        await dash.shows('"node_id"', '"data"')
        assert dash.app.place.view == "event"
        await dash.press("escape", "escape")
        assert dash.app.place == Place("work")
        assert dash.app.listing.row.key == package


async def test_a_block_opens_its_slot_and_a_core_its_packages(system):
    async with running_dash(system.api, "blocks") as dash:
        await dash.until(lambda: dash.app.listing.row, "a block")
        await dash.press("enter")
        await dash.shows("Slot ", "State", "Stages")
        await dash.type(":cores")
        await dash.press("enter")
        await dash.shows("Cores", "Active")
        await dash.press("enter")
        await dash.shows("Core 0", "Received", "Packages")


async def test_conditions_of_events_and_what_is_wrong_with_them(system):
    (event,) = system.get("/api/events", event_types="GuaranteeBuilt", limit=1)["events"]
    conditions = f"type=GuaranteeBuilt node={event['node_id'][:8]}"
    async with running_dash(system.api, f"events {conditions}") as dash:
        await dash.shows(f"· {conditions}", "Received")
        page = dash.page
        rows = page.tables[0].rows
        assert {row.cells[2].value for row in rows} == {"GuaranteeBuilt"}
        assert {row.cells[1].value for row in rows} == {event["node_id"]}
        await dash.type(":tail nod=1")
        await dash.press("enter")
        await dash.shows("no condition is called nod; did you mean node?")
        # What only the server knows, it says.
        await dash.type(":tail Nonsense")
        await dash.press("enter")
        await dash.shows("no event type or group", "Nonsense")


async def test_a_rule_opens_its_examples(system):
    async with running_dash(system.api, "conformance") as dash:
        row = await dash.until(lambda: dash.app.listing.row, "a rule")
        await dash.press("enter")
        await dash.shows(f"Findings {row.key}", "Severity", "Rules")
