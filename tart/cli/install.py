"""``tart install``: installs tart as a systemd service; ``--uninstall`` removes it.

A list of steps; each knows whether it is done, so a second run changes nothing and a run of a
newer release replaces the program and the unit. The settings, which an operator may have edited,
are written once and never overwritten. Data is never touched: the data directory and its owner
stay after ``--uninstall`` unless the directory is empty.

With ``--root DIR`` everything happens below DIR, as for an image that is yet to be booted, and
the running systemd is not notified.
"""

from __future__ import annotations

import argparse
import os
import shutil
import stat
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import tart
from tart.cli.installation import CONFIG
from tart.cli.json_output import add_json, print_json
from tart.cli.render.config_text import config_toml
from tart.cli.render.documents import StepDocument, StepsDocument, StepState
from tart.errors import StartupError
from tart.os_errors import reason

USER = "tart"

UNIT = Path("/etc/systemd/system/tart.service")
STATE = Path("/var/lib/tart")
PROGRAM = Path("/usr/local/bin/tart")
# By this name the single-file executable is `tart dash` with jamtart's flags.
DASH = PROGRAM.with_name("tart-dash")
# The command of the Debian package.
PACKAGED = Path("/usr/bin/tart")
# Where the single-file executable looks for its unpacked tree: ../lib/tart beside its folder.
UNPACKED = Path("/usr/local/lib/tart")
# Where man and the shells of all users look for them.
SHARE = Path("/usr/local/share")
MAN = SHARE / "man"
COMPLETIONS = {
    "bash": SHARE / "bash-completion/completions/tart",
    "zsh": SHARE / "zsh/site-functions/_tart",
    # fish looks below /usr/local only if XDG_DATA_DIRS names it, which ssh does not set.
    "fish": Path("/etc/fish/completions/tart.fish"),
}
# The unit has it made, for an executable that is not unpacked beside its folder.
CACHE = Path("/var/cache/tart")
# ProtectHome in the unit hides these from the service.
_HIDDEN = (Path("/home"), Path("/root"), Path("/run/user"))

# There while systemd runs (sd_booted(3)).
SYSTEMD = Path("/run/systemd/system")

RunCommand = Callable[[Sequence[str]], None]


@dataclass(frozen=True)
class Step:
    """One step of the installation.

    Attributes:
        title: The step in words; the first word is the verb.
        needed: Returns whether the step is still to be done.
        do: Performs the step.
        idle: Returns what is printed instead of the verb when the step is not needed.
    """

    title: str
    needed: Callable[[], bool]
    do: Callable[[], None]
    idle: Callable[[], str] = lambda: "already"


@dataclass(frozen=True)
class Source:
    """The program to install.

    Attributes:
        file: The single-file executable, or ``None`` if tart is installed as a Python package.
        unpacked: The directory that the executable runs from.
        script: The command of the Python package.
    """

    file: Path | None
    unpacked: Path
    script: Path

    @property
    def program(self) -> Path:
        """The program that the unit starts."""
        return PROGRAM if self.file else self.script


def running_source() -> Source:
    """Return the program of this process; ``launch.sh`` passes the executable with ``-X``."""
    file = getattr(sys, "_xoptions", {}).get("tart_file")
    script = Path(sysconfig.get_path("scripts")) / "tart"
    return Source(Path(file) if file else None, Path(sys.prefix), script)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add = parser.add_argument
    add("--dry-run", action="store_true", help="show the steps without performing them")
    add(
        "--uninstall",
        action="store_true",
        help="remove the service; data and edited settings stay",
    )
    add(
        "--root",
        type=Path,
        default=Path("/"),
        metavar="DIR",
        help="install below DIR, such as an image (default /)",
    )
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Install or uninstall, print each step, return the exit code."""
    return install(
        arguments.root,
        uninstall=arguments.uninstall,
        dry_run=arguments.dry_run,
        as_json=arguments.json,
    )


def install(
    root: Path,
    *,
    uninstall: bool = False,
    dry_run: bool = False,
    as_json: bool = False,
    source: Source | None = None,
    run_command: RunCommand | None = None,
) -> int:
    """Install or uninstall, print each step, return the exit code.

    Args:
        root: Directory that stands for ``/``.
        uninstall: Remove instead of installing.
        dry_run: Only print the steps.
        as_json: Print one document after the last step.
        source: The program to install; default: that of this process.
        run_command: Runs a command; raises ``StartupError`` if it fails.

    Raises:
        StartupError: The user is not root, or a step failed; finished steps are not undone.
    """
    if not dry_run and root == Path("/") and os.geteuid():
        raise StartupError("install: only root can; try sudo, or --dry-run to see what it does")
    source = source or running_source()
    if source.file == PACKAGED:
        raise StartupError(
            "install: this tart is of the Debian package; apt remove tart removes it"
            if uninstall
            else "install: this tart is of the Debian package, which has a unit already: "
            "systemctl enable --now tart"
        )
    problems = [*_root_problems(root, uninstall=uninstall)]
    if not (problems or dry_run or uninstall or run_command):
        problems = [*_user_problems(root)]
    if problems:
        raise StartupError(f"install: {'; '.join(problems)}; nothing was changed")
    installer = _Installer(root, source, run_command or _run_command)
    # Directories on the way to the installed files are accessible to all users.
    os.umask(0o022)
    performed: list[StepDocument] = []
    for step in installer.uninstall_steps() if uninstall else installer.install_steps():
        state, text = _perform(step, dry_run)
        performed.append({"step": step.title, "state": state})
        if not as_json:
            print(text)
    if as_json:
        print_json(StepsDocument(steps=performed))
    elif not dry_run:
        print(
            "\n".join(
                what_stays(root) if uninstall else next_steps(root, systemd_runs=SYSTEMD.exists())
            )
        )
    return 0


def what_stays(root: Path) -> tuple[str, ...]:
    """Return what an uninstallation has left, if anything, and what it does not look for."""
    left = {STATE: f"the data in {STATE}", CONFIG: f"the edited settings in {CONFIG}"}
    stays = [text for path, text in left.items() if (root / path.relative_to("/")).exists()]
    return (
        "",
        *([f"Not removed: {' and '.join(stays)}."] if stays else []),
        "Where a user has run the single file, ~/.cache/tart has its unpacked content,",
        "which can be deleted.",
    )


def next_steps(root: Path, *, systemd_runs: bool) -> tuple[str, ...]:
    """Return what to do after an installation."""
    settings = f"Settings are in {root / CONFIG.relative_to('/')}."
    if root != Path("/"):
        return (
            "",
            f"{settings} Let tart start with the image:",
            f"    systemctl --root={root} enable tart",
        )
    if not systemd_runs:
        return (
            "",
            f"{settings} systemd does not run on this machine, so nothing starts the service.",
            "Start tart yourself, as its user, or from what starts services here:",
            f"    setpriv --reuid={USER} --regid={USER} --init-groups tart serve --config {CONFIG}",
        )
    return (
        "",
        f"{settings} Start tart, now and at each boot:",
        "    systemctl enable --now tart",
        "After an upgrade: systemctl restart tart",
    )


def _root_problems(root: Path, *, uninstall: bool) -> Iterator[str]:
    """Yield why a directory cannot stand for ``/``, before anything is changed."""
    what = "--root takes the root of a file system, such as a mounted image"
    passwd = root / "etc" / "passwd"
    if not root.is_dir():
        yield f"{root} is not a directory; {what}"
    elif not uninstall:
        try:
            passwd.read_bytes()
        except OSError as error:
            yield f"{passwd}: {reason(error)}; {what}, with etc/passwd"


def _user_problems(root: Path) -> Iterator[str]:
    """Yield what is missing to create the user of the service, unless it exists."""
    lines = (root / "etc" / "passwd").read_text("utf-8", "replace").splitlines()
    if USER in (line.partition(":")[0] for line in lines):
        return
    if os.geteuid():
        yield f"only root can create the user {USER}; try sudo"
    if shutil.which("useradd") is None:
        yield f"useradd, which creates the user {USER}, is not installed on this machine"


def _perform(step: Step, dry_run: bool) -> tuple[StepState, str]:
    """Perform a step if it is needed; return its state and a line of text.

    Raises:
        StartupError: It failed.
    """
    verb, _, rest = step.title.partition(" ")
    if not step.needed():
        return "unneeded", f"{step.idle():9} {rest}"
    if dry_run:
        return "needed", f"would {verb} {rest}"
    try:
        step.do()
    except OSError as error:
        raise StartupError(f"install: cannot {step.title}: {reason(error)}") from None
    return "done", f"{verb:9} {rest}"


class _Installer:
    """The steps of installing and uninstalling below a root directory."""

    def __init__(self, root: Path, source: Source, run_command: RunCommand) -> None:
        self._root = root
        self._source = source
        self._run_command = run_command

    # --- The steps -------------------------------------------------------------------

    def install_steps(self) -> Iterator[Step]:
        """Return the steps in order; each may need those before it."""
        program = self._source.program
        if any(program.is_relative_to(directory) for directory in _HIDDEN):
            raise StartupError(
                f"install: the service cannot access {program}; install the package into a "
                "virtual environment such as /opt/tart, or use the single-file executable"
            )
        yield Step(
            f"create the system user {USER}, who cannot log in",
            lambda: self._ids() is None,
            self._create_user,
        )
        yield self._directory(CONFIG.parent, 0o755, owned=False)
        yield self._directory(STATE, 0o750, owned=True)
        yield self._write(CONFIG, settings(), 0o640, once=True)
        yield from self._program_steps()
        yield self._write(UNIT, unit(program), 0o644)
        yield self._write_all(f"write the manual pages in {MAN}", manual_pages)
        yield self._write_all("write completion for bash, zsh and fish", completions)
        yield from self._systemctl("daemon-reload")

    def uninstall_steps(self) -> Iterator[Step]:
        """Return the reverse steps; data and edited settings stay."""
        if self._path(UNIT).exists():
            yield from self._systemctl("disable", "--now", "tart.service")
        yield self._remove(UNIT)
        yield from self._systemctl("daemon-reload")
        yield self._remove_all(f"remove the manual pages in {MAN}", manual_pages)
        yield self._remove_all("remove completion for bash, zsh and fish", completions)
        yield self._remove(CACHE)
        yield self._remove(CONFIG, self._is_unedited)
        for directory in (CONFIG.parent, STATE):
            yield self._remove(directory, partial(self._holds_nothing, directory))
        yield Step(
            f"remove the system user {USER}",
            lambda: self._ids() is not None and self._holds_nothing(STATE),
            lambda: self._run_command(["userdel", *self._prefix(), USER]),
            lambda: "kept" if self._ids() else "absent",
        )
        # Last: this process may run from there, and no step after it could import a module.
        yield self._remove(DASH)
        yield self._remove(PROGRAM)
        yield self._remove(UNPACKED)

    def _program_steps(self) -> Iterator[Step]:
        file = self._source.file
        if file is None:
            return
        unpacked = self._source.unpacked
        target = UNPACKED / unpacked.name
        yield Step(
            f"copy {unpacked.name} to {target}",
            lambda: not self._path(target).exists(),
            lambda: self._copy_tree(unpacked, self._path(target)),
        )
        yield Step(
            f"copy tart to {PROGRAM}",
            lambda: not _same(file, self._path(PROGRAM)),
            lambda: self._replace(PROGRAM, file.read_bytes(), 0o755),
        )
        yield Step(
            f"link {DASH} to {PROGRAM.name}",
            lambda: not self._path(DASH).is_symlink(),
            lambda: self._path(DASH).symlink_to(PROGRAM.name),
        )
        for old in sorted(self._unused_releases(target)):
            yield self._remove(UNPACKED / old.name)

    def _unused_releases(self, target: Path) -> list[Path]:
        """Return other releases that no process runs; a restarted part imports from its own."""
        parent = self._path(UNPACKED)
        releases = parent.iterdir() if parent.is_dir() else ()
        return [each for each in releases if each.name != target.name and not _is_running(each)]

    # --- Kinds of steps --------------------------------------------------------------

    def _directory(self, path: Path, mode: int, *, owned: bool) -> Step:
        def needed() -> bool:
            directory = self._path(path)
            return not directory.is_dir() or self._differs(directory, mode, owned=owned)

        def make() -> None:
            self._path(path).mkdir(parents=True, exist_ok=True)
            self._set_permissions(self._path(path), mode, owned=owned)

        return Step(f"create {path}", needed, make)

    def _write(self, path: Path, text: str, mode: int, *, once: bool = False) -> Step:
        def needed() -> bool:
            file = self._path(path)
            return not file.exists() or (not once and file.read_text("utf-8") != text)

        return Step(f"write {path}", needed, lambda: self._replace(path, text.encode(), mode))

    def _write_all(self, title: str, files: Callable[[], Mapping[Path, str]]) -> Step:
        """Return a step that writes several files."""

        def differing() -> list[tuple[Path, str]]:
            return [(path, text) for path, text in files().items() if self._content(path) != text]

        def write() -> None:
            for path, text in differing():
                self._replace(path, text.encode(), 0o644)

        return Step(title, lambda: bool(differing()), write)

    def _remove_all(self, title: str, files: Callable[[], Mapping[Path, str]]) -> Step:
        """Return a step that removes several files."""

        def existing() -> list[Path]:
            return [self._path(path) for path in files() if self._path(path).exists()]

        def remove() -> None:
            for path in existing():
                path.unlink()

        return Step(title, lambda: bool(existing()), remove, lambda: "absent")

    def _content(self, path: Path) -> str | None:
        file = self._path(path)
        return file.read_text("utf-8", "replace") if file.is_file() else None

    def _remove(self, path: Path, allowed: Callable[[], bool] = lambda: True) -> Step:
        def remove() -> None:
            target = self._path(path)
            shutil.rmtree(target) if target.is_dir() else target.unlink()

        return Step(
            f"remove {path}",
            lambda: self._path(path).exists() and allowed(),
            remove,
            lambda: "kept" if self._path(path).exists() else "absent",
        )

    def _systemctl(self, *words: str) -> Iterator[Step]:
        """Return a step for the running systemd, if there is one and the root is ``/``."""
        if self._root == Path("/") and SYSTEMD.exists():
            command = ["systemctl", *words]
            yield Step(f"run {' '.join(command)}", lambda: True, lambda: self._run_command(command))

    def _is_unedited(self) -> bool:
        return self._path(CONFIG).read_bytes() == settings().encode()

    def _holds_nothing(self, directory: Path) -> bool:
        """Return whether a directory is absent or empty; in a dry run, whether it would be."""
        path = self._path(directory)
        content = path.iterdir() if path.exists() else ()
        return all(each == self._path(CONFIG) and self._is_unedited() for each in content)

    # --- Files and users -------------------------------------------------------------

    def _path(self, path: Path) -> Path:
        return self._root / path.relative_to("/")

    def _prefix(self) -> list[str]:
        return [] if self._root == Path("/") else ["--prefix", str(self._root)]

    def _ids(self) -> tuple[int, int] | None:
        """Return user and group id of the service from ``/etc/passwd`` below the root."""
        try:
            lines = self._path(Path("/etc/passwd")).read_text("utf-8").splitlines()
        except FileNotFoundError:
            return None
        rows = [line.split(":") for line in lines]
        return next(((int(row[2]), int(row[3])) for row in rows if row[0] == USER), None)

    def _create_user(self) -> None:
        names = ["--system", "--user-group", "--no-create-home", "--home-dir", str(STATE)]
        shell = ["--shell", "/usr/sbin/nologin"]
        self._run_command(["useradd", *self._prefix(), *names, *shell, USER])

    def _differs(self, path: Path, mode: int, *, owned: bool) -> bool:
        status = path.stat()
        owner = self._owner() if owned else None
        return stat.S_IMODE(status.st_mode) != mode or (
            owner is not None and (status.st_uid, status.st_gid) != owner
        )

    def _set_permissions(
        self, path: Path, mode: int, *, owned: bool = False, group: bool = False
    ) -> None:
        path.chmod(mode)
        if owner := self._owner():
            if owned:
                os.chown(path, *owner)
            elif group:
                os.chown(path, 0, owner[1])

    def _owner(self) -> tuple[int, int] | None:
        """Return the owner to set; ``None`` without root, as when preparing an image."""
        return None if os.geteuid() else self._ids()

    def _replace(self, path: Path, content: bytes, mode: int) -> None:
        """Write a file atomically."""
        target = self._path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(f".{target.name}.new")
        fresh.write_bytes(content)
        # A file that other users must not read is readable for the service's group.
        self._set_permissions(fresh, mode, group=mode == 0o640)
        fresh.replace(target)

    def _copy_tree(self, tree: Path, target: Path) -> None:
        """Copy a directory atomically; its owner is the user, so the service cannot change it."""
        fresh = target.with_name(f"{target.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(tree, fresh, symlinks=True)
        fresh.replace(target)


@cache
def manual_pages() -> Mapping[Path, str]:
    """Return the manual pages by their paths; it imports the modules of all commands."""
    from tart.cli.man import pages

    return {MAN / name: text for name, text in pages().items()}


@cache
def completions() -> Mapping[Path, str]:
    """Return the completion scripts by their paths; it imports the modules of all commands."""
    from tart.cli.completion import script

    return {path: script(shell) for shell, path in COMPLETIONS.items()}


def unit(program: Path) -> str:
    """Return the systemd unit that starts ``program``."""
    here = Path(__file__).with_name("tart.service")
    # A checkout has the unit in its directory ``systemd``.
    text = here if here.exists() else Path(tart.__file__).parents[1] / "systemd" / here.name
    return text.read_text("utf-8").replace(f"{PROGRAM} ", f"{program} ")


def settings() -> str:
    """Return the settings of a new installation: the defaults, with the service's directory."""
    return config_toml().replace('\ndata_dir = "shards"\n', f'\ndata_dir = "{STATE}"\n')


def _same(one: Path, other: Path) -> bool:
    return other.exists() and (one.samefile(other) or one.read_bytes() == other.read_bytes())


def _is_running(tree: Path) -> bool:
    """Return whether a process runs the program in ``tree``."""
    for executable in Path("/proc").glob("[0-9]*/exe"):
        # The process may have ended meanwhile, or belong to another user.
        with suppress(OSError):
            if executable.readlink().is_relative_to(tree):
                return True
    return False


def _run_command(command: Sequence[str]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except FileNotFoundError:
        raise StartupError(f"install: {command[0]} is not installed on this machine") from None
    except subprocess.CalledProcessError as error:
        output = error.stderr.strip() or f"exit code {error.returncode}"
        raise StartupError(f"install: {' '.join(command)}: {output}") from None
