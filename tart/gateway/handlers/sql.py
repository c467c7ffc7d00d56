"""Handler of SQL queries: one statement over all shards, or one for each and one to combine."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from tart import json_encoding
from tart.errors import BadQuery
from tart.gateway.api.sql_page import sql_page
from tart.gateway.fanout.queries import Coverage, QueryClient, coverage
from tart.gateway.fanout.sql_rows import SqlRows
from tart.gateway.handlers.windows import Handler, Values
from tart.gateway.http.responses import Answer, members_of
from tart.query.answers.sql import SqlExecution
from tart.query.shard_queries.events import Sql
from tart.query.sql.formats import SQL_FORMATS
from tart.query.sql.limits import MAX_JSON_ROWS, MAX_ROWS
from tart.query.sql.reference import sql_tables
from tart.sandbox import process

# The part of the time limit in which the shards must have answered map.
_MAP_SHARE = 0.7


async def sql(queries: QueryClient, values: Values, client: str = "") -> Answer:
    """Answer ``/api/sql``.

    Args:
        queries: The client of the shards.
        values: The parameters.
        client: The key or address that the statement is counted for.
    """
    body = values["body"]
    form = values["format"]
    begun = time.monotonic()
    source = SqlRows(queries, queries.config.sql_seconds, coverage)
    if body.get("query") is None:
        mapped, reduced = _map_and_reduce(body)
        async with queries.sql_admission.admit(client):
            data, seen = await _run_parts(queries, mapped, reduced, form)
    else:
        if named := [each for each in ("map", "reduce") if body.get(each) is not None]:
            raise BadQuery(
                f"the body has query and {named[0]}; send either query, or map with or without "
                "reduce",
                named[0],
            )
        statement = _statement(body, "query")
        async with queries.sql_admission.admit(client):
            data, seen = await _run_statement(queries, statement, form, source)
    media_type = SQL_FORMATS[form].media_type
    if form == "json":
        members = dict(members_of(seen))
        if values["explain"] == "true":
            members["execution"] = SqlExecution(
                split=source.shard_statement is not None,
                shard_statement=source.shard_statement,
                read=source.read,
                elapsed_ms=round((time.monotonic() - begun) * 1000, 1),
            )
        data = data[:-1] + b"," + json_encoding.dumps(members)[1:] if members else data
        return Answer(data, seen, media_type=media_type)
    return Answer(data, seen, media_type=media_type, form=form)


async def select_rows(
    queries: QueryClient, statement: str, client: str, *, seconds: float, max_rows: int
) -> tuple[bytes, Coverage]:
    """Return the rows of a statement in JSON, for rules.

    Args:
        queries: The client of the shards.
        statement: One SELECT.
        client: The client that the statement is counted for.
        seconds: The time limit, with the time that it waits to be admitted.
        max_rows: A result with more rows is refused.

    Raises:
        SqlRefused, QueryTimeout, Busy, ShardUnavailable: See ``SqlAdmission`` and ``SqlRows``.
    """
    seconds = min(seconds, queries.config.sql_seconds)
    source = SqlRows(queries, seconds, coverage)
    job = replace(_job(queries, statement, "json"), seconds=seconds, max_rows=max_rows, splits=True)
    async with queries.sql_admission.admit(client):
        data = await queries.sql_admission.run(job, source=source)
    total = len(queries.shards.every)
    return data, source.seen or Coverage(frozenset(range(total)), total)


async def _run_statement(
    queries: QueryClient, statement: str, form: str, source: SqlRows
) -> tuple[bytes, Coverage]:
    """Return the result of a statement over the rows of all shards."""
    job = replace(_job(queries, statement, form), splits=True)
    data = await queries.sql_admission.run(job, source=source)
    total = len(queries.shards.every)
    return data, source.seen or Coverage(frozenset(range(total)), total)


async def _run_parts(
    queries: QueryClient, mapped: str, reduced: str, form: str
) -> tuple[bytes, Coverage]:
    """Return the result of a statement over the results of another on every shard."""
    ends = time.monotonic() + queries.config.sql_seconds
    seconds = _MAP_SHARE * queries.config.sql_seconds
    answers = await queries.ask_each(Sql(mapped, seconds), seconds)
    job = _job(queries, reduced, form)
    job = replace(job, partials=True, seconds=max(1.0, ends - time.monotonic()))
    data = await queries.sql_admission.run(job, [value.data for _, value in answers.values])
    return data, coverage(answers)


def _job(queries: QueryClient, statement: str, form: str) -> process.SqlJob:
    return process.SqlJob(
        statement,
        form,
        seconds=queries.config.sql_seconds,
        max_rows=MAX_JSON_ROWS if form == "json" else MAX_ROWS,
        formulas=queries.config.csv_formulas,
    )


def _map_and_reduce(body: Mapping[str, Any]) -> tuple[str, str]:
    if body.get("map") is None:
        if body.get("reduce") is not None:
            raise BadQuery("reduce combines the results of map; send map, too", "map")
        raise BadQuery('the body needs a statement: {"query": "SELECT …"}', "query")
    reduced = "SELECT * FROM partials"
    if body.get("reduce") is not None:
        reduced = _statement(body, "reduce")
    return _statement(body, "map"), reduced


def _statement(body: Mapping[str, Any], name: str) -> str:
    text = body.get(name)
    if not isinstance(text, str) or not text.strip():
        raise BadQuery(f"{name} must be a SQL statement", name)
    return text


@cache
def _page() -> bytes:
    return sql_page().encode()


async def sql_docs(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/docs/sql``."""
    return Answer(_page)


@cache
def _tables() -> bytes:
    return json_encoding.dumps(sql_tables())


async def tables(queries: QueryClient, values: Values) -> Answer:
    """Answer ``/api/sql/tables``."""
    return Answer(_tables())


SQL_HANDLERS: Mapping[str, Handler] = {
    "sql": sql,
    "sql_docs": sql_docs,
    "sql_tables": tables,
}
