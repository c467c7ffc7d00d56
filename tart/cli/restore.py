"""``tart restore``: restores a backup into an empty data directory."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tart.cli.arguments import add_config, add_data_dir
from tart.cli.backup import copy_file, read_manifest
from tart.cli.data_directory import CONTROL
from tart.cli.json_output import add_json, print_json
from tart.cli.progress import Progress
from tart.cli.render.documents import RestoreDocument
from tart.cli.render.progress_line import BYTES
from tart.config.load import load
from tart.errors import StartupError
from tart.supervisor.data_lock import lock_directories


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "source", type=Path, metavar="BACKUP", help="backup that 'tart backup' created"
    )
    add_config(parser)
    add_data_dir(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Restore a backup into the data directory and return the exit code.

    Raises:
        ConfigError: The settings are not valid.
        StartupError: The backup is not complete, or the data directory is not empty.
    """
    started = time.monotonic()
    source: Path = arguments.source
    flags = {"data_dir": arguments.data_dir}
    config = load(arguments.config, environ=os.environ, flags=flags)
    root = config.data_path
    manifest = read_manifest(source)
    with lock_directories(root, config.run_path):
        # README.md and .gitignore are in the default directory of a checkout.
        data = {path.name for path in root.iterdir() if path.is_dir() or path.name == CONTROL}
        if present := sorted(data - {config.run_path.name}):
            raise StartupError(f"data_dir: {root} has data already: {', '.join(present)}")
        size = sum(entry["bytes"] for entry in manifest["files"].values())
        with Progress("restore", size, unit=BYTES) as progress:
            _copy_files(source, root, manifest, progress)
    document: RestoreDocument = {
        "path": str(root),
        "begun_at": manifest["begun_at"],
        "files": len(manifest["files"]),
        "bytes": size,
        "seconds": time.monotonic() - started,
    }
    if arguments.json:
        print_json(document)
    else:
        print(f"{root}: {document['files']} files restored from {document['begun_at']}")
    return 0


def _copy_files(source: Path, root: Path, manifest: Mapping[str, Any], progress: Progress) -> None:
    """Copy the files of a backup and compare their digests.

    Raises:
        StartupError: A file differs from the one that was backed up.
    """
    owner = root.stat()
    for name, expected in manifest["files"].items():
        destination = root / name
        destination.parent.mkdir(mode=0o750, exist_ok=True)
        if copy_file(source / name, destination, progress.advance) != expected["digest"]:
            raise StartupError(
                f"{source / name}: differs from the file that was backed up; the backup is damaged"
            )
        if os.geteuid() == 0:
            for path in (destination.parent, destination):
                os.chown(path, owner.st_uid, owner.st_gid)
