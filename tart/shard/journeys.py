"""The events of a work-package's way, from the log: what the aggregates tell, in full.

A row of ``packages`` names the session, the first event and when it was last heard of; a
row of ``reports`` or ``erasures`` when its hash was heard of. So each looks at a stretch of
the log that is as long as the package took, whatever the length of the log. What the log
no longer has is not in the answer; the gateway knows the rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import duckdb

from tart.query.catalog import event_identity
from tart.shard.events import to_json
from tart.shard.nodes import Nodes
from tart.shard.rendering import rendered
from tart.storage.schema import LogRow, rows_of
from tart.storage.store import Store

Parameters = Mapping[str, Any]
Cursor = duckdb.DuckDBPyConnection

# Of each kind: a pipeline, a report, an erasure root.
MAX_EVENTS = 1000
_DEFAULT_EVENTS = 200
_FIRST, _LAST = 90, 109
_BUILT, _SENDING = 105, 106
_SENDS = (107, 108)
_REPORTED = (112, 113)
# Events that name an erasure root, and those that end the requests they belong to.
_ROOTED = (120, 124, 144, 152)
_ENDS = (122, 125, 142, 145, 150, 153)
# Of the requests that came in: who asks.
_ASKED = (141, 149)


class _Found(NamedTuple):
    directory: int
    row: LogRow


class Journeys:
    """Answers ``journey`` about one shard's directories."""

    def __init__(self, store: Store, nodes: Nodes) -> None:
        self._store = store
        self._nodes = nodes

    def journey(self, cursor: Cursor, parameters: Parameters) -> Any:
        """What the log has of ``pipelines``, ``reports`` and ``erasures``.

        Args:
            parameters: ``pipelines``: [session, first event's id, its ``seq``, until µs];
                ``reports`` and ``erasures``: [hash in hex, from µs, until µs].
        """
        limit = max(1, min(int(parameters.get("limit") or _DEFAULT_EVENTS), MAX_EVENTS))
        pipelines: dict[str, list[Any]] = {}
        for session, root, seq, until in parameters.get("pipelines") or ():
            number, directory = _session(session)
            if directory in self._store.directories:
                rows = self._pipeline(cursor, directory, number, (root, seq, until), limit)
                pipelines[f"{session}/{root}"] = self._events(rows)
        reports: list[_Found] = []
        for each in parameters.get("reports") or ():
            reports += self._about(cursor, _REPORTED, each, limit)
        erasures: list[_Found] = []
        for each in parameters.get("erasures") or ():
            erasures += self._requests(cursor, each, limit)
        auditors = [each for each in erasures if each.row.type in _ASKED]
        answer = {
            "pipelines": pipelines,
            "reports": self._events(reports),
            "erasures": self._events(each for each in erasures if each.row.type not in _ASKED),
            "auditors": sorted({each.row.peer.hex() for each in auditors if each.row.peer}),
        }
        return rendered(answer, str(parameters.get("bytes") or "hex"))

    def _pipeline(
        self,
        cursor: Cursor,
        directory: int,
        session: int,
        place: tuple[int, int, int],
        limit: int,
    ) -> list[_Found]:
        """A guarantor's events of a package: the first, what refers to it, the sending."""
        root, seq, until = map(int, place)
        stretch = f"session = {session} AND seq >= {seq} AND received_at <= make_timestamp({until})"

        def rows(condition: str) -> list[_Found]:
            return self._rows(cursor, directory, f"{stretch} AND {condition}", limit)

        found = rows(
            f"type BETWEEN {_FIRST} AND {_LAST} AND (event_id = {root} OR ref = {root})"
        )
        for parents, children in ((_BUILT,), (_SENDING,)), ((_SENDING,), _SENDS):
            ids = [each.row.event_id for each in found if each.row.type in parents]
            if ids:
                found += rows(f"type IN ({_listed(children)}) AND ref IN ({_listed(ids)})")
        return sorted(found, key=lambda each: each.row.seq)

    def _about(
        self, cursor: Cursor, types: Sequence[int], named: Sequence[Any], limit: int
    ) -> list[_Found]:
        """Events of these types whose body begins with a hash."""
        text, *stretch = named
        value = bytes.fromhex(text).hex()
        where = (
            f"{_between(stretch)} AND type IN ({_listed(types)}) AND body[1:32] = "
            f"from_hex('{value}')"
        )
        return [
            each
            for directory in self._store.directories
            for each in self._rows(cursor, directory, where, limit)
        ]

    def _requests(self, cursor: Cursor, named: Sequence[Any], limit: int) -> list[_Found]:
        """Events that name an erasure root, who asked, and what became of it."""
        found = self._about(cursor, _ROOTED, named, limit)
        _, *stretch = named
        for directory in self._store.directories:
            # A request of our own is its first event; one that came in refers to it.
            requests = [
                (each.row.session, each.row.event_id if each.row.ref is None else each.row.ref)
                for each in found
                if each.directory == directory
            ]
            if not requests:
                continue
            pairs = ", ".join(f"({session}, {event_id})" for session, event_id in requests)
            sessions = f"session IN ({_listed({session for session, _ in requests})})"
            found += self._rows(
                cursor,
                directory,
                f"{_between(stretch)} AND {sessions} AND (type IN ({_listed(_ENDS)}) AND "
                f"(session, ref) IN ({pairs}) OR type IN ({_listed(_ASKED)}) AND "
                f"(session, event_id) IN ({pairs}))",
                2 * limit,
            )
        return found

    def _rows(self, cursor: Cursor, directory: int, where: str, limit: int) -> list[_Found]:
        """A directory's first rows that meet a condition, in order."""
        rows = [
            LogRow(*row)
            for file in self._store.files(directory)
            for row in cursor.execute(rows_of(file.alias, where)).fetchmany(limit)
        ]
        rows.sort(key=lambda row: row.seq)
        return [_Found(directory, row) for row in rows[:limit]]

    def _events(self, found: Iterable[_Found]) -> list[dict[str, Any]]:
        ordered = sorted(found, key=lambda each: (each.row.received_at, each.row.seq))
        return [
            to_json(row, directory, self._nodes.speakers[directory, row.session])
            for directory, row in ordered
        ]


def _session(api_id: int) -> tuple[int, int]:
    """A connection's number and directory; its id in the API is made like an event's."""
    directory, number = event_identity(int(api_id))
    return number, directory


def _between(stretch: Sequence[Any]) -> str:
    start, end = map(int, stretch)
    return f"received_at >= make_timestamp({start}) AND received_at <= make_timestamp({end})"


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))
