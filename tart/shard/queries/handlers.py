"""The functions that answer the queries of ``query.shard_queries``.

``memory`` queries read the shard's state on the event loop; ``rows``, ``log`` and ``slow``
queries read the event log with a cursor, on a query thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import duckdb

from tart import logs
from tart.aggregate.columnar.live_counters import LiveCounters
from tart.clock import Clock, unix_us
from tart.protocol.references import Context
from tart.query.core.event_ids import event_api_id
from tart.query.core.filters import Selection
from tart.query.core.merge import ChainStatements, NodeStatusAnswer
from tart.query.core.query import Query
from tart.query.shard_queries import nodes as queries
from tart.query.shard_queries.events import Backfill as BackfillQuery
from tart.query.shard_queries.events import (
    Event,
    EventLogStart,
    Events,
    Export,
    Slot,
    SqlScan,
    Storage,
    Trace,
)
from tart.query.shard_queries.events import Sql as SqlQuery
from tart.query.shard_queries.histogram import EventHistogram
from tart.query.shard_queries.messages import FirstMessage, Message
from tart.query.shard_queries.network import Network
from tart.query.shard_queries.packages import JourneyEvents
from tart.query.shard_queries.preimages import PreimageEvents
from tart.query.shard_queries.slots import SlotBlocks
from tart.query.shard_queries.slow_steps import SlowestSteps
from tart.query.shard_queries.summary import Summary
from tart.shard.encoding.event_json import to_json
from tart.shard.ingest.aggregator import decode_context_for
from tart.shard.ingest.listener import Listener
from tart.shard.ingest.live_streams import Streams
from tart.shard.ingest.pipeline import Ingest
from tart.shard.queries.backfill import Backfill
from tart.shard.queries.histogram import Histograms
from tart.shard.queries.history import History
from tart.shard.queries.journeys import Journeys
from tart.shard.queries.messages import Messages
from tart.shard.queries.network import NetworkState
from tart.shard.queries.preimages import PreimageReader
from tart.shard.queries.slot_blocks import SlotBlockReader
from tart.shard.queries.slots import Slots
from tart.shard.queries.slow_steps import SlowSteps
from tart.shard.queries.sql import Sql
from tart.shard.queries.sql_tables import SqlTables
from tart.shard.queries.statistics import ProcessStatistics, QueryCounts
from tart.shard.queries.storage import StorageSizes
from tart.shard.queries.summary import SummaryState
from tart.shard.state.nodes import Nodes
from tart.storage.core.files import LogFile
from tart.storage.core.log_columns import LogRow
from tart.storage.log.contexts import contexts_from_tail, read_contexts
from tart.storage.log.query_threads import IsCancelled, raise_if_cancelled
from tart.storage.log.tail_scan import scan_newest
from tart.storage.store import Store
from tart.units import SECOND_US

AnyQuery = Query[Any, Any]
Cursor = duckdb.DuckDBPyConnection

MAX_EVENTS = 110_000
# Stored bytes of one directory's events in one answer; as JSON they are two to four times that.
EVENTS_BYTES = 8 << 20
# Counted for each event besides its payload.
_EVENT_BYTES = 100
# Rows that are read first, while their size is unknown.
_FIRST_ROWS = 64
# Limits of an answer from memory on the event loop. It blocks the loop for up to 2 ms; the way
# to a query thread would take longer.
_MEMORY_ROWS = 200
_MEMORY_BYTES = 256 << 10


class QueryHandlers:
    """The functions that answer queries for one shard, except those to the aggregates.

    Attributes:
        memory: By query, a function of the query.
        log: A function of a cursor and the query; also of the ``rows`` queries.
        slow: A function of a cursor, the query, and a check for cancellation.
        counts: Of the queries received.
    """

    def __init__(
        self,
        store: Store,
        nodes: Nodes,
        counters: LiveCounters,
        streams: Streams,
        ingest: Ingest,
        listener: Listener,
        tables: SqlTables,
        clock: Clock = unix_us,
    ) -> None:
        self._store = store
        self._nodes = nodes
        self._counters = counters
        self._ingest = ingest
        self._clock = clock
        self.counts = QueryCounts()
        statistics = ProcessStatistics(store, ingest, listener, streams, self.counts)
        history = History(store, nodes)
        messages = Messages(store, nodes)
        self.memory: dict[type[AnyQuery], Callable[[Any], Any]] = {
            queries.Nodes: self._all_nodes,
            queries.NodeStatus: self._node_status,
            queries.Chain: self._chain,
            queries.Live: self._live,
            queries.LogLines: lambda _: logs.recent_lines(),
            queries.Statistics: statistics.statistics,
            Network: NetworkState(nodes, ingest, clock).figures,
            Summary: SummaryState(nodes, counters, ingest, clock).summary,
        }
        sql = self._sql = Sql(tables)
        sizes = StorageSizes(store)
        self.log: dict[type[AnyQuery], Callable[[Cursor, Any], Any]] = {
            Event: history.event,
            BackfillQuery: Backfill(store, nodes, lambda: ingest.sequences).backfill,
            Events: self._events,
            Trace: history.trace,
            Message: messages.message,
            FirstMessage: messages.first_message,
            EventHistogram: Histograms(store, nodes).histogram,
            JourneyEvents: Journeys(store, nodes).journey,
            PreimageEvents: PreimageReader(store, nodes, self._rows).events,
            Slot: Slots(store, nodes).slot,
            SlowestSteps: SlowSteps(store, nodes).slowest,
            SlotBlocks: SlotBlockReader(store, nodes).slot_blocks,
            Storage: sizes.storage,
            EventLogStart: sizes.event_log_start,
            SqlScan: sql.scan,
        }
        self.slow: dict[type[AnyQuery], Callable[[Cursor, Any, IsCancelled], Any]] = {
            Export: lambda cursor, query, _: history.export(cursor, query),
            SqlQuery: sql.answer,
        }

    @property
    def newest_id(self) -> int | None:
        """The API id of the newest event decoded; ``None`` if the directory has none."""
        _, following = self._ingest.sequences
        return event_api_id(self._store.directory, following - 1) if following else None

    def close(self) -> None:
        """End the sandbox process that waits for a statement."""
        self._sql.close()

    async def commit_received(self) -> None:
        """Commit what a query of the event log must find; see ``Ingest.commit_for_query``."""
        await self._ingest.commit_for_query()

    def answer_from_memory(self, query: AnyQuery) -> Any:
        """Return the answer to a ``memory`` query once all events received are counted."""
        self._ingest.decode_received()
        return self.memory[type(query)](query)

    # --- From the event log, on a query thread ----------------------------------------

    def newest_events(self, query: Events) -> list[dict[str, Any]] | None:
        """Return the answer from the tail cache; ``None`` unless it is complete."""
        directory = self._store.directory
        if self._store.directories != [directory] or query.limit > _MEMORY_ROWS:
            return None
        selection = _selection(query, directory)
        number = self._number(directory, selection)
        if number is None and selection.node is not None:
            return []
        tail = self._store.writer.tail
        limit = query.limit
        rows, _ = tail.rows(selection, number, limit, query.cursor.positions.get(directory))
        if len(rows) < limit or sum(len(row.body) for row in rows) > _MEMORY_BYTES:
            return None
        context = decode_context_for(self._nodes, directory)
        contexts = contexts_from_tail(rows, tail, context)
        if contexts is None:
            return None
        return [self._event(directory, row, contexts) for row in rows]

    def _events(self, cursor: Cursor, query: Events) -> list[dict[str, Any]]:
        selection = _selection(query, self._store.directory)
        limit = max(0, min(query.limit, MAX_EVENTS))
        events = []
        for directory in self._store.directories:
            before = query.cursor.positions.get(directory)
            events += self._page(cursor, directory, selection, limit, before)
        return events

    def _page(
        self,
        cursor: Cursor,
        directory: int,
        selection: Selection,
        limit: int,
        before: int | None,
    ) -> list[dict[str, Any]]:
        """Return a directory's newest events, at most ``EVENTS_BYTES``."""
        rows, more = self._page_rows(cursor, directory, selection, limit, before)
        contexts = self._contexts(cursor, directory, rows)
        events = [self._event(directory, row, contexts) for row in rows]
        if more:
            events[-1]["more"] = True
        return events

    def _page_rows(
        self,
        cursor: Cursor,
        directory: int,
        selection: Selection,
        limit: int,
        before: int | None,
    ) -> tuple[list[LogRow], bool]:
        """Return these rows, and whether ``EVENTS_BYTES`` left some out."""
        page: list[LogRow] = []
        size, wanted = 0, min(limit, _FIRST_ROWS)
        while wanted > 0:
            rows = self._rows(cursor, directory, selection, wanted, before)
            for row in rows:
                raise_if_cancelled()
                page.append(row)
                size += len(row.body) + _EVENT_BYTES
                if size > EVENTS_BYTES and len(page) < limit:
                    return page, True
            if len(rows) < wanted:
                break
            before = rows[-1].seq
            room = max(1, (EVENTS_BYTES - size) * len(page) // size)
            wanted = min(limit - len(page), room)
        return page, False

    def _rows(
        self,
        cursor: Cursor,
        directory: int,
        selection: Selection,
        limit: int,
        before: int | None = None,
    ) -> list[LogRow]:
        """Return a directory's newest selected rows, newest first."""
        number = self._number(directory, selection)
        if number is None and selection.node is not None:
            return []
        of_node = "" if number is None else f" AND node = {number}"

        def condition(file: LogFile) -> tuple[str, list[Any]]:
            clause, values = selection.where(file.alias)
            return clause + of_node, values

        rows: list[LogRow] = []
        if directory == self._store.directory:
            tail = self._store.writer.tail
            rows, before = tail.rows(selection, number, limit, before)
        indexes = self._store.skip_indexes
        return rows + scan_newest(
            cursor,
            self._store.files(directory),
            condition,
            limit - len(rows),
            before,
            find_candidates=lambda file: indexes.candidates(cursor, file, selection, number),
        )

    def _number(self, directory: int, selection: Selection) -> int | None:
        """Return the directory's number of the selected node; ``None`` if it has none."""
        if selection.node is None:
            return None
        return self._nodes.number_of(directory, selection.node)

    def _contexts(self, cursor: Cursor, directory: int, rows: list[LogRow]) -> dict[int, Context]:
        if not rows:
            return {}
        files = self._store.files(directory)
        tail = self._store.writer.tail if directory == self._store.directory else None
        decode_context = decode_context_for(self._nodes, directory)
        return read_contexts(cursor, files, rows, decode_context, tail=tail)

    def _event(
        self, directory: int, row: LogRow, contexts: Mapping[int, Context]
    ) -> dict[str, Any]:
        owner = self._nodes.session_owners[directory, row.session]
        return to_json(row, directory, owner, contexts.get(row.seq))

    # --- From memory, on the loop ----------------------------------------------------

    def _all_nodes(self, query: queries.Nodes) -> list[dict[str, Any]]:
        nodes = self._nodes.by_id
        wanted = nodes.keys() if query.node is None else {query.node} & nodes.keys()
        return [nodes[node_id].as_json() for node_id in wanted]

    def _node_status(self, query: queries.NodeStatus) -> NodeStatusAnswer:
        node = self._nodes.by_id.get(query.node)
        if node is None:
            return {"counts": {}, "latest": {}}
        return {
            "counts": {str(number): count for number, count in enumerate(node.counts) if count},
            "latest": node.latest_statements(),
        }

    def _chain(self, query: queries.Chain) -> list[ChainStatements]:
        if query.nodes is None:
            nodes = [node for node in self._nodes.by_id.values() if node.sessions]
        else:
            known = map(self._nodes.by_id.get, query.nodes)
            nodes = [node for node in known if node is not None]
        return [ChainStatements(node.id, *node.stated_blocks()) for node in nodes]

    def _live(self, query: queries.Live) -> Any:
        rows = {node.row: node.id for node in self._nodes.by_id.values()}
        return self._counters.as_json(self._clock() // SECOND_US, rows.__getitem__, query.seconds)


def is_page(query: Events) -> bool:
    """Return whether a query reads a few new events: all, or those of one node or of types."""
    chosen = query.selection
    rare = chosen.slot, chosen.core, chosen.hash
    return (
        query.limit <= _MEMORY_ROWS
        and not any(each is not None for each in rare)
        and (chosen.node is None or chosen.types is None)
    )


def _selection(query: Events, shard: int) -> Selection:
    window = query.window_on(shard)
    return replace(query.selection, start_us=window.start_us, end_us=window.end_us)
