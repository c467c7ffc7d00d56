"""``make deb``: the Debian package, built from ``dist/tart``.

What ``tart install`` does is done here by dpkg and by the maintainer scripts in
``systemd/debian``: the unpacked program in ``/usr/lib/tart``, the command, the unit, the settings
(a conffile), manual pages and completions. The same file makes the same package, byte for byte:
times are those of the changelog's newest version, or ``SOURCE_DATE_EPOCH``.

Only dpkg-deb is needed: nothing is compiled, and ``debian/rules`` would be the source package of
a distribution, which builds from its own Python and libraries.
"""

from __future__ import annotations

import argparse
import gzip
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.parser import HeaderParser
from email.utils import format_datetime
from pathlib import Path

from pack import ROOT, oldest_glibc

from tart import __version__
from tart.cli.completion import script
from tart.cli.install import settings, unit
from tart.cli.man import pages

SCRIPTS = ROOT / "systemd" / "debian"
_MAINTAINER = "The tart developers <tart@packages.invalid>"
_CONFFILE = "/etc/tart/config.toml"
# Where Debian's policy has the completion of packages, which is not where an administrator's is.
_COMPLETIONS = {
    "bash": "usr/share/bash-completion/completions/tart",
    "zsh": "usr/share/zsh/vendor-completions/_tart",
    "fish": "usr/share/fish/vendor_completions.d/tart.fish",
}
_LAUNCHER = """\
#!/bin/sh
exec {program} -I -X tart_file=/usr/bin/tart {code} "$@"
"""
_COMMANDS = {
    "tart": "-m tart",
    "tart-dash": "-c 'import sys; from tart.cli.dash import main; sys.exit(main())'",
}


def main() -> None:
    """Build the package; print its path."""
    parser = argparse.ArgumentParser(description="Build the Debian package from dist/tart.")
    parser.add_argument("directory", type=Path, nargs="?", default=ROOT / "dist")
    directory = parser.parse_args().directory
    file = directory / "tart"
    if not file.exists():
        sys.exit(f"{file} does not exist; run `make dist` first")
    architecture = _output("dpkg", "--print-architecture").strip()
    package = directory / f"tart_{__version__}_{architecture}.deb"
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "root"
        root.mkdir(mode=0o755)
        release = _fill(root, file)
        _control(root, architecture, oldest_glibc(release))
        _set_times_and_modes(root)
        _output(
            *("dpkg-deb", "--root-owner-group", "--uniform-compression", "-Zxz", "-z3"),
            *("--build", root, package),
            environ={"SOURCE_DATE_EPOCH": str(_epoch())},
        )
    print(f"{package} {package.stat().st_size / 1e6:.1f} MB")


def _fill(root: Path, file: Path) -> Path:
    """Write what the package installs; return the unpacked program."""
    release = _unpack(file, root / "usr/lib/tart")
    program = Path("/", release.relative_to(root), "bin/tart")
    for name, code in _COMMANDS.items():
        _write(root / "usr/bin" / name, _LAUNCHER.format(program=program, code=code), 0o755)
    _write(root / "usr/lib/systemd/system/tart.service", unit(Path("/usr/bin/tart")))
    _write(root / _CONFFILE.lstrip("/"), settings())
    for name, text in pages().items():
        _write_gzip(root / "usr/share/man" / f"{name}.gz", text)
    for shell, name in _COMPLETIONS.items():
        _write(root / name, script(shell))
    documentation = root / "usr/share/doc/tart"
    _write(documentation / "copyright", _copyright(release))
    _write_gzip(documentation / "changelog.gz", _changelog())
    _write_gzip(documentation / "CHANGELOG.md.gz", (ROOT / "CHANGELOG.md").read_text("utf-8"))
    overrides = (SCRIPTS / "lintian-overrides").read_text("utf-8")
    _write(root / "usr/share/lintian/overrides/tart", overrides)
    return release


def _unpack(file: Path, parent: Path) -> Path:
    """Let the file unpack itself into a directory; return the release in it."""
    with tempfile.TemporaryDirectory() as cache:
        _output(file, "version", environ={"CACHE_DIRECTORY": cache})
        (release,) = Path(cache).iterdir()
        return Path(shutil.copytree(release, parent / release.name, symlinks=True))


def _control(root: Path, architecture: str, glibc: str) -> None:
    """Write the control files: metadata, maintainer scripts, checksums."""
    control = root / "DEBIAN"
    control.mkdir()
    files = [path for path in _files(root) if control not in path.parents]
    values = {
        "VERSION": __version__,
        "ARCHITECTURE": architecture,
        "MAINTAINER": _maintainer(),
        "SIZE": str(sum(-(-path.stat().st_size // 1024) for path in files)),
        "GLIBC": glibc,
    }
    text = (SCRIPTS / "control").read_text("utf-8")
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    _write(control / "control", text)
    _write(control / "conffiles", f"{_CONFFILE}\n")
    _write(control / "templates", (SCRIPTS / "templates").read_text("utf-8"))
    for name in ("config", "postinst", "prerm", "postrm"):
        _write(control / name, (SCRIPTS / name).read_text("utf-8"), 0o755)
    sums = _output("md5sum", *(path.relative_to(root) for path in files), cwd=root)
    _write(control / "md5sums", sums)


def _maintainer() -> str:
    """Return name and address as Debian's tools take them from the environment."""
    environ = os.environ
    if "DEBEMAIL" in environ:
        return f"{environ.get('DEBFULLNAME', 'The tart developers')} <{environ['DEBEMAIL']}>"
    return _MAINTAINER


def _changelog() -> str:
    """Return the changelog in Debian's form; that of tart is beside it."""
    return (
        f"tart ({__version__}) unstable; urgency=medium\n\n"
        f"  * Version {__version__}; CHANGELOG.md.gz has the changes for operators.\n\n"
        f" -- {_maintainer()}  {format_datetime(datetime.fromtimestamp(_epoch(), UTC))}\n"
    )


def _epoch() -> int:
    """Return the time that all files of the package have, in Unix seconds."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    heading = re.search(r"^## \S+ \((\S+)\)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)
    released = heading and re.fullmatch(r"\d{4}-\d\d-\d\d", heading[1])
    if released:
        return int(datetime.fromisoformat(released[0]).replace(tzinfo=UTC).timestamp())
    # Not released yet: midnight, so that a second build of a day has the same bytes.
    return int(time.time()) // 86_400 * 86_400


def _copyright(release: Path) -> str:
    """Return tart's licence and, of each part of the package, the licence and its place."""
    licence = (ROOT / "LICENSE").read_text("utf-8").partition("\n\n")[2]
    body = licence[licence.index("Permission") :]
    lines = [(SCRIPTS / "copyright").read_text("utf-8").rstrip()]
    lines += [f" {line}" if line else " ." for line in body.strip().splitlines()]
    lines += ["", "Files: usr/lib/tart/*", "Copyright: the authors of each part, see the comment"]
    lines += ["License: various", " See the comment: each part has its own licence."]
    lines += ["Comment:", " Parts of the package, and where each one's licence is:", " ."]
    lines += [f" {line}" for line in _parts(release)]
    return "\n".join(lines) + "\n"


def _parts(release: Path) -> Iterator[str]:
    place = Path("/", *release.parts[release.parts.index("usr") :])
    yield f"{place}/lib/python*/: Python, PSF-2.0 (LICENSE.txt there)"
    for path in sorted(release.glob("lib/licenses/*")):
        yield f"{place}/lib/{path.stem}: see lib/licenses/{path.name} there"
    for path in sorted(release.rglob("*.dist-info")):
        fields = HeaderParser().parsestr((path / "METADATA").read_text("utf-8"))
        licence = fields["License-Expression"] or (fields["License"] or "").splitlines()[0:1]
        name = licence if isinstance(licence, str) else "".join(licence)
        yield f"{fields['Name']} {fields['Version']}: {name or 'see there'} ({path.name})"


def _files(root: Path) -> list[Path]:
    return [path for path in sorted(root.rglob("*")) if path.is_file() and not path.is_symlink()]


def _set_times_and_modes(root: Path) -> None:
    """Give every file the same time, and permissions that do not depend on this user's umask."""
    for path in [root, *root.rglob("*")]:
        if path.is_symlink():
            os.utime(path, (_epoch(), _epoch()), follow_symlinks=False)
            continue
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        os.utime(path, (_epoch(), _epoch()))


def _write(path: Path, text: str, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    path.chmod(mode)


def _write_gzip(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def _output(
    *command: str | Path, environ: dict[str, str] | None = None, cwd: Path | None = None
) -> str:
    return subprocess.run(
        command,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | (environ or {}),
        cwd=cwd,
    ).stdout


if __name__ == "__main__":
    main()
