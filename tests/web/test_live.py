"""The page stays alive: what it shows is what the server says, also after the server was away."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Route, WebSocketRoute, expect

from tests.browser import Faults, new_page
from tests.running import System, fake_node, free_port, running_system, wait_for
from tests.web.conftest import Opener
from tests.web.looking import axe


def status(page: Page) -> Any:
    return expect(page.locator("footer.status"))


def figure(page: Page, name: str) -> str:
    return page.locator(f"[data-figure={name}] dd").first.inner_text().replace("\u2009", "")


def test_the_status_line_and_the_alerts_are_those_of_the_api(
    open_page: Opener, live_system: System
) -> None:
    page = open_page("#/alerts")
    status(page).to_contain_text("live")
    status(page).to_contain_text("2 of 2 shards")

    def agrees() -> bool:
        counts = live_system.get("/api/alerts")["counts"]
        return [figure(page, "alerts"), figure(page, "pending")] == [
            str(counts["firing"]),
            str(counts["pending"]),
        ]

    wait_for(agrees, "the alerts of the API on the page")
    assert axe(page) == []


def test_the_server_page_has_the_figures_of_the_api(open_page: Opener, live_system: System) -> None:
    page = open_page("#/server")
    rows = page.get_by_role("grid", name="Shards side by side").locator("tbody tr")
    expect(rows).to_have_count(2)
    server = live_system.get("/api/server")
    assert figure(page, "shards") == "2 of 2"
    assert figure(page, "version") == server["version"]
    connections = sum(each["figures"]["connections"] for each in server["shard_list"])
    assert connections == 6
    wait_for(lambda: figure(page, "connections") == "6", "the connections")
    expect(page.get_by_text("The log is shown to admins")).to_be_visible()
    changed = sum(not each["is_default"] for each in server["settings"])
    settings = page.get_by_role("grid", name="Settings").locator("tbody tr")
    expect(settings).to_have_count(changed)
    page.get_by_role("group", name="Which settings").get_by_role("button", name="All").click()
    expect(page.get_by_text(f"{len(server['settings'])} settings of")).to_be_visible()
    assert axe(page) == []


def test_where_no_websocket_passes_states_come_as_events_and_then_by_polling(
    open_page: Opener, faults: list[Faults]
) -> None:
    page = open_page("#/alerts")
    faults[0].allow("/api/ws", "/api/summary/stream")
    streams = []
    stream = re.compile("/api/summary/stream")

    def count(route: Route) -> None:
        streams.append(route.request.url)
        route.continue_()

    def refuse(socket: WebSocketRoute) -> None:
        socket.close(code=1011, reason="a proxy without upgrades")

    page.route_web_socket(re.compile("/api/ws"), refuse)
    page.route(stream, count)
    page.reload()
    status(page).to_contain_text("live")
    assert streams
    # Nor server-sent events.
    page.route(stream, lambda route: route.abort())
    page.reload()
    status(page).to_contain_text("polling")
    status(page).to_contain_text("2 of 2 shards")
    expect(page.get_by_role("button", name=re.compile(r"Alerts: .*\d critical"))).to_be_visible()


def test_a_page_shows_since_when_the_server_is_away_and_goes_on_when_it_is_back(
    browser: Browser, tmp_path: Path
) -> None:
    address = f"127.0.0.1:{free_port()}"
    data = tmp_path / "data"
    with running_system(data, shards=1, api=address) as system:
        node = fake_node(1)
        peer = system.connect()
        peer.sendall(node.connect())
        wait_for(lambda: system.get("/api/nodes")["nodes"], "the node")
        page, _ = new_page(browser, f"http://{address}")
        try:
            page.goto("/#/server")
            status(page).to_contain_text("live")
            wait_for(lambda: figure(page, "connections") == "1", "the connection")
            os.killpg(system.process.pid, signal.SIGKILL)
            status(page).to_contain_text("no answer")
            status(page).to_contain_text(re.compile("since .* ago"))
            # What was shown stays, and is marked.
            assert figure(page, "connections") == "1"
            peer.close()
            with running_system(data, shards=1, api=address):
                status(page).to_contain_text("live")
                expect(page.locator("[data-figure=connections] dd").first).to_have_text("0")
        finally:
            page.context.close()
