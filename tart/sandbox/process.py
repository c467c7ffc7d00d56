"""A process of its own for SQL that people send: start it, hand it rows, end it in time.

What DuckDB 1.5.6 and 2.0.0 do in one instance with a statement nobody has checked,
measured: a query that reaches ``memory_limit`` makes commits of the writer fail, and a
checkpoint that then finds no memory leaves the file unusable to everybody until it is
attached again; ``SELECT range(1000000000)`` takes 20 GiB whatever the limit says, cannot be
interrupted for half a minute, and ends with the kernel killing the process. So such a
statement never runs where the files are. It gets a process that has no file, no network
and a limit of memory and of processor time that the kernel keeps (``child``), and is
handed the rows of the views it names (``statement`` says which). Starting it takes 0.15 s.

Blocking, for a thread that has nothing else to do. Whatever happens inside, a bad
statement is a ``SqlRefused`` with words for its author and never more: a process that
does not end by itself is killed at the deadline.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from tart.errors import QueryTimeout, SqlRefused
from tart.sandbox import pipes

FORMATS = ("json", "csv", "arrow")
MAX_SQL_BYTES = 64 << 10
# What DuckDB may use in a sandbox; the kernel ends one that takes half a gibibyte more.
MEMORY_BYTES = 512 << 20
MAX_ROWS = 1_000_000
MAX_BYTES = 64 << 20
_MAX_HEAD = 1 << 20
_LOOK_SECONDS = 0.05

# One scan's description to the Arrow streams that are its rows.
Rows = Callable[[Any], Iterable[bytes]]


@dataclass(frozen=True)
class SqlJob:
    """What to run.

    Attributes:
        partials: whether the one table there is ``partials``, instead of the views.
        lossless: whether Arrow is for another sandbox: types that only DuckDB has stay.
        seconds: until it is killed.
        formulas: whether CSV may have text that spreadsheets run; see ``query.sql.cells``.
    """

    sql: str
    format: str = "arrow"
    partials: bool = False
    lossless: bool = False
    seconds: float = 30.0
    max_rows: int = MAX_ROWS
    max_bytes: int = MAX_BYTES
    formulas: bool = False
    memory_bytes: int = MEMORY_BYTES


def run(
    order: SqlJob,
    rows: Rows,
    partials: Iterable[bytes] = (),
    abandoned: Callable[[], bool] = lambda: False,
) -> bytes:
    """The result of one statement in the order's format.

    Args:
        abandoned: asked now and then whether nobody waits any more.
        rows: gives the rows of each scan the statement needs.
        partials: the table of that name, as Arrow streams.

    Raises:
        SqlRefused: the statement is not run, or failed.
        QueryTimeout: it did not end in time.
    """
    if len(order.sql.encode()) > MAX_SQL_BYTES:
        raise SqlRefused(f"a statement has at most {MAX_SQL_BYTES} bytes")
    with _started(order.seconds, abandoned) as sandbox:
        try:
            return _converse(sandbox, order, rows, partials)
        except (EOFError, ValueError):
            raise sandbox.explained() from None


def _converse(sandbox: _Sandbox, order: SqlJob, rows: Rows, partials: Iterable[bytes]) -> bytes:
    source, sink = sandbox.process.stdout, sandbox.process.stdin
    assert source is not None
    assert sink is not None
    # It stops listening when something is wrong; what that is, it says.
    with suppress(BrokenPipeError):
        pipes.write_json(sink, _document(order))
    head = _answer(source)
    with suppress(BrokenPipeError):
        if order.partials:
            pipes.write_series(sink, partials)
        for scan in head["scans"]:
            pipes.write_series(sink, rows(scan))
    _answer(source)
    return b"".join(pipes.read_series(source, order.max_bytes + _MAX_HEAD))


def _document(order: SqlJob) -> dict[str, Any]:
    return {
        "sql": order.sql,
        "format": order.format,
        "partials": order.partials,
        "lossless": order.lossless,
        "cpu_seconds": int(order.seconds) + 1,
        "max_rows": order.max_rows,
        "max_bytes": order.max_bytes,
        "formulas": order.formulas,
        "memory_bytes": order.memory_bytes,
    }


def _answer(source: Any) -> Any:
    document = pipes.read_json(source, _MAX_HEAD)
    if "error" in document:
        raise SqlRefused(document["error"])
    return document


class _Sandbox:
    """The process, and whether its time ran out."""

    def __init__(self, seconds: float, abandoned: Callable[[], bool]) -> None:
        self._seconds = seconds
        self._abandoned = abandoned
        self._over = threading.Event()
        self.late = False
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tart.sandbox.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PYTHONPATH": os.pathsep.join(each for each in sys.path if each)},
        )
        self._watch = threading.Thread(target=self._end_in_time, name="sandbox", daemon=True)
        self._watch.start()

    def explained(self) -> SqlRefused | QueryTimeout:
        """Why it went away without a word."""
        self.process.wait()
        if self.late or self.process.returncode in (-9, -24):  # killed, or by SIGXCPU
            return QueryTimeout(f"the statement did not end within {self._seconds:g} s")
        return SqlRefused("the statement took more than it may have, or is nested too deeply")

    def end(self) -> None:
        """Kill it if it still runs; nothing of it stays."""
        self._over.set()
        self._watch.join()
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                # What was not taken any more does not matter.
                with suppress(BrokenPipeError):
                    pipe.close()

    def _end_in_time(self) -> None:
        """Kill it at its deadline, or when nobody waits any more."""
        ends = time.monotonic() + self._seconds
        while not self._over.wait(_LOOK_SECONDS):
            if time.monotonic() >= ends or self._abandoned():
                self.late = True
                self.process.kill()
                return


@contextmanager
def _started(seconds: float, abandoned: Callable[[], bool]) -> Iterator[_Sandbox]:
    sandbox = _Sandbox(seconds, abandoned)
    try:
        yield sandbox
    finally:
        sandbox.end()
