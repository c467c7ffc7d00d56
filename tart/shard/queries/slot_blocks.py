"""The blocks of a range of slots, from the event log: when each node reached which stage with them.

Nearly all nodes report a block in the same bytes, so that few bodies are distinct: each is decoded
once, and the first time of each node is found by the body (``slot_rows``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import duckdb

from tart.errors import DecodeError
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
from tart.shard.queries.slot_rows import (
    BLOCK_KINDS,
    FAILURES,
    SlotRows,
    StoredSlotRows,
    read_slot_rows,
)
from tart.shard.state.nodes import Nodes
from tart.storage.core.files import LogFile
from tart.storage.core.log_columns import join_payload
from tart.storage.log.query_threads import raise_if_cancelled
from tart.storage.store import Store
from tart.units import DAY_US

Cursor = duckdb.DuckDBPyConnection

MAX_FAILURES = 1_000
_STAGE_KINDS = (
    *BLOCK_KINDS,
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
        self._nodes, self._file = nodes, file
        self._query, self._part, self._places = query, part, places
        stored = StoredSlotRows(cursor, file, query.first, query.last, stages=query.stages)
        few = None if query.stages else read_slot_rows(cursor, file, query.first, query.last)
        self._stored = stored
        self._rows: SlotRows = stored if few is None else few

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

    def _place(self, node: int) -> int | None:
        """Return the node's place in the answer; ``None`` if its id is not known."""
        node_id = self._nodes.id_of(self._file.directory, node)
        return None if node_id is None else self._places.setdefault(node_id, len(self._places))

    def _bodies(self) -> Iterator[_Body]:
        kinds = _STAGE_KINDS if self._query.stages else BLOCK_KINDS
        for number, body, slot, session, ref in self._rows.bodies(kinds):
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
        had = (HAD,) if number in BLOCK_KINDS else ()
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
            return owner.decode(number, join_payload(ref, peer, body, None)).fields
        except DecodeError:
            return None

    def _add_times(self, bodies: Sequence[_Body]) -> None:
        """Add, for each block and stage, the first time of each node."""
        subjects: dict[_Subject, int] = {}
        by_body: dict[tuple[int, bytes], list[int]] = {}
        for body in bodies:
            by_body[body.type, body.body] = [
                subjects.setdefault((body.hash, body.slot, stage), len(subjects))
                for stage in body.stages
            ]
        rows = self._rows.times(by_body)
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

    def _roots(self, bodies: Sequence[_Body]) -> dict[_Root, tuple[str, int]]:
        """Return hash and slot by root; add authors and, with stages, when they began."""
        by_body = {(body.type, body.body): (body.hash, body.slot) for body in bodies}
        kinds = [EventKind.AUTHORING, EventKind.AUTHORED]
        if self._query.stages:
            kinds.append(EventKind.IMPORTING)
        rows = self._rows.events(kinds)
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
        kinds = (*_REFERRING, *FAILURES)
        rows = self._stored.referring(kinds)
        for number, session, ref, node, at_us, lag_us, slot, body in rows:
            place, block = self._place(node), roots.get((session, ref))
            if place is None:
                continue
            if number not in FAILURES:
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
            (slot, number, count) for slot, number, count in self._rows.failed()
        )

    def _add_heads(self, hashes: dict[tuple[int, bytes], str]) -> None:
        best = EventKind.BEST_BLOCK_CHANGED
        for node, body, at_us, finalized in self._rows.heads():
            place = self._place(node)
            if place is not None:
                digest = hashes.get((best, body))
                self._part.heads.append(NodeHead(place, digest, at_us or 0, finalized))
