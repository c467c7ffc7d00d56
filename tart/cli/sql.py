"""``tart sql``: runs one SELECT over the tables of a running or a stopped server.

The statement goes to ``POST /api/sql``; with ``--data-dir`` the files of a stopped server are
read in place, under the lock that ``serve`` takes and without changing a byte. Either way the
statement runs in the same sandbox over the same tables. Without a statement the tables are
listed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tart.cli.arguments import add_client, add_config
from tart.cli.data_directory import require_data_directory
from tart.cli.http_client import IncompleteResponse, RequestRefused, connect, parse_object
from tart.cli.http_errors import describe_other_answer
from tart.cli.json_output import print_json
from tart.cli.named_files import unreadable, unwritable
from tart.cli.pager import show
from tart.cli.progress import Progress
from tart.cli.render.progress_line import BYTES
from tart.cli.render.result_table import Layout, join_lines, render_table, render_vertical
from tart.cli.render.sql_error import render_sql_error
from tart.cli.render.sql_tables_text import find_table, render_description, render_tables
from tart.cli.render.syntax import suggest
from tart.cli.streams import print_note
from tart.config.load import load
from tart.config.schema import Config
from tart.errors import ConfigError, SqlRefused, StartupError
from tart.query.sql.formats import ALIASES, SQL_FORMATS
from tart.query.sql.reference import sql_table, sql_tables
from tart.sandbox import process
from tart.suggestions import did_you_mean
from tart.supervisor.data_lock import lock_directories

# The time limit of a statement that runs on the files of a stopped server.
_SECONDS = 3600.0
_ROWS = 1000
# What a result as JSON has.
_MEMBERS = frozenset({"columns", "rows", "row_count"})
_TABLE = "table"
_BINARY = ("arrow", "parquet")
_SUFFIXES: Mapping[str, str] = {
    "md": "markdown",
    "jsonl": "ndjson",
    "pq": "parquet",
    "txt": _TABLE,
    "": _TABLE,
}

# What is sent: the members of the body of ``/api/sql``.
Statement = Mapping[str, str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_config(parser)
    parser.add_argument(
        "statement",
        metavar="SQL",
        nargs="?",
        help="SELECT to run over all shards; - reads it from stdin; without one the tables are "
        "listed",
    )
    parser.add_argument("-f", "--file", type=Path, metavar="FILE", help="read the SELECT from FILE")
    parser.add_argument("--tables", action="store_true", help="list the tables")
    parser.add_argument("--describe", metavar="TABLE", help="show the columns of a table")
    experts = parser.add_argument_group("for experts")
    experts.add_argument("--map", metavar="SQL", help="SELECT to run on every shard by itself")
    experts.add_argument(
        "--reduce",
        metavar="SQL",
        help="SELECT to run over the results of --map, the table 'partials'",
    )
    output = parser.add_argument_group("output")
    form = output.add_mutually_exclusive_group()
    name = form.add_argument(
        "--format",
        metavar="FORMAT",
        help=f"table, {', '.join(SQL_FORMATS)} (default: by the suffix of -o, else table)",
    )
    suggest(name, (_TABLE, *SQL_FORMATS))
    form.add_argument(
        "--json", action="store_true", help="print JSON, as with --format json; also of the tables"
    )
    output.add_argument("-o", "--output", type=Path, metavar="FILE", help="write into FILE")
    output.add_argument("--wide", action="store_true", help="do not cut the table to the terminal")
    output.add_argument("--vertical", action="store_true", help="show one value on each line")
    output.add_argument(
        "--rows",
        type=int,
        default=_ROWS,
        metavar="N",
        help=f"rows of a table that are shown; 0 shows all (default {_ROWS})",
    )
    output.add_argument("--no-pager", action="store_true", help="do not use a pager")
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--data-dir", metavar="DIR", help="read the files of a stopped server instead"
    )
    add_client(parser, url_group=source)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the statement, print the result, return the exit code.

    Raises:
        ConfigError: The arguments or the settings are not valid.
        SqlRefused: The statement is refused, or failed.
        StartupError: No server answers, the directory does not exist or is in use, or the
            result, which is printed all the same, is incomplete.
    """
    if arguments.describe is not None:
        return _describe(arguments)
    statement = None if arguments.tables else _statement(arguments)
    if statement is None:
        return _list_tables(arguments)
    if arguments.rows < 0:
        raise ConfigError(f"--rows: {arguments.rows} is below 0; 0 shows all")
    form = _format(arguments)
    if arguments.output is not None:
        _check_output(arguments.output)
    config = load(arguments.config, environ=os.environ, flags={"data_dir": arguments.data_dir})
    began = time.monotonic()
    result, problem = _result(config, arguments, statement, "json" if form == _TABLE else form)
    seconds = time.monotonic() - began
    document = None
    if form in (_TABLE, "json"):
        document = parse_object(result)
        if document is None or not document.keys() >= _MEMBERS:
            address = arguments.url or "the server"
            raise StartupError(problem or describe_other_answer(address, "/api/sql"))
    _write(result, document if form == _TABLE else None, arguments)
    if sys.stderr.isatty() and sys.stdout.isatty():
        rows = "" if document is None else f"{document['row_count']} rows in "
        print_note(f"{rows}{seconds:.2f} s")
    if problem is None and document is not None:
        problem = _missing(document)
    if problem is not None:
        raise StartupError(problem)
    return 0


def _describe(arguments: argparse.Namespace) -> int:
    table = find_table(arguments.describe)
    if arguments.json:
        print_json(sql_table(table))
        return 0
    width = shutil.get_terminal_size().columns
    return _print(render_description(table, width), arguments)


def _list_tables(arguments: argparse.Namespace) -> int:
    if arguments.json:
        print_json(sql_tables())
        return 0
    return _print(render_tables(shutil.get_terminal_size().columns), arguments)


def _print(lines: Iterable[str], arguments: argparse.Namespace) -> int:
    show(join_lines(lines), paged=not arguments.no_pager)
    return 0


def _statement(arguments: argparse.Namespace) -> Statement | None:
    """Return the statement to send; ``None`` if there is none."""
    if arguments.map is not None or arguments.reduce is not None:
        mapped = arguments.map if arguments.map is not None else arguments.statement
        if mapped is None:
            raise ConfigError("--reduce needs --map, the SELECT that runs on every shard")
        if arguments.map is not None and arguments.statement is not None:
            raise ConfigError(
                "--map is a statement already; its results are combined by a SELECT in --reduce"
            )
        return {"map": mapped} | ({} if arguments.reduce is None else {"reduce": arguments.reduce})
    if arguments.file is not None:
        if arguments.statement is not None:
            raise ConfigError("give the statement or --file, not both")
        return {"query": _read(arguments.file)}
    text = arguments.statement
    if text is not None and not text.isprintable() and any("\ud800" <= c <= "\udfff" for c in text):
        raise ConfigError("the statement is not UTF-8 text")
    if text is not None and not text.strip():
        raise ConfigError("the statement is empty; without an argument the tables are listed")
    if text == "-" or (text is None and not sys.stdin.isatty()):
        text = sys.stdin.read()
        if not text.strip() and arguments.statement is not None:
            raise ConfigError("there is no statement on stdin")
    return {"query": text} if text is not None and text.strip() else None


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable(path, error) from None


def _format(arguments: argparse.Namespace) -> str:
    """Return the output format."""
    name: str | None = "json" if arguments.json else arguments.format
    if name is None:
        suffix = arguments.output.suffix[1:].lower() if arguments.output else ""
        if suffix not in (*_SUFFIXES, *SQL_FORMATS):
            suffixes = ", ".join(f".{each}" for each in (*SQL_FORMATS, *_SUFFIXES) if each)
            raise ConfigError(
                f"{arguments.output}: no format has the suffix .{suffix}; use one of {suffixes}, "
                "or --format"
            )
        name = _SUFFIXES.get(suffix, suffix)
    name = ALIASES.get(name.lower(), name.lower())
    known = (_TABLE, *SQL_FORMATS)
    if name not in known:
        hint = did_you_mean(name, known)
        raise ConfigError(f"--format {name}: must be one of {', '.join(known)}{hint}")
    if name in _BINARY and arguments.output is None and sys.stdout.isatty():
        raise ConfigError(f"{name} is binary; write it with -o FILE, or into a pipe")
    return name


def _write(result: bytes, table: Any, arguments: argparse.Namespace) -> None:
    """Write the result to the file or to stdout; ``table`` is what is shown as a table."""
    if table is not None:
        result = _table(table, arguments).encode()
    if arguments.output is not None:
        try:
            arguments.output.write_bytes(result)
        except OSError as error:
            raise unwritable(arguments.output, error) from None
        return
    if sys.stdout.isatty():
        text = result.decode()
        show(text if text.endswith("\n") else f"{text}\n", paged=not arguments.no_pager)
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(result)
    if not result.endswith(b"\n") and _format(arguments) == "json":
        sys.stdout.buffer.write(b"\n")
    sys.stdout.buffer.flush()


def _check_output(path: Path) -> None:
    """Check that a file can be written, before a statement that takes long; it stays as it is.

    Raises:
        ConfigError: It cannot be written.
        StartupError: The disk is full.
    """
    existed = path.exists()
    try:
        path.open("ab").close()
        if not existed:
            path.unlink()
    except OSError as error:
        raise unwritable(path, error) from None


def _table(document: Any, arguments: argparse.Namespace) -> str:
    cut = sys.stdout.isatty() and arguments.output is None and not arguments.wide
    layout = Layout(
        width=shutil.get_terminal_size().columns if cut else None,
        max_rows=arguments.rows if arguments.rows > 0 else None,
    )
    render = render_vertical if arguments.vertical else render_table
    return join_lines(render(document, layout))


def _result(
    config: Config, arguments: argparse.Namespace, statement: Statement, form: str
) -> tuple[bytes, str | None]:
    """Return the result, and why it is incomplete if it was cut short."""
    try:
        with Progress("query", unit=BYTES) as progress:
            if arguments.data_dir is not None:
                return _query_files(config, statement, form, progress), None
            server = connect(arguments, config)
            path = f"/api/sql?{urlencode({'format': form})}"
            return server.post(path, statement, progress.advance), None
    except IncompleteResponse as error:
        return error.received, str(error)
    except (RequestRefused, SqlRefused) as error:
        raise SqlRefused(render_sql_error(str(error), statement.get("query", ""))) from None


def _missing(result: Mapping[str, Any]) -> str | None:
    """Return a sentence on the parts that a JSON result lacks; ``None`` if it is complete."""
    problems = [
        f"{damage['rows']} rows of {damage['file']} are damaged and cannot be read"
        for damage in result.get("unreadable", ())
    ]
    if shards := result.get("shards"):
        problems.insert(0, f"only {shards['answered']} of {shards['total']} shards answered")
    return f"the result is incomplete: {'; '.join(problems)}" if problems else None


def _query_files(config: Config, statement: Statement, form: str, progress: Progress) -> bytes:
    """Return the result from the files of a stopped server; the progress counts rows' bytes."""

    def rows(scan: Any) -> Iterator[bytes]:
        for stream in tables.rows(scan):
            progress.advance(len(stream))
            yield stream

    # Before the lock, which would write a file into a directory of somebody else.
    root = require_data_directory(config.data_path)
    formulas = config.api.csv_formulas
    mapped, reduce = statement.get("query") or statement["map"], statement.get("reduce")
    # Imported here: DuckDB and the storage take half a second, and a running server needs neither.
    stopped_tables = import_module("tart.cli.stopped_tables").stopped_tables
    with lock_directories(root, config.run_path), stopped_tables(root) as tables:
        last = reduce is None
        map_job = process.SqlJob(
            mapped,
            form if last else "arrow",
            lossless=not last,
            seconds=_SECONDS,
            formulas=formulas,
        )
        partials = process.run(map_job, rows)
    if reduce is None:
        return partials
    reduce_job = process.SqlJob(reduce, form, partials=True, seconds=_SECONDS, formulas=formulas)
    return process.run(reduce_job, lambda scan: (), [partials])
