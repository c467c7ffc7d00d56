"""Events, the inspector and the search: what they show is what the API says."""

from __future__ import annotations

import re
from urllib.parse import parse_qs

from playwright.sync_api import Page, expect

from tests.running import System, wait_for
from tests.web.conftest import Opener
from tests.web.looking import keys_of


def ended_range(live_system: System, events: int) -> tuple[str, str]:
    """The first and last moment of a range of the newest events, to which none will be added."""
    page = live_system.get("/api/events", limit=events)["events"]
    first, last = page[-1]["received_at"], page[20]["received_at"]
    # Those of a node come in their order; those of several nodes need not.
    for node in live_system.get("/api/nodes")["nodes"]:
        newest = {"node_id": node["node_id"], "limit": 1}
        wait_for(
            lambda newest=newest: (  # type: ignore[misc]
                live_system.get("/api/events", **newest)["events"][0]["received_at"] > last
            ),
            "a later event of each node",
        )
    return millis(first), millis(last)


def millis(moment: str) -> str:
    """A time as the page has it: to the millisecond."""
    return f"{moment[:23]}Z"


def test_the_list_and_the_counts_are_the_api_s(live_system: System, open_page: Opener) -> None:
    first, last = ended_range(live_system, 200)
    page = open_page(f"#/events?from={first}&to={last}&event_types=Status,Authored")
    window = {"event_types": "Status,Authored", "start_time": first, "end_time": last}
    events = live_system.get("/api/events", limit=200, **window)["events"]
    page.locator("tr[data-key]").first.wait_for()
    keys = keys_of(page.locator("tr[data-key]"))
    assert keys == [str(event["id"]) for event in events][: len(keys)]
    counted = live_system.get(
        "/api/events/histogram", event_types="Status,Authored", start=first, end=last, buckets=120
    )
    total = page.locator("[data-total]")
    expect(total).to_have_attribute("data-total", str(counted["total"]))

    # A row opens in place; a value in it becomes a condition.
    page.locator("tr[data-key] td[data-column=time]").first.click()
    page.locator(".event-details").get_by_role("button", name=re.compile("^Without")).first.click()
    excluded = page.locator(".condition[data-condition=exclude_types]")
    expect(excluded).to_have_count(1)
    name = next(iter(events[0]["data"]))
    expect(page).to_have_url(re.compile(f"exclude_types={name}"))


def test_the_conditions_are_those_of_the_statement_that_the_button_opens(
    live_system: System, open_page: Opener
) -> None:
    first, last = ended_range(live_system, 500)
    (event,) = live_system.get("/api/events", event_types="BestBlockChanged", limit=1)["events"]
    node = event["node_id"]
    window = {"event_types": "Status,BestBlockChanged", "start_time": first, "end_time": last}
    query = f"from={first}&to={last}&event_types=Status,BestBlockChanged&node={node[:16]}"
    page = open_page(f"#/events?{query}")
    link = page.locator("a.button", has_text="SQL").get_attribute("href") or ""
    (statement,) = parse_qs(link.partition("?")[2])["q"]

    def selects_those_of_the_api() -> bool:
        answer = live_system.http.post("/api/sql", json={"query": statement}).json()
        wanted = live_system.get("/api/events", limit=100, node_id=node, **window)["events"]
        others = live_system.get("/api/events", limit=1000, **window)["events"]
        # The server may be busy with another statement.
        ids = sorted(row[0] for row in answer.get("rows", []))
        return ids == sorted(event["id"] for event in wanted) and 0 < len(ids) < len(others)

    # The statement reads what is committed.
    wait_for(selects_those_of_the_api, "the events of the API in the statement's result")


def test_live_events_arrive_and_wait_while_the_page_is_paused(open_page: Opener) -> None:
    page = open_page("#/events?range=5m&tail=1&event_types=Status")
    page.locator("tr[data-key]").first.wait_for()

    def newest() -> int:
        return int(page.locator("tr[data-key]").first.get_attribute("data-key") or 0)

    before = newest()
    wait_for(lambda: newest() != before, "a live event")
    page.get_by_role("button", name="Pause", exact=True).last.click()
    waiting = page.get_by_role("button", name=re.compile(r"^\d+ new$"))
    expect(waiting).to_be_visible()
    waiting.click()
    expect(waiting).to_have_count(0)


def inspect(live_system: System, open_page: Opener, event_type: str) -> tuple[Page, dict[str, str]]:
    # The newest has no others about it yet.
    event = live_system.get("/api/events", event_types=event_type, limit=20)["events"][-1]
    about = {"wp_hash": event["context"]["hash"].removeprefix("0x"), "limit": 2}
    wait_for(lambda: len(live_system.get("/api/events", **about)["events"]) == 2, "others about it")
    shown = live_system.get(f"/api/events/{event['id']}/fields", int64="string")
    page = open_page(f"#/events/{event['id']}")
    page.locator(".hex-row").first.wait_for()
    return page, shown


def test_the_inspector_shows_every_byte_and_links_it_to_its_field(
    live_system: System, open_page: Opener
) -> None:
    page, shown = inspect(live_system, open_page, "WorkReportBuilt")
    digits = "".join(page.locator(".hex-segment").all_inner_texts()).replace(" ", "")
    assert digits == shown["content"][2:]
    fields = dict(
        page.locator("tr[data-path]:has([data-value])").evaluate_all(
            """(rows) => rows.map((row) => [
              row.dataset.path, row.querySelector("[data-value]").dataset.value])"""
        )
    )
    assert fields == {
        field["path"]: field["value"]
        for field in shown["fields"]  # type: ignore[attr-defined]
        if field["value"] is not None
    }
    # By keyboard: the focused field lights up its bytes.
    field = page.locator("tr[data-path='outline.bundle_size'] [data-focus]")
    field.focus()
    row = page.locator("tr[data-active]")
    expect(row).to_have_attribute("data-path", "outline.bundle_size")
    lit = "".join(page.locator(".hex-segment[data-active]").all_inner_texts()).replace(" ", "")
    value = int.from_bytes(bytes.fromhex(lit), "little")
    assert str(value) == fields["outline.bundle_size"]
    page.keyboard.press("ArrowDown")
    expect(row).to_have_attribute("data-path", "outline.erasure_root")
    # What it refers to is a link; the message before can be compared.
    expect(page.locator("[data-references=to] a")).to_have_count(1)
    page.get_by_role("button", name="Search one minute around it").click()
    expect(page.locator("[data-references=hash] a").first).to_be_visible()
    page.get_by_role("button", name="with the previous").click()
    expect(page.locator("[data-different]")).to_be_visible()
    expect(page).to_have_url(re.compile("with="))


def test_the_search_says_what_it_opens_and_opens_it(live_system: System, open_page: Opener) -> None:
    (event,) = live_system.get("/api/events", event_types="BestBlockChanged", limit=1)["events"]
    slot = event["data"]["BestBlockChanged"]["slot"]
    digits = event["data"]["BestBlockChanged"]["hash"].removeprefix("0x")

    # The page asks once.
    def candidates() -> list[dict[str, str]]:
        found: list[dict[str, str]] = live_system.get("/api/search", q=digits)["candidates"]
        return found

    block = f"slots/{slot}"
    wait_for(lambda: any(each["page"].startswith(block) for each in candidates()), "the block")
    page = open_page()
    page.locator("h1").wait_for()
    page.keyboard.press("/")
    box = page.get_by_role("combobox", name="Search")
    box.fill(digits)
    expect(page.locator(".search-foot")).to_contain_text("opens block")
    results = page.locator(".search-result")
    pages = results.evaluate_all("(results) => results.map((result) => result.dataset.page)")
    assert pages == [each["page"] for each in candidates()]
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"#/slots/{slot}"))
    page.keyboard.press("Control+k")
    box.fill("blokannounced")
    expect(page.get_by_role("button", name="BlockAnnounced")).to_be_visible()
