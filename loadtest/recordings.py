"""A cache of recordings on disk, by arguments and code."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from loadtest import traffic
from loadtest.traffic import Recording

ROOT = Path(__file__).parents[1]
CACHE = Path(__file__).parent / "cache"
SEED = 1
# Two, so that a slot's hashes do not repeat at once.
SLOTS = 2

# The files that determine a recording's bytes.
_CODE = (
    "loadtest/traffic.py",
    "tart/simulate/**/*.py",
    "tart/testing.py",
    *(f"tart/protocol/{name}.py" for name in ("encoding", "events", "types", "wire")),
)


def recorded(nodes: int, cores: int, progress: Callable[[str], None] = lambda text: None) -> Path:
    """Return the file with the recording of a network; make it if it does not exist."""
    path = path_of(nodes, cores)
    if not path.exists():
        made = traffic.record(nodes, cores, SEED, SLOTS, progress)
        CACHE.mkdir(exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}")
        with unfinished.open("wb") as file:
            np.savez(
                file,
                cores=np.array(cores),
                data=made.data,
                starts=made.starts,
                firsts=made.firsts,
                first_ids=made.first_ids,
            )
        for outdated in CACHE.glob(f"{_size(nodes, cores)}-*.npz"):
            outdated.unlink(missing_ok=True)
        unfinished.rename(path)
    return path


def load(path: Path) -> Recording:
    """Load a recording."""
    with np.load(path) as stored:
        arrays = {name: stored[name] for name in stored.files}
    return Recording(cores=int(arrays.pop("cores")), **arrays)


def path_of(nodes: int, cores: int) -> Path:
    """Return the path of a recording, which depends on the version of the code."""
    return CACHE / f"{_size(nodes, cores)}-{_version()}.npz"


def _size(nodes: int, cores: int) -> str:
    return f"{nodes}-{cores}-{SEED}-{SLOTS}"


def _version() -> str:
    digest = hashlib.sha256()
    for pattern in _CODE:
        for path in sorted(ROOT.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
