"""Clients as those that TART's documentation prints run as programs, against a real server.

The documentation's own texts belong to its authors; each program here makes the same requests with
the same library and reads the same members of the answers.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser import CHROMIUM, chromium, new_page
from tests.printed.conftest import Network
from tests.running import wait_for

PROGRAMS = Path(__file__).parent / "programs"
COMMANDS = {
    "py": [sys.executable, "-W", "error"],
    # Node 20 has the standard WebSocket behind this option, later ones have it always.
    "mjs": ["node", "--no-warnings", "--experimental-websocket"],
    "sh": ["bash"],
}
_SECONDS = 200


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
    address = f"/api/events/{number}"
    # A subscriber may have an event before the API has it.
    wait_for(lambda: network.system.http.get(address).status_code == 200, "the event")
    event = network.system.get(address)
    assert (event["node_id"], event["event_type"]) == (node, int(kind))
    assert list(event["data"]) == [variant]


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian: chromium-headless-shell)")
def test_a_page_from_a_file_shows_figures_and_events(network: Network, tmp_path: Path) -> None:
    text = (PROGRAMS / "page.html").read_text().replace("TART_URL", network.system.api)
    (tmp_path / "page.html").write_text(text)
    with chromium() as browser:
        page, faults = new_page(browser, network.system.api)
        page.goto((tmp_path / "page.html").as_uri())
        for name in ("best", "event"):
            element = page.locator(f"#{name}:not(:empty)")
            assert int(element.inner_text().removeprefix(f"{name} ")) > 0
        assert faults == []
