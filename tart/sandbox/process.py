"""Runs SQL statements of users in a sandbox process: starts it, feeds it rows, ends it in time.

Untrusted statements in the instance with the files, measured with DuckDB 1.5.6 and 2.0.0: a
query that reaches ``memory_limit`` makes commits of the writer fail, and a checkpoint that
then finds no memory leaves the file unusable until it is attached again;
``SELECT range(1000000000)`` takes 20 GiB in spite of the limit, cannot be interrupted for half
a minute, and ends with the kernel killing the process. So such a statement never runs where
the files are. It gets a process without files or network and with kernel limits of memory
and processor time (``child``), and receives the rows of the views it names, which
``statement`` determines. The process is forked from a template (``template``).

Blocking, for a dedicated thread. A bad statement raises ``SqlRefused`` with a message for its
author and has no other effect: a process that does not end by itself is killed at the
deadline.
"""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

from tart.errors import QueryTimeout, SqlRefused
from tart.query.sql.limits import MAX_BYTES, MAX_ROWS, MAX_SQL_BYTES, MEMORY_BYTES
from tart.sandbox import framing
from tart.sandbox.template import ForkedProcess, Template, environment

log = logging.getLogger(__name__)

_MAX_HEAD = 1 << 20
_POLL_SECONDS = 0.05
_PARQUET_SECONDS = 60.0

Process = subprocess.Popen[bytes] | ForkedProcess
# From a scan's description to the Arrow streams of its rows.
Rows = Callable[[Any], Iterable[bytes]]
# From a statement to the Arrow streams of each shard's result.
Results = Callable[[str], Iterable[bytes]]


class SandboxKilled(SqlRefused):
    """The process of a statement ended without an answer."""


@dataclass(frozen=True)
class SqlJob:
    """A statement and how to run it.

    Attributes:
        sql: The statement.
        format: Format of the result, one of ``query.sql.formats.SQL_FORMATS``.
        partials: Whether the only table is ``partials``, instead of the declared tables.
        splits: Whether a part of the statement may run on every shard.
        lossless: Whether Arrow is for another sandbox and keeps DuckDB's own types.
        seconds: Time limit after which the process is killed.
        max_rows: Limit of the result's rows.
        max_bytes: Limit of the result's size.
        formulas: Whether CSV may have text that spreadsheets run; see ``query.sql.cells``.
        memory_bytes: DuckDB's memory limit.
    """

    sql: str
    format: str = "arrow"
    partials: bool = False
    splits: bool = False
    lossless: bool = False
    seconds: float = 30.0
    max_rows: int = MAX_ROWS
    max_bytes: int = MAX_BYTES
    formulas: bool = False
    memory_bytes: int = MEMORY_BYTES


def run(
    job: SqlJob,
    rows: Rows,
    partials: Iterable[bytes] = (),
    abandoned: Callable[[], bool] = lambda: False,
    *,
    results: Results = lambda statement: (),
    template: Template | None = None,
) -> bytes:
    """Run a statement and return its result in the job's format.

    Args:
        job: The statement.
        rows: Returns the rows of each scan that the statement needs.
        partials: The table of that name, as Arrow streams.
        abandoned: Polled; returns whether the result is not needed any more.
        results: Runs a statement on every shard.
        template: Makes the process; without one it is started from nothing.

    Raises:
        SqlRefused: The statement is refused, or failed.
        QueryTimeout: The statement did not end in time.
    """
    if len(job.sql.encode()) > MAX_SQL_BYTES:
        raise SqlRefused(f"a statement has at most {MAX_SQL_BYTES} bytes")
    if job.format == "parquet":
        arrow = replace(job, format="arrow")
        return _parquet(run(arrow, rows, partials, abandoned, results=results, template=template))
    with _started(job, abandoned, template) as sandbox:
        try:
            return _converse(sandbox, job, rows, partials, results)
        except (EOFError, ValueError):
            raise sandbox.failure() from None


def _parquet(arrow: bytes) -> bytes:
    """Return an Arrow stream as a Parquet file.

    Raises:
        SqlRefused: It has a type that Parquet does not have.
    """
    command = [sys.executable, "-P", "-m", "tart.sandbox.parquet"]
    try:
        made = subprocess.run(
            command,
            input=arrow,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(),
            timeout=_PARQUET_SECONDS,
            check=True,
        )
    except subprocess.SubprocessError:
        raise SqlRefused(
            "the result cannot be written as Parquet; cast its columns to simple types, or "
            "request another format",
            "format",
        ) from None
    return made.stdout


def _converse(
    sandbox: _Sandbox, job: SqlJob, rows: Rows, partials: Iterable[bytes], results: Results
) -> bytes:
    source, sink = sandbox.process.stdout, sandbox.process.stdin
    assert source is not None
    assert sink is not None
    # The child stops reading after an error, which its answer contains.
    with suppress(BrokenPipeError):
        framing.write_json(sink, _document(job))
    head = _answer(source)
    with suppress(BrokenPipeError):
        if job.partials:
            framing.write_series(sink, partials)
        if head.get("map") is not None:
            framing.write_series(sink, results(head["map"]))
        for scan in head["scans"]:
            framing.write_series(sink, rows(scan))
    _answer(source)
    return b"".join(framing.read_series(source, job.max_bytes + _MAX_HEAD))


def _document(job: SqlJob) -> dict[str, Any]:
    return {
        "sql": job.sql,
        "format": job.format,
        "partials": job.partials,
        "splits": job.splits,
        "lossless": job.lossless,
        "cpu_seconds": int(job.seconds) + 1,
        "max_rows": job.max_rows,
        "max_bytes": job.max_bytes,
        "formulas": job.formulas,
    }


def _answer(source: Any) -> Any:
    document = framing.read_json(source, _MAX_HEAD)
    if "error" in document:
        raise SqlRefused(document["error"])
    return document


class _Sandbox:
    """The process, with its deadline."""

    def __init__(self, process: Process, seconds: float, abandoned: Callable[[], bool]) -> None:
        self._seconds = seconds
        self._abandoned = abandoned
        self._over = threading.Event()
        self.late = False
        self.process = process
        self._watch = threading.Thread(target=self._end_in_time, name="sandbox", daemon=True)

    def watch(self) -> None:
        """Begin to watch the deadline.

        Raises:
            RuntimeError: The system starts no more threads.
        """
        self._watch.start()

    def failure(self) -> SqlRefused | QueryTimeout:
        """Return why the process ended without an answer."""
        self.process.wait()
        if self.late or self.process.returncode == -signal.SIGXCPU:
            return too_slow(self._seconds)
        if self.process.returncode == -signal.SIGKILL:
            return SandboxKilled(
                "the process of the statement was killed, perhaps because the machine is short of "
                "memory; try again, or read fewer rows or columns"
            )
        return SandboxKilled(
            "the statement exceeded its memory limit, or is nested too deeply; read fewer rows or "
            "columns, or write it with fewer nested expressions"
        )

    def end(self) -> None:
        """Kill the process if it still runs, and release its resources."""
        self._over.set()
        if self._watch.ident is not None:
            self._watch.join()
        _end(self.process)

    def _end_in_time(self) -> None:
        """Kill the process at its deadline, or when it is abandoned."""
        ends = time.monotonic() + self._seconds
        while not self._over.wait(_POLL_SECONDS):
            if time.monotonic() >= ends or self._abandoned():
                self.late = True
                self.process.kill()
                return


@contextmanager
def _started(
    job: SqlJob, abandoned: Callable[[], bool], template: Template | None
) -> Iterator[_Sandbox]:
    sandbox = _Sandbox(_process(job, template), job.seconds, abandoned)
    try:
        sandbox.watch()
        yield sandbox
    finally:
        sandbox.end()


def _process(job: SqlJob, template: Template | None) -> Process:
    if template is not None and job.memory_bytes == MEMORY_BYTES:
        try:
            return template.fork()
        except OSError as error:
            log.warning("starting a SQL sandbox from nothing, without a template: %s", error)
    return _start(job.memory_bytes)


def _start(memory_bytes: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "tart.sandbox.child", str(memory_bytes)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(),
    )


def _end(process: Process) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            # Bytes that the child did not read are irrelevant.
            with suppress(BrokenPipeError):
                pipe.close()
    if isinstance(process, ForkedProcess):
        process.release()


def too_slow(seconds: float) -> QueryTimeout:
    """Return the error of a statement that exceeds its time."""
    return QueryTimeout(
        f"the statement did not end within {seconds:g} s; narrow it: a condition on the time "
        "(received_at > now() - INTERVAL 1 HOUR), fewer columns, or an aggregate of one table "
        "instead of a join"
    )
