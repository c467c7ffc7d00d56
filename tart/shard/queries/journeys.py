"""The events of a work-package, from the event log.

A row of ``packages`` gives the session, the first event and its period; a row of ``reports`` or
``erasures`` gives the period of its hash. An answer therefore reads a range of the event log that
is as long as the package took, whatever the length of the event log. It reads the range three
times: for the events that the query names, for those that refer to them, and for those that refer
to these. Events that are not stored any more are missing; the gateway has the rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import duckdb

from tart.protocol.events import EventKind
from tart.protocol.references import Context
from tart.query.core.event_ids import event_api_id, event_identity
from tart.query.core.filters import Selection
from tart.query.shard_queries.packages import JourneyEvents, JourneyPart
from tart.shard.encoding.event_json import to_json
from tart.shard.ingest.aggregator import decode_context_for
from tart.shard.state.nodes import Nodes
from tart.storage.core.log_columns import LogRow
from tart.storage.log.contexts import read_contexts
from tart.storage.log.log_rows import read_rows
from tart.storage.log.query_threads import raise_if_cancelled
from tart.storage.log.skip_indexes import NO_END
from tart.storage.store import Store

Cursor = duckdb.DuckDBPyConnection
# A session and an event id in it.
Key = tuple[int, int]
# The first and the last arrival, Unix microseconds.
Period = tuple[int, int]

# Limit of the events of one pipeline, report or erasure root.
MAX_EVENTS = 1000
_FIRST, _LAST = EventKind.WORK_PACKAGE_SUBMISSION, EventKind.GUARANTEES_DISTRIBUTED
_BUILT, _SENDING = EventKind.GUARANTEE_BUILT, EventKind.SENDING_GUARANTEE
_SENDS = (EventKind.GUARANTEE_SEND_FAILED, EventKind.GUARANTEE_SENT)
_REPORT_KINDS = (EventKind.GUARANTEE_RECEIVED, EventKind.GUARANTEE_DISCARDED)
# Events that name an erasure root.
_ROOT_KINDS = (
    EventKind.SENDING_SHARD_REQUEST,
    EventKind.SHARD_REQUEST_RECEIVED,
    EventKind.BUNDLE_SHARD_REQUEST_RECEIVED,
    EventKind.BUNDLE_REQUEST_RECEIVED,
)
# Events that end the requests that events of _ROOT_KINDS belong to.
_END_KINDS = (
    EventKind.SHARD_REQUEST_FAILED,
    EventKind.SHARDS_TRANSFERRED,
    EventKind.BUNDLE_SHARD_REQUEST_FAILED,
    EventKind.BUNDLE_SHARD_TRANSFERRED,
    EventKind.BUNDLE_REQUEST_FAILED,
    EventKind.BUNDLE_TRANSFERRED,
)
# First events of incoming requests; they name the auditor.
_INCOMING_KINDS = (
    EventKind.RECEIVING_BUNDLE_SHARD_REQUEST,
    EventKind.RECEIVING_BUNDLE_REQUEST,
)


class _DirectoryQuery(NamedTuple):
    """The part of a query that concerns one directory: periods by key, or by hash in hex."""

    pipelines: Mapping[Key, Period]
    reports: Mapping[str, Period]
    erasures: Mapping[str, Period]
    limit: int

    @property
    def period(self) -> Period | None:
        """The period from the first arrival to the last; ``None`` if nothing is queried."""
        periods = [*self.pipelines.values(), *self.reports.values(), *self.erasures.values()]
        if not periods:
            return None
        return min(start for start, _ in periods), max(end for _, end in periods)

    @property
    def max_rows(self) -> int:
        """The limit of rows that one statement reads."""
        return self.limit * (len(self.pipelines) + len(self.reports) + 2 * len(self.erasures))


class _JourneyRows(NamedTuple):
    """Rows of one directory that belong to a journey."""

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
            journey_rows = self._journey_rows(
                cursor, directory, _directory_query(query, directory, limit)
            )
            contexts[directory] = self._contexts(cursor, directory, journey_rows)
            for (session, root), rows in journey_rows.pipelines.items():
                key = f"{event_api_id(directory, session)}/{root}"
                shown = [(directory, row) for row in rows[:limit]]
                pipelines[key] = self._events(shown, contexts)
            reports += [(directory, row) for row in journey_rows.reports]
            erasures += [(directory, row) for row in journey_rows.erasures]
        auditors = [row.peer for _, row in erasures if row.type in _INCOMING_KINDS]
        shown = [each for each in erasures if each[1].type not in _INCOMING_KINDS]
        return {
            "pipelines": pipelines,
            "reports": self._events(reports, contexts)[:limit],
            "erasures": self._events(shown, contexts)[:limit],
            "auditors": sorted({peer.hex() for peer in auditors if peer}),
        }

    def _journey_rows(self, cursor: Cursor, directory: int, query: _DirectoryQuery) -> _JourneyRows:
        result = _JourneyRows({}, [], [])
        period = query.period
        if period is None:
            return result
        # The events that the query names, events that refer to them, events that refer to those.
        conditions = _first_conditions(query)
        owners: dict[Key, Key] = {}
        for _ in range(3):
            if not conditions:
                break
            where = f"{_between(period)} AND ({' OR '.join(conditions)})"
            rows = self._rows(cursor, directory, period, where, query.max_rows)
            _sort_rows(rows, query, owners, result)
            conditions = _next_conditions(rows)
        for rows in (*result.pipelines.values(), result.reports, result.erasures):
            rows.sort(key=lambda row: row.seq)
        return result

    def _contexts(
        self, cursor: Cursor, directory: int, journey_rows: _JourneyRows
    ) -> dict[int, Context]:
        rows = [row for pipeline in journey_rows.pipelines.values() for row in pipeline]
        rows += [*journey_rows.reports, *journey_rows.erasures]
        if not rows:
            return {}
        files = self._store.files(directory)
        return read_contexts(cursor, files, rows, decode_context_for(self._nodes, directory))

    def _rows(
        self, cursor: Cursor, directory: int, period: Period, where: str, limit: int
    ) -> list[LogRow]:
        """Return a directory's first rows of a period that meet a condition, in order."""
        indexes, within = self._store.skip_indexes, Selection(start_us=period[0], end_us=period[1])
        rows: list[LogRow] = []
        for file in self._store.files(directory):
            candidates = indexes.candidates(cursor, file, within, None)
            if candidates.spans(0, NO_END):
                also = f"{candidates.condition()} AND {where}"
                rows += read_rows(cursor, file, also, first=limit)
        return sorted(rows, key=lambda row: row.seq)[:limit]

    def _events(
        self,
        rows: Iterable[tuple[int, LogRow]],
        contexts: Mapping[int, Mapping[int, Context]],
    ) -> list[dict[str, Any]]:
        ordered = sorted(rows, key=lambda each: (each[1].received_at, each[1].seq))
        events = []
        for directory, row in ordered:
            raise_if_cancelled()
            owner = self._nodes.session_owners[directory, row.session]
            events.append(to_json(row, directory, owner, contexts[directory].get(row.seq)))
        return events


def _directory_query(query: JourneyEvents, directory: int, limit: int) -> _DirectoryQuery:
    pipelines: dict[Key, Period] = {}
    for api_id, root, start, end in query.pipelines:
        session_directory, session = event_identity(api_id)
        if session_directory == directory:
            pipelines[session, root] = start, end
    reports, erasures = (
        {bytes.fromhex(text).hex(): (start, end) for text, start, end in periods}
        for periods in (query.reports, query.erasures)
    )
    return _DirectoryQuery(pipelines, reports, erasures, limit)


def _first_conditions(query: _DirectoryQuery) -> list[str]:
    conditions = [
        f"session = {session} AND (event_id = {root} OR ref = {root}) AND "
        f"type BETWEEN {_FIRST} AND {_LAST} AND {_between(period)}"
        for (session, root), period in query.pipelines.items()
    ]
    for types, hashes in ((_REPORT_KINDS, query.reports), (_ROOT_KINDS, query.erasures)):
        conditions += [
            f"type IN ({_listed(types)}) AND body[1:32] = from_hex('{text}') AND {_between(period)}"
            for text, period in hashes.items()
        ]
    return conditions


def _sort_rows(
    rows: Iterable[LogRow], query: _DirectoryQuery, owners: dict[Key, Key], result: _JourneyRows
) -> None:
    """Add rows to ``result`` by pipeline, report or erasure root.

    Args:
        owners: The pipeline of each event that later rows may refer to; extended here.
    """
    for row in rows:
        if row.type in _REPORT_KINDS:
            result.reports.append(row)
        elif not _FIRST <= row.type <= _LAST:
            result.erasures.append(row)
        else:
            parent = (row.session, row.event_id if row.ref is None else row.ref)
            owner = parent if parent in query.pipelines else owners[parent]
            result.pipelines.setdefault(owner, []).append(row)
            if row.type in (_BUILT, _SENDING):
                owners[row.session, row.event_id] = owner


def _next_conditions(rows: Iterable[LogRow]) -> list[str]:
    """Return conditions of rows that refer to ``rows``, or that begin their requests."""
    built, sending, requests = [], [], []
    for row in rows:
        if row.type == _BUILT:
            built.append((row.session, row.event_id))
        elif row.type == _SENDING:
            sending.append((row.session, row.event_id))
        elif row.type in _ROOT_KINDS:
            # An outgoing request is its own first event; an incoming one refers to its first event.
            requests.append((row.session, row.event_id if row.ref is None else row.ref))
    return [
        f"type IN ({_listed(types)}) AND (session, {column}) IN ({_pairs(keys)})"
        for types, column, keys in (
            ((_SENDING,), "ref", built),
            (_SENDS, "ref", sending),
            (_END_KINDS, "ref", requests),
            (_INCOMING_KINDS, "event_id", requests),
        )
        if keys
    ]


def _between(period: Period) -> str:
    start, end = period
    return f"received_at >= make_timestamp({start}) AND received_at <= make_timestamp({end})"


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))


def _pairs(keys: Iterable[Key]) -> str:
    return ", ".join(f"({session}, {event_id})" for session, event_id in keys)
