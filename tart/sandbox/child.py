"""The sandbox process: ``python -m tart.sandbox.child`` runs one statement and exits.

It reads a job from stdin, requests the rows it needs, receives them, runs the statement and
writes the result to stdout. Before it reads the job it drops all capabilities to do harm: DuckDB's
access to files and network is off and its settings are locked; kernel limits forbid opening files
and sockets and writing to files, and bound memory and, from then on, processor time. No module
imports this one.

The first argument is DuckDB's memory limit in bytes. With ``template`` behind it the process loads
everything and then forks a process for each statement (``template.Template``): stdin is a socket,
on which requests come with the pipes of the new process.
"""

from __future__ import annotations

import datetime
import decimal
import gc
import math
import os
import random
import resource
import select
import signal
import socket
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import duckdb
import nanoarrow as na

from tart.process_memory import process_memory
from tart.process_title import set_title
from tart.query.sql.limits import MEMORY_BYTES
from tart.query.sql.statement_errors import Statement, explain, explain_syntax
from tart.query.sql.tables import TABLES
from tart.sandbox import framing
from tart.sandbox.planning import (
    PARTIALS,
    Planner,
    create_table,
    load,
    load_table,
    syntax_tree,
)
from tart.sandbox.results import ResultLimits, write_lossless, write_result
from tart.sandbox.statement import StatementRefused, SyntaxRefused
from tart.sandbox.template import NUMBER

# Address space beyond DuckDB's memory limit, for memory that DuckDB does not account for.
_SPARE_BYTES = 1 << 29
_NOWHERE = "/nonexistent"
# Modules that DuckDB imports for some types; later their files could not be opened.
_NEEDED = (datetime, decimal, uuid)


def main() -> None:
    """Run one statement, or be the template of processes that each run one."""
    memory_bytes = int(sys.argv[1]) if len(sys.argv) > 1 else MEMORY_BYTES
    set_title("sandbox", "waits for a statement")
    connection = _connection(memory_bytes)
    # What a plan needs of DuckDB is known before the statement comes.
    planner = Planner(connection, TABLES)
    planner.prepare()
    if sys.argv[2:3] == ["template"]:
        _serve_forks(float(sys.argv[3]) if sys.argv[3] else None)
        # In the new process. Each statement has random numbers of its own.
        connection.execute("SELECT setseed(?)", [random.SystemRandom().uniform(-1, 1)])
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    # Before the limits, which forbid opening the file of the name.
    set_title("sandbox", "runs a statement")
    _drop_capabilities(memory_bytes)
    job = framing.read_json(source)
    _limit_processor_time(job["cpu_seconds"])
    try:
        _lock(connection, lossless=job["lossless"])
        # The result is complete before its first byte is sent.
        blocks = list(_run(planner, job, source, sink))
        framing.write_json(sink, {"rows": len(blocks)})
        framing.write_series(sink, blocks)
    except Exception as error:
        # The boundary of the sandbox: the statement's author gets any error.
        framing.write_json(sink, {"error": _message(error, planner, job)})
    sink.flush()
    # No clean-up is necessary, and DuckDB's leak report would only be noise.
    os._exit(0)


def _serve_forks(idle_seconds: float | None) -> None:
    """Fork a process for each request; return in the new process only.

    Ends with the socket, or if no request comes for ``idle_seconds``. Only a process with one
    thread may be forked: the others' locks would stay locked for ever.
    """
    if len(os.listdir("/proc/self/task")) > 1:
        os._exit(1)
    # Objects that are never collected stay shared by all processes.
    gc.collect()
    gc.freeze()
    control = socket.socket(fileno=0)
    ended, wake = os.pipe()
    for descriptor in (ended, wake):
        os.set_blocking(descriptor, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    running: dict[int, int] = {}
    while True:
        ready, _, _ = select.select(
            [control.fileno(), ended], [], [], None if running else idle_seconds
        )
        if not ready and not running:
            os._exit(0)
        if ended in ready:
            os.read(ended, 4096)
            _report_ended(running)
        if control.fileno() in ready:
            request, pipes, _, _ = socket.recv_fds(control, 1, 3)
            if not request:
                os._exit(0)
            if _fork(control, pipes, running):
                return


def _fork(control: socket.socket, pipes: list[int], running: dict[int, int]) -> bool:
    """Fork a process and send its number and descriptor; return true in the new process."""
    source, sink, status = pipes
    try:
        pid = os.fork()
    except OSError:
        control.send(b"")
        for descriptor in pipes:
            os.close(descriptor)
        return False
    if not pid:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        # Replaces the socket of the template; nothing else of it stays open.
        os.dup2(source, 0)
        os.dup2(sink, 1)
        control.detach()
        os.closerange(3, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        return True
    os.close(source)
    os.close(sink)
    running[pid] = status
    pidfd = os.pidfd_open(pid)
    socket.send_fds(control, [NUMBER.pack(pid)], [pidfd])
    os.close(pidfd)
    return False


def _report_ended(running: dict[int, int]) -> None:
    """Collect processes that have ended, and report their exit codes."""
    for pid in list(running):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            pipe = running.pop(pid)
            # The caller may have ended, too.
            with suppress(BrokenPipeError):
                os.write(pipe, NUMBER.pack(os.waitstatus_to_exitcode(status)))
            os.close(pipe)


def _connection(memory_bytes: int) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": f"{memory_bytes >> 20}MiB",
            "threads": 1,
            # DuckDB's own threads for I/O, which there is none of: a process with threads cannot
            # be forked.
            "async_threads": 0,
            "temp_directory": "",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
            # Otherwise DuckDB's default paths disclose the service's home.
            "home_directory": _NOWHERE,
            "secret_directory": _NOWHERE,
            "extension_directory": _NOWHERE,
            "allow_persistent_secrets": False,
        },
    )
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_external_access = false")
    # Load the modules that are loaded at first use.
    connection.execute("SELECT now()::TIMESTAMP, 1::DECIMAL(9, 2), uuid()").fetchall()
    list(na.ArrayStream(connection.sql("SELECT 1 AS one")))
    return connection


def _lock(connection: duckdb.DuckDBPyConnection, *, lossless: bool = False) -> None:
    """Lock the settings."""
    # Arrow has no 128-bit integers: kept for another sandbox, or converted by ``results``.
    connection.execute(f"SET arrow_lossless_conversion = {str(lossless).lower()}")
    connection.execute("SET lock_configuration = true")


def _drop_capabilities(memory_bytes: int) -> None:
    mapped = process_memory().virtual
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")
    os.nice(10)
    for kind, limit in (
        (resource.RLIMIT_AS, mapped + memory_bytes + _SPARE_BYTES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
        # Below every free descriptor: nothing can be opened.
        (resource.RLIMIT_NOFILE, 3),
    ):
        resource.setrlimit(kind, (limit, limit))


def _limit_processor_time(seconds: int) -> None:
    used = math.ceil(sum(resource.getrusage(resource.RUSAGE_SELF)[:2]))
    # SIGXCPU at the first limit, which the exit status shows, and SIGKILL at the second.
    resource.setrlimit(resource.RLIMIT_CPU, (used + seconds, used + seconds + 1))


def _run(planner: Planner, job: Mapping[str, Any], source: Any, sink: Any) -> Iterator[bytes]:
    connection, sql = planner.connection, planner.ended(job["sql"])
    if job["partials"]:
        planner.permit(sql, frozenset({PARTIALS}))
        framing.write_json(sink, {"scans": []})
        load(connection, PARTIALS, _streams(source))
        sql = planner.compared_bytes(sql, syntax_tree(connection, sql))
    else:
        plan = planner.plan(sql, job["max_rows"], splits=job["splits"])
        framing.write_json(sink, plan.as_json())
        sql = plan.sql
        if plan.split is not None:
            load(connection, PARTIALS, _streams(source))
            sql = plan.split.reduce
        for scan in plan.scans:
            load_table(connection, TABLES[scan.view], scan.columns, _streams(source))
        if plan.catalogue:
            _create_missing_tables(connection, {scan.view for scan in plan.scans})
    relation = connection.sql(sql)
    if relation is None:
        raise StatementRefused("only a statement with a result is run")
    limits = ResultLimits(job["max_rows"], job["max_bytes"], job.get("formulas", False))
    if job["format"] == "arrow" and job["lossless"]:
        return write_lossless(relation, limits)
    return write_result(relation, job["format"], limits)


def _streams(source: Any) -> Iterator[Any]:
    """Yield the Arrow streams of the next series."""
    for block in framing.read_series(source):
        yield na.ArrayStream.from_readable(block).read_all()


def _create_missing_tables(connection: duckdb.DuckDBPyConnection, loaded: set[str]) -> None:
    for name in TABLES.keys() - loaded:
        create_table(connection, name, TABLES[name].types)


def _message(error: Exception, planner: Planner, job: Mapping[str, Any]) -> str:
    """Return the message for the author of the statement."""
    if isinstance(error, duckdb.OutOfMemoryException | MemoryError):
        return (
            "the statement exceeds its memory limit; read fewer rows or columns: "
            "a condition on the time, fewer columns, or an aggregate"
        )
    if isinstance(error, SyntaxRefused):
        return explain_syntax(str(error), error.position, job["sql"])
    if not isinstance(error, duckdb.Error | RecursionError):
        return str(error) or type(error).__name__
    tables = {name: list(table.types) for name, table in TABLES.items()}
    if job["partials"]:
        tables = {PARTIALS: planner.columns(PARTIALS)}
    return explain(str(error), Statement(job["sql"], tables))


if __name__ == "__main__":
    main()
