"""``tart/native/build.py``: a library where there is a compiler, a clear sentence where not."""

import shutil
import subprocess
import sys

import pytest

from tart.native import build as building
from tart.native.build import NoCompilerError, build, source_hash
from tart.native.library import Kernel

needs_compiler = pytest.mark.skipif(
    not any(map(shutil.which, ("cc", "gcc", "clang"))), reason="needs a C compiler; Debian: gcc"
)


@needs_compiler
def test_the_source_compiles_without_a_warning_into_a_library_that_loads(tmp_path):
    path = build(tmp_path / "kernel.so", "-Werror", "-Wpedantic", "-Wconversion")
    assert source_hash().encode() in path.read_bytes()
    assert Kernel(path).secrets is not None
    assert [each.name for each in tmp_path.iterdir()] == ["kernel.so"]


def test_without_a_compiler_the_error_names_the_package(tmp_path, monkeypatch):
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoCompilerError, match="gcc libc6-dev"):
        build(tmp_path / "kernel.so")


def test_a_compiler_that_fails_is_named_with_its_message(tmp_path, monkeypatch):
    monkeypatch.setenv("CC", f"{sys.executable} -c raise(SystemExit('out-of-order'))")
    with pytest.raises(NoCompilerError, match="out-of-order"):
        build(tmp_path / "kernel.so")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("flags", "code"), [((), 0), (("--required",), 1)])
def test_the_command_says_that_the_python_kernel_runs_and_fails_only_if_required(
    tmp_path, flags, code
):
    copy = tmp_path / "build.py"
    shutil.copy(building.__file__, copy)
    shutil.copy(building.SOURCE, tmp_path)
    command = [sys.executable, copy, *flags]
    done = subprocess.run(
        command, env={"CC": "/nowhere/cc"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == code
    assert done.stderr.startswith("the Python kernel will run: /nowhere/cc cannot compile")
