"""The longest durations of one step of a node, from the event log.

Aggregates have histograms of durations, not the events behind them. The two events of a step are
on one connection, so they are joined by its number and the event id within one directory.
"""

from __future__ import annotations

import duckdb

from tart.query.core.windows import bounds_us
from tart.query.shard_queries.slow_steps import SlowestSteps, SlowStepRow
from tart.shard.state.nodes import Nodes
from tart.storage.core.schema import log_subquery
from tart.storage.log.query_threads import raise_if_cancelled
from tart.storage.store import Store
from tart.units import HOUR_US

Cursor = duckdb.DuckDBPyConnection
# A step that began earlier than this before the window is not found.
HORIZON_US = HOUR_US
MAX_EXAMPLES = 100


class SlowSteps:
    """Answers the query ``slowest_steps`` for one shard."""

    def __init__(self, store: Store, nodes: Nodes) -> None:
        self._store = store
        self._nodes = nodes

    def slowest(self, cursor: Cursor, query: SlowestSteps) -> list[SlowStepRow]:
        """Return the longest durations of the step, longest first."""
        rows: list[SlowStepRow] = []
        for directory in self._store.directories:
            raise_if_cancelled()
            number = self._nodes.number_of(directory, query.node)
            if number is not None:
                rows += self._in_directory(cursor, directory, number, query)
        return rows

    def _in_directory(
        self, cursor: Cursor, directory: int, number: int, query: SlowestSteps
    ) -> list[SlowStepRow]:
        start, end = bounds_us(query.window)
        files = [log_subquery(file.alias) for file in self._store.files(directory)]
        if not files:
            return []

        def events(kind: int, since: int) -> str:
            """Return a subquery for the node's events of a type."""
            where = (
                f"node = {number} AND type = {int(kind)} "
                f"AND received_at >= make_timestamp({since}) "
                f"AND received_at < make_timestamp({end})"
            )
            parts = [
                "SELECT seq, session, event_id, ref, timestamp, received_at, slot, core "
                f"FROM {file} WHERE {where}"
                for file in files
            ]
            return f"({' UNION ALL '.join(parts)})"

        duration = "last.timestamp::HUGEINT - first.timestamp::HUGEINT"
        rows = cursor.execute(
            "SELECT last.seq, first.seq, last.session, last.event_id, "
            "epoch_us(last.received_at), last.slot, last.core, "
            f"greatest(-9007199254740991, least(9007199254740991, {duration}))::BIGINT AS duration "
            f"FROM {events(query.kind, start)} AS last "
            f"JOIN {events(query.parent, start - HORIZON_US)} AS first "
            "ON first.session = last.session AND first.event_id = last.ref "
            f"ORDER BY duration DESC LIMIT {max(0, min(query.limit, MAX_EXAMPLES))}"
        ).fetchall()
        return [SlowStepRow(directory, *row) for row in rows]
