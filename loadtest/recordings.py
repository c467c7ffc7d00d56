"""Recordings on disk: made once for equal arguments and equal code."""

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
# Two, so that one slot's hashes do not come again at once.
SLOTS = 2

# What decides on a recording's bytes.
_CODE = (
    "loadtest/traffic.py",
    "tart/simulate/*.py",
    "tart/testing.py",
    *(f"tart/protocol/{name}.py" for name in ("encoding", "events", "types", "wire")),
)


def recorded(nodes: int, cores: int, progress: Callable[[str], None] = lambda text: None) -> Path:
    """The file with the recording of a network of that size, made if it is not there."""
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
    """A recording from its file."""
    with np.load(path) as stored:
        arrays = {name: stored[name] for name in stored.files}
    return Recording(cores=int(arrays.pop("cores")), **arrays)


def path_of(nodes: int, cores: int) -> Path:
    """Where that recording is kept; another version of the code has another name."""
    return CACHE / f"{_size(nodes, cores)}-{_version()}.npz"


def _size(nodes: int, cores: int) -> str:
    return f"{nodes}-{cores}-{SEED}-{SLOTS}"


def _version() -> str:
    digest = hashlib.sha256()
    for pattern in _CODE:
        for path in sorted(ROOT.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
