"""The newest events about preimages, as ``query.shard_queries.preimages`` declares them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import duckdb

from tart.errors import DecodeError
from tart.protocol.references import direct_root
from tart.query.core.event_ids import DIRECTORY_BITS, event_api_id
from tart.query.core.filters import Selection
from tart.query.shard_queries.preimages import KINDS, PreimageEvent, PreimageEvents
from tart.shard.state.nodes import Nodes, SessionOwner
from tart.storage.core.log_columns import LogRow
from tart.storage.log.query_threads import raise_if_cancelled
from tart.storage.store import Store

Cursor = duckdb.DuckDBPyConnection
# Returns the newest selected rows of a directory, newest first.
ReadRows = Callable[[Cursor, int, Selection, int], list[LogRow]]
# A message and how its connection is decoded: most nodes send a message about a preimage in the
# same bytes, so each is decoded once.
_Message = tuple[Any, ...]

MAX_EVENTS = 20_000


class PreimageReader:
    """Answers the query ``preimage_events`` for one shard."""

    def __init__(self, store: Store, nodes: Nodes, read_rows: ReadRows) -> None:
        self._store = store
        self._nodes = nodes
        self._read_rows = read_rows

    def events(self, cursor: Cursor, query: PreimageEvents) -> list[PreimageEvent]:
        """Return the newest events of each directory."""
        window = query.window
        selection = Selection(types=KINDS, start_us=window.start_us, end_us=window.end_us)
        limit = max(0, min(query.limit, MAX_EVENTS)) + 1
        decoded: dict[_Message, Mapping[str, Any]] = {}
        return [
            event
            for directory in self._store.directories
            for event in self._of(cursor, directory, selection, limit, decoded)
        ]

    def _of(
        self,
        cursor: Cursor,
        directory: int,
        selection: Selection,
        limit: int,
        decoded: dict[_Message, Mapping[str, Any]],
    ) -> Iterator[PreimageEvent]:
        for row in self._read_rows(cursor, directory, selection, limit):
            raise_if_cancelled()
            owner = self._nodes.session_owners[directory, row.session]
            version = owner.protocol_version, owner.cores, owner.dialect
            message = row.type, bytes(row.body), row.peer is None, row.ref is None, *version
            fields = decoded.get(message)
            if fields is None:
                fields = decoded[message] = _fields(row, owner)
            yield PreimageEvent(
                id=event_api_id(directory, row.seq),
                received_us=row.received_at,
                node=owner.node_id,
                session=row.session << DIRECTORY_BITS | directory,
                # All events about requests refer to the first one.
                root=direct_root(row.type, row.event_id, row.ref),
                type=row.type,
                **fields,
            )


def _fields(row: LogRow, owner: SessionOwner) -> dict[str, Any]:
    """Return the members of the event's content; none if this release cannot decode it."""
    try:
        fields = owner.decode(row.type, row.payload).fields
    except DecodeError:
        return {}
    digest, reason = fields.get("hash"), fields.get("reason")
    return {
        "hash": None if digest is None else digest.hex(),
        "service": fields.get("service"),
        "length": fields.get("length"),
        "local": fields.get("announcer") == "Local",
        "reason": None if reason is None else str(reason),
    }
