"""The routes that show single events, export them, and run SQL over them.

Pure declarations; ``routes_events`` has the handlers.
"""

from __future__ import annotations

from tart.access.roles import Role
from tart.gateway.api.parameters import (
    Choice,
    Duration,
    EventTypes,
    Hash,
    Integer,
    NodeId,
    Parameter,
    Time,
)
from tart.gateway.api.route import ASKED, BYTES, Cache, Route
from tart.query.answers.events import EventDetails, Trace
from tart.query.answers.sql import SqlResult, SqlStatement
from tart.query.sql.exports import FORMATS

_ID = Parameter("id", Integer(0, (1 << 53) - 1), "The event's id.", where="path")

OF_CORE = (
    "Events that name this core, and those that inherit it: what refers to a work-package's "
    "submission is of the package's core."
)
OF_SLOT = (
    "Events that name this slot, and those that inherit it: what refers to an authoring, an "
    "import or a guarantee built is of its slot."
)

EVENT_ROUTES: tuple[Route, ...] = (
    Route(
        "event",
        "/api/events/{id}",
        "One event with its raw bytes",
        "raw has the payload and the whole frame as the node sent it, length in front, always "
        "in hex. A frame that was not understood is here, too: undecodable says why.",
        parameters=(_ID, BYTES),
        schema=EventDetails,
        errors=(404, *ASKED),
    ),
    Route(
        "trace",
        "/api/events/{id}/trace",
        "The events that refer to one another",
        "From the event up to its root, then everything below it, in the same session. "
        "References are those a payload starts with. In order of arrival, the root first; "
        "parent and depth make it a tree. truncated says that limit or depth ended the "
        "search; after ten minutes without a descendant it ends anyhow, at searched_until.",
        parameters=(
            _ID,
            Parameter("limit", Integer(1, 1000, (True, True)), "How many events at most.", "200"),
            Parameter("depth", Integer(1, 64, (True, True)), "How many levels at most.", "64"),
            BYTES,
        ),
        schema=Trace,
        errors=(404, *ASKED),
    ),
    Route(
        "export",
        "/api/events/export",
        "All events of a window, oldest first, as a stream",
        "Without a limit, and no faster than it is taken. ndjson: Event objects, one a line. "
        "csv: their members, data as JSON; text that a spreadsheet would run as a formula gets an "
        "apostrophe in front, unless api.csv_formulas says otherwise. capture: what came on the "
        "wire, also what was not understood unless the filter is on contents; its layout is "
        "described in tart/protocol/capture.py. Where something is missing, such as the events "
        "of a shard that does not answer, everything else is sent and the connection is closed "
        "before the end of the answer, so that a part cannot be taken for all; ndjson has an "
        "Error in its last line then, csv a last row that begins with # incomplete, capture no "
        "END. Parquet has its index at the end of a file and needs one file for all shards, so "
        "it is not streamed: ask /api/sql for Arrow.",
        parameters=(
            Parameter(
                "format", Choice((*FORMATS, "parquet")), "How records are written.", "ndjson"
            ),
            Parameter("event_types", EventTypes(), "Event numbers, separated by commas."),
            Parameter("node_id", NodeId(), "Events of this node."),
            Parameter("core_index", Integer(0, 65_535), OF_CORE),
            Parameter(
                "wp_hash", Hash(), "Events that name this work-package hash.", aliases=("hash",)
            ),
            Parameter("slot", Integer(0, (1 << 32) - 1), OF_SLOT),
            Parameter("start_time", Time(), "First received_at, inclusive.", aliases=("start",)),
            Parameter("end_time", Time(), "Last received_at, inclusive.", aliases=("end",)),
            Parameter(
                "duration",
                Duration(),
                "Length of the window, which ends now; start and end take precedence.",
            ),
            BYTES,
        ),
        media_type=FORMATS["ndjson"],
        errors=(422, *ASKED),
        cache=Cache.LIVE,
        role=Role.OPERATOR,
    ),
    Route(
        "sql",
        "/api/sql",
        "A SELECT over the events, on every shard",
        "map runs on each shard over its events, reduce over the table partials, which is all "
        "that the maps found; without it partials is the answer. Tables: one view per event "
        "type, named like block_announced, with the columns id, node_id, session, event_id, "
        "received_at, timestamp, timestamp_us, ref and the event's fields; events with the "
        "payload of all; undecodable, sessions, nodes; DESCRIBE block_announced and "
        "information_schema.columns tell the columns. Hashes are BLOB: unhex('01ab...') is a "
        "literal. DuckDB's SQL, one SELECT, without files, network and settings. What is "
        "compared with constants in WHERE is looked up, the rest is read: narrow received_at. "
        "ORDER BY of columns with LIMIT is cheap. Answers as JSON, or as "
        "the Accept header or format say; application/vnd.apache.arrow.stream is Arrow. What is "
        "missing is told in shards and unreadable; csv and Arrow end like an incomplete export "
        "then. Numbers are exact: in JSON and CSV integers beyond 64 bits are text, as are "
        "decimals that are no double; in Arrow HUGEINT is DECIMAL(38, 0) and refuses what does "
        "not fit, and UHUGEINT is text.",
        parameters=(
            Parameter(
                "format",
                Choice(("json", "csv", "arrow")),
                "How the result is written; takes precedence over Accept.",
            ),
        ),
        schema=SqlResult,
        errors=(413, 415, 422, *ASKED),
        cache=Cache.LIVE,
        method="POST",
        body=SqlStatement,
        audited="map",
        role=Role.OPERATOR,
    ),
)
