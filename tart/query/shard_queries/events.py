"""Queries about single events, from the event log.

Pure. All times in answers are RFC 3339 in UTC with six digits and ``Z``, so that the order of text
is the order of time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, TypedDict

from msgspec import Struct

from tart.query.answers.int64 import IntegerEncoding
from tart.query.core import merge
from tart.query.core.cursor import Cursor
from tart.query.core.filters import Selection
from tart.query.core.merge import Page
from tart.query.core.query import Attached, ByteEncoding, Partials, Query
from tart.query.core.windows import Window

Json = dict[str, Any]
ANY_EVENT = Selection()


class Events(Query[list[Json], Page], frozen=True):
    """Selected events from a cursor on, newest first.

    A shard answers with the newest events of each directory. If they exceed its limit of bytes,
    the last one has ``more: true``.

    Attributes:
        cursor: Where the page begins; its window replaces the selection's.
        limit: Events of each directory: one more than the page has, to show that more follow.
    """

    name = "events"
    source = "log"
    cursor: Cursor
    limit: int
    selection: Selection = ANY_EVENT
    byte_encoding: ByteEncoding = "hex"

    def merge(self, partials: Partials[list[Json]]) -> Page:
        """Return the page that begins at the cursor."""
        return merge.event_page(partials, self.limit - 1, self.cursor)

    def window_on(self, shard: int) -> Window:
        """Return the cursor's window for a shard."""
        return self.cursor.window_on(shard)


class BackfillPart(Struct, frozen=True):
    """A part of the events that a subscriber missed.

    Attributes:
        events: Those that pass the filter, oldest first.
        at: By directory, the last sequence that was read.
        more: Directories that have later rows.
        cut: Whether events may be missing that are not stored any more.
        committed: The sequence after the last committed of the shard's own directory.
        next: The sequence of the next event in that directory.
    """

    events: list[Json]
    at: dict[int, int]
    more: list[int]
    cut: bool
    committed: int
    next: int


class Backfill(Query[BackfillPart, BackfillPart], frozen=True):
    """Recent events that pass a live filter; to one shard at a time.

    Attributes:
        filter: See ``query.core.filters.parse``.
        since_us: The first arrival from directories that ``after`` does not name.
        after: By directory, the sequence after which the answer begins.
        limit: Rows that are read of each directory.
    """

    name = "backfill"
    source = "rows"
    filter: Json
    since_us: int
    after: Mapping[int, int] = {}
    limit: int = 1_024
    byte_encoding: ByteEncoding = "hex"


class Event(Query[Json | None, Json | None], frozen=True):
    """One event with ``raw``, its bytes in hex: ``payload`` and ``frame``.

    A frame that could not be decoded has ``undecodable``: rule, field, offset, expectation.
    ``None`` if the event is not stored.
    """

    name = "event"
    source = "rows"
    id: int
    byte_encoding: ByteEncoding = "hex"

    def merge(self, partials: Partials[Json | None]) -> Json | None:
        """Return the answer of the shard that has the event."""
        return _first(partials)


class Trace(Query[Json | None, Json | None], frozen=True):
    """The tree of references that an event belongs to, ``None`` if it is not stored.

    ``{root, missing_ref, truncated, searched_until, events: [Event with parent and depth]}``,
    in order of arrival.

    Attributes:
        limit: Events.
        depth: Levels of references.
    """

    name = "trace"
    source = "log"
    id: int
    limit: int = 1_000
    depth: int = 64
    byte_encoding: ByteEncoding = "hex"

    def merge(self, partials: Partials[Json | None]) -> Json | None:
        """Return the answer of the shard that has the event."""
        return _first(partials)


class SlotEvents(TypedDict):
    """Events of a slot at one shard.

    ``events`` are counts by type and node, ``hashes`` header hashes by type; the times are
    Unix microseconds of the first and last arrival.
    """

    events: list[tuple[int, str | None, int]]
    hashes: list[tuple[int, str]]
    first_at: int | None
    last_at: int | None


class Slot(Query[SlotEvents, list[SlotEvents]], frozen=True):
    """Events of one slot, of the types in ``query.topics.slots``."""

    name = "slot"
    source = "log"
    slot: int

    def merge(self, partials: Partials[SlotEvents]) -> list[SlotEvents]:
        """Return the answers; ``query.topics.slots`` adds them up."""
        return [value for _, value in partials]


class SessionEnds(TypedDict, total=False):
    """The known beginnings and ends of the sessions of records, for a capture.

    By session: ``openings``, its first message in hex, and ``first_ids``, the event id of its
    first record. By index of a session's last record: ``closings``, when it was closed.
    """

    openings: dict[str, str]
    first_ids: dict[str, int | None]
    closings: dict[str, int]


class ExportPart(SessionEnds):
    """The next records of one directory; their bytes are attached, one after the other.

    ``received_at`` (Unix microseconds), ``sessions`` and ``lengths`` are of the records,
    ``next`` is the sequence at which the directory continues.
    """

    received_at: list[int]
    sessions: list[int]
    lengths: list[int]
    next: int | None


class ExportPage(TypedDict):
    """The next records by directory."""

    parts: dict[str, ExportPart]


class Export(Query[Attached[ExportPage], None], frozen=True):
    """The next records of an export; ``query.sql.exports`` merges them.

    Attributes:
        format: ``ndjson``, ``csv`` or ``capture``.
        after: By directory, the sequence to continue at; ``None`` begins with all directories.
        formulas: Whether text that a spreadsheet would run as a formula stays unchanged.
    """

    name = "export"
    source = "slow"
    format: str
    after: Mapping[int, int] | None = None
    selection: Selection = ANY_EVENT
    byte_encoding: ByteEncoding = "hex"
    int64: IntegerEncoding = "number"
    formulas: bool = False

    def window_on(self, shard: int) -> Window:
        """Return the selection's window."""
        return Window(self.selection.start_us, self.selection.end_us)


class StoredTables(TypedDict):
    """Contents of a shard's files: bytes by kind of file, rows by table."""

    bytes: dict[str, int]
    rows: dict[str, int]


class Storage(Query[StoredTables, StoredTables], frozen=True):
    """The size of a shard's files (``log``, ``aggregates``), and the rows of their tables.

    Rows are those that are stored; what is in memory is not among them.
    """

    name = "storage"
    source = "rows"

    def merge(self, partials: Partials[StoredTables]) -> StoredTables:
        """Add up the shards."""
        sizes, rows = Counter[str](), Counter[str]()
        for _, part in partials:
            sizes.update(part["bytes"])
            rows.update(part["rows"])
        return {"bytes": dict(sizes), "rows": dict(rows)}


class EventLogStart(Query[list[int], int | None], frozen=True):
    """The arrivals of the oldest events of a shard's files, Unix microseconds."""

    name = "event_log_start"
    source = "rows"

    def merge(self, partials: Partials[list[int]]) -> int | None:
        """Return the first of all shards: a shard without a node until later lacks nothing."""
        return min((first for _, firsts in partials for first in firsts), default=None)


class Sql(Query[Attached[Json], None], frozen=True):
    """A SQL statement over a shard's events; the result is attached as an Arrow stream.

    Attributes:
        seconds: The time limit of the statement.
    """

    name = "sql"
    source = "slow"
    sql: str
    seconds: float


class SqlPage(TypedDict):
    """Rows of a scan.

    Attributes:
        lengths: The lengths of the Arrow streams that are attached, one behind the other.
        rows: The number of rows, as far as it is known.
        next: Where the next page begins; ``None`` after the last.
    """

    lengths: list[int]
    rows: int
    next: list[int] | None


class SqlScan(Query[Attached[SqlPage], None], frozen=True):
    """The next rows of a SQL table; the statement over them runs elsewhere.

    Attributes:
        scan: ``query.sql.pushdown.Scan`` as JSON.
        after: Where the page begins; ``None`` is the beginning.
        max_bytes: The limit of the rest of the table's rows.
    """

    name = "sql_scan"
    source = "log"
    scan: dict[str, Any]
    max_bytes: int
    after: list[int] | None = None


def _first(partials: Partials[Json | None]) -> Json | None:
    return next((value for _, value in partials if value is not None), None)
