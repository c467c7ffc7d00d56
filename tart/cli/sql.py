"""``tart sql``: runs one SELECT over the stored events of a running or a stopped server.

With ``--data-dir`` the files are read in place, under the lock that ``serve`` takes and without
changing a byte; otherwise the statement goes to ``POST /api/sql``. Either way the statement
runs in the same sandbox over the same views.
"""

from __future__ import annotations

import argparse
import json
import os
from typing import Any

from tart.cli.arguments import add_config, add_key_file, add_url
from tart.cli.http_client import IncompleteResponse, RequestRefused, Server
from tart.cli.stopped_tables import stopped_tables
from tart.config.load import load
from tart.config.schema import Config
from tart.errors import SqlRefused, StartupError
from tart.sandbox import process
from tart.supervisor.data_lock import lock_directories

# The time limit of a statement that runs on the files of a stopped server.
_SECONDS = 3600.0
_MAX_CELL = 60


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_config(parser)
    parser.add_argument("statement", metavar="SQL", help="SELECT to run on every shard")
    parser.add_argument(
        "--reduce",
        metavar="SQL",
        help="SELECT to run over the results of all shards, the table 'partials'",
    )
    source = parser.add_mutually_exclusive_group()
    add_url(source)
    source.add_argument(
        "--data-dir", metavar="DIR", help="read the files of a stopped server instead"
    )
    add_key_file(parser)
    parser.add_argument(
        "--format",
        choices=("table", "json", "csv"),
        default="table",
        help="output format (default table)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the statement, print the result, return the exit code.

    Raises:
        ConfigError: The settings are not valid.
        SqlRefused: The statement is refused, or failed.
        StartupError: No server answers, the directory does not exist or is in use, or the
            result, which is printed all the same, is incomplete.
    """
    statement, reduce, form = arguments.statement, arguments.reduce, arguments.format
    config = load(arguments.config, environ=os.environ, flags={"data_dir": arguments.data_dir})
    wanted = "json" if form == "table" else form
    problem = None
    if arguments.data_dir is None:
        server = Server(config, arguments.url, arguments.key_file)
        result, problem = _query_server(server, statement, reduce, wanted)
    else:
        result = _query_files(config, statement, reduce, wanted)
    print(table(json.loads(result)) if form == "table" else result.decode().rstrip())
    if problem is None and wanted == "json":
        problem = _missing(json.loads(result))
    if problem is not None:
        raise StartupError(problem)
    return 0


def table(result: dict[str, Any]) -> str:
    """Return a JSON result as aligned columns."""
    head = [column["name"] for column in result["columns"]]
    lines = [head, *([_cell(value) for value in row] for row in result["rows"])]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    ruled = [*lines[:1], ["-" * width for width in widths], *lines[1:]]
    text = [
        "  ".join(value.ljust(width) for value, width in zip(line, widths, strict=True)).rstrip()
        for line in ruled
    ]
    count = result["row_count"]
    return "\n".join([*text, f"({count} row{'' if count == 1 else 's'})"])


def _cell(value: Any) -> str:
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value)
    # Control characters would break the line or be interpreted by the terminal.
    text = "".join(character if character.isprintable() else "\ufffd" for character in text)
    return text if len(text) <= _MAX_CELL + 8 else f"{text[:_MAX_CELL]}…"


def _query_server(
    server: Server, statement: str, reduce: str | None, form: str
) -> tuple[bytes, str | None]:
    """Return a running server's result, and why it is incomplete if it was cut short."""
    try:
        body = {"map": statement, "reduce": reduce}
        return server.post(f"/api/sql?format={form}", body), None
    except IncompleteResponse as error:
        return error.received, str(error)
    except RequestRefused as error:
        raise SqlRefused(str(error)) from None


def _missing(result: dict[str, Any]) -> str | None:
    """Return a sentence on the parts that a JSON result lacks; ``None`` if it is complete."""
    problems = [
        f"{damage['rows']} rows of {damage['file']} are damaged and cannot be read"
        for damage in result.get("unreadable", ())
    ]
    if shards := result.get("shards"):
        problems.insert(0, f"only {shards['answered']} of {shards['total']} shards answered")
    return f"the result is incomplete: {'; '.join(problems)}" if problems else None


def _query_files(config: Config, statement: str, reduce: str | None, form: str) -> bytes:
    """Return the result from the files of a stopped server."""
    root = config.data_path
    if not root.is_dir():
        raise StartupError(f"data_dir: {root} does not exist")
    formulas = config.api.csv_formulas
    with lock_directories(root, config.run_path), stopped_tables(root) as tables:
        last = reduce is None
        map_job = process.SqlJob(
            statement,
            form if last else "arrow",
            lossless=not last,
            seconds=_SECONDS,
            formulas=formulas,
        )
        partials = process.run(map_job, tables.rows)
    if reduce is None:
        return partials
    reduce_job = process.SqlJob(reduce, form, partials=True, seconds=_SECONDS, formulas=formulas)
    return process.run(reduce_job, lambda scan: (), [partials])
