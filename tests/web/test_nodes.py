"""The pages of nodes, one node, implementations and the topology, over a live network."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.running import System, wait_for
from tests.web.conftest import Opener
from tests.web.looking import table_rows


def figure(page: Page, name: str) -> str:
    """Return the text of a figure without thin spaces."""
    text = page.locator(f'[data-figure="{name}"] dd').first.inner_text()
    return text.replace("\u2009", "").strip()


def shown_ids(page: Page) -> list[str]:
    """Return the ids of the rows of the table of nodes, from above."""
    rows = page.locator('table[aria-label="Nodes"] tbody tr[data-key]')
    ids: list[str] = rows.evaluate_all("(rows) => rows.map((row) => row.dataset.key)")
    return ids


def test_the_table_of_nodes_has_those_of_the_api_and_is_filtered_and_sorted(
    open_page: Opener, live_system: System
) -> None:
    page = open_page("#/nodes")
    page.locator("[data-total]").wait_for()
    summary = live_system.get("/api/nodes/summary")
    nodes = summary["nodes"]
    assert page.locator("[data-total]").get_attribute("data-total") == str(summary["total"])
    assert sorted(shown_ids(page)) == nodes["node_id"]
    row = page.locator(f'tr[data-key="{nodes["node_id"][0]}"]')
    peers = f"{nodes['validator_peers'][0]}/{nodes['peers'][0]}"
    expect(row.locator('[data-column="peers"]')).to_have_text(peers)
    # By id, then backwards.
    head = page.get_by_role("columnheader", name="node")
    head.get_by_role("button").click()
    assert shown_ids(page) == nodes["node_id"]
    head.get_by_role("button").click()
    assert shown_ids(page) == nodes["node_id"][::-1]
    assert "sort=-node" in page.url
    # A filter is in the address, and another one says that nothing matches.
    page.get_by_role("searchbox").last.fill(nodes["node_id"][2][:10])
    wait_for(lambda: shown_ids(page) == [nodes["node_id"][2]], "the filtered row")
    assert f"q={nodes['node_id'][2][:10]}" in page.url
    page.get_by_role("searchbox").last.fill("nothing like it")
    page.get_by_text("No node matches.").wait_for()


def test_a_pinned_node_stands_first_and_groups_and_the_grid_show_all(
    open_page: Opener, live_system: System
) -> None:
    page = open_page("#/nodes?sort=node")
    page.locator("[data-total]").wait_for()
    ids = live_system.get("/api/nodes/summary")["nodes"]["node_id"]
    page.locator("table").first.focus()
    page.keyboard.press("End")
    page.keyboard.press("x")
    wait_for(lambda: shown_ids(page)[0] == ids[-1], "the pinned node above")
    page.reload()
    wait_for(lambda: shown_ids(page)[:2] == [ids[-1], ids[0]], "the pin after a reload")
    page.get_by_role("button", name="By implementation").click()
    groups = page.locator("tr.group")
    groups.first.wait_for()
    names = [text.split()[0] for text in groups.all_inner_texts()]
    assert names == sorted(names)
    page.get_by_role("button", name="Grid").click()
    expect(page.locator(".nodes-cell")).to_have_count(len(ids))
    assert "view=grid" in page.url


def test_the_page_of_a_node_is_opened_by_a_prefix_and_has_its_figures(
    open_page: Opener, live_system: System
) -> None:
    node = live_system.get("/api/nodes/summary")["nodes"]["node_id"][1]
    page = open_page(f"#/nodes/{node[:8]}?steps=step")
    page.locator("[data-sessions]").wait_for()
    sessions = live_system.get(f"/api/nodes/{node}/sessions")["sessions"]
    assert page.locator("[data-sessions]").get_attribute("data-sessions") == str(len(sessions))
    peers = live_system.get(f"/api/nodes/{node}/peers")["total_peers"]
    wait_for(lambda: figure(page, "peers") == str(peers), "its peers")
    # A slow step is chosen in the table; its slowest examples are events.
    chosen = "Importing_to_BlockExecuted"
    page.locator(f'table[aria-label="Steps"] tr[data-key="{chosen}"]').click()
    expect(page.locator(".latency-chart")).to_have_attribute("data-step", chosen)
    assert f"step={chosen}" in page.url
    example = page.locator(".slowest a").first
    example.wait_for()
    link = example.get_attribute("href") or ""
    event = re.search(r"events/(\d+)", link)
    assert event is not None
    assert live_system.get(f"/api/events/{event[1]}")["node_id"] == node
    # What it sends comes into the log.
    log = page.locator('table[aria-label="Live log"] tbody tr[data-key]')
    log.first.wait_for(timeout=30_000)
    assert live_system.get(f"/api/events/{log.first.get_attribute('data-key')}")["node_id"] == node


def test_an_id_that_no_node_has_is_said_to_be_unknown(
    open_page: Opener, faults: list[list[str]]
) -> None:
    page = open_page("#/nodes/ffffffffffff")
    page.get_by_text("This node has never connected.").wait_for()
    page.goto("/#/nodes/wrong")
    page.get_by_text("This is not a node id.").wait_for()
    # The browser itself reports the statuses 404 and 400.
    for some in faults:
        some.clear()


def test_the_topology_has_the_links_of_the_api_and_the_neighbours_of_a_node(
    open_page: Opener, live_system: System
) -> None:
    wait_for(lambda: live_system.get("/api/network/links")["total_links"] > 4, "links")
    page = open_page("#/topology?tab=links")
    page.locator('[data-figure="links"]').wait_for()
    links = live_system.get("/api/network/links")
    assert int(figure(page, "links")) <= links["total_links"]
    assert figure(page, "nodes") == str(len(links["nodes"]["node_id"]))
    row = table_rows(page, 'table[aria-label="Links"]')[1]
    assert int(row["messages"].replace("\u2009", "")) <= max(links["links"]["messages"])
    canvas = page.locator(".link-matrix canvas")
    canvas.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.locator(".neighbourhood").wait_for()
    chosen = re.search(r"node=([0-9a-f]{64})", page.url)
    assert chosen is not None
    own = links["nodes"]["node_id"].index(chosen[1])
    pairs = zip(links["links"]["source"], links["links"]["target"], strict=True)
    others = {other for pair in pairs if own in pair for other in pair if other != own}
    assert page.locator(".neighbourhood a").count() <= len(others)


def test_implementations_have_the_figures_of_the_api(
    open_page: Opener, live_system: System
) -> None:
    page = open_page("#/implementations?range=1h")
    page.locator('table[aria-label="Implementations"] tbody tr[data-key]').first.wait_for()
    answer = live_system.get("/api/implementations", duration="1h")
    rows = table_rows(page, 'table[aria-label="Implementations"]')
    assert {row["implementation"] for row in rows if row.get("implementation")} == {
        f"{row['name']} {row['version']}" for row in answer["implementations"]
    }
    nodes = {row["implementation"]: row["nodes"] for row in rows if row.get("nodes")}
    for row in answer["implementations"]:
        name = f"{row['name']} {row['version']}"
        assert nodes[name].replace("\u2009", "") == f"{row['connected']} of {row['nodes']}"
    page.locator(".ridge").first.wait_for()
    page.get_by_role("button", name="Show as a table").click()
    assert page.locator('table[aria-label="Versions over time"] tbody tr[data-key]').count() > 1
