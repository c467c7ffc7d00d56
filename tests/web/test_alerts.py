"""``#/alerts`` and the bell: what fires, who silences it, and what the watch itself says."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser import Faults
from tests.running import System, wait_for
from tests.web.conftest import Opener
from tests.web.looking import axe, is_scrolled_sideways, keys_of

NODES = 6


def rows(page: Page, name: str = "Alerts that hold now") -> Locator:
    """Return the rows of a table."""
    return page.get_by_role("grid", name=name).locator("tbody tr[data-key]")


def alerts(system: System, **parameters: Any) -> list[dict[str, Any]]:
    """Return the alerts of the API, once those of the rules of these tests fire."""

    def found() -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = system.get("/api/alerts", **parameters)["alerts"]
        names = [alert["alert"] for alert in listed]
        return listed if "FewNodes" in names and names.count("NodeKnown") == NODES else []

    return wait_for(found, "the alerts of the rules")


def test_an_alert_is_told_with_its_value_and_many_of_a_rule_are_one_row(
    open_page: Opener, live_system: System
) -> None:
    (few,) = [alert for alert in alerts(live_system) if alert["alert"] == "FewNodes"]
    page = open_page("#/alerts?severity=critical")
    expect(page.locator(f'[data-alert="{few["fingerprint"]}"]')).to_contain_text(
        re.compile(r"Only \d nodes are connected\..*alerts when < 1000 nodes")
    )
    # The figure over time, with the threshold.
    expect(page.locator("figure[aria-label='Connected nodes']")).to_contain_text("threshold")
    page.get_by_role("button", name="Info", exact=True).click()
    expect(page).to_have_url(re.compile("severity=info"))
    group = rows(page).filter(has_text=f"{NODES} nodes: NodeKnown")
    expect(group).to_have_count(1)
    group.click()
    expect(page).to_have_url(re.compile("open=NodeKnown"))
    expect(rows(page).filter(has_text="is known.")).to_have_count(NODES)
    node = alerts(live_system)[-1]["labels"]["node"]
    page.get_by_role("searchbox").fill(node)
    rows(page).filter(has_text=node).click()
    expect(page.get_by_role("link", name="Open the node")).to_have_attribute(
        "href", re.compile(node)
    )
    lane = page.locator("[data-lane=FewNodes] svg[role=img]")
    expect(lane).to_have_attribute("aria-label", re.compile("FewNodes: fires"))
    assert axe(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert not is_scrolled_sideways(page)


def test_an_alert_is_silenced_in_two_clicks_and_the_silence_is_ended(
    open_page: Opener, live_system: System, faults: list[Faults]
) -> None:
    alerts(live_system)
    page = open_page("#/alerts?rule=FewNodes")
    page.get_by_role("button", name="Silence", exact=True).click()
    page.get_by_role("button", name=re.compile("Silence for 4")).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(rows(page)).to_contain_text("silenced")
    (silence,) = live_system.get("/api/alerts/silences")["silences"]
    assert silence["matchers"] == ['alertname="FewNodes"']
    assert silence["reason"]
    page.get_by_role("tab", name="Silences").click()
    expect(page).to_have_url(re.compile("tab=silences"))
    listed = rows(page, "Silences").and_(page.locator(f'[data-key="{silence["id"]}"]'))
    expect(listed).to_contain_text("in force")
    listed.get_by_role("button", name="End now").click()
    expect(listed).to_contain_text("ended")
    # What the server does not take is said where it was written.
    page.get_by_role("button", name="New silence").click()
    page.locator("textarea").fill("no matcher")
    faults[0].allow("400")
    page.get_by_role("button", name=re.compile("Silence for")).click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("Not silenced")


def test_rules_have_their_last_values_and_say_why_they_cannot_be_evaluated(
    open_page: Opener, live_system: System
) -> None:
    alerts(live_system)
    page = open_page("#/alerts?tab=rules&rule=Unreadable")
    expect(page.locator("[data-rule=Unreadable]")).to_contain_text("could not be evaluated")
    expect(page.locator(".alerts-problems")).to_contain_text("Unreadable")
    listed = {rule["alert"] for rule in live_system.get("/api/alerts/rules")["rules"]}
    grid = page.get_by_role("grid", name="Rules")
    assert grid.get_attribute("aria-rowcount") == str(len(listed) + 1)
    page.get_by_role("searchbox").fill("nodes_connected FewNodes")
    expect(rows(page, "Rules")).to_have_count(1)
    expect(rows(page, "Rules")).to_contain_text(f"{NODES} nodes")
    assert axe(page) == []
    page.get_by_role("tab", name="History").click()
    page.goto("/#/alerts?tab=history&rule=FewNodes")
    change = rows(page, "Changes of alerts").last
    expect(change).to_contain_text("→ firing")
    assert axe(page) == []


def test_the_bell_has_what_fires_on_every_page(open_page: Opener, live_system: System) -> None:
    alerts(live_system)
    page = open_page("#/blocks")
    bell = page.get_by_role("button", name=re.compile(r"Alerts: .*\d critical"))
    expect(bell).to_be_visible()
    expect(page).to_have_title(re.compile(r"^\(\d+\) Blocks · tart$"))
    expect(page.locator("link[rel=icon]")).to_have_attribute("href", re.compile("^data:image/svg"))
    bell.click()
    panel = page.get_by_role("dialog", name="Alerts")
    expect(panel).to_contain_text("nodes are connected.")
    expect(panel).to_contain_text(f"{NODES} nodes")
    assert axe(page) == []
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    expect(bell).to_be_focused()
    bell.click()
    panel.get_by_role("link", name=re.compile("nodes are connected")).click()
    expect(page).to_have_url(re.compile(r"#/alerts\?alert=\w{16}$"))
    expect(panel).to_have_count(0)


def test_a_thousand_alerts_of_a_rule_draw_what_is_in_view(
    open_page: Opener, live_system: System
) -> None:
    answer = live_system.get("/api/alerts")
    (one,) = [alert for alert in alerts(live_system) if alert["alert"] == "FewNodes"]
    many = [one | {"id": str(number), "fingerprint": f"{number:016x}"} for number in range(1000)]
    page = open_page()
    page.route(
        re.compile(r"/api/alerts(\?|$)"),
        lambda route: route.fulfill(json=answer | {"alerts": many}),
    )
    page.goto("/#/alerts?open=FewNodes.firing")
    grid = page.get_by_role("grid", name="Alerts that hold now")
    expect(grid).to_have_attribute("aria-rowcount", "1002")
    assert rows(page).count() < 60
    grid.focus()
    page.keyboard.press("End")
    wait_for(lambda: "999" in keys_of(rows(page)), "the last row")
    assert rows(page).count() < 60


def test_what_fails_is_said_in_words(open_page: Opener, faults: list[Faults]) -> None:
    page = open_page()
    faults[0].allow("503")
    failure = {"error": {"code": "unavailable", "message": "the disk is full", "status": 503}}
    page.route(
        re.compile(r"/api/(alerts|failures)"),
        lambda route: route.fulfill(status=503, json=failure),
    )
    for path in ("#/alerts", "#/alerts?tab=silences", "#/alerts?tab=history", "#/failures"):
        page.goto(f"/{path}")
        expect(page.get_by_role("alert").first).to_contain_text("the disk is full")
