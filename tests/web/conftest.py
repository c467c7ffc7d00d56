"""A browser, a server with a simulated network, and pages that must not complain.

All tests of this package share the server and the browser; xdist runs them on one worker
(``tests/conftest.py``). They are no coroutines: Playwright's event loop runs on their thread. They
wait by locators (``page.locator("h1").wait_for()``, ``expect``) or ``tests.running.wait_for``: the
policy of the page forbids ``page.wait_for_function``, which evaluates a text.

The network goes on while a test runs, and the machine may be slow. So a test compares a page with
the API by ``wait_for``, which asks both again; it takes what a page shows at one moment in one call
(``evaluate_all``); it names a row that it clicks by its key, not by its place; it waits for an
address by ``expect(page).to_have_url``, which follows what is seen; and it allows the faults that
it provokes before it does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import CHROMIUM, PATIENCE_MS, Faults, chromium, new_page
from tests.running import System, free_port, running_system, wait_for
from tests.supervisor.process import Process

# As desktops and telephones are.
HEIGHTS = {1440: 900, 390: 844}

CONTRAST = "color-contrast"
# Scheme, width, and the rules of axe that do not say the same as in the first view.
VIEWS: dict[str, tuple[str, int, dict[str, Any]]] = {
    "light": ("light", 1440, {}),
    "dark": ("dark", 1440, {"runOnly": [CONTRAST]}),
    "telephone": ("light", 390, {"rules": {CONTRAST: {"enabled": False}}}),
}

Opener = Callable[..., Page]
# A busy machine is slow; pages that show what is missing have tests of their own.
PATIENT = {"TART_API_DEADLINE_SECONDS": "60", "TART_API_SQL_SECONDS": "100"}
# Alerts that always hold: of the network, of each node (a group), and a rule that fails.
RULES = """
group_wait = "1s"

[[channel]]
name = "ops"
type = "webhook"
url = "http://127.0.0.1:9/hook"

[[rule]]
alert = "FewNodes"
figure = "nodes_connected"
below = 1000
severity = "critical"
annotations = { summary = "Only {{ $value }} nodes are connected.", description = "Look." }

[[rule]]
alert = "NodeKnown"
figure = "node_silent_seconds"
by = "node"
above = 0
severity = "info"
annotations = { summary = "Node {{ $labels.node }} is known." }

[[rule]]
alert = "Unreadable"
sql = "SELECT nothing FROM nowhere"
"""
# As long as locators wait; the default of five seconds is short for a busy machine.
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Return Chromium."""
    if CHROMIUM is None:
        pytest.skip("needs Chromium; `make test` installs it (Debian: chromium-headless-shell)")
    with chromium() as browser:
        yield browser


def alerting(folder: Path) -> dict[str, str]:
    """Return settings for a server with the rules, which it evaluates each second."""
    (folder / "alerts.toml").write_text(RULES)
    return {
        "TART_ALERTS_FILE": str(folder / "alerts.toml"),
        "TART_ALERTS_EVALUATION_SECONDS": "1",
        "TART_ALERTS_LAG_SECONDS": "0.1",
    }


# Of the package: in the rest of a session its network would go on.
@pytest.fixture(scope="package")
def live_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Return a server with two shards, six connected nodes that make blocks, and the RPC of one."""
    data = tmp_path_factory.mktemp("web") / "data"
    rpc = f"127.0.0.1:{free_port()}"
    settings = PATIENT | alerting(data.parent) | {"TART_RPC_URLS": f"ws://{rpc}"}
    with running_system(data, shards=2, environ=settings) as system:
        target = ":".join(map(str, system.telemetry))
        network = ("--target", target, "--nodes", "6", "--cores", "2", "--speed", "4", "--rpc", rpc)
        with Process("tart", "simulate", *network, cwd=data.parent):
            # The last of what a network does.
            for event in ("BestBlockChanged", "FinalizedBlockChanged", "GuaranteeBuilt"):
                newest = {"event_types": event, "limit": 1}
                wait_for(lambda newest=newest: system.get("/api/events", **newest)["events"], event)  # type: ignore[misc]
            yield system


@pytest.fixture
def faults() -> list[Faults]:
    """Return the faults of each page that was opened; a test that provokes some allows them."""
    return []


@pytest.fixture
def open_page(browser: Browser, live_system: System, faults: list[Faults]) -> Iterator[Opener]:
    """Return a function that opens a page of the server; its faults fail the test at the end.

    Its parameters: the path (``#/nodes``), ``scheme`` (``light`` or ``dark``), ``width`` in pixels,
    and Playwright's options of a browser's context.
    """
    pages: list[Page] = []

    def open_page(
        path: str = "", *, scheme: str = "light", width: int = 1440, **options: Any
    ) -> Page:
        size = {"width": width, "height": HEIGHTS.get(width, 900)}
        page, watched = new_page(
            browser, live_system.api, color_scheme=scheme, viewport=size, **options
        )
        pages.append(page)
        faults.append(watched)
        page.goto(f"/{path.removeprefix('/')}")
        return page

    yield open_page
    for page in pages:
        page.context.close()
    assert [fault for some in faults for fault in some] == []


@pytest.fixture
def page(open_page: Opener) -> Page:
    """Return the first page of the server, in the light scheme and on a desktop."""
    return open_page()
