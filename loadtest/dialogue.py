"""Processes of a benchmark talk in lines: one word in, one JSON object out.

The bench starts each part (generator, floor, queries, hostile) with its options as one
JSON argument. ``Part`` is the bench's end, ``say`` and ``wait_for`` are the part's.
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
    """Something of the benchmark did not work; its figures mean nothing."""


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
        """Its process."""
        return self._popen.pid

    def tell(self, word: str) -> None:
        """Say a word to it."""
        assert self._popen.stdin is not None
        self._popen.stdin.write(f"{word}\n".encode())
        self._popen.stdin.flush()

    def hear(self, seconds: float) -> Json:
        """Its next line.

        Raises:
            Broken: it said nothing in time, or ended.
        """
        assert self._popen.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._popen.stdout, selectors.EVENT_READ)
            if not selector.select(seconds):
                raise Broken(f"{self.name} said nothing for {seconds:.0f} s")
        line = self._popen.stdout.readline()
        if not line:
            raise Broken(f"{self.name} ended with {self._popen.wait()}")
        heard: Json = json.loads(line)
        return heard


def options() -> Json:
    """What this part shall do."""
    given: Json = json.loads(sys.argv[1])
    return given


def say(**values: Any) -> None:
    """Tell the bench."""
    print(json.dumps(values), flush=True)


def wait_for(word: str) -> None:
    """Wait until the bench says this word; end with it."""
    for line in sys.stdin:
        if line.strip() == word:
            return
    raise SystemExit(1)
