"""Clients as those that TART's documentation prints run as programs, against a real server.

The documentation's own texts belong to its authors; each program here makes the same requests with
the same library and reads the same members of the answers.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import CHROMIUM, Page, browser_page
from tests.printed.conftest import Network
from tests.running import wait_for

PROGRAMS = Path(__file__).parent / "programs"
COMMANDS = {
    "py": [sys.executable, "-W", "error"],
    # Node 20 has the standard WebSocket behind this option, later ones have it always.
    "mjs": ["node", "--no-warnings", "--experimental-websocket"],
    "sh": ["bash"],
}
_SECONDS = 60


def run(network: Network, name: str, directory: Path) -> dict[str, list[str]]:
    """Return what a program prints, by the first word of each line."""
    command = COMMANDS[name.rpartition(".")[2]]
    if shutil.which(command[0]) is None or (name.endswith(".sh") and shutil.which("jq") is None):
        pytest.skip(f"needs {command[0]} and jq")
    outcome = subprocess.run(
        [*command, PROGRAMS / name],
        cwd=directory,
        env={**os.environ, "TART_URL": network.system.api},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stderr
    assert outcome.stderr == ""
    return {line.split()[0]: line.split()[1:] for line in outcome.stdout.splitlines()}


@pytest.mark.parametrize("name", ["poll.py", "poll.mjs", "poll.sh"])
def test_a_program_that_polls_gets_what_it_reads(
    network: Network, tmp_path: Path, name: str
) -> None:
    printed = run(network, name, tmp_path)
    assert printed["status"] == ["ok"]
    assert printed["nodes"] == ["3"]
    assert printed["events"] == ["10"]
    assert int(printed["recent"][0]) >= 50
    assert int(printed["best"][0]) >= int(network.values["SLOT"])


@pytest.mark.parametrize("name", ["follow.py", "follow.mjs"])
def test_a_program_that_follows_gets_events_and_statistics(
    network: Network, tmp_path: Path, name: str
) -> None:
    printed = run(network, name, tmp_path)
    assert printed["nodes"] == ["3"]
    number, node, kind, variant = printed["event"]
    event = wait_for(lambda: network.system.get(f"/api/events/{number}"), "the event's commit")
    assert (event["node_id"], event["event_type"]) == (node, int(kind))
    assert list(event["data"]) == [variant]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    if CHROMIUM is None:
        pytest.skip("needs Chromium (Debian: chromium)")
    with browser_page(tmp_path_factory.mktemp("browser") / "profile") as page:
        yield page


def test_a_page_from_a_file_shows_figures_and_events(
    network: Network, page: Page, tmp_path: Path
) -> None:
    text = (PROGRAMS / "page.html").read_text().replace("TART_URL", network.system.api)
    (tmp_path / "page.html").write_text(text)
    page.open((tmp_path / "page.html").as_uri())
    for name in ("best", "event"):
        element = f"document.getElementById('{name}').textContent"
        shown = wait_for(lambda element=element: page.run(element), f"{name} in the page")
        assert int(shown.removeprefix(f"{name} ")) > 0


def test_the_documentation_sends_a_request_and_shows_its_answer(
    network: Network, page: Page
) -> None:
    page.open(f"{network.system.api}/api/docs")
    section = "document.querySelector('section[data-path=\"/api/nodes/{id}/events\"]')"
    page.run(
        f"[...{section}.querySelectorAll('button')].find((b) => /Try/.test(b.textContent)).click()"
    )
    page.run(f"{section}.querySelector('input[name=id]').value = '{network.values['PREFIX']}'")
    page.run(f"{section}.querySelector('input[name=limit]').value = '1'")
    page.run(f"{section}.querySelector('form button').click()")
    output = f"{section}.querySelector('form + pre').textContent"
    shown = wait_for(lambda: text if "\n\n{" in (text := page.run(output)) else None, "the answer")
    head, _, body = shown.partition("\n\n")
    path = f"/api/nodes/{network.values['PREFIX']}/events?limit=1"
    assert head.startswith(f"GET {path}\n200 in ")
    assert network.values["NODE"] in body


@pytest.mark.parametrize("path", ["", "/sql", "/events", "/rules"])
def test_a_page_of_the_documentation_is_as_wide_as_a_telephone(
    network: Network, page: Page, path: str
) -> None:
    size = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
    page.call("Emulation.setDeviceMetricsOverride", **size)
    page.open(f"{network.system.api}/api/docs{path}")
    assert page.run("document.documentElement.scrollWidth") == 390
    page.call("Emulation.clearDeviceMetricsOverride")
