"""Events of one slot, from the event log: counts by type and node, and blocks."""

from __future__ import annotations

from collections import Counter
from typing import Any

import duckdb

from tart.errors import DecodeError
from tart.query.core.filters import Selection
from tart.query.shard_queries.events import Slot, SlotEvents
from tart.query.topics.slots import BLOCK_KINDS, SLOT_KINDS
from tart.shard.state.nodes import Nodes
from tart.storage.core.files import LogFile
from tart.storage.core.log_columns import LogRow
from tart.storage.core.schema import LOG_SELECT, log_subquery
from tart.storage.store import Store

Cursor = duckdb.DuckDBPyConnection


class Slots:
    """Answers the query ``slot`` for one shard."""

    def __init__(self, store: Store, nodes: Nodes) -> None:
        self._store = store
        self._nodes = nodes

    def slot(self, cursor: Cursor, query: Slot) -> SlotEvents:
        """Return counts by type and node, header hashes by type, first and last arrival."""
        events: Counter[tuple[int, str | None]] = Counter()
        hashes: set[tuple[int, str]] = set()
        times: list[int] = []
        for directory in self._store.directories:
            for file in self._store.files(directory):
                selection = Selection(slot=query.slot, types=SLOT_KINDS)
                candidates = self._store.skip_indexes.candidates(cursor, file, selection, None)
                where, values = selection.where(file.alias)
                where = f"{candidates.condition()} AND {where}"
                rows = cursor.execute(
                    "SELECT type, node, count(*), epoch_us(min(received_at)), "
                    f"epoch_us(max(received_at)) FROM {log_subquery(file.alias)} WHERE {where} "
                    "GROUP BY type, node",
                    values,
                ).fetchall()
                for number, node, count, first, last in rows:
                    events[number, self._nodes.id_of(directory, node)] += count
                    times += first, last
                if rows:
                    hashes |= self._hashes(cursor, directory, file, where, values)
        return {
            "events": [(number, node, count) for (number, node), count in events.items()],
            "hashes": list(hashes),
            "first_at": min(times, default=None),
            "last_at": max(times, default=None),
        }

    def _hashes(
        self, cursor: Cursor, directory: int, file: LogFile, where: str, values: list[Any]
    ) -> set[tuple[int, str]]:
        """Return type and header hash of the events that name a block.

        Most nodes name the same few blocks, so that few bodies are distinct.
        """
        types = ", ".join(map(str, BLOCK_KINDS))
        rows = cursor.execute(
            f"SELECT {LOG_SELECT} FROM (SELECT DISTINCT ON (type, body) * "
            f"FROM {log_subquery(file.alias)} WHERE {where} AND type IN ({types})) "
            f"LEFT JOIN {file.alias}.peers USING (peer)",
            values,
        ).fetchall()
        hashes = set()
        for row in map(LogRow._make, rows):
            owner = self._nodes.session_owners[directory, row.session]
            try:
                fields = owner.decode(row.type, row.payload).fields
            except DecodeError:  # stored by a release that could decode it
                continue
            digest = fields["hash"] if "hash" in fields else fields["outline"]["hash"]
            hashes.add((row.type, digest.hex()))
        return hashes
