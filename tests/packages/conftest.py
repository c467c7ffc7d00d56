"""A bare Debian for the tests of packages, made once and used again for a week."""

import os
import shutil
import subprocess
import tarfile
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WEEK = 7 * 86_400


@pytest.fixture(scope="session")
def debian_tar():
    """The root file system of ``mmdebstrap --variant=minbase`` as a tar."""
    if os.geteuid() or not shutil.which("mmdebstrap"):
        pytest.skip("needs root and mmdebstrap (Debian: mmdebstrap)")
    path = ROOT / "build" / "debian-bookworm.tar"
    if not path.exists() or path.stat().st_mtime < time.time() - WEEK:
        path.parent.mkdir(exist_ok=True)
        draft = path.with_name(f"{os.getpid()}.tar")
        command = ["mmdebstrap", "--quiet", "--variant=minbase", "bookworm", draft]
        subprocess.run(command, check=True)
        draft.rename(path)
    return path


@pytest.fixture(scope="session")
def unpack_debian(debian_tar):
    """Unpacks the bare Debian into a directory."""

    def unpack(directory):
        with tarfile.open(debian_tar) as archive:
            archive.extractall(directory, filter="fully_trusted")
        return directory

    return unpack
