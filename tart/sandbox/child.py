"""The sandbox process: ``python -m tart.sandbox.child`` runs one statement and exits.

It reads a job from stdin, requests the rows it needs, receives them, runs the statement and
writes the result to stdout. Before it parses the statement it drops all capabilities to do
harm: DuckDB's access to files and network is off and its settings are locked; kernel limits
forbid opening files and sockets and writing to files, and bound memory and processor time.
No module imports this one.
"""

from __future__ import annotations

import csv
import datetime
import decimal
import io
import json
import os
import resource
import sys
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import duckdb
import nanoarrow as na
from nanoarrow.ipc import StreamWriter

from tart import json_encoding
from tart.process_memory import process_memory
from tart.query.sql.cells import csv_cell
from tart.query.sql.tables import TABLES
from tart.query.sql.views import quote_identifier
from tart.sandbox import framing
from tart.sandbox.statement import Needs, StatementRefused, Tree, examine

# Address space beyond DuckDB's memory limit, for memory that DuckDB does not account for.
_SPARE_BYTES = 1 << 29
# Types whose values JSON has; others are converted to text or split into parts.
_SIMPLE = frozenset(
    [
        "BOOLEAN",
        "TINYINT",
        "SMALLINT",
        "INTEGER",
        "BIGINT",
        "UTINYINT",
        "USMALLINT",
        "UINTEGER",
        "UBIGINT",
        "FLOAT",
        "DOUBLE",
        "VARCHAR",
    ]
)
_NOWHERE = "/nonexistent"
_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
# Modules that DuckDB imports for some types; later their files could not be opened.
_NEEDED = (csv, datetime, decimal, uuid)


@dataclass
class _ResultTooLarge(Exception):
    """A result beyond its limit."""

    limit: str

    def __str__(self) -> str:
        return f"the result has more than {self.limit}; narrow the statement or add a LIMIT"


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
        # Arrow has no 128-bit integers: kept for another sandbox, or converted by ``_standard``.
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
    if job["format"] == "arrow" and not job["lossless"]:
        relation = _standard(relation)
    max_rows, max_bytes = job["max_rows"], job["max_bytes"]
    if job["format"] == "csv":
        return _csv(relation, max_rows, max_bytes, formulas=job["formulas"])
    return (_arrow if job["format"] == "arrow" else _json)(relation, max_rows, max_bytes)


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


# --- Results ----------------------------------------------------------------------------


class _Blocks(io.RawIOBase):
    """A file that collects blocks up to a limit."""

    def __init__(self, limit: int) -> None:
        self.blocks: list[bytes] = []
        self.size = 0
        self._limit = limit

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.size += len(data)
        # The writer would lose an exception raised here.
        if self.size <= self._limit:
            self.blocks.append(bytes(data))
        return len(data)

    def content(self) -> bytes:
        """Return the written bytes; raise ``_ResultTooLarge`` beyond the limit."""
        if self.size > self._limit:
            raise _ResultTooLarge(f"{self._limit} bytes")
        return b"".join(self.blocks)


def _standard(relation: Any) -> Any:
    """Convert columns to types that every Arrow reader supports, without rounding.

    HUGEINT becomes DECIMAL(38, 0), which is exact and fails for values that do not fit;
    UHUGEINT, which DuckDB's own conversion makes negative, becomes text.
    """
    expressions = []
    for name, kind in zip(relation.columns, map(str, relation.types), strict=True):
        column = quote_identifier(name)
        if kind == "HUGEINT":
            column = f"{column}::DECIMAL(38, 0) AS {column}"
        elif "UHUGEINT" in kind:
            column = f"{column}::VARCHAR AS {column}"
        expressions.append(column)
    return relation.project(", ".join(expressions))


def _arrow(relation: Any, max_rows: int, max_bytes: int) -> Iterator[bytes]:
    out = _Blocks(max_bytes)
    stream = na.ArrayStream(relation.limit(max_rows + 1))
    with StreamWriter.from_writable(out) as writer:
        rows = 0
        writer.write_stream(na.c_array_stream([], schema=stream.schema))
        for chunk in stream.iter_chunks():
            rows += len(chunk)
            if rows > max_rows:
                raise _ResultTooLarge(f"{max_rows} rows")
            writer.write_array(chunk)
    yield out.content()


def _json(relation: Any, max_rows: int, max_bytes: int) -> Iterator[bytes]:
    columns = [
        {"name": name, "type": str(kind)}
        for name, kind in zip(relation.columns, relation.types, strict=True)
    ]
    yield b'{"columns":' + json_encoding.dumps(columns) + b',"rows":['
    rows = size = 0
    for row in _rows(relation, max_rows):
        text = json_encoding.dumps(row, option=json_encoding.ANY_NAMES)
        size += len(text)
        if size > max_bytes:
            raise _ResultTooLarge(f"{max_bytes} bytes")
        yield b"," + text if rows else text
        rows += 1
    yield b'],"row_count":%d}' % rows


def _csv(relation: Any, max_rows: int, max_bytes: int, *, formulas: bool) -> Iterator[bytes]:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(csv_cell(name, formulas) for name in relation.columns)
    for row in _rows(relation, max_rows):
        writer.writerow(
            json_encoding.dumps(each).decode()
            if isinstance(each, list | dict)
            else csv_cell(each, formulas)
            for each in row
        )
        if out.tell() > max_bytes:
            raise _ResultTooLarge(f"{max_bytes} bytes")
    yield out.getvalue().encode()


def _rows(relation: Any, max_rows: int) -> Iterator[list[Any]]:
    """Return rows of values that JSON has."""
    projected = relation.project(
        ", ".join(
            f"{_json_expression(quote_identifier(name), str(kind))} AS {quote_identifier(name)}"
            for name, kind in zip(relation.columns, relation.types, strict=True)
        )
    )
    rows = projected.limit(max_rows + 1).fetchall()
    if len(rows) > max_rows:
        raise _ResultTooLarge(f"{max_rows} rows")
    for row in rows:
        yield [_plain(each) for each in row]


def _json_expression(column: str, kind: str) -> str:
    """Return SQL that converts a column to text where DuckDB does that best."""
    if kind == "BLOB":
        return f"'0x' || lower(hex({column}))"
    if "WITH TIME ZONE" in kind and kind != "TIMESTAMP WITH TIME ZONE":
        return f"{column}::VARCHAR"
    if kind.startswith("TIMESTAMP") and not kind.endswith("]"):
        return f"strftime({column}::TIMESTAMP, '{_TIME}')"
    if kind in _SIMPLE or kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "DECIMAL")):
        return column
    return column if kind in ("HUGEINT", "UHUGEINT") else f"{column}::VARCHAR"


def _plain(value: Any) -> Any:
    match value:
        case bytes():
            return "0x" + value.hex()
        case list() | tuple():
            return [_plain(each) for each in value]
        case dict():
            return {str(key): _plain(each) for key, each in value.items()}
        case decimal.Decimal():
            return _number(value)
        case datetime.datetime():
            return value.strftime(_TIME)
        case int() if not -(1 << 63) <= value < 1 << 64:
            return str(value)
        case None | bool() | int() | float() | str():
            return value
        case _:
            return str(value)


def _number(value: decimal.Decimal) -> int | float | str:
    """Return an integer if there is no fraction, a float if that is exact, otherwise text."""
    if value.is_finite() and value.as_tuple().exponent == 0:
        return cast("int | str", _plain(int(value)))
    as_float = float(value)
    return as_float if decimal.Decimal(repr(as_float)) == value else str(value)


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
