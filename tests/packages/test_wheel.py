"""The wheels and the source archive of ``make dist``."""

import os
import re
import runpy
import subprocess
import sys
import sysconfig
import types
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import pytest

from tart import __version__

ROOT = Path(__file__).parents[2]
DIST = ROOT / "dist"
INTERFACE = "hatchling.builders.hooks.plugin.interface"


@pytest.fixture
def platform_tag(monkeypatch):
    # The hook's base is the build's own package, which is installed while a wheel is built.
    stand_in = types.SimpleNamespace(BuildHookInterface=object)
    monkeypatch.setitem(sys.modules, INTERFACE, stand_in)
    return runpy.run_path(str(ROOT / "hatch_build.py"))["platform_tag"]


@pytest.mark.parametrize(
    ("names", "tag"),
    [
        (["libc.so.6", "GLIBC_2.2.5", "GLIBC_2.14"], "manylinux_2_17_x86_64"),
        (["libc.so.6", "GLIBC_2.2.5", "GLIBC_2.34"], "manylinux_2_34_x86_64"),
        (["libc.so.6", "libm.so.6", "GLIBC_2.9", "GLIBC_2.29"], "manylinux_2_29_x86_64"),
        # musl, and a library that another machine may not have.
        (["libc.musl-x86_64.so.1"], "linux_x86_64"),
        (["libc.so.6", "libgomp.so.1", "GLIBC_2.14"], "linux_x86_64"),
    ],
)
def test_a_wheel_is_of_the_oldest_glibc_that_has_its_symbols(platform_tag, names, tag, monkeypatch):
    monkeypatch.setattr(sysconfig, "get_platform", lambda: "linux-x86_64")
    library = b"\x7fELF\0" + b"".join(name.encode() + b"\0" for name in names)
    assert platform_tag(library) == tag


def test_a_wheel_of_another_system_is_of_that_system(platform_tag, monkeypatch):
    monkeypatch.setattr(sysconfig, "get_platform", lambda: "macosx-14.0-arm64")
    assert platform_tag(b"\0GLIBC_2.2\0") == "macosx_14_0_arm64"


# --- Of `make dist` ----------------------------------------------------------------------


def wheels():
    return {path.name.split("-")[-1]: path for path in DIST.glob("tart-*.whl")}


def native():
    (path,) = (path for platform, path in wheels().items() if platform != "any.whl")
    return path


def contents(path):
    """The content of every file of a wheel, without the list of their hashes."""
    with zipfile.ZipFile(path) as archive:
        return {
            name: archive.read(name)
            for name in archive.namelist()
            if not name.endswith(("/RECORD", "/WHEEL"))
        }


def run(*command, **environ):
    own = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return subprocess.run(
        command, check=True, capture_output=True, text=True, env=own | environ, cwd="/"
    ).stdout


@pytest.mark.dist
def test_the_two_wheels_differ_in_the_kernel_alone():
    with_kernel, pure = contents(native()), contents(wheels()["any.whl"])
    assert with_kernel.keys() - pure.keys() == {"tart/native/kernel.so"}
    assert pure.items() <= with_kernel.items()
    oldest = re.search(r"manylinux_2_(\d+)_", native().name)
    symbols = re.findall(rb"\0GLIBC_2\.(\d+)", with_kernel["tart/native/kernel.so"])
    assert int(oldest[1]) >= max(map(int, symbols))


@pytest.mark.dist
@pytest.mark.parametrize("kernel", ["", "python"])
def test_the_source_archive_builds_the_same_wheels(tmp_path, kernel):
    (archive,) = DIST.glob("tart-*.tar.gz")
    build = (sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", tmp_path, archive)
    run(*build, TART_KERNEL=kernel)
    (built,) = tmp_path.iterdir()
    expected = wheels()["any.whl"] if kernel else native()
    assert built.name == expected.name
    assert contents(built) == contents(expected)


@pytest.mark.dist
@pytest.mark.parametrize(
    ("platform", "extra", "kernel"),
    [("native", "dash", "native kernel"), ("any.whl", "client", "Python kernel: not compiled")],
)
def test_a_wheel_is_installed_with_its_extras_into_a_new_environment(
    tmp_path, platform, extra, kernel
):
    wheel = native() if platform == "native" else wheels()[platform]
    run(sys.executable, "-m", "venv", tmp_path)
    python = tmp_path / "bin/python"
    lock = ROOT / "requirements.lock"
    run(python, "-m", "pip", "install", "--constraint", lock, f"{wheel}[{extra}]")
    assert run(tmp_path / "bin/tart", "version") == f"tart {__version__} ({kernel})\n"
    module = {"dash": "textual", "client": "httpx"}[extra]
    run(python, "-c", f"import tart.client, {module}")
    run(python, "-m", "pip", "check")


@pytest.mark.dist
def test_the_metadata_is_valid_and_the_readme_can_be_shown(tmp_path):
    run(sys.executable, "-m", "venv", tmp_path)
    run(tmp_path / "bin/python", "-m", "pip", "install", "twine")
    files = [*DIST.glob("tart-*.whl"), *DIST.glob("tart-*.tar.gz")]
    assert len(files) == 3
    assert run(tmp_path / "bin/twine", "check", "--strict", *files).count("PASSED") == 3
    text = contents(native())[f"tart-{__version__}.dist-info/METADATA"].decode()
    metadata = HeaderParser().parsestr(text)
    assert metadata["License-Expression"] == "MIT"
    assert {"client", "dash"} <= set(metadata.get_all("Provides-Extra"))
