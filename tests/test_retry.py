"""``tests/retry.py``: a test may fail once, visibly; a property test may not."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SAMPLE = """
import pytest
from hypothesis import given, strategies

runs = []

@pytest.fixture
def faults():
    yield
    # As the fixture of the page's tests, which looks at faults at the end.
    runs.append("teardown")
    assert runs.count("teardown") == 2, "a fault of the page"

@pytest.fixture(scope="module")
def browser():
    runs.append("browser")
    yield
    assert runs.count("browser") == 1

def test_fails_once(browser):
    runs.append("call")
    assert runs.count("call") == 2, "not there yet"

def test_ends_with_a_fault_once(browser, faults):
    pass

def test_fails_always():
    assert False, "broken"

@given(strategies.integers())
def test_of_a_property_fails(number):
    assert False, "a defect"
"""


def run(directory: Path, *options: str) -> str:
    (directory / "test_sample.py").write_text(SAMPLE)
    command = (sys.executable, "-m", "pytest", "-c", ROOT / "pyproject.toml", "--rootdir", ROOT)
    plugins = ("-p", "tests.retry", "-p", "no:randomly", "-p", "no:cacheprovider")
    done = subprocess.run(
        [*command, *plugins, *options, directory / "test_sample.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_test_is_retried_once_and_its_first_failure_is_shown(tmp_path: Path) -> None:
    text = run(tmp_path, "-n", "1", "--retry", "--max-suite-reruns", "5")
    assert re.search(r"2 failed, \d passed, 3 rerun", text), text
    flaky = text.partition("flaky, to be mended: 3")[2]
    for name, reason in (
        ("test_fails_once (call)", "not there yet"),
        ("test_ends_with_a_fault_once (teardown)", "a fault of the page"),
        ("test_fails_always (call)", "broken"),
    ):
        assert f"{name}\n" in flaky
        assert f"AssertionError: {reason}" in flaky
    assert "test_of_a_property_fails (" not in flaky


@pytest.mark.slow
def test_without_the_option_none_is_retried(tmp_path: Path) -> None:
    text = run(tmp_path)
    assert re.search(r"3 failed, 1 passed, 1 error", text), text
    assert "to be mended" not in text
