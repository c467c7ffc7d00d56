"""``tart restore``: restores a backup into an empty data directory, wholly or not at all.

The files are copied into a draft inside the data directory and compared with the digests of the
backup. Only when all are there, the draft becomes complete by one rename and its entries move to
their places. A restore that fails or is killed before leaves nothing but the draft, which the next
one removes; one that is killed while the entries move is finished by the next, and no server starts
before. Files are always copies: a backup on the same disk stays as it is.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any

from tart.amounts import bytes_text
from tart.cli.arguments import add_config, add_data_dir
from tart.cli.backup import MANIFEST, copy_file, read_manifest
from tart.cli.data_directory import explain
from tart.cli.installation import load_settings
from tart.cli.interrupted_restore import COMPLETE, DRAFT
from tart.cli.json_output import add_json, print_json
from tart.cli.progress import Progress
from tart.cli.render.documents import RestoreDocument
from tart.cli.render.progress_line import BYTES
from tart.config.schema import Config
from tart.errors import ConfigError, StartupError
from tart.os_errors import reason
from tart.supervisor.data_lock import LOCK_NAME, lock_directories

# Names in a directory that has no data: those of a checkout, of a new file system, and ours.
_NO_DATA = frozenset(["README.md", ".gitignore", "lost+found", LOCK_NAME, DRAFT, COMPLETE])
_MAX_SHOWN = 5

Manifest = Mapping[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "source", type=Path, metavar="BACKUP", help="backup that 'tart backup' created"
    )
    add_config(parser, installed=True)
    add_data_dir(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Restore a backup into the data directory and return the exit code.

    Raises:
        ConfigError: The settings are not valid, or the data directory is not empty.
        StartupError: The backup is not complete, or the disk is full; nothing was changed.
    """
    started = time.monotonic()
    source: Path = arguments.source
    config = load_settings(arguments)
    root = config.data_path
    manifest = read_manifest(source)
    _check_backup(source, manifest)
    size = sum(entry["bytes"] for entry in manifest["files"].values())
    with _locked(config):
        interrupted = finish_interrupted(root)
        if interrupted != manifest:
            _require_empty(config, interrupted)
            _require_space(root, size)
            with Progress("restore", size, unit=BYTES) as progress:
                _copy_files(source, root, manifest, progress)
            finish_interrupted(root)
    document: RestoreDocument = {
        "path": str(root),
        "begun_at": manifest["begun_at"],
        "files": len(manifest["files"]),
        "bytes": size,
        "seconds": round(time.monotonic() - started, 3),
    }
    if arguments.json:
        print_json(document)
    else:
        print(f"{root}: {document['files']} files restored from {document['begun_at']}")
    return 0


@contextmanager
def _locked(config: Config) -> Iterator[None]:
    """Lock the data directory; remove it again if it was made for a restore that failed."""
    root = config.data_path
    new = [path for path in (config.run_path, root / LOCK_NAME, root) if not os.path.lexists(path)]
    try:
        with lock_directories(root, config.run_path):
            try:
                yield
            except BaseException:
                # Under the lock, or another process might have begun to use what is removed.
                shutil.rmtree(root / DRAFT, ignore_errors=True)
                for path in new:
                    with suppress(OSError):
                        path.unlink() if path.name == LOCK_NAME else path.rmdir()
                raise
    except OSError as error:
        problem = f"{root}: restore failed and changed nothing: {reason(error)}"
        raise StartupError(problem) from None


def _check_backup(source: Path, manifest: Manifest) -> None:
    """Refuse a backup that lacks files, before anything is created.

    Raises:
        StartupError: A file is missing, has another size, or would lie elsewhere.
    """
    for name, entry in manifest["files"].items():
        parts = PurePosixPath(name).parts
        if not 0 < len(parts) <= 2 or any(part in ("..", "/") for part in parts):
            raise StartupError(f"{source / MANIFEST}: {name!r} is not a file of a backup")
        try:
            size = (source / name).stat().st_size
        except OSError as error:
            problem = f"{source / name}: {explain(error, source / name)}"
            raise StartupError(f"{problem}; the backup is not complete") from None
        if size != entry["bytes"]:
            raise StartupError(
                f"{source / name}: has {size} bytes instead of {entry['bytes']}; the backup is "
                "damaged"
            )


def _require_empty(config: Config, interrupted: Manifest | None) -> None:
    root = config.data_path
    present = sorted(
        path.name for path in root.iterdir() if path.name not in _NO_DATA | {config.run_path.name}
    )
    if present:
        shown = ", ".join(present[:_MAX_SHOWN]) + (", …" if len(present) > _MAX_SHOWN else "")
        hint = "; restore into a new directory with --data-dir, or move the data away first"
        if interrupted is not None:
            hint = f"; the interrupted restore of {interrupted['begun_at']} was finished"
        raise ConfigError(f"data_dir: {root} has data already: {shown}{hint}")


def _require_space(root: Path, size: int) -> None:
    shutil.rmtree(root / DRAFT, ignore_errors=True)  # of a restore that was killed
    if (free := shutil.disk_usage(root).free) < size:
        raise StartupError(
            f"{root}: the backup has {bytes_text(size)}, and {bytes_text(free)} are free; "
            "nothing was restored"
        )


def _copy_files(source: Path, root: Path, manifest: Manifest, progress: Progress) -> None:
    """Copy the files of a backup into the draft, compare their digests, and complete the draft.

    Raises:
        StartupError: A file differs from the one that was backed up.
    """
    owner, draft = root.stat(), root / DRAFT
    draft.mkdir(mode=0o750)
    for name, expected in manifest["files"].items():
        destination = draft / name
        destination.parent.mkdir(mode=0o750, exist_ok=True)
        if copy_file(source / name, destination, progress.advance) != expected["digest"]:
            raise StartupError(
                f"{source / name}: differs from the file that was backed up; the backup is damaged "
                "and nothing was restored"
            )
        if os.geteuid() == 0:
            for path in (destination.parent, destination):
                os.chown(path, owner.st_uid, owner.st_gid)
    (draft / MANIFEST).write_text(json.dumps(manifest))
    os.sync()
    draft.rename(root / COMPLETE)


def finish_interrupted(root: Path) -> Manifest | None:
    """Move the entries of a complete draft to their places, and return its manifest.

    The manifest moves last, so that a restore that is interrupted here can be finished again.

    Returns:
        The manifest of the restored backup; ``None`` if there is no complete draft.
    """
    complete = root / COMPLETE
    if not complete.is_dir():
        return None
    manifest: Manifest | None = None
    if (complete / MANIFEST).exists():
        manifest = json.loads((complete / MANIFEST).read_text())
        for path in sorted(complete.iterdir()):
            if path.name != MANIFEST:
                path.rename(root / path.name)
        (complete / MANIFEST).unlink()
    complete.rmdir()
    return manifest
