"""The sandbox process: ``python -m tart.sandbox.child`` runs one statement and exits.

It reads a job from stdin, requests the rows it needs, receives them, runs the statement and
writes the result to stdout. Before it parses the statement it drops all capabilities to do
harm: DuckDB's access to files and network is off and its settings are locked; kernel limits
forbid opening files and sockets and writing to files, and bound memory and processor time.
No module imports this one.
"""

from __future__ import annotations

import datetime
import decimal
import json
import os
import resource
import sys
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import duckdb
import nanoarrow as na

from tart.process_memory import process_memory
from tart.query.sql.tables import TABLES
from tart.query.sql.views import quote_identifier
from tart.sandbox import framing
from tart.sandbox.results import ResultLimits, write_lossless, write_result
from tart.sandbox.statement import Needs, StatementRefused, Tree, examine

# Address space beyond DuckDB's memory limit, for memory that DuckDB does not account for.
_SPARE_BYTES = 1 << 29
_NOWHERE = "/nonexistent"
# Modules that DuckDB imports for some types; later their files could not be opened.
_NEEDED = (datetime, decimal, uuid)


def main() -> None:
    """Run one statement."""
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    job = framing.read_json(source)
    connection = _connection(job["memory_bytes"], lossless=job["lossless"])
    _drop_capabilities(job["memory_bytes"], job["cpu_seconds"])
    try:
        # The result is complete before its first byte is sent.
        blocks = list(_run(connection, job, source, sink))
        framing.write_json(sink, {"rows": len(blocks)})
        framing.write_series(sink, (block for block in blocks if block))
    except Exception as error:
        # The boundary of the sandbox: the statement's author gets any error.
        framing.write_json(sink, {"error": _message(error)})
    sink.flush()
    # No clean-up is necessary, and DuckDB's leak report would only be noise.
    os._exit(0)


def _connection(memory_bytes: int, *, lossless: bool = False) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": f"{memory_bytes >> 20}MiB",
            "threads": 1,
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
    for statement in (
        "SET TimeZone = 'UTC'",
        # Arrow has no 128-bit integers: kept for another sandbox, or converted by ``results``.
        f"SET arrow_lossless_conversion = {str(lossless).lower()}",
        "SET enable_external_access = false",
        "SET lock_configuration = true",
    ):
        connection.execute(statement)
    # Load the modules that are loaded at first use.
    connection.execute("SELECT now()::TIMESTAMP, 1::DECIMAL(9, 2), uuid()").fetchall()
    list(na.ArrayStream(connection.sql("SELECT 1 AS one")))
    return connection


def _drop_capabilities(memory_bytes: int, cpu_seconds: int) -> None:
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
    # SIGXCPU at the first limit, which the exit status shows, and SIGKILL at the second.
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))


def _run(
    connection: duckdb.DuckDBPyConnection, job: Mapping[str, Any], source: Any, sink: Any
) -> Iterator[bytes]:
    tables = frozenset({"partials"} if job["partials"] else ())
    schemas = {} if tables else _SCHEMAS
    tree = _tree(connection, job["sql"])
    needs = examine(tree, schemas, tables, lambda node, kind: _constant(connection, node, kind))
    framing.write_json(sink, {"scans": [scan.as_json() for scan in needs.scans]})
    if tables:
        _load_partials(connection, framing.read_series(source))
    _load(connection, needs, source)
    relation = connection.sql(job["sql"])
    if relation is None:
        raise StatementRefused("only a statement with a result is run")
    limits = ResultLimits(job["max_rows"], job["max_bytes"], job.get("formulas", False))
    if job["format"] == "arrow" and job["lossless"]:
        return write_lossless(relation, limits)
    return write_result(relation, job["format"], limits)


_SCHEMAS = {name: table.types for name, table in TABLES.items()}


def _tree(connection: duckdb.DuckDBPyConnection, sql: str) -> Tree:
    options = "skip_null := true, skip_default := true"
    ((text,),) = connection.execute(
        f"SELECT json_serialize_sql(?::VARCHAR, {options})", [sql]
    ).fetchall()
    tree: Tree = json.loads(text)
    return tree


def _constant(connection: duckdb.DuckDBPyConnection, node: Tree, kind: str) -> str | None:
    """Evaluate a constant, see ``statement.ConstantEvaluator``; ``None`` if that fails."""
    whole = _tree(connection, "SELECT 1")
    whole["statements"][0]["node"]["select_list"] = [node]
    try:
        ((text,),) = connection.execute(
            "SELECT json_deserialize_sql(?::JSON)", [json.dumps(whole)]
        ).fetchall()
        ((value, same),) = connection.execute(
            f"SELECT (value::{kind})::VARCHAR, value = value::{kind} FROM ({text}) AS t(value)"
        ).fetchall()
    except duckdb.Error:
        return None
    return str(value) if same else None


def _load(connection: duckdb.DuckDBPyConnection, needs: Needs, source: Any) -> None:
    for scan in needs.scans:
        types = _SCHEMAS[scan.view]
        _create(connection, scan.view, {name: types[name] for name in scan.columns})
        for block in framing.read_series(source):
            _insert(connection, scan.view, block)
    loaded = {scan.view for scan in needs.scans}
    for view in _SCHEMAS.keys() - loaded if needs.catalogue else ():
        _create(connection, view, _SCHEMAS[view])


def _create(connection: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str]) -> None:
    listed = ", ".join(f"{quote_identifier(name)} {kind}" for name, kind in columns.items())
    connection.execute(f"CREATE TABLE {quote_identifier(table)} ({listed})")


def _load_partials(connection: duckdb.DuckDBPyConnection, blocks: Iterator[bytes]) -> None:
    """Load the results of the shards, which have equal columns, into one table."""
    for number, block in enumerate(blocks):
        if number:
            _insert(connection, "partials", block)
            continue
        connection.register("feed", na.ArrayStream.from_readable(block).read_all())
        connection.execute("CREATE TABLE partials AS SELECT * FROM feed")
        connection.unregister("feed")


def _insert(connection: duckdb.DuckDBPyConnection, table: str, block: bytes) -> None:
    connection.register("feed", na.ArrayStream.from_readable(block).read_all())
    connection.execute(f"INSERT INTO {quote_identifier(table)} SELECT * FROM feed")
    connection.unregister("feed")


def _message(error: Exception) -> str:
    """Return the message for the author of the statement."""
    if isinstance(error, duckdb.OutOfMemoryException | MemoryError):
        return (
            "the statement exceeds its memory limit; read fewer rows or columns: "
            "a narrower received_at, fewer columns, or an aggregate in map"
        )
    return str(error) or type(error).__name__


if __name__ == "__main__":
    main()
