"""The blocks of a range of slots, from the event log: when each node reached which stage with them.

Nearly all nodes report a block in the same bytes, so that few bodies are distinct: each is decoded
once, and DuckDB finds the first time of each node by the body.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import duckdb

from tart.errors import DecodeError
from tart.protocol.decoding import decode_event
from tart.protocol.events import EventKind
from tart.query.core.aggregate_columns import OUTLINE
from tart.query.core.windows import bounds_us
from tart.query.shard_queries.slots import (
    HAD,
    BlockAuthor,
    BlockFailure,
    NodeHead,
    NodeTimes,
    SlotBlocks,
    SlotBlocksPart,
)
from tart.shard.state.nodes import Nodes
from tart.storage.core.files import LogFile
from tart.storage.core.log_columns import join_payload
from tart.storage.core.schema import log_subquery
from tart.storage.log.query_threads import raise_if_cancelled
from tart.storage.store import Store
from tart.units import DAY_US, JCE_US, MINUTE_US

Cursor = duckdb.DuckDBPyConnection

# Distinct messages about blocks that one file may have; of more, those of the most nodes.
MAX_BODIES = 4_096
# Rows of events that refer to others, and of failures.
MAX_ROWS = 100_000
MAX_FAILURES = 1_000
# A block is requested at most this long before it is transferred.
_REQUESTED_US = MINUTE_US

_BLOCK_KINDS = (
    EventKind.BEST_BLOCK_CHANGED,
    EventKind.AUTHORED,
    EventKind.IMPORTING,
)
_STAGE_KINDS = (
    *_BLOCK_KINDS,
    EventKind.FINALIZED_BLOCK_CHANGED,
    EventKind.BLOCK_ANNOUNCED,
    EventKind.BLOCK_TRANSFERRED,
)
_STAGES: Mapping[int, str] = {
    EventKind.BEST_BLOCK_CHANGED: "best",
    EventKind.FINALIZED_BLOCK_CHANGED: "finalized",
    EventKind.AUTHORED: "authored",
    EventKind.IMPORTING: "importing",
    EventKind.BLOCK_TRANSFERRED: "transferred",
}
# Stages of events that refer to the beginning of an authoring or an import.
_REFERRING: Mapping[int, str] = {
    EventKind.BLOCK_VERIFIED: "verified",
    EventKind.BLOCK_EXECUTED: "executed",
}
_FAILURES = (
    EventKind.AUTHORING_FAILED,
    EventKind.BLOCK_VERIFICATION_FAILED,
    EventKind.BLOCK_EXECUTION_FAILED,
)
_LAG = f"TRY_CAST(epoch_us(received_at)::HUGEINT - {JCE_US} - timestamp AS BIGINT)"
# A block and the stage that a message shows.
_Subject = tuple[str, int, str]
# The first event of an authoring or an import: session and event id.
_Root = tuple[int, int]


class _Body(NamedTuple):
    """A distinct message about a block."""

    type: int
    body: bytes
    hash: str
    slot: int
    stages: tuple[str, ...]


class SlotBlockReader:
    """Answers the query ``slot_blocks`` for one shard."""

    def __init__(self, store: Store, nodes: Nodes) -> None:
        self._store = store
        self._nodes = nodes

    def slot_blocks(self, cursor: Cursor, query: SlotBlocks) -> SlotBlocksPart:
        """Return the blocks of a range of slots."""
        part = SlotBlocksPart([], [], {}, [], [], [])
        places: dict[str, int] = {}
        for directory in self._store.directories:
            for file in self._store.files(directory):
                raise_if_cancelled()
                if _may_overlap(file, query):
                    _FileReader(cursor, self._nodes, file, query, part, places).read()
        part.nodes.extend(places)
        return part


def _may_overlap(file: LogFile, query: SlotBlocks) -> bool:
    """Return whether a file may have events of the window; a period is at most a day long."""
    start, end = bounds_us(query.window)
    return file.period < end and file.period + DAY_US > start


class _FileReader:
    """Reads one file into the answer."""

    def __init__(
        self,
        cursor: Cursor,
        nodes: Nodes,
        file: LogFile,
        query: SlotBlocks,
        part: SlotBlocksPart,
        places: dict[str, int],
    ) -> None:
        self._cursor, self._nodes, self._file = cursor, nodes, file
        self._query, self._part, self._places = query, part, places
        self._log = log_subquery(file.alias)
        slots = f"BETWEEN {query.first:d} AND {query.last:d}"
        # Zone maps of ``last_slot`` exclude most row groups.
        self._where = f"slot {slots} AND last_slot {slots}"

    def read(self) -> None:
        """Add what the file has to the answer."""
        bodies = list(self._bodies())
        if bodies:
            self._add_times(bodies)
        roots = self._roots(bodies)
        if self._query.stages:
            self._add_referring(roots)
        self._add_failed()
        self._add_heads({(body.type, body.body): body.hash for body in bodies})

    def _fetch(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        return self._cursor.execute(statement, values).fetchall()

    def _place(self, node: int) -> int | None:
        """Return the node's place in the answer; ``None`` if its id is not known."""
        node_id = self._nodes.id_of(self._file.directory, node)
        return None if node_id is None else self._places.setdefault(node_id, len(self._places))

    def _bodies(self) -> Iterator[_Body]:
        kinds = _STAGE_KINDS if self._query.stages else _BLOCK_KINDS
        rows = self._fetch(
            "SELECT type, body, count(*), any_value(slot), any_value(session), any_value(ref), "
            f"any_value(shard_index) FROM {self._log} WHERE {self._where} "
            f"AND type IN ({_numbers(kinds)}) "
            f"GROUP BY type, body ORDER BY 3 DESC LIMIT {MAX_BODIES}"
        )
        for number, body, _, slot, session, ref, _ in rows:
            fields = self._decode(number, session, ref, body)
            if fields is not None:
                yield self._body(number, body, slot, fields)

    def _body(self, number: int, body: bytes, slot: int, fields: dict[str, Any]) -> _Body:
        outline = fields.get("outline")
        digest = (outline or fields)["hash"].hex()
        if outline and number in (EventKind.AUTHORED, EventKind.IMPORTING):
            self._part.outlines[digest] = {name: outline[name] for name in OUTLINE}
        return _Body(number, body, digest, slot, self._stages_of(number, fields))

    def _stages_of(self, number: int, fields: dict[str, Any]) -> tuple[str, ...]:
        if number == EventKind.BLOCK_ANNOUNCED:
            return ("announced_by" if fields["announcer"] == "Local" else "announced_to",)
        had = (HAD,) if number in _BLOCK_KINDS else ()
        if not self._query.stages:
            return had
        return (*had, _STAGES[number])

    def _decode(
        self, number: int, session: int, ref: int | None, body: bytes
    ) -> dict[str, Any] | None:
        """Return the fields of a message; ``None`` if this release cannot decode it."""
        owner = self._nodes.session_owners[self._file.directory, session]
        peer = bytes(32) if number == EventKind.BLOCK_ANNOUNCED else None
        try:
            return decode_event(
                number,
                join_payload(ref, peer, body, None),
                version=owner.protocol_version,
                cores=owner.cores,
                dialect=owner.dialect,
            ).fields
        except DecodeError:
            return None

    def _add_times(self, bodies: Sequence[_Body]) -> None:
        """Add, for each block and stage, the first time of each node."""
        subjects: dict[_Subject, int] = {}
        mapped = [
            (
                body.type,
                body.body,
                subjects.setdefault((body.hash, body.slot, stage), len(subjects)),
            )
            for body in bodies
            for stage in body.stages
        ]
        types, texts, numbers = map(list, zip(*mapped, strict=True))
        rows = self._fetch(
            "WITH bodies AS (SELECT unnest(?) AS type, unnest(?) AS body, unnest(?) AS subject) "
            "SELECT subject, min(at_us), list(node), list(at_us), list(lag_us) FROM ("
            "SELECT subject, node, epoch_us(min(received_at)) AS at_us, "
            f"arg_min({_LAG}, received_at) AS lag_us "
            f"FROM {self._log} JOIN bodies USING (type, body) "
            f"WHERE {self._where} AND {self._received()} GROUP BY subject, node) GROUP BY subject",
            (types, texts, numbers),
        )
        by_number = list(subjects)
        for subject, first_us, nodes, at_us, lags in rows:
            digest, slot, stage = by_number[subject]
            known = [
                (place, at - first_us, lag)
                for node, at, lag in zip(nodes, at_us, lags, strict=True)
                if (place := self._place(node)) is not None
            ]
            if known:
                columns = map(list, zip(*known, strict=True))
                self._part.times.append(NodeTimes(digest, slot, stage, first_us, *columns))

    def _received(self) -> str:
        """Return a condition: a transfer is to the node that requested the block."""
        if not self._query.stages:
            return "true"
        start = (
            f"(SELECT min(received_at) FROM {self._log} WHERE {self._where}) "
            f"- INTERVAL {_REQUESTED_US} MICROSECONDS"
        )
        return (
            f"(type <> {EventKind.BLOCK_TRANSFERRED:d} OR (session, ref) IN (SELECT (session, "
            f"event_id) FROM {self._log} WHERE type = {EventKind.SENDING_BLOCK_REQUEST:d} "
            f"AND received_at >= {start}))"
        )

    def _roots(self, bodies: Sequence[_Body]) -> dict[_Root, tuple[str, int]]:
        """Return hash and slot by root; add authors and, with stages, when they began."""
        by_body = {(body.type, body.body): (body.hash, body.slot) for body in bodies}
        kinds = [EventKind.AUTHORING, EventKind.AUTHORED]
        if self._query.stages:
            kinds.append(EventKind.IMPORTING)
        rows = self._fetch(
            f"SELECT type, session, event_id, ref, node, body, epoch_us(received_at), {_LAG} "
            f"FROM {self._log} WHERE {self._where} AND type IN ({_numbers(kinds)}) "
            f"LIMIT {MAX_ROWS}"
        )
        begun = {(row[1], row[2]): row for row in rows if row[0] == EventKind.AUTHORING}
        roots = {
            (row[1], row[2]): by_body[row[0], row[5]]
            for row in rows
            if row[0] == EventKind.IMPORTING and (row[0], row[5]) in by_body
        }
        for row in rows:
            if row[0] == EventKind.AUTHORED and (row[0], row[5]) in by_body:
                root = row[1], row[3]
                roots[root] = by_body[row[0], row[5]]
                self._add_author(roots[root], row[4], begun.get(root))
        return roots

    def _add_author(self, block: tuple[str, int], node: int, begun: Sequence[Any] | None) -> None:
        place = self._place(node)
        if place is None:
            return
        parent = None
        if begun is not None:
            number, session, _, _, _, body, at_us, lag_us = begun
            fields = self._decode(number, session, None, body)
            parent = None if fields is None else fields["parent"].hex()
            if self._query.stages:
                self._part.times.append(
                    NodeTimes(*block, "authoring", at_us, [place], [0], [lag_us])
                )
        self._part.authors.append(BlockAuthor(block[0], place, parent))

    def _add_referring(self, roots: dict[_Root, tuple[str, int]]) -> None:
        """Add the events that refer to an authoring or an import."""
        kinds = (*_REFERRING, *_FAILURES)
        rows = self._fetch(
            f"SELECT type, session, ref, node, epoch_us(received_at), {_LAG}, slot, "
            f"CASE WHEN type IN ({_numbers(_FAILURES)}) THEN body END "
            f"FROM {self._log} WHERE {self._where} AND type IN ({_numbers(kinds)}) "
            f"ORDER BY received_at LIMIT {MAX_ROWS}"
        )
        for number, session, ref, node, at_us, lag_us, slot, body in rows:
            place, block = self._place(node), roots.get((session, ref))
            if place is None:
                continue
            if number not in _FAILURES:
                if block is not None:
                    stage = _REFERRING[number]
                    self._part.times.append(NodeTimes(*block, stage, at_us, [place], [0], [lag_us]))
            elif len(self._part.failures) < MAX_FAILURES:
                fields = self._decode(number, session, ref, body) or {}
                digest = None if block is None else block[0]
                reason = str(fields.get("reason", ""))
                self._part.failures.append(
                    BlockFailure(digest, slot, place, number, reason, at_us, lag_us)
                )

    def _add_failed(self) -> None:
        self._part.failed.extend(
            self._fetch(
                f"SELECT slot, type, count(*) FROM {self._log} WHERE {self._where} "
                f"AND type IN ({_numbers(_FAILURES)}) GROUP BY slot, type"
            )
        )

    def _add_heads(self, hashes: dict[tuple[int, bytes], str]) -> None:
        best, final = EventKind.BEST_BLOCK_CHANGED, EventKind.FINALIZED_BLOCK_CHANGED
        rows = self._fetch(
            f"SELECT node, arg_max(body, seq) FILTER (type = {best:d}), "
            f"epoch_us(max(received_at) FILTER (type = {best:d})), "
            f"max(slot) FILTER (type = {final:d}) "
            f"FROM {self._log} WHERE {self._where} AND type IN ({best:d}, {final:d}) GROUP BY node"
        )
        for node, body, at_us, finalized in rows:
            place = self._place(node)
            if place is not None:
                digest = hashes.get((best, body))
                self._part.heads.append(NodeHead(place, digest, at_us or 0, finalized))


def _numbers(kinds: Sequence[int]) -> str:
    return ", ".join(str(int(kind)) for kind in kinds)
