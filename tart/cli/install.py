"""``tart install``: tart as a service of systemd, and ``--uninstall``, which undoes it.

A list of steps; each knows whether it is already done, so a second run changes nothing and a
run of a newer release replaces the program and the unit. What an operator may have edited, the
settings, is written once and never again. Data is never touched: the data directory and its
owner stay after ``--uninstall`` unless there is nothing in it.

With ``--root DIR`` everything happens below DIR, as for an image that is yet to be booted;
no running systemd is told of it then.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import tart
from tart.cli.render.config_text import config_toml
from tart.errors import StartupError

USER = "tart"
CONFIG = Path("/etc/tart/config.toml")
UNIT = Path("/etc/systemd/system/tart.service")
STATE = Path("/var/lib/tart")
PROGRAM = Path("/usr/local/bin/tart")
# Where the one file looks for itself unpacked: ../lib/tart beside its folder.
UNPACKED = Path("/usr/local/lib/tart")
# ProtectHome in the unit hides these.
_HIDDEN = (Path("/home"), Path("/root"), Path("/run/user"))

Run = Callable[[Sequence[str]], None]


@dataclass(frozen=True)
class Step:
    """One thing to do.

    Attributes:
        what: completes "create" or "would create"; its first word is the verb.
        needed: whether it is yet to be done.
        do: does it.
        idle: what is printed instead of the verb when it is not needed.
    """

    what: str
    needed: Callable[[], bool]
    do: Callable[[], None]
    idle: Callable[[], str] = lambda: "already"


@dataclass(frozen=True)
class Source:
    """The program that is to be installed.

    Attributes:
        file: the one file, or ``None`` where tart is installed as a Python package.
        unpacked: the folder that file runs from.
        script: the command of the Python package.
    """

    file: Path | None
    unpacked: Path
    script: Path

    @property
    def program(self) -> Path:
        """What the unit is to start."""
        return PROGRAM if self.file else self.script


def running_source() -> Source:
    """What this process runs from; ``launch.sh`` names the one file with ``-X``."""
    file = getattr(sys, "_xoptions", {}).get("tart_file")
    script = Path(sysconfig.get_path("scripts")) / "tart"
    return Source(Path(file) if file else None, Path(sys.prefix), script)


def install(
    root: Path,
    *,
    uninstall: bool = False,
    dry_run: bool = False,
    source: Source | None = None,
    run: Run | None = None,
) -> int:
    """Do, undo or only show; prints a line for each step. Returns the exit code.

    Args:
        root: what stands for ``/``.
        source: what to install; default: what runs now.
        run: runs a command; raises ``StartupError`` if it fails.

    Raises:
        StartupError: not root, or a step failed; what was done before stays.
    """
    if not dry_run and root == Path("/") and os.geteuid():
        raise StartupError("install: only root can; try sudo, or --dry-run to see what it does")
    place = _Place(root, source or running_source(), run or _run)
    # Folders on the way to what is installed are for everybody.
    os.umask(0o022)
    for step in place.uninstalling() if uninstall else place.installing():
        _take(step, dry_run)
    if not dry_run:
        print("\n".join(_FAREWELL if uninstall else _WELCOME))
    return 0


_WELCOME = (
    "",
    f"Settings are in {CONFIG}. Start tart, now and at each boot:",
    "    systemctl enable --now tart",
    "After an upgrade: systemctl restart tart",
)
_FAREWELL = ("", f"What was in {STATE} and settings that were changed are still there.")


def _take(step: Step, dry_run: bool) -> None:
    verb, _, rest = step.what.partition(" ")
    if not step.needed():
        print(f"{step.idle():9} {rest}")
        return
    if dry_run:
        print(f"would {verb} {rest}")
        return
    try:
        step.do()
    except OSError as error:
        raise StartupError(f"install: cannot {step.what}: {error.strerror or error}") from None
    print(f"{verb:9} {rest}")


class _Place:
    """Where tart is installed, and the steps there."""

    def __init__(self, root: Path, source: Source, run: Run) -> None:
        self._root = root
        self._source = source
        self._run = run

    # --- The steps -------------------------------------------------------------------

    def installing(self) -> Iterator[Step]:
        """In order; each may need those before it."""
        program = self._source.program
        if any(program.is_relative_to(each) for each in _HIDDEN):
            raise StartupError(
                f"install: the service could not see {program}; install the package into a "
                "virtual environment such as /opt/tart, or use the one file"
            )
        yield Step(
            f"create the system user {USER}, who cannot log in",
            lambda: self._ids() is None,
            self._create_user,
        )
        yield self._directory(CONFIG.parent, 0o755, owned=False)
        yield self._directory(STATE, 0o750, owned=True)
        yield self._written(CONFIG, _settings(), 0o640, once=True)
        yield from self._program_steps()
        yield self._written(UNIT, unit(program), 0o644)
        yield from self._told("daemon-reload")

    def uninstalling(self) -> Iterator[Step]:
        """The reverse; data, and settings somebody changed, stay."""
        if self._at(UNIT).exists():
            yield from self._told("disable", "--now", "tart.service")
        yield self._removed(UNIT)
        yield from self._told("daemon-reload")
        yield self._removed(PROGRAM)
        yield self._removed(UNPACKED)
        yield self._removed(CONFIG, lambda: self._at(CONFIG).read_text("utf-8") == _settings())
        for each in (CONFIG.parent, STATE):
            yield self._removed(each, partial(self._empty, each))
        yield Step(
            f"remove the system user {USER}",
            lambda: self._ids() is not None and not self._at(STATE).exists(),
            lambda: self._run(["userdel", *self._prefix(), USER]),
            lambda: "kept" if self._ids() else "absent",
        )

    def _program_steps(self) -> Iterator[Step]:
        file = self._source.file
        if file is None:
            return
        unpacked = self._source.unpacked
        target = UNPACKED / unpacked.name
        yield Step(
            f"copy {unpacked.name} to {target}",
            lambda: not self._at(target).exists(),
            lambda: self._copy_tree(unpacked, self._at(target)),
        )
        yield Step(
            f"copy tart to {PROGRAM}",
            lambda: not _same(file, self._at(PROGRAM)),
            lambda: self._replace(PROGRAM, file.read_bytes(), 0o755),
        )
        for old in sorted(self._others(target)):
            yield self._removed(UNPACKED / old.name)

    def _others(self, target: Path) -> list[Path]:
        """Releases before that nobody runs: a part that is started again imports from there."""
        parent = self._at(UNPACKED)
        found = parent.iterdir() if parent.is_dir() else ()
        return [each for each in found if each.name != target.name and not _runs(each)]

    # --- Kinds of steps --------------------------------------------------------------

    def _directory(self, path: Path, mode: int, *, owned: bool) -> Step:
        def needed() -> bool:
            at = self._at(path)
            return not at.is_dir() or self._differs(at, mode, owned=owned)

        def make() -> None:
            self._at(path).mkdir(parents=True, exist_ok=True)
            self._settle(self._at(path), mode, owned=owned)

        return Step(f"create {path}", needed, make)

    def _written(self, path: Path, text: str, mode: int, *, once: bool = False) -> Step:
        def needed() -> bool:
            at = self._at(path)
            return not at.exists() or (not once and at.read_text("utf-8") != text)

        return Step(f"write {path}", needed, lambda: self._replace(path, text.encode(), mode))

    def _removed(self, path: Path, allowed: Callable[[], bool] = lambda: True) -> Step:
        def remove() -> None:
            at = self._at(path)
            shutil.rmtree(at) if at.is_dir() else at.unlink()

        return Step(
            f"remove {path}",
            lambda: self._at(path).exists() and allowed(),
            remove,
            lambda: "kept" if self._at(path).exists() else "absent",
        )

    def _told(self, *words: str) -> Iterator[Step]:
        """A word to the running systemd, if there is one and it is meant."""
        if self._root == Path("/") and Path("/run/systemd/system").exists():
            command = ["systemctl", *words]
            yield Step(f"run {' '.join(command)}", lambda: True, lambda: self._run(command))

    def _empty(self, path: Path) -> bool:
        return not any(self._at(path).iterdir())

    # --- How -------------------------------------------------------------------------

    def _at(self, path: Path) -> Path:
        return self._root / path.relative_to("/")

    def _prefix(self) -> list[str]:
        return [] if self._root == Path("/") else ["--prefix", str(self._root)]

    def _ids(self) -> tuple[int, int] | None:
        """User and group of the service, as the machine below the root has them."""
        try:
            lines = self._at(Path("/etc/passwd")).read_text("utf-8").splitlines()
        except FileNotFoundError:
            return None
        rows = [line.split(":") for line in lines]
        return next(((int(row[2]), int(row[3])) for row in rows if row[0] == USER), None)

    def _create_user(self) -> None:
        self._run(
            [
                *("useradd", *self._prefix(), "--system", "--user-group", "--no-create-home"),
                *("--home-dir", str(STATE), "--shell", "/usr/sbin/nologin", USER),
            ]
        )

    def _differs(self, at: Path, mode: int, *, owned: bool) -> bool:
        found = at.stat()
        owner = self._owner() if owned else None
        return stat.S_IMODE(found.st_mode) != mode or (
            owner is not None and (found.st_uid, found.st_gid) != owner
        )

    def _settle(self, at: Path, mode: int, *, owned: bool = False, group: bool = False) -> None:
        at.chmod(mode)
        if owner := self._owner():
            if owned:
                os.chown(at, *owner)
            elif group:
                os.chown(at, 0, owner[1])

    def _owner(self) -> tuple[int, int] | None:
        """Whom files can be given to: an image may be prepared by somebody who is not root."""
        return None if os.geteuid() else self._ids()

    def _replace(self, path: Path, content: bytes, mode: int) -> None:
        """Write a file as a whole or not at all."""
        at = self._at(path)
        at.parent.mkdir(parents=True, exist_ok=True)
        fresh = at.with_name(f".{at.name}.new")
        fresh.write_bytes(content)
        # What others must not read, the service's group may.
        self._settle(fresh, mode, group=mode == 0o640)
        fresh.replace(at)

    def _copy_tree(self, tree: Path, at: Path) -> None:
        """As a whole or not at all; owned by who copies, so that the service cannot change it."""
        fresh = at.with_name(f"{at.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(tree, fresh, symlinks=True)
        fresh.replace(at)


def unit(program: Path) -> str:
    """The unit, starting ``program``."""
    here = Path(__file__).with_name("tart.service")
    # In a checkout it is where people look for it.
    text = here if here.exists() else Path(tart.__file__).parents[1] / "systemd" / here.name
    return text.read_text("utf-8").replace(f"ExecStart={PROGRAM} ", f"ExecStart={program} ")


def _settings() -> str:
    return config_toml().replace('\ndata_dir = "shards"\n', f'\ndata_dir = "{STATE}"\n')


def _same(one: Path, other: Path) -> bool:
    return other.exists() and (one.samefile(other) or one.read_bytes() == other.read_bytes())


def _runs(tree: Path) -> bool:
    """Whether a process runs the program in ``tree``."""
    for each in Path("/proc").glob("[0-9]*/exe"):
        # It may have ended meanwhile, or be somebody's whom we may not look at.
        with suppress(OSError):
            if each.readlink().is_relative_to(tree):
                return True
    return False


def _run(command: Sequence[str]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except FileNotFoundError:
        raise StartupError(f"install: there is no {command[0]} on this machine") from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.strip() or f"exit code {error.returncode}"
        raise StartupError(f"install: {' '.join(command)}: {said}") from None
