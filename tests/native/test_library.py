"""``tart/native/library.py``: which kernel runs, and why."""

import shutil

import numpy as np
import pytest

from tart.native import library
from tart.native.library import Kernel, KernelFault, kernel
from tests.native.kernels import needs_kernel


@pytest.fixture
def load(monkeypatch):
    """Load again, as a new process would."""
    monkeypatch.delenv(library.VARIABLE, raising=False)
    library._load.cache_clear()
    yield lambda: (library.kernel_name(), library.reason())
    library._load.cache_clear()


def test_the_variable_forces_the_twin(load, monkeypatch):
    monkeypatch.setenv("TART_KERNEL", "python")
    assert load() == ("python", "TART_KERNEL=python")


@pytest.mark.parametrize(("value", "known"), [("Python", False), ("native", True), ("", True)])
def test_another_value_of_the_variable_is_named_in_the_log(load, monkeypatch, caplog, value, known):
    default = load()
    library._load.cache_clear()
    monkeypatch.setenv("TART_KERNEL", value)
    assert load() == default
    assert ("TART_KERNEL=" in caplog.text) is not known


def test_without_a_library_the_twin_runs(load, monkeypatch, tmp_path):
    monkeypatch.setattr(library, "LIBRARY", tmp_path / "kernel.so")
    assert load() == ("python", "not compiled")


def test_a_file_that_is_no_library_is_refused_with_a_line_in_the_log(
    load, monkeypatch, tmp_path, caplog
):
    path = tmp_path / "kernel.so"
    path.write_bytes(b"no library")
    monkeypatch.setattr(library, "LIBRARY", path)
    name, reason = load()
    assert (name, library.kernel()) == ("python", None)
    assert reason in caplog.text
    assert "the Python kernel runs" in caplog.text


@needs_kernel
def test_a_library_of_another_interface_or_source_is_refused(load, monkeypatch, tmp_path, caplog):
    assert load() == ("native", "")
    path = tmp_path / "kernel.so"
    shutil.copy(library.LIBRARY, path)
    monkeypatch.setattr(library, "source_hash", lambda: "another")
    with pytest.raises(ValueError, match="made of another source"):
        Kernel(path)
    monkeypatch.setattr(library, "ABI", library.ABI + 1)
    with pytest.raises(ValueError, match="its interface is"):
        Kernel(path)
    library._load.cache_clear()
    assert load()[0] == "python"
    assert "its interface is" in caplog.text


@needs_kernel
def test_arguments_that_the_kernel_refuses_raise():
    numbers = np.zeros(1, np.int64)
    with pytest.raises(KernelFault, match="tart_compact returned -1"):
        kernel().call(
            "tart_compact",
            b"",
            0,
            np.array([4]).ctypes.data,
            np.array([5]).ctypes.data,
            1,
            numbers.ctypes.data,
            8,
            numbers.ctypes.data,
        )


@needs_kernel
def test_each_process_hashes_with_secrets_of_its_own():
    assert list(Kernel().secrets) != list(Kernel().secrets)
