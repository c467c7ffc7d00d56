"""Routes of stored events: lists, single events, traces, exports and SQL. Pure."""

from __future__ import annotations

from tart.access.roles import Role
from tart.gateway.api.common import (
    CURSOR,
    EVENT_FILTERS,
    EVENT_WINDOW,
    MAX_EVENT_ID,
    limit,
    window,
)
from tart.gateway.api.parameters import Choice, Format, Integer, Parameter
from tart.gateway.api.route import BYTES, HTML, NODE, SHARD_ERRORS, Cache, Kind, Route
from tart.query.answers.event_histogram import EventHistogramAnswer
from tart.query.answers.events import EventDetails, Events, SearchResult, Trace
from tart.query.answers.messages import MessageFields
from tart.query.answers.sql import SqlResult, SqlStatement, SqlTables
from tart.query.sql.exports import FORMATS
from tart.query.sql.formats import SQL_FORMATS
from tart.query.sql.limits import MAX_GATHERED_BYTES
from tart.query.sql.reference import PATH as SQL_PAGE

MAX_OFFSET = 100_000

_ID = Parameter("id", Integer(0, MAX_EVENT_ID), "Id of the event.", where="path")
_PAGING = (
    limit(50, "events"),
    Parameter(
        "offset",
        Integer(0, MAX_OFFSET, (True, False)),
        f"Number of events to skip, at most {MAX_OFFSET}; below 0 means 0. Skipped events cost as "
        "much as returned ones; use cursor to read page by page.",
        "0",
    ),
    CURSOR,
    BYTES,
)
# Conditions on events of one node.
_CONDITIONS = tuple(each for each in EVENT_FILTERS if each.name != "node_id")

EVENT_ROUTES: tuple[Route, ...] = (
    Route(
        "node_events",
        "/api/nodes/{id}/events",
        "List events of one node, newest first",
        "All conditions must hold. Without a time all stored events of the node are listed.",
        parameters=(NODE, *_CONDITIONS, *EVENT_WINDOW, *_PAGING),
        answer=Events,
        errors=(404, *SHARD_ERRORS),
    ),
    Route(
        "events",
        "/api/events",
        "List events, newest first",
        "All conditions must hold. Without a time all stored events are listed.",
        parameters=(*EVENT_FILTERS, *EVENT_WINDOW, *_PAGING),
        answer=Events,
        errors=SHARD_ERRORS,
    ),
    Route(
        "search",
        "/api/events/search",
        "Search events by type, node, time, slot, core or hash",
        "All conditions must hold. Without a time all stored events are searched.",
        parameters=(*EVENT_FILTERS, *EVENT_WINDOW, *_PAGING),
        answer=SearchResult,
        errors=SHARD_ERRORS,
        cache=Cache.LIVE,
    ),
    Route(
        "event_histogram",
        "/api/events/histogram",
        "Count events by time, node, type and reason under conditions",
        "All conditions must hold. With no condition but event types, node and time the counts "
        "come from aggregates, at a cost that does not depend on the number of events; else from "
        "the events that are still stored, which are searched within the deadline. source says "
        "which. Buckets have the shortest length that makes at most buckets of them, at least 10 "
        "s; a minute or an hour where only those are stored.",
        parameters=(
            *EVENT_FILTERS,
            *window("1h"),
            Parameter(
                "buckets",
                Integer(1, 240, (True, True)),
                "Maximum number of buckets; clamped to 1 to 240.",
                "60",
            ),
            Parameter(
                "top",
                Integer(1, 100, (True, True)),
                "Maximum length of the lists of nodes, types and reasons; clamped to 1 to 100.",
                "10",
            ),
        ),
        answer=EventHistogramAnswer,
        errors=SHARD_ERRORS,
        cache=Cache.AGGREGATED,
    ),
    Route(
        "event",
        "/api/events/{id}",
        "Get one event with its raw bytes",
        "raw has the payload, and the whole frame with its length prefix, as the node sent them, "
        "always in hex. An event that could not be decoded is returned as well, with the reason "
        "in undecodable.",
        parameters=(_ID, BYTES),
        answer=EventDetails,
        errors=(404, *SHARD_ERRORS),
    ),
    Route(
        "trace",
        "/api/events/{id}/trace",
        "Get the events that refer to one another",
        "Follows the references from the event up to its root, and lists everything below the "
        "root in the same session, in order of arrival, the root first. References are the event "
        "ids at the start of a payload. parent and depth describe the tree. truncated is true if "
        "limit or depth ended the search. The search also ends after ten minutes without a "
        "descendant, at searched_until.",
        parameters=(
            _ID,
            limit(200, "events"),
            Parameter(
                "depth",
                Integer(1, 64, (True, True)),
                "Maximum number of levels; clamped to 1 to 64.",
                "64",
            ),
            BYTES,
        ),
        answer=Trace,
        errors=(404, *SHARD_ERRORS),
    ),
    Route(
        "event_fields",
        "/api/events/{id}/fields",
        "Get one message byte by byte: its fields, deviations and references",
        "content is the whole message after its length prefix; fields has every field with its "
        "bytes, type, value and meaning, in order, each group before the fields in it. Lengths, "
        "counts and tags are fields of their own, so every byte belongs to exactly one leaf. "
        "deviations names the bytes that are not as JIP-3 specifies. A frame that could not be "
        "decoded is returned as far as it can be read, with the rest as unread. previous and next "
        "are messages of the same session, decodable or not.",
        parameters=(_ID, limit(50, "events in referred_to_by")),
        answer=MessageFields,
        errors=(404, *SHARD_ERRORS),
    ),
    Route(
        "export",
        "/api/events/export",
        "Export all events of a window as a stream, oldest first",
        "The number of events is not limited; data is sent as fast as the client reads it. "
        "ndjson: one Event object per line. csv: the members of Event, data as JSON; text that a "
        "spreadsheet would run as a formula gets a leading apostrophe, unless api.csv_formulas is "
        "set. capture: the bytes as received, including events that could not be decoded unless a "
        "filter looks into events; docs/capture.md describes the format. If data is missing, for "
        "example because a shard does not answer, all other data is sent and the connection is "
        "closed before the end of the answer, so that an incomplete export cannot be taken for a "
        "complete one. The last line of ndjson is then an Error, the last row of csv begins with "
        "# incomplete, and a capture has no END record. Without format the Accept header "
        "selects one. For Arrow and Parquet, which are not streamed, query /api/sql.",
        parameters=(
            Parameter(
                "format",
                Format(
                    tuple(FORMATS),
                    {name: "/api/sql" for name in SQL_FORMATS if name not in FORMATS},
                ),
                "Format of the export; takes precedence over Accept, ndjson without both.",
            ),
            *EVENT_FILTERS,
            *EVENT_WINDOW,
            BYTES,
        ),
        media_type=FORMATS["ndjson"],
        errors=SHARD_ERRORS,
        cache=Cache.LIVE,
        role=Role.OPERATOR,
    ),
    Route(
        "sql",
        "/api/sql",
        "Run a SELECT over all events, as over one database",
        "query is one SELECT over the rows of all shards. Each shard runs a part of it where that "
        "is provably the same: filters, expressions, counts, sums, minima, maxima, averages and "
        "groups of one table, with ORDER BY and LIMIT. Otherwise (joins, windows, subqueries, "
        "DISTINCT in aggregates, quantiles …) the columns that it names are read from all shards, "
        f"at most {MAX_GATHERED_BYTES >> 20} MiB, and it runs once. It may take api.sql_seconds; "
        "the work ends when the client disconnects. For experts: map runs on each shard over its "
        "own rows, and reduce over the table partials, which contains the rows of all maps; "
        "without it the answer is partials. /api/docs/sql lists the tables, among them events, "
        "nodes, sessions, blocks, work_packages, event_stats_hourly, and one for each event type, "
        "named like block_announced; DESCRIBE block_announced and information_schema.columns do, "
        "too. Hashes are BLOB; unhex('01ab...') is a literal. The statement is one SELECT in "
        "DuckDB's SQL, without access to files, network and settings. Comparisons with constants "
        "in WHERE limit what is read; restrict received_at. ORDER BY of columns with LIMIT is "
        "cheap. The answer is JSON, unless format "
        "or the Accept header selects another format. Missing data is listed in shards and "
        "unreadable; the other formats then end like an incomplete export: text says what is "
        "missing in its last line, arrow and parquet lack their last bytes. Numbers are exact: "
        "text has all digits of an integer, and JSON has integers beyond 64 bits as text, as "
        "well as decimals that no double represents; arrow and parquet have HUGEINT as "
        "DECIMAL(38, 0), which refuses larger values, and UHUGEINT as text.",
        parameters=(
            Parameter(
                "format",
                Format(tuple(SQL_FORMATS), {"capture": "/api/events/export"}),
                "Format of the result; takes precedence over Accept, json without both.",
            ),
            Parameter(
                "explain",
                Choice(("true", "false")),
                "Whether a result in json has the member execution: how the statement was split "
                "over the shards, and what was read.",
                "false",
            ),
        ),
        answer=SqlResult,
        errors=(413, 415, 422, *SHARD_ERRORS),
        cache=Cache.LIVE,
        method="POST",
        body=SqlStatement,
        audited=("query", "map"),
        role=Role.OPERATOR,
    ),
    Route(
        "sql_tables",
        "/api/sql/tables",
        "Get the tables of SQL and their columns",
        "The tables that /api/sql reads, also those of the event types, with types, meanings and "
        "an example each. No key is needed: the answer contains no data.",
        answer=SqlTables,
        scattered=False,
        role=Role.ANYONE,
    ),
    Route(
        "sql_docs",
        SQL_PAGE,
        "Get the tables of SQL as a web page",
        "Tables with their columns, types and examples, formats, limits and errors. No key is "
        "needed: the page contains no data.",
        kind=Kind.PAGE,
        media_type=HTML,
        scattered=False,
        role=Role.ANYONE,
    ),
)
