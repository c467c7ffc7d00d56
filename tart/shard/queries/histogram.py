"""Counts of selected events by time, from the event log."""

from __future__ import annotations

from collections import Counter

import duckdb

from tart.query.shard_queries.histogram import EventCounts, EventHistogram
from tart.shard.state.nodes import Nodes
from tart.storage.core.schema import log_subquery
from tart.storage.log.query_threads import raise_if_cancelled
from tart.storage.store import Store

Cursor = duckdb.DuckDBPyConnection


class Histograms:
    """Answers the query ``event_histogram`` for one shard."""

    def __init__(self, store: Store, nodes: Nodes) -> None:
        self._store = store
        self._nodes = nodes

    def histogram(self, cursor: Cursor, query: EventHistogram) -> EventCounts:
        """Return the counts of all directories."""
        buckets: Counter[tuple[int, int]] = Counter()
        nodes: Counter[str | None] = Counter()
        step = max(1, query.step_us)
        for directory in self._store.directories:
            if query.selection.node is not None and self._number(directory, query) is None:
                continue
            for file in self._store.files(directory):
                raise_if_cancelled()
                number = self._number(directory, query)
                candidates = self._store.skip_indexes.candidates(
                    cursor, file, query.selection, number
                )
                where, values = query.selection.where(file.alias)
                of_node = "" if number is None else f" AND node = {number}"
                # Rows of a bucket and type, and with a null type those of a node.
                rows = cursor.execute(
                    f"SELECT epoch_us(received_at) // {step} * {step} AS bucket, type, node, "
                    f"count(*) FROM {log_subquery(file.alias)} "
                    f"WHERE {candidates.condition()} AND {where}{of_node} "
                    "GROUP BY GROUPING SETS ((bucket, type), (node))",
                    values,
                ).fetchall()
                for start, kind, node, count in rows:
                    if kind is None:
                        nodes[self._nodes.id_of(directory, node)] += count
                    else:
                        buckets[start, kind] += count
        return EventCounts(
            [(start, number, count) for (start, number), count in buckets.items()],
            list(nodes.items()),
        )

    def _number(self, directory: int, query: EventHistogram) -> int | None:
        """Return the directory's number of the selected node; ``None`` if it has none."""
        if query.selection.node is None:
            return None
        return self._nodes.number_of(directory, query.selection.node)
