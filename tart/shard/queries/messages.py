"""Single messages with their bytes and references, from the event log."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from typing import Any

import duckdb

from tart.protocol.references import REFERENCED_TYPES, resolve_reference
from tart.query.answers.messages import MessageFields
from tart.query.core.event_ids import DIRECTORY_BITS, event_api_id, event_identity
from tart.query.shard_queries.messages import FirstMessage, Message
from tart.shard.encoding.message_fields import (
    Neighbour,
    Problem,
    StoredMessage,
    message_fields,
)
from tart.shard.ingest.aggregator import decode_context_for
from tart.shard.queries.stored_frame import StoredFrame, find_frame
from tart.shard.queries.trace import (
    FIRST_RANGE,
    HORIZON_US,
    LONGEST_RANGE,
    REFERRING_TYPES,
    SessionLog,
)
from tart.shard.state.nodes import Nodes
from tart.storage.core.log_columns import LogRow
from tart.storage.core.schema import UndecodableRow
from tart.storage.core.seq_ranges import SeqRange, scan_backward, scan_forward
from tart.storage.log.contexts import read_contexts
from tart.storage.log.file_ranges import FRAME_TABLES, read_file_ranges
from tart.storage.store import Store

Cursor = duckdb.DuckDBPyConnection

# Ranges of sequences that are searched for the neighbours of a message: four million messages
# on each side.
_RANGES = 7
MAX_REFERRING = 1000


class Messages:
    """Answers the queries ``message`` and ``first_message`` for one shard."""

    def __init__(self, store: Store, nodes: Nodes) -> None:
        self._store = store
        self._nodes = nodes

    def message(self, cursor: Cursor, query: Message) -> MessageFields | None:
        """Return a message, or ``None`` if its directory is not this shard's."""
        directory, sequence = event_identity(query.id)
        frame = find_frame(cursor, self._store.files(directory), sequence)
        if frame is None:
            return None
        message = self._stored(directory, frame)
        previous, following = self._around(cursor, directory, frame.row.session, sequence)
        changes: dict[str, Any] = {"previous": previous, "next": following}
        if isinstance(frame.row, LogRow):
            changes |= self._references(cursor, directory, frame.row, query.limit)
        return message_fields(replace(message, **changes))

    def first_message(self, cursor: Cursor, query: FirstMessage) -> MessageFields | None:
        """Return the first message of a session, or ``None`` if it is not stored here."""
        directory, session = event_identity(query.session)
        for file in self._store.files(directory):
            rows = cursor.execute(
                "SELECT epoch_us(min(happened_at)), any_value(node_information) "
                f"FROM {file.alias}.sessions WHERE session = {session} "
                "AND octet_length(node_information) > 0"
            ).fetchall()
            ((started_at, content),) = rows
            if content is not None:
                owner = self._nodes.session_owners[directory, session]
                _, following = self._around(cursor, directory, session, -1)
                return message_fields(
                    StoredMessage(
                        id=None,
                        session=query.session,
                        node=owner.node_id,
                        name=owner.name,
                        implementation_version=owner.implementation_version,
                        protocol_version=owner.protocol_version,
                        cores=owner.cores,
                        slot_seconds=owner.slot_seconds,
                        event_id=None,
                        type=None,
                        received_at=owner.started_at or started_at,
                        content=content,
                        is_first=True,
                        next=following,
                    )
                )
        return None

    def _stored(self, directory: int, frame: StoredFrame) -> StoredMessage:
        row = frame.row
        known = self._nodes.session_owners.get((directory, row.session))
        owner = self._nodes.session_owners[directory, row.session]
        problem = None
        if isinstance(row, UndecodableRow):
            problem = Problem(row.rule, row.field, row.byte_offset, row.expectation)
        return StoredMessage(
            id=event_api_id(directory, row.seq),
            session=row.session << DIRECTORY_BITS | directory,
            node=None if known is None else known.node_id,
            name=owner.name,
            implementation_version=owner.implementation_version,
            protocol_version=owner.protocol_version,
            cores=owner.cores,
            slot_seconds=owner.slot_seconds,
            event_id=row.event_id,
            type=row.type,
            received_at=row.received_at,
            content=frame.content,
            problem=problem,
            # Bytes that ended a connection before their event got an id are its first message.
            is_first=row.event_id is None,
        )

    def _references(
        self, cursor: Cursor, directory: int, row: LogRow, limit: int
    ) -> dict[str, Any]:
        """Return the context of an event, the event it refers to, and those that refer to it."""
        files = self._store.files(directory)
        log = SessionLog(cursor, files, row.session)
        decode_context = decode_context_for(self._nodes, directory)
        context = read_contexts(cursor, files, [row], decode_context).get(row.seq)
        ref = resolve_reference(row.type, row.event_id, row.ref)
        parent = None if ref is None else log.find(ref, row.seq)
        referring, until = _referring(log, row, max(1, min(limit, MAX_REFERRING)) + 1)
        chain_hash = context.chain_hash if context else None
        return {
            "slot": row.slot,
            "core": row.core,
            "hash": chain_hash,
            "root": context.root if context else None,
            "refers_to": None if parent is None else _neighbour(directory, parent),
            "missing_ref": ref if parent is None else None,
            "referred_to_by": [_neighbour(directory, each) for each in referring[:limit]],
            "more": len(referring) > limit,
            "searched_until": until,
        }

    def _around(
        self, cursor: Cursor, directory: int, session: int, sequence: int
    ) -> tuple[int | None, int | None]:
        """Return the ids of the messages before and after a sequence in a session."""
        ranges = read_file_ranges(cursor, self._store.files(directory), FRAME_TABLES)
        before = scan_backward(ranges, max(sequence, 0), FIRST_RANGE, LONGEST_RANGE)
        after = scan_forward(ranges, sequence + 1, FIRST_RANGE, LONGEST_RANGE)
        previous = _first_in(cursor, before, session, "max")
        following = _first_in(cursor, after, session, "min")
        return (
            None if previous is None else event_api_id(directory, previous),
            None if following is None else event_api_id(directory, following),
        )


def _referring(log: SessionLog, row: LogRow, limit: int) -> tuple[list[LogRow], int | None]:
    """Return events that refer to an event, and the last arrival that was searched."""
    if row.type not in REFERENCED_TYPES:
        return [], None
    referring: list[LogRow] = []
    until = row.received_at
    for seq_range, first_at, last_at in log.after(row.seq):
        last = referring[-1].received_at if referring else row.received_at
        if first_at > last + HORIZON_US:
            break
        until = max(until, last_at)
        condition = (
            f"ref = {row.event_id} AND event_id > {row.event_id} AND type IN ({REFERRING_TYPES})"
        )
        referring += log.rows(seq_range, condition)
        if len(referring) >= limit:
            break
    return referring[:limit], until


def _first_in(cursor: Cursor, ranges: Iterable[SeqRange], session: int, extreme: str) -> int | None:
    """Return the highest or lowest sequence of a session in the first range that has one."""
    for seq_range in islice(ranges, _RANGES):
        rows = " UNION ALL ".join(
            f"SELECT seq FROM {file.alias}.{table} WHERE session = {session} "
            f"AND seq >= {seq_range.first} AND seq < {seq_range.end}"
            for file in seq_range.files
            for table in FRAME_TABLES
        )
        ((sequence,),) = cursor.execute(f"SELECT {extreme}(seq) FROM ({rows})").fetchall()
        if sequence is not None:
            return int(sequence)
    return None


def _neighbour(directory: int, row: LogRow) -> Neighbour:
    return Neighbour(event_api_id(directory, row.seq), row.event_id, row.type, row.received_at)
