"""``tart sql``: one SELECT over what is kept, of a running server or of a stopped one's files.

With ``--data-dir`` the files are read where they lie, under the lock that ``serve`` takes
and without changing a byte; otherwise the statement goes to ``POST /api/sql``. Either way
it runs in the same sandbox over the same views.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import duckdb

from tart.cli.http_client import BrokenOff, Refused, Server
from tart.config.load import load
from tart.config.schema import Config, StorageConfig
from tart.errors import NodeInformationError, SqlRefused, StartupError
from tart.protocol.node_information import decode_node_information
from tart.sandbox import process
from tart.shard.queries.sql import rows
from tart.storage.core.files import LogFile, list_directories, list_files
from tart.storage.log import views
from tart.storage.log.database import Database
from tart.supervisor.data_lock import claimed

Cursor = duckdb.DuckDBPyConnection

# A statement may take so long where nobody else waits.
_SECONDS = 3600.0
_WIDEST = 60


def sql(
    path: Path | None,
    statement: str,
    reduce: str | None,
    *,
    url: str | None,
    key_file: Path | None,
    data_dir: str | None,
    form: str,
) -> int:
    """Run it, print the result, return the exit code.

    Raises:
        ConfigError: the settings cannot be used.
        SqlRefused: the statement is not run, or failed.
        StartupError: there is no server, or the directory is in use or not there; or the
            result, which is printed all the same, lacks something.
    """
    config = load(path, environ=os.environ, flags={"data_dir": data_dir})
    wanted = "json" if form == "table" else form
    if data_dir is None:
        result, lacking = _asked(Server(config, url, key_file), statement, reduce, wanted)
    else:
        result, lacking = _read(config, statement, reduce, wanted), None
    print(table(json.loads(result)) if form == "table" else result.decode().rstrip())
    if lacking is None and wanted == "json":
        lacking = _lacking(json.loads(result))
    if lacking is not None:
        raise StartupError(lacking)
    return 0


def table(result: dict[str, Any]) -> str:
    """A JSON result as aligned columns."""
    head = [each["name"] for each in result["columns"]]
    lines = [head, *([_shown(value) for value in row] for row in result["rows"])]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    ruled = [*lines[:1], ["-" * width for width in widths], *lines[1:]]
    text = [
        "  ".join(value.ljust(width) for value, width in zip(line, widths, strict=True)).rstrip()
        for line in ruled
    ]
    count = result["row_count"]
    return "\n".join([*text, f"({count} row{'' if count == 1 else 's'})"])


def _shown(value: Any) -> str:
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value)
    # A control character would end the line, or worse.
    text = "".join(each if each.isprintable() else "\ufffd" for each in text)
    return text if len(text) <= _WIDEST + 8 else f"{text[:_WIDEST]}…"


def _asked(
    server: Server, statement: str, reduce: str | None, form: str
) -> tuple[bytes, str | None]:
    """What a running server answers, and in what way it is incomplete if it breaks off."""
    try:
        asked = {"map": statement, "reduce": reduce}
        return server.post(f"/api/sql?format={form}", asked), None
    except BrokenOff as error:
        return error.received, str(error)
    except Refused as error:
        raise SqlRefused(str(error)) from None


def _lacking(result: dict[str, Any]) -> str | None:
    """What a JSON result says that it lacks."""
    found = [
        f"{each['rows']} rows of {each['file']} are damaged and cannot be read"
        for each in result.get("unreadable", ())
    ]
    if shards := result.get("shards"):
        found.insert(0, f"only {shards['answered']} of {shards['total']} shards answered")
    return f"the result is incomplete: {'; '.join(found)}" if found else None


def _read(config: Config, statement: str, reduce: str | None, form: str) -> bytes:
    """What the files of a stopped server say."""
    root = config.data_path
    if not root.is_dir():
        raise StartupError(f"data_dir: {root} is not there")
    formulas = config.api.csv_formulas
    with claimed(root, config.run_path), _attached(root) as (cursor, files):
        last = reduce is None
        first = process.Order(
            statement,
            form if last else "arrow",
            lossless=not last,
            seconds=_SECONDS,
            formulas=formulas,
        )
        found = process.run(first, lambda scan: rows(cursor, files, scan))
    if reduce is None:
        return found
    second = process.Order(reduce, form, partials=True, seconds=_SECONDS, formulas=formulas)
    return process.run(second, lambda scan: (), [found])


@contextmanager
def _attached(root: Path) -> Iterator[tuple[Cursor, Sequence[LogFile]]]:
    """A cursor that sees every file of a data directory, oldest first."""
    database = Database(StorageConfig())
    try:
        files = sorted(
            (file for each in list_directories(root) for file in list_files(root, each)),
            key=lambda file: file.period,
        )
        for file in files:
            database.attach_read_only_with_wal(file)
        with closing(database.cursor()) as cursor:
            said = _said(cursor, files)
            views.install(cursor, lambda directory, session: said[directory, session])
            yield cursor, files
    finally:
        database.close()


def _said(cursor: Cursor, files: Sequence[LogFile]) -> dict[tuple[int, int], Any]:
    """Protocol version and core count of every session."""
    found: dict[tuple[int, int], Any] = {}
    for file in files:
        statement = f"SELECT session, node_information FROM {file.alias}.sessions"
        for session, hello in cursor.execute(statement).fetchall():
            try:
                node = decode_node_information(hello)
            except NodeInformationError:
                found.setdefault((file.directory, session), (1, None))
            else:
                found[file.directory, session] = node.protocol_version, node.cores
    return found
