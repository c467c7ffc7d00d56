"""The events of a work-package, from the event log.

A row of ``packages`` names the session, the first event and its window of time; a row of
``reports`` or ``erasures`` the window of its hash. So an answer reads a range of the event log
that is as long as the package took, whatever the length of the log, and reads it three times:
for the events that are named, for those that refer to them, and for those that refer to these.
Events that are not stored any more are not in the answer; the gateway has the rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import duckdb

from tart.protocol.references import Context
from tart.query.core.event_ids import event_api_id, event_identity
from tart.query.shard_queries.packages import JourneyEvents, JourneyPart
from tart.shard.encoding.event_json import to_json
from tart.shard.ingest.aggregator import decode_context_for
from tart.shard.state.nodes import Nodes
from tart.storage.core.log_columns import LogRow
from tart.storage.core.schema import log_rows_query
from tart.storage.log.contexts import read_contexts
from tart.storage.log.query_threads import raise_if_cancelled
from tart.storage.store import Store

Cursor = duckdb.DuckDBPyConnection
# A session and an event id in it; the first and the last moment, Unix microseconds.
Key = tuple[int, int]
Stretch = tuple[int, int]

# Of each kind: a pipeline, a report, an erasure root.
MAX_EVENTS = 1000
_FIRST, _LAST = 90, 109
_BUILT, _SENDING = 105, 106
_SENDS = (107, 108)
_REPORTED = (112, 113)
# Events that name an erasure root, and those that end the requests they belong to.
_ROOTED = (120, 124, 144, 152)
_ENDS = (122, 125, 142, 145, 150, 153)
# Of the requests that came in: who asks.
_ASKED = (141, 149)


class _Named(NamedTuple):
    """What one directory is asked for; hashes in hex."""

    pipelines: Mapping[Key, Stretch]
    reports: Mapping[str, Stretch]
    erasures: Mapping[str, Stretch]
    limit: int

    @property
    def stretch(self) -> Stretch | None:
        """From the first to the last of all."""
        every = [*self.pipelines.values(), *self.reports.values(), *self.erasures.values()]
        if not every:
            return None
        return min(start for start, _ in every), max(end for _, end in every)

    @property
    def rows(self) -> int:
        """How many rows may be read at a time."""
        return self.limit * (len(self.pipelines) + len(self.reports) + 2 * len(self.erasures))


class _Found(NamedTuple):
    """Rows of one directory."""

    pipelines: dict[Key, list[LogRow]]
    reports: list[LogRow]
    erasures: list[LogRow]


class Journeys:
    """Answers ``journey`` about one shard's directories."""

    def __init__(self, store: Store, nodes: Nodes) -> None:
        self._store = store
        self._nodes = nodes

    def journey(self, cursor: Cursor, query: JourneyEvents) -> JourneyPart:
        """Return the stored events of pipelines, reports and erasure roots."""
        limit = max(1, min(query.limit, MAX_EVENTS))
        pipelines: dict[str, list[Any]] = {}
        reports: list[tuple[int, LogRow]] = []
        erasures: list[tuple[int, LogRow]] = []
        contexts: dict[int, dict[int, Context]] = {}
        for directory in self._store.directories:
            named = _named(query, directory, limit)
            found = self._found(cursor, directory, named)
            contexts[directory] = self._contexts(cursor, directory, found)
            for (session, root), rows in found.pipelines.items():
                key = f"{event_api_id(directory, session)}/{root}"
                shown = [(directory, row) for row in rows[:limit]]
                pipelines[key] = self._events(shown, contexts)
            reports += [(directory, row) for row in found.reports]
            erasures += [(directory, row) for row in found.erasures]
        asked = [row.peer for _, row in erasures if row.type in _ASKED]
        ended = [each for each in erasures if each[1].type not in _ASKED]
        return {
            "pipelines": pipelines,
            "reports": self._events(reports, contexts)[:limit],
            "erasures": self._events(ended, contexts)[:limit],
            "auditors": sorted({peer.hex() for peer in asked if peer}),
        }

    def _found(self, cursor: Cursor, directory: int, named: _Named) -> _Found:
        found = _Found({}, [], [])
        stretch = named.stretch
        if stretch is None:
            return found
        # What is named; then what refers to it; then what refers to that.
        wanted: list[str] = _first_conditions(named)
        owners: dict[Key, Key] = {}
        for _ in range(3):
            if not wanted:
                break
            where = f"{_between(stretch)} AND ({' OR '.join(wanted)})"
            rows = self._rows(cursor, directory, where, named.rows)
            _take(rows, named, owners, found)
            wanted = _next_conditions(rows)
        for some in (*found.pipelines.values(), found.reports, found.erasures):
            some.sort(key=lambda row: row.seq)
        return found

    def _contexts(self, cursor: Cursor, directory: int, found: _Found) -> dict[int, Context]:
        rows = [row for some in found.pipelines.values() for row in some]
        rows += [*found.reports, *found.erasures]
        if not rows:
            return {}
        files = self._store.files(directory)
        return read_contexts(cursor, files, rows, decode_context_for(self._nodes, directory))

    def _rows(self, cursor: Cursor, directory: int, where: str, limit: int) -> list[LogRow]:
        """A directory's first rows that meet a condition, in order."""
        rows = [
            LogRow(*row)
            for file in self._store.files(directory)
            for row in cursor.execute(log_rows_query(file.alias, where)).fetchmany(limit)
        ]
        return sorted(rows, key=lambda row: row.seq)[:limit]

    def _events(
        self,
        found: Iterable[tuple[int, LogRow]],
        contexts: Mapping[int, Mapping[int, Context]],
    ) -> list[dict[str, Any]]:
        ordered = sorted(found, key=lambda each: (each[1].received_at, each[1].seq))
        events = []
        for directory, row in ordered:
            raise_if_cancelled()
            owner = self._nodes.session_owners[directory, row.session]
            events.append(to_json(row, directory, owner, contexts[directory].get(row.seq)))
        return events


def _named(query: JourneyEvents, directory: int, limit: int) -> _Named:
    """Return the part of a query that a directory can answer."""
    pipelines: dict[Key, Stretch] = {}
    for api_id, root, start, end in query.pipelines:
        where, session = event_identity(api_id)
        if where == directory:
            pipelines[session, root] = start, end
    reports, erasures = (
        {bytes.fromhex(text).hex(): (start, end) for text, start, end in named}
        for named in (query.reports, query.erasures)
    )
    return _Named(pipelines, reports, erasures, limit)


def _first_conditions(named: _Named) -> list[str]:
    conditions = [
        f"session = {session} AND (event_id = {root} OR ref = {root}) AND "
        f"type BETWEEN {_FIRST} AND {_LAST} AND {_between(stretch)}"
        for (session, root), stretch in named.pipelines.items()
    ]
    for types, hashes in ((_REPORTED, named.reports), (_ROOTED, named.erasures)):
        conditions += [
            f"type IN ({_listed(types)}) AND body[1:32] = from_hex('{text}') AND "
            f"{_between(stretch)}"
            for text, stretch in hashes.items()
        ]
    return conditions


def _take(rows: Iterable[LogRow], named: _Named, owners: dict[Key, Key], found: _Found) -> None:
    """Put rows where they belong.

    Args:
        owners: of the events that others may refer to, the pipeline; filled on the way.
    """
    for row in rows:
        if row.type in _REPORTED:
            found.reports.append(row)
        elif not _FIRST <= row.type <= _LAST:
            found.erasures.append(row)
        else:
            refers = (row.session, row.event_id if row.ref is None else row.ref)
            owner = refers if refers in named.pipelines else owners[refers]
            found.pipelines.setdefault(owner, []).append(row)
            if row.type in (_BUILT, _SENDING):
                owners[row.session, row.event_id] = owner


def _next_conditions(rows: Iterable[LogRow]) -> list[str]:
    """What refers to these rows, and what those refer to that were asked for."""
    built, sending, requests = [], [], []
    for row in rows:
        if row.type == _BUILT:
            built.append((row.session, row.event_id))
        elif row.type == _SENDING:
            sending.append((row.session, row.event_id))
        elif row.type in _ROOTED:
            # A request of our own is its first event; one that came in refers to it.
            requests.append((row.session, row.event_id if row.ref is None else row.ref))
    return [
        f"type IN ({_listed(types)}) AND (session, {column}) IN ({_pairs(keys)})"
        for types, column, keys in (
            ((_SENDING,), "ref", built),
            (_SENDS, "ref", sending),
            (_ENDS, "ref", requests),
            (_ASKED, "event_id", requests),
        )
        if keys
    ]


def _between(stretch: Stretch) -> str:
    start, end = stretch
    return f"received_at >= make_timestamp({start}) AND received_at <= make_timestamp({end})"


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))


def _pairs(keys: Iterable[Key]) -> str:
    return ", ".join(f"({session}, {event_id})" for session, event_id in keys)
