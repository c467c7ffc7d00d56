"""Handler of SQL queries: one statement for each shard, and one that combines their results."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from tart import json_encoding
from tart.errors import BadQuery, Incomplete
from tart.gateway.fanout.queries import QueryClient, coverage
from tart.gateway.handlers.windows import Handler, Values
from tart.gateway.http.responses import Answer, lacks_of, members_of
from tart.query.shard_queries.events import Sql
from tart.query.sql.formats import SQL_FORMATS, accepted_format, cut_off
from tart.sandbox import process

# A statement may take longer than a page does: first on the shards, then for reduce.
MAP_SECONDS = 25.0
REDUCE_SECONDS = 10.0
_JSON_ROWS = 100_000


async def _cut(data: bytes, form: str, lacking: Incomplete) -> AsyncIterator[bytes]:
    """A result that says that it lacks something by not ending."""
    yield cut_off(data, form, str(lacking))
    raise lacking


async def sql(queries: QueryClient, values: Values) -> Answer:
    """``/api/sql``."""
    mapped = _statement(values["body"], "map")
    reduced = "SELECT * FROM partials"
    if values["body"].get("reduce") is not None:
        reduced = _statement(values["body"], "reduce")
    form = values["format"] or accepted_format(values["accept"], tuple(SQL_FORMATS), "/api/sql")
    async with queries.sql_admission:
        answers = await queries.ask_each(Sql(mapped, MAP_SECONDS), MAP_SECONDS)
        partials = [value.data for _, value in answers.values]
        order = process.SqlJob(
            reduced,
            form,
            partials=True,
            seconds=REDUCE_SECONDS,
            max_rows=_JSON_ROWS if form == "json" else process.MAX_ROWS,
            formulas=queries.config.csv_formulas,
        )
        data = await queries.sql_admission.run(order, partials)
    seen = coverage(answers)
    media_type = SQL_FORMATS[form].media_type
    if form == "json":
        members = members_of(seen)
        data = data[:-1] + b"," + json_encoding.dumps(members)[1:] if members else data
        return Answer(data, seen, media_type=media_type)
    lacks = lacks_of(seen)
    sent = _cut(data, form, Incomplete(lacks)) if lacks else None
    return Answer(data, seen, media_type=media_type, stream=sent)


def _statement(body: Mapping[str, Any], name: str) -> str:
    text = body.get(name)
    if not isinstance(text, str) or not text.strip():
        raise BadQuery(f"{name} must be a SQL statement", name)
    return text


SQL_HANDLERS: Mapping[str, Handler] = {"sql": sql}
