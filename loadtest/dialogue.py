"""The protocol between the processes of a benchmark: one word in, one JSON object out.

The bench starts each part (generator, floor, queries, hostile) with its options as one
JSON argument. ``Part`` is the bench's end, ``send`` and ``wait_for`` are the part's.
"""

from __future__ import annotations

import json
import selectors
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).parents[1]

Json = dict[str, Any]


class Broken(Exception):
    """A part of the benchmark failed; its figures are invalid."""


class Part:
    """``python -m module '{options}'``; a context manager that ends the process."""

    def __init__(self, module: str, options: Json) -> None:
        self.name = module
        self._popen = subprocess.Popen(
            [sys.executable, "-m", module, json.dumps(options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
        )

    def __enter__(self) -> Part:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._popen.kill()
        self._popen.communicate()

    @property
    def pid(self) -> int:
        """Id of its process."""
        return self._popen.pid

    def command(self, word: str) -> None:
        """Send a word to the part."""
        assert self._popen.stdin is not None
        self._popen.stdin.write(f"{word}\n".encode())
        self._popen.stdin.flush()

    def receive(self, seconds: float) -> Json:
        """Return the part's next object.

        Raises:
            Broken: The part did not send one in time, or ended.
        """
        assert self._popen.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._popen.stdout, selectors.EVENT_READ)
            if not selector.select(seconds):
                raise Broken(f"{self.name} sent nothing for {seconds:.0f} s")
        line = self._popen.stdout.readline()
        if not line:
            raise Broken(f"{self.name} ended with {self._popen.wait()}")
        values: Json = json.loads(line)
        return values


def options() -> Json:
    """Return the options of this part."""
    given: Json = json.loads(sys.argv[1])
    return given


def send(**values: Any) -> None:
    """Send an object to the bench."""
    print(json.dumps(values), flush=True)


def wait_for(word: str) -> None:
    """Wait until the bench sends this word; exit if the bench ends."""
    for line in sys.stdin:
        if line.strip() == word:
            return
    raise SystemExit(1)
