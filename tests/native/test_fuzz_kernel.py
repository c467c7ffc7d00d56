"""``tart/native/kernel.c`` under the sanitizers of addresses and undefined behaviour."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tart.native.build import build

FLAGS = ("-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
# With ``make fuzz`` and ``make soak``; a test run checks a few.
FRAMES = 10_000_000 if os.environ.get("FUZZ_SECONDS") else 30_000


def sanitizer() -> str:
    """The library that a program without sanitizers must load first."""
    if shutil.which("gcc") is None:
        pytest.skip("needs gcc; Debian: gcc libc6-dev")
    command = ["gcc", "-print-file-name=libasan.so"]
    path = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    if not Path(path).is_absolute():
        pytest.skip("needs gcc's sanitizers; Debian: libgcc-dev")
    return path


@pytest.mark.fuzz
@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_mutated_frames_cause_no_access_outside_and_the_results_of_the_twin(tmp_path, monkeypatch):
    preload = sanitizer()
    monkeypatch.setenv("CC", "gcc")
    library = build(tmp_path / "kernel.so", *FLAGS)
    environ = {
        **os.environ,
        "LD_PRELOAD": preload,
        "PYTHONMALLOC": "malloc",
        "ASAN_OPTIONS": "detect_leaks=0",
        "UBSAN_OPTIONS": "print_stacktrace=1",
    }
    command = [sys.executable, "-m", "tests.native.fuzz_kernel", str(library), str(FRAMES)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    frames, unit = done.stdout.split()
    assert (int(frames) >= FRAMES, unit) == (True, "frames")
