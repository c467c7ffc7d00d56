"""The page's pure modules, each tested by Node in ``core/NAME.test.mjs``."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
MODULES = HERE.parents[1] / "tart" / "web" / "app" / "core"


def test_the_pure_modules_of_the_page() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs Node; as root `make test` installs it (Debian: nodejs)")
    # In one process: `node --test` starts one for each file, which takes ten times longer.
    tests = sorted((HERE / "core").glob("*.test.mjs"))
    modules = "".join(f'import "{path.as_uri()}";' for path in tests)
    command = [node, "--input-type=module", "--eval", modules]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    # Each file has one test at least.
    assert int(re.findall(r"^(?:#|ℹ) pass (\d+)", done.stdout, re.MULTILINE)[0]) >= len(tests)


def test_every_pure_module_has_tests() -> None:
    tested = {path.name.removesuffix(".test.mjs") for path in (HERE / "core").glob("*.test.mjs")}
    assert tested == {path.stem for path in MODULES.glob("*.js")}


def test_they_are_pure() -> None:
    for path in MODULES.glob("*.js"):
        text = path.read_text()
        for name in ("Date.now", "fetch(", "document.", "window.", "localStorage", "Math.random"):
            assert name not in text, f"{path.name} uses {name}"
        for line in text.splitlines():
            if line.startswith(("import ", "} from ")):
                assert '"./' in line, f"{path.name} imports from another folder: {line}"
