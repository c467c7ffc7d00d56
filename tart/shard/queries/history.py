"""Single events, trees of references, and exports, from the event log.

An export is read in pages. A page has, for each directory, records in their final form, the
time when each was received, and the sequence to continue at. The gateway only orders records.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import duckdb

from tart.errors import BadQuery
from tart.protocol import capture
from tart.protocol.references import Context, resolve_reference
from tart.query.core.event_ids import DIRECTORY_BITS, event_api_id, event_identity
from tart.query.core.filters import Selection
from tart.query.core.query import Attached, Rendering
from tart.query.core.rfc3339 import rfc3339
from tart.query.shard_queries.events import (
    Event,
    Export,
    ExportPage,
    ExportPart,
    SessionEnds,
    Trace,
)
from tart.query.sql.cells import csv_cell
from tart.query.sql.exports import CSV_COLUMNS
from tart.shard.encoding.event_json import to_json
from tart.shard.encoding.json_bytes import dumps_data, dumps_event
from tart.shard.ingest.aggregator import decode_context_for
from tart.shard.queries.stored_frame import StoredFrame, find_frame
from tart.shard.queries.trace import MAX_DEPTH, MAX_NODES, trace
from tart.shard.state.nodes import Nodes
from tart.storage.core.log_columns import LogRow
from tart.storage.core.schema import UndecodableRow
from tart.storage.core.seq_ranges import SeqRange, scan_forward
from tart.storage.log.contexts import read_contexts
from tart.storage.log.file_ranges import FRAME_TABLES, read_file_ranges
from tart.storage.log.log_rows import read_rows
from tart.storage.log.query_threads import raise_if_cancelled
from tart.storage.store import Store

Cursor = duckdb.DuckDBPyConnection

PAGE_ROWS = 2000
PAGE_BYTES = 8 << 20
# Sequences that one statement of an export reads.
_RANGE_SIZE = 1 << 18
NO_CONTEXTS: Mapping[int, Context] = MappingProxyType({})
_UNDECODABLE = ", ".join(
    f"epoch_us({name})" if name == "received_at" else name for name in UndecodableRow._fields
)


class History:
    """Answers the queries ``event``, ``trace`` and ``export`` for one shard."""

    def __init__(self, store: Store, nodes: Nodes) -> None:
        self._store = store
        self._nodes = nodes

    def event(self, cursor: Cursor, query: Event) -> dict[str, Any] | None:
        """Return one event with its bytes, or ``None`` if its directory is not this shard's."""
        directory, sequence = event_identity(query.id)
        stored = find_frame(cursor, self._store.files(directory), sequence)
        if stored is None:
            return None
        row = stored.row
        if isinstance(row, UndecodableRow):
            return {**self._undecodable_event(directory, row), "raw": stored.raw}
        decode_context = decode_context_for(self._nodes, directory)
        contexts = read_contexts(cursor, self._store.files(directory), [row], decode_context)
        return {**self._json(directory, row, contexts), "raw": stored.raw}

    def trace(self, cursor: Cursor, query: Trace) -> dict[str, Any] | None:
        """Return the tree an event belongs to, or ``None`` if its directory is not this shard's."""
        directory, sequence = event_identity(query.id)
        stored = find_frame(cursor, self._store.files(directory), sequence)
        if stored is None or isinstance(stored.row, UndecodableRow):
            return None
        start = stored.row
        nodes = max(1, min(query.limit, MAX_NODES))
        depth = max(1, min(query.depth, MAX_DEPTH))
        files = self._store.files(directory)
        tree = trace(cursor, files, start, nodes=nodes, depth=depth)
        ids = {row.event_id: row for row in tree.rows}
        contexts = read_contexts(
            cursor, files, tree.rows, decode_context_for(self._nodes, directory)
        )
        events = []
        levels: dict[int, int] = {}
        for row in tree.rows:
            ref = resolve_reference(row.type, row.event_id, row.ref)
            parent = None if ref is None else ids.get(ref)
            levels[row.event_id] = 0 if parent is None else levels[parent.event_id] + 1
            events.append(
                {
                    **self._json(directory, row, contexts),
                    "parent": None if parent is None else event_api_id(directory, parent.seq),
                    "depth": levels[row.event_id],
                }
            )
        return {
            "root": event_api_id(directory, tree.rows[0].seq),
            "missing_ref": tree.missing,
            "truncated": tree.truncated,
            "searched_until": rfc3339(tree.searched_until),
            "events": events,
        }

    def export(self, cursor: Cursor, query: Export) -> Attached[ExportPage]:
        """Return the next records of the directories that have more."""
        form = _FORMS.get(query.format)
        if form is None:
            raise BadQuery(f"format must be one of {', '.join(_FORMS)}", "format")
        after = {
            directory: 0 if query.after is None else query.after.get(directory, -1)
            for directory in self._store.directories
        }
        style = _Style(Rendering(query.byte_encoding, query.int64), query.formulas)
        parts: dict[str, ExportPart] = {}
        texts: list[bytes] = []
        for directory, first in after.items():
            if first >= 0:
                page = self._page(cursor, directory, first, query.selection, whole=form.whole)
                parts[str(directory)] = part = _part(page)
                contexts = self._contexts(cursor, directory, page.rows) if form.contexts else {}
                for stored in page.rows:
                    text = form.write(self, directory, stored, style, contexts)
                    part["lengths"].append(len(text))
                    texts.append(text)
                if form.whole:
                    part.update(self._ends(cursor, directory, page.rows, query.selection.end_us))
        return Attached({"parts": parts}, b"".join(texts))

    def _json(
        self, directory: int, row: LogRow, contexts: Mapping[int, Context] = NO_CONTEXTS
    ) -> dict[str, Any]:
        raise_if_cancelled()
        owner = self._nodes.session_owners[directory, row.session]
        return to_json(row, directory, owner, contexts.get(row.seq))

    def _undecodable_event(self, directory: int, row: UndecodableRow) -> dict[str, Any]:
        """Return an undecodable frame as an event object; unknown members are null."""
        owner = self._nodes.session_owners.get((directory, row.session))
        return {
            "id": event_api_id(directory, row.seq),
            "node_id": None if owner is None else owner.node_id,
            "session": row.session << DIRECTORY_BITS | directory,
            "event_id": row.event_id,
            "event_type": row.type,
            "timestamp": None,
            "received_at": rfc3339(row.received_at),
            "data": {},
            "node_name": None if owner is None else owner.name,
            "node_version": None if owner is None else owner.implementation_version,
            "context": dict.fromkeys(("slot", "core", "hash", "root_event_id")),
            "undecodable": {
                "rule": row.rule,
                "field": row.field,
                "offset": row.byte_offset,
                "expectation": row.expectation,
            },
        }

    # --- Pages of an export ----------------------------------------------------------

    def _page(
        self, cursor: Cursor, directory: int, first: int, selection: Selection, *, whole: bool
    ) -> _Page:
        """Return selected frames of a directory from a sequence on, in order."""
        number = None
        if selection.node is not None:
            number = self._nodes.number_of(directory, selection.node)
            if number is None:
                return _Page([], None)
        frames: list[StoredFrame] = []
        size = 0
        files, indexes = self._store.files(directory), self._store.skip_indexes
        candidates = {file: indexes.candidates(cursor, file, selection, number) for file in files}
        ranges = read_file_ranges(cursor, files, FRAME_TABLES)
        for seq_range in scan_forward(ranges, first, _RANGE_SIZE):
            within = seq_range._replace(
                files=tuple(
                    file
                    for file in seq_range.files
                    # Undecodable frames are not in the index.
                    if whole or candidates[file].spans(seq_range.first, seq_range.end)
                )
            )
            for stored in _frames(cursor, within, selection, number, whole=whole):
                frames.append(stored)
                size += stored.size
                if len(frames) >= PAGE_ROWS or size >= PAGE_BYTES:
                    return _Page(frames, stored.seq + 1)
        return _Page(frames, None)

    def _ends(
        self, cursor: Cursor, directory: int, rows: Sequence[StoredFrame], last: int | None
    ) -> SessionEnds:
        """Return the known beginnings and ends of the rows' sessions.

        Args:
            last: Unix microseconds; sessions that were closed later have no end.
        """
        sessions = {each.row.session for each in rows}
        openings: dict[str, str] = {}
        closed: dict[int, tuple[int, Any]] = {}
        for file in self._store.files(directory) if sessions else ():
            listed = ", ".join(map(str, sessions))
            for session, hello, closed_at, counters in cursor.execute(
                "SELECT session, any_value(node_information), "
                "max(epoch_us(happened_at)) FILTER (what = 'closed'), "
                "max(counters) FILTER (what = 'closed') "
                f"FROM {file.alias}.sessions WHERE session IN ({listed}) GROUP BY session"
            ).fetchall():
                openings[str(session << DIRECTORY_BITS | directory)] = hello.hex()
                if closed_at is not None and (last is None or closed_at <= last):
                    closed[session] = closed_at, json.loads(counters).get("last_event_id")
        ends: dict[int, tuple[int, int]] = {}
        firsts: dict[str, int | None] = {}
        for index, stored in enumerate(rows):
            row = stored.row
            closed_at, event_id = closed.get(row.session, (0, None))
            # An id may occur repeatedly, as Dropped events set a node's next id: the last counts.
            if row.event_id == event_id:
                # Not before the event, even if the clock was set back in between.
                ends[row.session] = index, max(closed_at, row.received_at)
            firsts.setdefault(str(row.session << DIRECTORY_BITS | directory), row.event_id)
        return {
            "openings": openings,
            "first_ids": firsts,
            "closings": {str(index): closed_at for index, closed_at in ends.values()},
        }

    def _contexts(
        self, cursor: Cursor, directory: int, rows: Sequence[StoredFrame]
    ) -> dict[int, Context]:
        events = [each.row for each in rows if isinstance(each.row, LogRow)]
        if not events:
            return {}
        files = self._store.files(directory)
        return read_contexts(cursor, files, events, decode_context_for(self._nodes, directory))

    def as_line(
        self, directory: int, stored: StoredFrame, style: _Style, contexts: Mapping[int, Context]
    ) -> bytes:
        """Return a line of NDJSON: the API's Event object."""
        assert isinstance(stored.row, LogRow)
        return dumps_event(self._json(directory, stored.row, contexts), style.rendering) + b"\n"

    def as_values(
        self, directory: int, stored: StoredFrame, style: _Style, contexts: Mapping[int, Context]
    ) -> bytes:
        """Return a line of CSV: ``CSV_COLUMNS``, the data as JSON."""
        assert isinstance(stored.row, LogRow)
        event = self._json(directory, stored.row)
        event["data"] = dumps_data(event["data"], style.rendering).decode()
        out = io.StringIO()
        csv.writer(out, lineterminator="\r\n").writerow(
            csv_cell(event[name], style.formulas) for name in CSV_COLUMNS
        )
        return out.getvalue().encode()

    def as_record(
        self, directory: int, stored: StoredFrame, style: _Style, contexts: Mapping[int, Context]
    ) -> bytes:
        """Return a record of ``protocol.capture``."""
        session = stored.row.session << DIRECTORY_BITS | directory
        return capture.encode_record(
            capture.Record(capture.FRAME, session, stored.row.received_at, stored.content)
        )


class _Page(NamedTuple):
    """Some frames and the sequence to continue at; ``None`` after the last."""

    rows: list[StoredFrame]
    next: int | None


class _Style(NamedTuple):
    """The encoding of values.

    Attributes:
        rendering: The form of values.
        formulas: Whether text that a spreadsheet would run as a formula stays unchanged.
    """

    rendering: Rendering
    formulas: bool


class _Form(NamedTuple):
    """A format of exports.

    Attributes:
        write: Encodes a frame.
        whole: Whether undecodable frames are included.
        contexts: Whether events are written with their contexts.
    """

    write: Callable[[History, int, StoredFrame, _Style, Mapping[int, Context]], bytes]
    whole: bool = False
    contexts: bool = False


_FORMS: Mapping[str, _Form] = {
    "ndjson": _Form(History.as_line, contexts=True),
    "csv": _Form(History.as_values),
    "capture": _Form(History.as_record, whole=True),
}


def _part(page: _Page) -> ExportPart:
    return {
        "received_at": [each.row.received_at for each in page.rows],
        "sessions": [each.row.session for each in page.rows],
        "lengths": [],
        "next": page.next,
    }


def _frames(
    cursor: Cursor, seq_range: SeqRange, selection: Selection, number: int | None, *, whole: bool
) -> list[StoredFrame]:
    """Return frames of a range in order, at most ``PAGE_ROWS``."""
    node = "" if number is None else f" AND node = {number}"
    within = f"seq >= {seq_range.first} AND seq < {seq_range.end}{node}"
    frames: list[StoredFrame] = []
    for file in seq_range.files:
        clause, values = selection.where(file.alias)
        where = f"{within} AND {clause}"
        frames += map(StoredFrame, read_rows(cursor, file, where, values, first=PAGE_ROWS))
        if whole and selection.any_content:
            rows = (
                f"SELECT {_UNDECODABLE} FROM {file.alias}.undecodable WHERE {within} "
                # Bytes that ended a connection before their event got an id are not a message.
                f"AND {clause} AND event_id IS NOT NULL ORDER BY seq LIMIT {PAGE_ROWS}"
            )
            undecodable = cursor.execute(rows, values).fetchall()
            frames += (StoredFrame(UndecodableRow(*row)) for row in undecodable)
    return sorted(frames, key=lambda each: each.seq)[:PAGE_ROWS]
