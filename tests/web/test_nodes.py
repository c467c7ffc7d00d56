"""The pages of nodes, one node, implementations and the topology, over a live network."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser import Faults
from tests.running import System, wait_for
from tests.web.conftest import Opener
from tests.web.looking import keys_of, table_rows


def figure(page: Page, name: str) -> str:
    """Return the text of a figure without thin spaces."""
    text = page.locator(f'[data-figure="{name}"] dd').first.inner_text()
    return text.replace("\u2009", "").strip()


def shown_ids(page: Page) -> list[str]:
    """Return the ids of the rows of the table of nodes, from above."""
    return keys_of(page.locator('table[aria-label="Nodes"] tbody tr[data-key]'))


def test_the_table_of_nodes_has_those_of_the_api_and_is_filtered_and_sorted(
    open_page: Opener, live_system: System
) -> None:
    page = open_page("#/nodes")
    page.locator("[data-total]").wait_for()
    summary = live_system.get("/api/nodes/summary")
    ids = summary["nodes"]["node_id"]
    expect(page.locator("[data-total]")).to_have_attribute("data-total", str(summary["total"]))
    wait_for(lambda: sorted(shown_ids(page)) == ids, "all nodes")
    peers = page.locator(f'tr[data-key="{ids[0]}"] [data-column="peers"]')

    def has_its_peers() -> bool:
        nodes = live_system.get("/api/nodes/summary")["nodes"]
        return peers.inner_text() == f"{nodes['validator_peers'][0]}/{nodes['peers'][0]}"

    wait_for(has_its_peers, "the peers of the API")
    # By id, then backwards.
    head = page.get_by_role("columnheader", name="node")
    head.get_by_role("button").click()
    wait_for(lambda: shown_ids(page) == ids, "the nodes by id")
    head.get_by_role("button").click()
    wait_for(lambda: shown_ids(page) == ids[::-1], "the nodes backwards")
    expect(page).to_have_url(re.compile("sort=-node"))
    # A filter is in the address, and another one says that nothing matches.
    page.get_by_role("searchbox").last.fill(ids[2][:10])
    wait_for(lambda: shown_ids(page) == [ids[2]], "the filtered row")
    expect(page).to_have_url(re.compile(f"q={ids[2][:10]}"))
    page.get_by_role("searchbox").last.fill("nothing like it")
    page.get_by_text("No node matches.").wait_for()


def test_a_pinned_node_stands_first_and_groups_and_the_grid_show_all(
    open_page: Opener, live_system: System
) -> None:
    page = open_page("#/nodes?sort=node")
    page.locator("[data-total]").wait_for()
    ids = live_system.get("/api/nodes/summary")["nodes"]["node_id"]
    wait_for(lambda: shown_ids(page) == ids, "all nodes")
    page.locator("table").first.focus()
    page.keyboard.press("End")
    page.keyboard.press("x")
    wait_for(lambda: shown_ids(page)[:1] == [ids[-1]], "the pinned node above")
    page.reload()
    wait_for(lambda: shown_ids(page)[:2] == [ids[-1], ids[0]], "the pin after a reload")
    page.get_by_role("button", name="By implementation").click()
    groups = page.locator("tr.group")
    groups.first.wait_for()
    names = [text.split()[0] for text in groups.all_inner_texts()]
    assert names == sorted(names)
    page.get_by_role("button", name="Grid").click()
    expect(page.locator(".nodes-cell")).to_have_count(len(ids))
    expect(page).to_have_url(re.compile("view=grid"))


def test_the_page_of_a_node_is_opened_by_a_prefix_and_has_its_figures(
    open_page: Opener, live_system: System
) -> None:
    node = live_system.get("/api/nodes/summary")["nodes"]["node_id"][1]
    page = open_page(f"#/nodes/{node[:8]}?steps=step")
    page.locator("[data-sessions]").wait_for()
    sessions = live_system.get(f"/api/nodes/{node}/sessions")["sessions"]
    expect(page.locator("[data-sessions]")).to_have_attribute("data-sessions", str(len(sessions)))
    wait_for(
        lambda: (
            figure(page, "peers") == str(live_system.get(f"/api/nodes/{node}/peers")["total_peers"])
        ),
        "its peers",
    )
    # A slow step is chosen in the table; its slowest examples are events.
    chosen = "Importing_to_BlockExecuted"
    page.locator(f'table[aria-label="Steps"] tr[data-key="{chosen}"]').click()
    expect(page.locator(".latency-chart")).to_have_attribute("data-step", chosen)
    expect(page).to_have_url(re.compile(f"step={chosen}"))
    example = page.locator(".slowest a").first
    example.wait_for()
    link = example.get_attribute("href") or ""
    event = re.search(r"events/(\d+)", link)
    assert event is not None
    assert live_system.get(f"/api/events/{event[1]}")["node_id"] == node
    # What it sends comes into the log.
    log = page.locator('table[aria-label="Live log"] tbody tr[data-key]')
    logged = log.first.get_attribute("data-key")
    # An event may be here before the API has it.
    wait_for(
        lambda: live_system.http.get(f"/api/events/{logged}").status_code == 200, "the live event"
    )
    assert live_system.get(f"/api/events/{logged}")["node_id"] == node


def test_an_id_that_no_node_has_is_said_to_be_unknown(
    open_page: Opener, faults: list[Faults]
) -> None:
    page = open_page()
    # The browser itself reports the statuses.
    faults[0].allow("status of 404 .*/ffffffffffff", "status of 400 .*/wrong")
    page.goto("/#/nodes/ffffffffffff")
    page.get_by_text("This node has never connected.").wait_for()
    page.goto("/#/nodes/wrong")
    page.get_by_text("This is not a node id.").wait_for()


def test_the_topology_has_the_links_of_the_api_and_the_neighbours_of_a_node(
    open_page: Opener, live_system: System
) -> None:
    wait_for(lambda: live_system.get("/api/network/links")["total_links"] > 4, "links")
    page = open_page("#/topology?tab=links")
    page.locator('[data-figure="links"]').wait_for()
    table = 'table[aria-label="Links"]'
    page.locator(f"{table} tr[data-key]").nth(1).wait_for()
    shown = int(figure(page, "links")), figure(page, "nodes")
    messages = int(table_rows(page, table)[1]["messages"].replace("\u2009", ""))
    # The API is asked after the page was: it knows all that the page shows.
    links = live_system.get("/api/network/links")
    assert shown[0] <= links["total_links"]
    assert shown[1] == str(len(links["nodes"]["node_id"]))
    assert messages <= max(links["links"]["messages"])
    canvas = page.locator(".link-matrix canvas")
    canvas.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.locator(".neighbourhood").wait_for()
    expect(page).to_have_url(re.compile(r"node=[0-9a-f]{64}"))
    neighbours = page.locator(".neighbourhood a").count()
    links = live_system.get("/api/network/links")
    own = links["nodes"]["node_id"].index(page.url.split("node=")[1][:64])
    pairs = zip(links["links"]["source"], links["links"]["target"], strict=True)
    others = {other for pair in pairs if own in pair for other in pair if other != own}
    assert neighbours <= len(others)


def test_implementations_have_the_figures_of_the_api(
    open_page: Opener, live_system: System
) -> None:
    page = open_page("#/implementations?range=1h")
    page.locator('table[aria-label="Implementations"] tbody tr[data-key]').first.wait_for()

    def shows_those_of_the_api() -> bool:
        answer = live_system.get("/api/implementations", duration="1h")
        rows = table_rows(page, 'table[aria-label="Implementations"]')
        nodes = {row["implementation"]: row["nodes"] for row in rows if row.get("nodes")}
        return {name: text.replace("\u2009", "") for name, text in nodes.items()} == {
            f"{row['name']} {row['version']}": f"{row['connected']} of {row['nodes']}"
            for row in answer["implementations"]
        }

    wait_for(shows_those_of_the_api, "the implementations of the API")
    page.locator(".ridge").first.wait_for()
    page.get_by_role("button", name="Show as a table").click()
    page.locator('table[aria-label="Versions over time"] tbody tr[data-key]').nth(1).wait_for()
