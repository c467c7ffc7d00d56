"""The SQL tables: the one declaration of what a statement of a user may read.

Pure. Each shard has a part of a table's rows. Where no row of one shard belongs together with a
row of another (``merge`` is ``None``) the table is the union of the parts. Otherwise ``merge``
is a SELECT over the union of the parts, which is called ``partials``: for example a sum by key.
Statements over the first kind may be split, and never those over the second.

The views of the event log (``query.sql.views``) are tables of the first kind. Tables of the
aggregates and of the nodes (``query.sql.aggregate_tables``) have the SELECT that computes a
shard's part. The page ``/api/docs/sql`` and ``docs/sql.md`` derive from these declarations, and
the tests run each ``example``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tart.protocol.events import EVENTS
from tart.query.sql.aggregate_tables import AGGREGATE_TABLES
from tart.query.sql.package_tables import PACKAGE_TABLES
from tart.query.sql.table import Table, TableColumn
from tart.query.sql.views import COMMON, VIEWS, View, is_event_view

__all__ = ["TABLES", "Table", "TableColumn"]

# By view that is not of one event type: description, descriptions of its columns, example.
_DESCRIBED: Mapping[str, tuple[str, Mapping[str, str], str]] = {
    "events": (
        "An event of any type, as received.",
        {
            "created_at": "The same as received_at.",
            "event_type": "Number of the event type in JIP-3, such as 42 for Authored.",
            "event_name": "Name of the event type, such as Authored.",
            "node_name": "Name of the node's implementation, such as PolkaJam.",
            "data": "The event as JSON, as in /api/events: data->'Authored'->'outline'. Decoded "
            "only in statements that name it; the views by event type are faster.",
            "type": "The same as event_type.",
            "slot": "Slot that the event, or the event that it refers to, is about.",
            "core": "Core that the event, or the event that it refers to, is about.",
            "peer": "Peer id at the beginning of the payload.",
            "shard": "Index of the erasure-coded shard at the end of the payload.",
            "payload": "The payload byte for byte.",
        },
        "SELECT created_at, node_id, event_name, data FROM events "
        "WHERE event_type = 42 AND created_at > NOW() - INTERVAL '1 hour' "
        "ORDER BY created_at DESC LIMIT 10",
    ),
    "undecodable": (
        "A message that is no valid event of JIP-3, as received.",
        {
            "type": "The first byte of the message, if it has one.",
            "rule": "Code of the broken rule; /api/docs/rules explains it.",
            "field": "The field that could not be decoded.",
            "byte_offset": "Offset of that field in the message, in bytes.",
            "expectation": "The expected bytes, in words.",
            "frame": "The message byte for byte.",
        },
        "SELECT rule, node_id, count(*) AS messages FROM undecodable "
        "GROUP BY rule, node_id ORDER BY messages DESC LIMIT 10",
    ),
    "guarantees": (
        "A guarantee that a guarantor built (event 105), once for each guarantor; "
        "work_package_attempts has its package and its sendings.",
        {
            "ref": "Event id of the submission or of the sharing of the package.",
            "core": "Core of the package; NULL if the node did not name it on this connection.",
            "slot": "Slot of the guarantee.",
            "report_hash": "Hash of the work-report.",
            "guarantors": "Validator indices in the guarantee.",
        },
        "SELECT core, count(*) AS guarantees, count(DISTINCT report_hash) AS reports "
        "FROM guarantees GROUP BY core ORDER BY core",
    ),
    "session_log": (
        "The beginning or the end of a connection, as stored in the event log; sessions has one "
        "row for each connection.",
        {
            "happened_at": "When the connection began or ended.",
            "what": "opened, closed or refused.",
            "address": "Remote address, with the port.",
            "reason": "Why the connection ended.",
            "counters": "Counters of the connection at its end, as JSON text.",
            "node_information": "The first message of the node byte for byte.",
        },
        "SELECT happened_at, what, address, reason FROM session_log "
        "ORDER BY happened_at DESC LIMIT 10",
    ),
}
# Columns that several views have.
_COMMON: Mapping[str, str] = {
    "id": "Id of the event in the API; /api/events/{id} returns it.",
    "node_id": "Id of the node: 64 hex digits.",
    "session": "Id of the connection; sessions has its row.",
    "event_id": "Number of the event in its connection; other events refer to it.",
    "received_at": "When the server received it. Conditions on it limit what is read.",
    "timestamp": "When it happened by the node's clock; NULL if that is after the year 9999.",
    "timestamp_us": "The same in microseconds since 2025-01-01 12:00 UTC, as sent.",
    "ref": "The event id at the beginning of the payload: the event that this one refers to.",
}


def _of_view(view: View) -> Table:
    if view.number is not None and is_event_view(view.name):
        event = EVENTS[view.number]
        text = f"The event {event.variant} ({event.number}): {event.title[0].lower()}"
        text += f"{event.title[1:]}. Fields as in JIP-3."
        described: Mapping[str, str] = {}
        example = f"SELECT count(*) AS events FROM {view.name}"
    else:
        text, described, example = _DESCRIBED[view.name]
    descriptions = {**_COMMON, **described}
    common = {column.name for column in COMMON}
    columns = tuple(
        TableColumn(
            column.name,
            column.type,
            descriptions.get(column.name, "") if described or column.name in common else "",
        )
        for column in view.columns
    )
    return Table(view.name, text, columns, example=example)


TABLES: Mapping[str, Table] = MappingProxyType(
    {
        table.name: table
        for table in (
            *(_of_view(view) for name, view in VIEWS.items() if not is_event_view(name)),
            *AGGREGATE_TABLES,
            *PACKAGE_TABLES,
            *(_of_view(view) for name, view in VIEWS.items() if is_event_view(name)),
        )
    }
)
