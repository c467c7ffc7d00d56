"""The commands and programs in the guides run as they are written, against a real server."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.printed.conftest import Network

ROOT = Path(__file__).parents[2]
GUIDES = ("examples.md", "panels.md", "websocket.md")
ADDRESS = "127.0.0.1:8080"
_BLOCK = re.compile(r"^```(console|python|js)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SECONDS = 60


def blocks(language: str) -> list[tuple[str, str]]:
    """Return the guide and the text of each block in a language."""
    return [
        (guide, text)
        for guide in GUIDES
        for kind, text in _BLOCK.findall((ROOT / "docs" / guide).read_text())
        if kind == language
    ]


COMMANDS = [
    line.removeprefix("$ ")
    for _, text in blocks("console")
    for line in text.splitlines()
    if line.startswith("$ curl ")
]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_gets_an_answer(network: Network, command: str) -> None:
    *options, url = shlex.split(command)[1:]
    path = url.partition(ADDRESS)[2]
    assert set(options) <= {"-N"}
    with network.system.http.stream("GET", path) as response:
        assert response.status_code == 200
        assert next(response.iter_bytes())


@pytest.mark.parametrize(("guide", "program"), blocks("python"))
def test_a_python_program_runs(network: Network, guide: str, program: str) -> None:
    program = program.replace(ADDRESS, network.system.api.partition("//")[2])
    run([sys.executable, "-c", program], cwd=ROOT)


@pytest.mark.parametrize(("guide", "program"), blocks("js"))
def test_a_javascript_program_runs(
    network: Network, guide: str, program: str, tmp_path: Path
) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs Node")
    shutil.copy(ROOT / "tart" / "client" / "web" / "tart.js", tmp_path / "tart.js")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    address = network.system.api.partition("//")[2]
    (tmp_path / "example.js").write_text(program.replace(ADDRESS, address))
    run([node, "example.js"], cwd=tmp_path)


def run(command: list[str], cwd: Path) -> None:
    """Run a program, which must succeed and print something."""
    outcome = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    assert outcome.returncode == 0, outcome.stderr
