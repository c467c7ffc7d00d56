"""The sandbox itself: ``python -m tart.sandbox.child``, one statement and then the end.

It reads what to do from stdin, says which rows it wants, takes them, runs the statement
and writes the result to stdout. Before it parses a byte of the statement it has given up
all that it could do harm with: DuckDB's access to files and network, with its settings
locked; and by the kernel's limits the opening of any file or socket, writing to a file,
memory, and processor time. Nothing imports this module.
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
from tart.query.sql.views import VIEWS, quote_identifier
from tart.sandbox import pipes
from tart.sandbox.statement import Needs, StatementRefused, Tree, examine

# Address space beside what DuckDB may use: what escapes its account ends here.
_SPARE_BYTES = 1 << 29
# Shown as they are; everything else is made text or taken apart.
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
# What DuckDB imports by itself for some types; later it could not be opened any more.
_NEEDED = (csv, datetime, decimal, uuid)


@dataclass
class _TooMuch(Exception):
    """A result beyond its limit."""

    what: str

    def __str__(self) -> str:
        return f"the result has more than {self.what}; narrow the statement or add a LIMIT"


def main() -> None:
    """Serve one statement."""
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    order = pipes.read_json(source)
    connection = _connection(order["memory_bytes"], lossless=order["lossless"])
    _give_up(order["memory_bytes"], order["cpu_seconds"])
    try:
        # The result comes in one piece of good news or not at all.
        blocks = list(_serve(connection, order, source, sink))
        pipes.write_json(sink, {"rows": len(blocks)})
        pipes.write_series(sink, (each for each in blocks if each))
    except Exception as error:
        # The boundary of the sandbox: whatever broke, its author is told.
        pipes.write_json(sink, {"error": _said(error)})
    sink.flush()
    # Nothing is left to put in order, and DuckDB's leak report helps nobody.
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
            # Else its own paths tell where the service's home is.
            "home_directory": _NOWHERE,
            "secret_directory": _NOWHERE,
            "extension_directory": _NOWHERE,
            "allow_persistent_secrets": False,
        },
    )
    for statement in (
        "SET TimeZone = 'UTC'",
        # Arrow has no integers of 128 bits: as they are, or as decimals, see ``_standard``.
        f"SET arrow_lossless_conversion = {str(lossless).lower()}",
        "SET enable_external_access = false",
        "SET lock_configuration = true",
    ):
        connection.execute(statement)
    # Loads what is loaded at the first use of each.
    connection.execute("SELECT now()::TIMESTAMP, 1::DECIMAL(9, 2), uuid()").fetchall()
    list(na.ArrayStream(connection.sql("SELECT 1 AS one")))
    return connection


def _give_up(memory_bytes: int, cpu_seconds: int) -> None:
    mapped = process_memory().virtual
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")
    os.nice(10)
    for what, limit in (
        (resource.RLIMIT_AS, mapped + memory_bytes + _SPARE_BYTES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
        # Lower than any number that is free: nothing can be opened.
        (resource.RLIMIT_NOFILE, 3),
    ):
        resource.setrlimit(what, (limit, limit))
    # At the first it is told, at the second killed: what is told says why it ended.
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))


def _serve(
    connection: duckdb.DuckDBPyConnection, order: Mapping[str, Any], source: Any, sink: Any
) -> Iterator[bytes]:
    tables = frozenset({"partials"} if order["partials"] else ())
    schemas = {} if tables else _SCHEMAS
    needs = examine(
        _tree(connection, order["sql"]), schemas, tables, lambda *of: _constant(connection, *of)
    )
    pipes.write_json(sink, {"scans": [each.as_json() for each in needs.scans]})
    if tables:
        _load_partials(connection, pipes.read_series(source))
    _load(connection, needs, source)
    relation = connection.sql(order["sql"])
    if relation is None:
        raise StatementRefused("only a statement with a result is run")
    if order["format"] == "arrow" and not order["lossless"]:
        relation = _standard(relation)
    max_rows, max_bytes = order["max_rows"], order["max_bytes"]
    if order["format"] == "csv":
        return _csv(relation, max_rows, max_bytes, formulas=order["formulas"])
    return (_arrow if order["format"] == "arrow" else _json)(relation, max_rows, max_bytes)


_SCHEMAS = {
    name: {column.name: column.type for column in view.columns} for name, view in VIEWS.items()
}


def _tree(connection: duckdb.DuckDBPyConnection, sql: str) -> Tree:
    options = "skip_null := true, skip_default := true"
    ((text,),) = connection.execute(
        f"SELECT json_serialize_sql(?::VARCHAR, {options})", [sql]
    ).fetchall()
    tree: Tree = json.loads(text)
    return tree


def _constant(connection: duckdb.DuckDBPyConnection, node: Tree, kind: str) -> str | None:
    """See ``statement.Constant``; whatever cannot be found out is ``None``."""
    whole = _tree(connection, "SELECT 1")
    whole["statements"][0]["node"]["select_list"] = [node]
    try:
        ((text,),) = connection.execute(
            "SELECT json_deserialize_sql(?::JSON)", [json.dumps(whole)]
        ).fetchall()
        found = connection.execute(
            f"SELECT (value::{kind})::VARCHAR, value = value::{kind} FROM ({text}) AS t(value)"
        ).fetchall()
    except duckdb.Error:
        return None
    ((value, same),) = found
    return str(value) if same else None


def _load(connection: duckdb.DuckDBPyConnection, needs: Needs, source: Any) -> None:
    for scan in needs.scans:
        types = _SCHEMAS[scan.view]
        _create(connection, scan.view, {name: types[name] for name in scan.columns})
        for block in pipes.read_series(source):
            _insert(connection, scan.view, block)
    loaded = {scan.view for scan in needs.scans}
    for view in _SCHEMAS.keys() - loaded if needs.catalogue else ():
        _create(connection, view, _SCHEMAS[view])


def _create(connection: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str]) -> None:
    listed = ", ".join(f"{quote_identifier(name)} {kind}" for name, kind in columns.items())
    connection.execute(f"CREATE TABLE {quote_identifier(table)} ({listed})")


def _load_partials(connection: duckdb.DuckDBPyConnection, blocks: Iterator[bytes]) -> None:
    """One table of what the shards found; their columns are the same."""
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
    """Takes what is written, up to a limit."""

    def __init__(self, limit: int) -> None:
        self.blocks: list[bytes] = []
        self.size = 0
        self._limit = limit

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.size += len(data)
        # Raising here would be lost on the way through the writer.
        if self.size <= self._limit:
            self.blocks.append(bytes(data))
        return len(data)

    def whole(self) -> bytes:
        """All that was written."""
        if self.size > self._limit:
            raise _TooMuch(f"{self._limit} bytes")
        return b"".join(self.blocks)


def _standard(relation: Any) -> Any:
    """With columns that every reader of Arrow has, or an error: nothing is rounded.

    HUGEINT as DECIMAL(38, 0), which is exact and refuses what does not fit; UHUGEINT, of which
    DuckDB's own conversion makes negative numbers, as text.
    """
    shown = []
    for name, kind in zip(relation.columns, map(str, relation.types), strict=True):
        column = quote_identifier(name)
        if kind == "HUGEINT":
            column = f"{column}::DECIMAL(38, 0) AS {column}"
        elif "UHUGEINT" in kind:
            column = f"{column}::VARCHAR AS {column}"
        shown.append(column)
    return relation.project(", ".join(shown))


def _arrow(relation: Any, max_rows: int, max_bytes: int) -> Iterator[bytes]:
    out = _Blocks(max_bytes)
    stream = na.ArrayStream(relation.limit(max_rows + 1))
    with StreamWriter.from_writable(out) as writer:
        rows = 0
        writer.write_stream(na.c_array_stream([], schema=stream.schema))
        for chunk in stream.iter_chunks():
            rows += len(chunk)
            if rows > max_rows:
                raise _TooMuch(f"{max_rows} rows")
            writer.write_array(chunk)
    yield out.whole()


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
            raise _TooMuch(f"{max_bytes} bytes")
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
            raise _TooMuch(f"{max_bytes} bytes")
    yield out.getvalue().encode()


def _rows(relation: Any, max_rows: int) -> Iterator[list[Any]]:
    """Rows of values that JSON has."""
    shown = relation.project(
        ", ".join(
            f"{_shown(quote_identifier(name), str(kind))} AS {quote_identifier(name)}"
            for name, kind in zip(relation.columns, relation.types, strict=True)
        )
    )
    rows = shown.limit(max_rows + 1).fetchall()
    if len(rows) > max_rows:
        raise _TooMuch(f"{max_rows} rows")
    for row in rows:
        yield [_plain(each) for each in row]


def _shown(column: str, kind: str) -> str:
    """A column as DuckDB makes it text, where it does that best."""
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
    """An integer if it has no fraction, a float if that is exactly it, else text."""
    if value.is_finite() and value.as_tuple().exponent == 0:
        return cast("int | str", _plain(int(value)))
    shown = float(value)
    return shown if decimal.Decimal(repr(shown)) == value else str(value)


def _said(error: Exception) -> str:
    """What went wrong, for the author of the statement."""
    if isinstance(error, duckdb.OutOfMemoryException | MemoryError):
        return (
            "the statement needs more memory than it may have; read fewer rows or columns: "
            "a narrower received_at, fewer columns, or an aggregate in map"
        )
    return str(error) or type(error).__name__


if __name__ == "__main__":
    main()
