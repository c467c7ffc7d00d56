"""tart whose derived work fails when a test wants it: ``python -m tests.fuzz.faulty serve …``.

The file named by ``FAULTS`` has the stage that fails, or nothing. A stage fails at random, so
that some of what it does succeeds, with a seed of its own in each process.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from random import Random

from tart.aggregate.core.isolation import Isolation
from tart.cli.main import main

SHARE = 0.7


class Broken(Exception):
    """A fault of tart."""


class Injector:
    """Raises where the file says so."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._random = Random(0)

    def __call__(self, stage: str) -> None:
        if self._path.read_text() == stage and self._random.random() < SHARE:
            raise Broken(f"{stage} is to fail")


def install(path: Path) -> None:
    """Every shard started from now on asks the file."""
    plain = Isolation.__init__

    def made(self: Isolation, *arguments: object, **more: object) -> None:
        plain(self, *arguments, **more)  # type: ignore[arg-type]
        self.inject = Injector(path)

    Isolation.__init__ = made  # type: ignore[method-assign]


if __name__ == "__main__":
    install(Path(os.environ["FAULTS"]))
    sys.exit(main())
