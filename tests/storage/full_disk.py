"""A small file system of its own, to be filled; skips where mounting is not permitted."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager

import pytest

SIZE = 24 << 20


@contextmanager
def small_disk(path):
    """An empty tmpfs at ``path``."""
    path.mkdir()
    mount = shutil.which("mount")
    options = ["-t", "tmpfs", "-o", f"size={SIZE}", "tart-test", path]
    if (
        mount is None
        or subprocess.run([mount, *options], capture_output=True, check=False).returncode
    ):
        pytest.skip("mounting a small file system is not permitted here")
    try:
        yield path
    finally:
        subprocess.run(["umount", "--lazy", path], check=True)


class Ballast:
    """A file that takes room until it is let go."""

    def __init__(self, disk):
        self._path = disk / "ballast"

    def leave(self, free):
        """Take all free space but ``free`` bytes."""
        self._path.unlink(missing_ok=True)
        with self._path.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(self._path.parent).free - free)

    def release(self):
        self._path.unlink(missing_ok=True)
