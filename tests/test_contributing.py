"""The worked examples of CONTRIBUTING.md: each diff is applied to a copy of the tree and run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import tart

ROOT = Path(tart.__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text()


def examples() -> dict[str, str]:
    """The diffs by the heading that they stand under."""
    sections = re.split(r"^### ", TEXT, flags=re.MULTILINE)[1:]
    diffs = {}
    for section in sections:
        title, _, body = section.partition("\n")
        if found := re.findall(r"^```diff\n(.*?)^```", body, re.MULTILINE | re.DOTALL):
            diffs[title] = "".join(found)
    return diffs


def apply_diff(tree: Path, diff: str) -> None:
    """Apply a unified diff; a hunk is placed by its text, which must be unique in the file."""
    for part in re.split(r"^--- a/.*\n", diff, flags=re.MULTILINE)[1:]:
        name, _, hunks = part.partition("\n")
        path = tree / name.removeprefix("+++ b/")
        text = path.read_text()
        for hunk in re.split(r"^@@.*\n", hunks, flags=re.MULTILINE)[1:]:
            lines = hunk.splitlines(keepends=True)
            before = "".join(line[1:] for line in lines if line[0] in " -")
            after = "".join(line[1:] for line in lines if line[0] in " +")
            assert text.count(before) == 1, f"{path.name} does not have these lines once:\n{before}"
            text = text.replace(before, after)
        path.write_text(text)


@pytest.fixture
def changed(tmp_path, request):
    """A copy of the tree with one example applied, and a function that runs Python in it."""
    for name in ("tart", "loadtest"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    apply_diff(tmp_path, examples()[request.param])

    def run(code: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_every_example_has_a_test():
    assert set(examples()) == {"Add a setting", "Add an event type", "Add a figure"}


def test_an_example_is_a_diff_of_a_few_lines():
    for diff in examples().values():
        changed_lines = re.findall(r"^[+-](?![+-]{2} )", diff, re.MULTILINE)
        assert 1 <= len(changed_lines) <= 20


@pytest.mark.slow
@pytest.mark.parametrize("changed", ["Add a setting"], indirect=True)
def test_an_added_setting_is_read_from_file_and_environment_and_documented(changed):
    output = changed(
        "from pathlib import Path\n"
        "from tart.config.load import load\n"
        "from tart.cli.render.config_text import config_toml\n"
        "Path('t.toml').write_text('[api]\\nlinger_seconds = 2.5\\n')\n"
        "print(load(Path('t.toml'), environ={}).api.linger_seconds)\n"
        "environ = {'TART_API_LINGER_SECONDS': '0.5'}\n"
        "print(load(Path('t.toml'), environ=environ).api.linger_seconds)\n"
        "print(config_toml())\n"
    )
    assert output.splitlines()[:2] == ["2.5", "0.5"]
    assert "linger_seconds = 1.0" in output


@pytest.mark.slow
@pytest.mark.parametrize("changed", ["Add an event type"], indirect=True)
def test_an_added_event_type_is_decoded_encoded_queried_and_in_the_client(changed):
    output = changed(
        "from tart.client.generate_events import render_module\n"
        "from tart.protocol.connection import Connection\n"
        "from tart.protocol.decoding import decode_event\n"
        "from tart.query.sql.views import VIEWS\n"
        "from tart.testing import FakeNode\n"
        "node = FakeNode(bytes(32))\n"
        "hello = node.connect()\n"
        "_, frame = node.event('TrancheAnnounced', 0, hash=bytes(32), tranche=3)\n"
        "event, = Connection().receive_data(hello + frame)\n"
        "print(event.number, event.error, decode_event(event.number, event.payload).fields)\n"
        "print('tranche_announced' in render_module())\n"
        "print('tranche_announced' in VIEWS)\n"
    )
    number, rest = output.split(" ", 1)
    assert number == "154"
    assert rest.startswith("None")
    assert "'tranche': 3" in rest
    assert output.splitlines()[1:] == ["True", "True"]


@pytest.mark.slow
@pytest.mark.parametrize("changed", ["Add a figure"], indirect=True)
def test_an_added_figure_is_in_answer_openapi_and_client(changed):
    output = changed(
        "from collections import defaultdict\n"
        "from tart.gateway.api.openapi import document\n"
        "from tart.gateway.codegen.client import answers\n"
        "from tart.query.core.sessions import session_json\n"
        "row = defaultdict(int, events=4, bytes=300, deviations='{}')\n"
        "print(session_json(row)['average_event_bytes'])\n"
        "schema = document('0')['components']['schemas']['Session']\n"
        "print('average_event_bytes' in schema['required'])\n"
        "print('average_event_bytes: ' in answers())\n"
    )
    assert output.split() == ["75.0", "True", "True"]


@pytest.mark.slow
def test_mypy_finds_a_figure_that_is_declared_but_not_computed(tmp_path):
    shutil.copytree(ROOT / "tart", tmp_path / "tart")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    declaration, _ = re.split(r"(?=^--- a/tart/query/core)", examples()["Add a figure"], flags=re.M)
    apply_diff(tmp_path, declaration)
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "-m", "tart.query.core.sessions"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "average_event_bytes" in checked.stdout
