"""The pure modules of the web page, by the tests beside this file, which Node runs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

TESTS = Path(__file__).parent / "core"
MODULES = Path(__file__).parents[2] / "tart" / "web" / "app" / "core"


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node (Debian: nodejs)")
def test_of_each_module_pass() -> None:
    tests = sorted(map(str, TESTS.glob("*.test.mjs")))
    run = subprocess.run(["node", "--test", *tests], capture_output=True, text=True, timeout=240)
    assert run.returncode == 0, run.stdout + run.stderr


def test_every_module_has_tests() -> None:
    tested = {path.name.removesuffix(".test.mjs") for path in TESTS.glob("*.test.mjs")}
    assert tested == {path.stem for path in MODULES.glob("*.js")}


def test_modules_are_pure() -> None:
    for path in MODULES.glob("*.js"):
        text = path.read_text()
        for name in ("Date.now", "fetch(", "document.", "window.", "localStorage", "Math.random"):
            assert name not in text, f"{path.name} uses {name}"
        for line in text.splitlines():
            if line.startswith("import ") or line.startswith("} from "):
                assert '"./' in line, f"{path.name} imports from another folder: {line}"
