"""Writers of a statement's result, one for each format that the sandbox writes.

A writer takes a DuckDB relation and returns the result in blocks. It is complete before its first
block is sent, so that a result beyond its limits is an error and not a part of a result.

Integers are exact in each format: JSON, CSV and Markdown have all their digits; Arrow has
DuckDB's own integers, and HUGEINT as DECIMAL(38, 0).
"""

from __future__ import annotations

import csv
import datetime
import decimal
import io
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, cast

import duckdb
import msgspec
import nanoarrow as na
from nanoarrow.ipc import StreamWriter

from tart import json_encoding
from tart.query.sql.cells import csv_cell, markdown_cell
from tart.query.sql.views import quote_identifier

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
        "HUGEINT",
        "UHUGEINT",
        "FLOAT",
        "DOUBLE",
        "VARCHAR",
        "JSON",
    ]
)
# Types of numbers, which Markdown aligns to the right.
_NUMBERS = _SIMPLE - {"BOOLEAN", "VARCHAR", "JSON"}
_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
_ARROW_INTEGER = "DECIMAL(38, 0)"
# Types without an exact form in Arrow, and those in which they are exact.
_ARROW_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "HUGEINT": _ARROW_INTEGER,
        "UHUGEINT": "VARCHAR",
        "BIGNUM": "VARCHAR",
        "BIT": "VARCHAR",
        "TIME WITH TIME ZONE": "VARCHAR",
    }
)
# A word of a type's name that is not the quoted name of a member.
_WORDS = re.compile(
    r"\"(?:[^\"]|\"\")*\"|'(?:[^']|'')*'|TIME WITH TIME ZONE|\bU?HUGEINT\b|\bBIGNUM\b|\bBIT\b"
)


@dataclass
class ResultTooLarge(Exception):
    """A result beyond its limit."""

    limit: str

    def __str__(self) -> str:
        return f"the result has more than {self.limit}; narrow the statement or add a LIMIT"


class NotInArrow(Exception):
    """A value that Arrow has no exact form for."""


@dataclass(frozen=True)
class ResultLimits:
    """Limits of a result, and how its text is written.

    Attributes:
        max_rows: Limit of rows.
        max_bytes: Limit of bytes.
        formulas: Whether CSV may have text that spreadsheets run; see ``query.sql.cells``.
    """

    max_rows: int
    max_bytes: int
    formulas: bool = False


def write_result(relation: Any, form: str, limits: ResultLimits) -> Iterator[bytes]:
    """Return a result in a format of ``WRITERS``, in blocks.

    Raises:
        ResultTooLarge: The result is beyond a limit.
    """
    return WRITERS[form](relation, limits)


def write_lossless(relation: Any, limits: ResultLimits) -> Iterator[bytes]:
    """Return a result as Arrow with DuckDB's own types, which another sandbox reads."""
    return _arrow_stream(relation, limits)


# --- Arrow --------------------------------------------------------------------------------


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
        """Return the written bytes; raise ``ResultTooLarge`` beyond the limit."""
        if self.size > self._limit:
            raise ResultTooLarge(f"{self._limit} bytes")
        return b"".join(self.blocks)


def _arrow(relation: Any, limits: ResultLimits) -> Iterator[bytes]:
    """Write an Arrow stream of types that every reader supports, without rounding.

    Names of columns are unique, since readers look columns up by name.
    """
    expressions = []
    names = unique_names(relation.columns)
    for number, (name, kind) in enumerate(zip(names, map(str, relation.types), strict=True), 1):
        column = f"#{number}"
        standard = arrow_type(kind)
        if standard != kind:
            column = f"CAST({column} AS {standard})"
        expressions.append(f"{column} AS {quote_identifier(name)}")
    try:
        yield from _arrow_stream(relation.project(", ".join(expressions)), limits)
    except duckdb.ConversionException as error:
        if _ARROW_INTEGER not in str(error).replace("(38,0)", "(38, 0)"):
            raise
        raise NotInArrow(
            "an integer of the result has more than the 38 digits of Arrow and Parquet; cast its "
            "column to text, CAST(… AS VARCHAR), or request another format"
        ) from None


def arrow_type(kind: str) -> str:
    """Return the type to which a column is cast before it becomes Arrow, often its own.

    Args:
        kind: DuckDB's name of the type; members of it are converted, too.
    """
    if kind.startswith("UNION("):
        return "VARCHAR"
    return _WORDS.sub(lambda word: _ARROW_TYPES.get(word[0], word[0]), kind)


def unique_names(names: list[str]) -> list[str]:
    """Return names of columns with a number behind those that occurred before."""
    taken = {name.lower() for name in names}
    seen: set[str] = set()
    unique = []
    for name in names:
        chosen, number = name, 0
        while chosen.lower() in (taken if number else seen):
            number += 1
            chosen = f"{name}_{number}"
        seen.add(chosen.lower())
        taken.add(chosen.lower())
        unique.append(chosen)
    return unique


def _arrow_stream(relation: Any, limits: ResultLimits) -> Iterator[bytes]:
    out = _Blocks(limits.max_bytes)
    stream = na.ArrayStream(relation.limit(limits.max_rows + 1))
    with StreamWriter.from_writable(out) as writer:
        rows = 0
        writer.write_stream(na.c_array_stream([], schema=stream.schema))
        for chunk in stream.iter_chunks():
            rows += len(chunk)
            if rows > limits.max_rows:
                raise ResultTooLarge(f"{limits.max_rows} rows")
            writer.write_array(chunk)
    yield out.content()


# --- Text ---------------------------------------------------------------------------------


def _json(relation: Any, limits: ResultLimits) -> Iterator[bytes]:
    columns = [
        {"name": name, "type": str(kind)}
        for name, kind in zip(relation.columns, relation.types, strict=True)
    ]
    yield b'{"columns":' + json_encoding.dumps(columns) + b',"rows":['
    rows = size = 0
    for row in _rows(relation, limits):
        text = json_encoding.dumps(row, option=json_encoding.ANY_NAMES)
        size = _grown(size, text, limits)
        yield b"," + text if rows else text
        rows += 1
    yield b'],"row_count":%d}' % rows


def _ndjson(relation: Any, limits: ResultLimits) -> Iterator[bytes]:
    names = unique_names(relation.columns)
    size = 0
    for row in _rows(relation, limits):
        members = dict(zip(names, row, strict=True))
        text = json_encoding.dumps(members, option=json_encoding.ANY_NAMES) + b"\n"
        size = _grown(size, text, limits)
        yield text


def _csv(relation: Any, limits: ResultLimits) -> Iterator[bytes]:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(csv_cell(name, limits.formulas) for name in relation.columns)
    for row in _rows(relation, limits):
        writer.writerow(csv_cell(_as_text(value), limits.formulas) for value in row)
        if out.tell() > limits.max_bytes:
            raise ResultTooLarge(f"{limits.max_bytes} bytes")
    yield out.getvalue().encode()


def _markdown(relation: Any, limits: ResultLimits) -> Iterator[bytes]:
    rules = ["--:" if is_number(str(kind)) else "---" for kind in relation.types]
    yield _markdown_line(markdown_cell(name) for name in relation.columns)
    yield _markdown_line(rules)
    size = 0
    for row in _rows(relation, limits):
        line = _markdown_line(markdown_cell(_as_text(value)) for value in row)
        size = _grown(size, line, limits)
        yield line


def _markdown_line(cells: Any) -> bytes:
    return f"| {' | '.join(cells)} |\n".encode()


def is_number(kind: str) -> bool:
    """Return true for a type of numbers, by DuckDB's name."""
    return kind in _NUMBERS or (kind.startswith("DECIMAL(") and kind.endswith(")"))


def _grown(size: int, text: bytes, limits: ResultLimits) -> int:
    """Return the size with a text added; raise ``ResultTooLarge`` beyond the limit."""
    size += len(text)
    if size > limits.max_bytes:
        raise ResultTooLarge(f"{limits.max_bytes} bytes")
    return size


def _as_text(value: Any) -> Any:
    """Return nested values as JSON and truth values as SQL writes them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return json_encoding.dumps(value, option=json_encoding.ANY_NAMES).decode()
    return value


def _rows(relation: Any, limits: ResultLimits) -> Iterator[list[Any]]:
    """Return rows of values that JSON has."""
    kinds = list(map(str, relation.types))
    # By number: two columns may have the same name.
    projected = relation.project(
        ", ".join(
            f"{_json_expression(f'#{number}', kind)} AS {quote_identifier(name)}"
            for number, (name, kind) in enumerate(zip(relation.columns, kinds, strict=True), 1)
        )
    )
    rows = projected.limit(limits.max_rows + 1).fetchall()
    if len(rows) > limits.max_rows:
        raise ResultTooLarge(f"{limits.max_rows} rows")
    documents = [number for number, kind in enumerate(kinds) if kind == "JSON"]
    for row in rows:
        values = [_plain(value) for value in row]
        for number in documents:
            values[number] = _document(values[number])
        yield values


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
    return f"{column}::VARCHAR"


def _document(text: Any) -> Any:
    """Return the value of a JSON column; its text where JSON has no such value, as of NaN."""
    try:
        return text if text is None else json_encoding.unpack(text)
    except (msgspec.DecodeError, RecursionError):
        return text


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
        case float() if not math.isfinite(value):
            # JSON has no such numbers, and null would be NULL.
            return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
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


# By format; Parquet is made of Arrow by ``parquet``.
WRITERS: Mapping[str, Callable[[Any, ResultLimits], Iterator[bytes]]] = MappingProxyType(
    {
        "json": _json,
        "ndjson": _ndjson,
        "csv": _csv,
        "markdown": _markdown,
        "arrow": _arrow,
    }
)
